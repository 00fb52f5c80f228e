"""``certportal demo``: far ends, a database with made-up people, and the portal in front of them."""

import json
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from certportal import create_app, schema
from certportal.demo import seeding
from certportal.keyfiles import secret_file
from certportal.serving import serve
from certportal.settings import Settings

HOST = "127.0.0.1"
MOST_PORTS = 50
INBOX = "inbox.sqlite3"


@dataclass(frozen=True)
class FarEnds:
    """The process behind the demo's mail server and SMS gateway."""

    process: "subprocess.Popen[str]"
    mail_port: int
    sms_port: int

    @property
    def sms_url(self) -> str:
        """The Apprise URL that reaches the gateway."""
        return (
            f"form://{HOST}:{self.sms_port}/cgi-bin/sendsms?method=get&:to={{to}}&:charset=utf-8"
            "&:message=text&:title=&:version=&:type="
        )

    def stop(self) -> None:
        """End it, and wait until it has ended."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait(10)


def start_far_ends(directory: Path) -> FarEnds:
    """Start the far ends; they write what they receive into the directory."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "certportal.demo.far_ends", str(directory / INBOX)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    ports = json.loads(process.stdout.readline()) if process.stdout is not None else {}
    return FarEnds(process, ports["mail"], ports["sms"])


def demo_settings(directory: Path, port: int, far_ends: FarEnds) -> Settings:
    """Settings of a demo; its secrets are made at the first start and stay in its directory."""
    return Settings(
        data_dir=directory,
        database_url=f"sqlite:///{directory / 'certportal.sqlite3'}",
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
    port = free_port(wanted_port)
    far_ends = start_far_ends(directory)
    try:
        settings = demo_settings(directory, port, far_ends)
        app = create_app(settings)
        with app.app_context():
            schema.upgrade(app)
            if seeding.is_empty():
                click.echo("Making the demo's people, certificates and messages …")
                seeding.seed(app)
        click.echo(f"\n  The demo is at http://localhost:{port}  (Ctrl+C ends it, {directory} keeps it)\n")
        serve(settings)
    finally:
        far_ends.stop()
