"""``certportal …``: everything an operator does at the server's own command line."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from flask import Flask

from certportal import audit, create_app, scheduler, schema
from certportal.cli import authority, root
from certportal.cli.working import at_work, require_database, require_gateway, settings_or_exit, somebody
from certportal.extensions import transaction
from certportal.formats import as_date
from certportal.identifiers import Actor, EmailAddress, Environment, Language
from certportal.progress import progress
from certportal.registry import importing
from certportal.signin import desk


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="certportal")
def main() -> None:
    """A certificate service for a technical interface. Settings: see docs/deploy.md."""


@main.command()
@click.option("--without-authorities", is_flag=True, help="Leave them to: certportal ca init.")
def init(without_authorities: bool) -> None:
    """Make or update the database, and the certification authorities where there are none."""
    with at_work(before_init=True) as app:
        require_gateway(app.extensions["certportal.settings"])
        schema.upgrade(app)
        click.echo("The database is up to date.")
        for environment in Environment if not without_authorities else ():
            authority.make(environment)


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


for command in root.COMMANDS:
    authority.authority.add_command(command)
main.add_command(authority.authority)


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
