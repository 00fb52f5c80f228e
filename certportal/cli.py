"""``certportal …``: everything an operator does at the server's own command line."""

import getpass
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from flask import Flask
from sqlalchemy.exc import OperationalError

from certportal import audit, ca, create_app, scheduler, schema
from certportal.certificates import service as certificates
from certportal.environment import SettingsError, read_settings
from certportal.extensions import transaction
from certportal.formats import as_date
from certportal.identifiers import Actor, ActorKind, EmailAddress, Environment, Language
from certportal.outbox.sms import BAD_URL, SmsGateway
from certportal.progress import progress
from certportal.refusals import Refusal
from certportal.registry import importing
from certportal.sentences import sentence
from certportal.settings import Settings
from certportal.signin import desk


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


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="certportal")
def main() -> None:
    """A certificate service for a technical interface. Settings: see docs/deploy.md."""


@main.command()
def init() -> None:
    """Make or update the database, and the certification authorities where there are none."""
    with at_work(before_init=True) as app:
        require_gateway(app.extensions["certportal.settings"])
        schema.upgrade(app)
        click.echo("The database is up to date.")
        for environment in Environment:
            if environment in set(certificates.present()):
                click.echo(f"{environment.value}: the certification authority is there already.")
            else:
                make_authority(environment)


@main.command()
def serve() -> None:
    """Serve the portal, with its scheduler inside, until SIGTERM."""
    from certportal.serving import serve as serve_until_stopped

    settings = settings_or_exit()
    require_gateway(settings)
    with create_app(settings).app_context():
        require_database()
    serve_until_stopped(settings)


@main.command()
@click.option("--port", type=int, envvar="PORT", default=8000, show_default=True, help="The next free one is taken.")
@click.option("--directory", type=click.Path(path_type=Path), default=Path("demo-data"), show_default=True)
def demo(port: int, directory: Path) -> None:
    """A demo with made-up people, its own mailbox and telephones, and a clock that can be moved."""
    from certportal.demo.running import run

    run(port, directory)


@main.group()
def registry() -> None:
    """Organisations, signatories, channels, purposes, terms and access rights."""


@registry.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show the difference, change nothing.")
def import_registry(file: Path, dry_run: bool) -> None:
    """Take FILE (JSON, or one CSV per kind): everything in it, or nothing where a row is wrong."""
    with at_work():
        with progress() as tell:
            changes = importing.import_file(
                file, somebody(), dry_run=dry_run, progress=lambda done, of: tell(f"{done} of {of} rows")
            )
        for change in changes:
            click.echo(change.text)
        done = "would change" if dry_run else "changed"
        click.echo(f"{len(changes)} {done}." if changes else "Nothing to change.")


@main.group()
def operators() -> None:
    """Who looks after the service."""


@operators.command("add")
@click.argument("email")
@click.argument("name")
@click.option("--language", type=click.Choice([each.value for each in Language]), default="en", show_default=True)
def add_operator(email: str, name: str, language: str) -> None:
    """Let EMAIL (NAME) sign in at /desk."""
    with at_work():
        desk.add_operator(EmailAddress.parse(email), name, Language(language), somebody())
        click.echo(f"{email} may sign in at /desk/sign-in, and sets up an authenticator at the first sign-in.")


@operators.command("list")
def list_operators() -> None:
    """Everybody who is or was an operator."""
    with at_work():
        for operator in desk.list_operators():
            ended = f"  disabled {as_date(operator.disabled_at)}" if operator.disabled_at else ""
            factor = "authenticator set up" if operator.totp_enrolled_at else "no authenticator yet"
            click.echo(f"{operator.email}  {operator.name}  {factor}{ended}")


def on_operator(name: str, done: str, verb: Callable[[EmailAddress, Actor], Any], help_text: str) -> None:
    """One verb on one operator as a command."""

    @operators.command(name, help=help_text)
    @click.argument("email")
    def command(email: str) -> None:
        with at_work():
            answer = verb(EmailAddress.parse(email), somebody())
            click.echo(done.format(email=email, answer=answer))


