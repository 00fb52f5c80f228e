"""``certportal demo``: far ends, a database with made-up people, and the portal in front of them."""

import logging
import socket
import sys
from pathlib import Path

import click

from certportal import create_app, schema
from certportal.demo import seeding
from certportal.demo.inbox import Inbox
from certportal.demo.loopback import HOST, FarEnds, start_far_ends
from certportal.keyfiles import secret_file
from certportal.serving import serve
from certportal.settings import Settings

MOST_PORTS = 50


def demo_settings(directory: Path, port: int, far_ends: FarEnds) -> Settings:
    """Settings of a demo; its secrets are made at the first start and stay in its directory."""
    return Settings(
        data_dir=directory,
        database_url=seeding.database_in(directory),
        base_url=f"http://localhost:{port}",
        secret_key=secret_file(directory, "secret-key"),
        ca_passphrase=secret_file(directory, "ca-passphrase"),
        service_name="Certportal",
        provider_name="Example Service Centre",
        support_phone="029 000 0000",
        support_email="support@service.example",
        mail_server=HOST,
        mail_port=far_ends.mail_port,
        mail_tls="none",
        mail_sender="no-reply@service.example",
        sms_url=far_ends.sms_url,
        deliver_every_seconds=1,
        bind=f"{HOST}:{port}",
        workers=1,
        demo=True,
    )


def free_port(wanted: int) -> int:
    """``wanted``, or the next port that nobody listens on."""
    for port in range(wanted, wanted + MOST_PORTS):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((HOST, port))
            except OSError:
                continue
            return port
    raise click.ClickException(f"no free port from {wanted} to {wanted + MOST_PORTS - 1}; name another with PORT=")


def run(wanted_port: int, directory: Path) -> None:
    """Start everything, print the address, serve until Ctrl+C."""
    directory = directory.absolute()
    refuse_a_portal_in_use(directory)
    port = free_port(wanted_port)
    far_ends = start_far_ends(directory)
    try:
        settings = demo_settings(directory, port, far_ends)
        if needs_filling(settings):
            click.echo("Making the demo: four years of made-up people, certificates and messages. About 15 seconds.")
            seeding.fill(settings, tell_progress)
        click.echo(f"\n  The demo is at http://localhost:{port}  (Ctrl+C ends it; {directory.name}/ keeps it)\n")
        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # that a tick was left out is nobody's business here
        serve(settings)
    finally:
        far_ends.stop()


def refuse_a_portal_in_use(directory: Path) -> None:
    """A portal's own data is never opened as a demo's, where everybody may sign in as anybody."""
    if (directory / seeding.DATABASE).exists() and not Inbox.of(directory).path.exists():
        raise click.ClickException(f"{directory} holds a portal's data, not a demo's; name another directory")


def needs_filling(settings: Settings) -> bool:
    """Whether this demo has never been filled. Brings the tables of one that has been up to date."""
    app = create_app(settings)
    with app.app_context():
        schema.upgrade(app)
        try:
            return seeding.is_empty()
        finally:
            seeding.let_go()


def tell_progress(done: int, of: int) -> None:
    """One line that grows, where somebody looks at it."""
    if sys.stdout.isatty():
        click.echo(f"\r  {done} of {of}", nl=done == of)
