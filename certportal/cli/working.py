"""What the commands share: an app to work in, and an end with what to do where it cannot work."""

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import Flask
from sqlalchemy.exc import OperationalError

from certportal import create_app, schema
from certportal.environment import SettingsError, read_settings
from certportal.identifiers import Actor, ActorKind
from certportal.outbox.sms import BAD_URL, SmsGateway
from certportal.refusals import Refusal
from certportal.registry import importing
from certportal.sentences import sentence
from certportal.settings import Settings


def settings_or_exit() -> Settings:
    """The settings, or every mistake in them at once."""
    try:
        return read_settings(os.environ)  # noqa: TID251 - the environment is read once, here
    except SettingsError as error:
        click.echo("certportal cannot start; please mend these settings:", err=True)
        for mistake in error.mistakes:
            click.echo(f"  {mistake}", err=True)
        sys.exit(2)


@contextmanager
def at_work(*, before_init: bool = False) -> Iterator[Flask]:
    """An app to work in, on a database of this program's revision; a refusal ends the command with its sentence."""
    app = create_app(settings_or_exit())
    with app.app_context(), app.test_request_context(headers={"Accept-Language": "en"}):
        try:
            if not before_init:
                require_database()
            yield app
        except importing.ImportRefused as refused:
            click.echo(sentence(refused), err=True)
            for mistake in refused.mistakes:
                click.echo(f"  {mistake.text}", err=True)
            sys.exit(1)
        except Refusal as refusal:
            click.echo(sentence(refusal), err=True)
            sys.exit(1)


def require_database() -> None:
    """The command ends with what to do where ``certportal init`` has not been run."""
    try:
        schema.require_newest()
    except schema.SchemaOutdated as outdated:
        raise click.ClickException(str(outdated)) from outdated
    except OperationalError as error:
        raise click.ClickException(f"the database cannot be opened ({error.orig}); run: certportal init") from error


def require_gateway(settings: Settings) -> None:
    """Here, where a service begins, and not whenever settings are read: Apprise is slow to load."""
    if not SmsGateway(settings.sms_url).can_send():
        click.echo("certportal cannot start; please mend these settings:", err=True)
        click.echo(f"  CERTPORTAL_{BAD_URL}", err=True)
        sys.exit(2)


def somebody() -> Actor:
    """Whoever is at the command line, as the record names them."""
    return Actor(ActorKind.COMMAND, None, getpass.getuser())