on_operator("disable", "{email} can no longer sign in.", desk.disable_operator, "End an operator's access at once.")
on_operator(
    "reset-totp",
    "{email} sets up an authenticator at the next sign-in.",
    desk.reset_totp,
    "Forget a lost authenticator.",
)
on_operator(
    "sign-in-link",
    "{answer}\nIt works once, within 10 minutes.",
    desk.make_sign_in_link,
    "A one-time address for the day when mail is down.",
)


@main.command()
@click.option("--at", help="Another moment (ISO 8601): a dry run that tells what would be due.")
def sweep(at: str | None) -> None:
    """Queue the expiry notices that are due."""
    with at_work() as app:
        if at:
            from certportal.notices.service import due_at

            try:
                due = due_at(at)
            except (ValueError, OverflowError):
                wrong = "give a moment in ISO 8601, such as 2026-12-24T08:00 (UTC)"
                raise click.BadParameter(wrong, param_hint="--at") from None
            click.echo(f"{due} notices would be due.")
        else:
            run_job(app, scheduler.SWEEP)


@main.command()
def deliver() -> None:
    """Send what waits in the outbox."""
    with at_work() as app:
        run_job(app, scheduler.DELIVER)


def run_job(app: Flask, name: str) -> None:
    """Run one job now, and say how it ended."""
    from certportal import runs

    (job,) = [job for job in scheduler.jobs(app.extensions["certportal.settings"]) if job.name == name]
    with progress() as tell:
        ran = scheduler.run_now(job, tell=lambda far: tell(f"{name}: {far}"))
    if not ran:
        click.echo(f"{name}: did not run; another process is at it, or the clock is not to be trusted.", err=True)
        sys.exit(1)
    last = runs.select_run(name)
    click.echo(f"{name}: {last.outcome if last else ''}")


@main.group("ca")
def authority() -> None:
    """The certification authorities."""


@authority.command("init")
@click.option("--environment", type=click.Choice([each.value for each in Environment]), help="Only this one.")
def init_authority(environment: str | None) -> None:
    """Make root and issuing authority, with encrypted keys in DATA_DIR/ca."""
    with at_work():
        for each in [Environment(environment)] if environment else list(Environment):
            make_authority(each)


@authority.command("show")
def show_authority() -> None:
    """Names, validity and fingerprints."""
    with at_work():
        for environment in certificates.present():
            tell_authority(environment, certificates.authority(environment))


def make_authority(environment: Environment) -> None:
    """Make one environment's authorities, publish their first lists, and show them."""
    click.echo(f"{environment.value}: making keys and certificates …")
    made = certificates.initialise(environment)
    with transaction():
        audit.record("ca_made", f"ca:{environment.value}", by=somebody(), name=made.name)
    certificates.publish_all(environment)
    tell_authority(environment, made)


def tell_authority(environment: Environment, found: ca.Authority) -> None:
    """One authority and what is above it, for people."""
    click.echo(f"{environment.value}")
    for certificate in found.chain:
        described = ca.describe(certificate.public_bytes(ca_encoding()))
        click.echo(f"  {dict(described.subject).get('CN', '')}: {described.key}")
        click.echo(f"    valid to {described.not_after:%Y-%m-%d}, SHA-256 {described.fingerprint}")


def ca_encoding() -> Any:
    """DER."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return Encoding.DER


@main.group()
def clock() -> None:
    """The machine's clock, when it has gone back."""


@clock.command("accept")
def accept_clock() -> None:
    """Say that the machine's clock is right although it is behind the last recorded act."""
    with at_work():
        with transaction():
            audit.record(audit.CLOCK_ACCEPTED, "clock", by=somebody())
        click.echo("The clock is accepted: notices and certificates go on.")
