"""The outbox drained beside smtplib, which hands in the same letters ready made, over one connection kept open.

The letters are expiry notices as the sweep queues them, each to a contact of its own; the mail server is a real one
(aiosmtpd) in a process of its own, and the database a real SQLite file.
"""

import atexit
import os
import shutil
import signal
import smtplib
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import insert, select

from certportal import clock, create_app, runs, tables
from certportal.certificates.models import Certificate, CertificateState
from certportal.extensions import db, transaction
from certportal.identifiers import Environment
from certportal.notices.service import sweep
from certportal.orders.models import Order, OrderReason, OrderState
from certportal.outbox.delivery import deliver
from certportal.outbox.kinds import KINDS, Letter
from certportal.outbox.letters import build, render_letter
from certportal.outbox.models import OutboxRow
from certportal.registry.contacts import contacts_of
from certportal.settings import Settings
from certportal.starting import collect_seldom
from tests import builders
from tests.bench.measuring import ROUNDS, Row, of_rounds
from tests.bench.servers import cpu_of
from tests.far_ends.script import HOST
from tests.far_ends.smtp import SmtpFarEnd

LETTERS = 250
SENDER = "no-reply@service.example"


def mail_server() -> tuple[int, int]:
    """Process and port of a mail server that takes everything and ends with the bench."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        with SmtpFarEnd() as far_end:
            os.write(writing, f"{far_end.port}\n".encode())
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
            signal.sigwait([signal.SIGTERM])
        os._exit(0)
    atexit.register(os.waitpid, pid, 0)
    atexit.register(os.kill, pid, signal.SIGTERM)
    os.close(writing)
    with os.fdopen(reading) as said:
        return pid, int(said.readline())


@dataclass(frozen=True)
class Outbox:
    """An app whose database file holds queued letters, and the same letters as bytes."""

    file: sqlite3.Connection
    """Stays open, as a service's other threads keep the file: its write-ahead log is there already, and not made anew."""
    kept: Path
    app: Flask
    server: int
    port: int
    ready: list[tuple[str, bytes]]

    def drain(self) -> None:
        """What is measured: delivery as the scheduler runs it, until nothing is due."""
        with self.app.app_context():
            while deliver():
                pass

    def hand_in(self) -> None:
        """The baseline."""
        with smtplib.SMTP(HOST, self.port, "localhost") as line:
            for address, content in self.ready:
                line.sendmail(SENDER, [address], content)

    def accepted(self) -> int:
        return self.file.execute("SELECT count(*) FROM outbox_row WHERE state = 'accepted'").fetchone()[0]

    def refill(self) -> None:
        """The file as it was when every letter was queued."""
        with self.app.app_context():
            let_go()
        with closing(sqlite3.connect(self.kept)) as kept:
            kept.backup(self.file)


def let_go() -> None:
    db.session.remove()
    db.engine.dispose()


def certificates(order: Order, contacts: list[int]) -> list[dict[str, Any]]:
    """One for each contact, all on the first rung of the ladder."""
    ends = datetime.now(UTC) + timedelta(days=59)
    return [
        {
            "order_id": order.id,
            "organisation_id": order.organisation_id,
            "channel_id": order.channel_id,
            "environment": order.environment,
            "description": f"Payroll program {number}",
            "contact_id": number,
            "state": CertificateState.ISSUED,
            "serial": str(number).rjust(40, "0"),
            "retrieval_id": str(number),
            "public_key_hash": str(number),
            "key_description": "EC P-256",
            "to_be_signed": b"",
            "sha256": str(number),
            "not_before": ends - timedelta(days=730),
            "not_after": ends + timedelta(minutes=number),
            "prepared_at": ends - timedelta(days=730),
            "issued_at": ends - timedelta(days=730),
        }
        for number in contacts
    ]


def fill() -> None:
    """A register, swept: a notice for every contact is in the outbox."""
    organisation = builders.organisation()
    who, channel, terms = builders.signatory(organisation), builders.channel(), builders.terms()
    builders.access_right(organisation, channel)
    for number in range(LETTERS):
        builders.contact(organisation, f"Sami Salminen {number}", f"sami{number}@contact.example")
    contacts = [contact.id for contact in contacts_of(organisation.id)]
    with transaction() as session:
        order = Order(
            number="2026-000001",
            organisation_id=organisation.id,
            channel_id=channel.id,
            environment=Environment.PRODUCTION,
            contact_id=contacts[0],
            placed_by=who.id,
            reason=OrderReason.ADDITIONAL,
            terms_id=terms.id,
            state=OrderState.COLLECTED,
            placed_at=clock.now(),
        )
        session.add(order)
        session.flush()
        session.execute(insert(Certificate), certificates(order, contacts))
    assert runs.run("sweep", sweep)


def ready_made() -> list[tuple[str, bytes]]:
    """Every queued letter as it would be handed in."""
    found: list[tuple[str, bytes]] = []
    for row in list(db.session.scalars(select(OutboxRow).order_by(OutboxRow.id))):
        letter = KINDS[row.kind].resolve({**row.reference, "row": row.id}, clock.now())
        assert isinstance(letter, Letter)
        words = render_letter(row.kind, letter.language, {**letter.context, "recipient_name": letter.name})
        about = {"language": letter.language, "message_id": row.message_id, "date": clock.machine()}
        found.append((letter.address, build(words, to=letter.address, name=letter.name, **about).as_bytes()))
    return found


@cache
def outbox() -> Outbox:
    folder, (server, port) = Path(tempfile.mkdtemp(prefix="certportal-bench-")), mail_server()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path, kept = folder / "certportal.sqlite3", folder / "queued.sqlite3"
    settings = Settings(
        data_dir=folder,
        database_url=f"sqlite:///{path}",
        base_url="http://localhost",
        secret_key=b"only for the bench, made up here!",
        ca_passphrase=b"only for the bench",
        mail_server=HOST,
        mail_port=port,
        mail_sender=SENDER,
        scheduler=False,
    )
    app = create_app(settings)
    with app.app_context():
        assert tables.ROOMS
        db.create_all()
        fill()
        ready = ready_made()
        let_go()
    assert len(ready) == LETTERS
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(path, kept)
    made = Outbox(sqlite3.connect(path), kept, app, server, port, ready)
    made.drain()  # templates and statements are compiled, as in a service that runs
    collect_seldom()  # as in a worker, where the scheduler runs
    return made


def spent(outbox: Outbox, work: Callable[[], None]) -> tuple[float, float]:
    """Seconds by the wall's clock, and of CPU: of this process and the mail server together."""
    wall, cpu = time.perf_counter(), time.process_time() + cpu_of(outbox.server)
    work()
    return time.perf_counter() - wall, time.process_time() + cpu_of(outbox.server) - cpu


@cache
def measured() -> list[tuple[float, float]]:
    """In each round: what the baseline takes over what the drain does, by the wall's clock and in CPU."""
    ours, found = outbox(), list[tuple[float, float]]()
    for _ in range(ROUNDS):
        ours.refill()
        drained = spent(ours, ours.drain)
        assert ours.accepted() == LETTERS, "not every letter was accepted"
        handed_in = spent(ours, ours.hand_in)
        found.append((handed_in[0] / drained[0], handed_in[1] / drained[1]))
    return found


def g4() -> Row:
    """The drain beside smtplib."""
    text = (
        f"Outbox drain of {LETTERS} expiry notices, each rendered and settled, mails per second / smtplib on a kept-open "
        "connection with the same letters ready made; SQLite, SMTP server on loopback in a process of its own"
    )
    return of_rounds("G4", [wall for wall, _ in measured()], 0.25, 0.6, text)


def g4c() -> Row:
    """The same without what both wait for: a disk, other programs."""
    text = "The same in mails per CPU second of the process and the mail server together"
    return of_rounds("G4c", [cpu for _, cpu in measured()], None, None, text)


ROWS = {"G4": g4, "G4c": g4c}
