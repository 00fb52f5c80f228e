"""The sweep over a million certificates, beside the same rows written by raw SQL on the same file.

The register is made up by SQL alone: every certificate ends on a day of its own within two years, two of every forty stand on
the first rung of the ladder, and each person is the contact of two certificates.
"""

import atexit
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from flask import Flask

from certportal import create_app, runs, tables
from certportal.extensions import db
from certportal.notices.service import sweep
from certportal.settings import Settings
from tests.bench.measuring import ROUNDS, Row, added_mebibytes, cpu_seconds, of_rounds, ratios

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
CERTIFICATES, DUE = 1_000_000, 50_000
MANY = 3_000_000
ENDING = "%Y-%m-%d %H:%M:%S.000000"


class Noon:
    """A clock that stands still, so that both sides write the same rows."""

    def machine(self) -> datetime:
        return NOW

    def offset(self) -> timedelta:
        return timedelta()


@dataclass(frozen=True)
class Register:
    """A database file with certificates in it, and an app that works on it."""

    path: Path
    app: Flask

    def sweep(self) -> None:
        """What is measured: the sweep as the scheduler runs it."""
        with self.app.app_context():
            assert runs.run("sweep", sweep)

    def raw(self) -> None:
        """The baseline: three statements and one commit."""
        with closing(connected(self.path)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            for statement in RAW:
                connection.execute(statement, RAW_VALUES)
            connection.execute("COMMIT")

    def written(self) -> tuple[object, ...]:
        """What both must have written alike: how many notices and letters, and what is in them."""
        with closing(connected(self.path)) as connection:
            return connection.execute(WRITTEN).fetchone()

    def empty(self) -> None:
        """No notice and no letter any more, and the log written back into the file."""
        with closing(connected(self.path)) as connection:
            connection.executescript("DELETE FROM notice; DELETE FROM outbox_row; PRAGMA wal_checkpoint(TRUNCATE);")


def connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;")
    return connection


RAW_VALUES = {
    "now": NOW.strftime(ENDING),
    "after": (NOW + timedelta(days=30)).strftime(ENDING),
    "until": (NOW + timedelta(days=60)).strftime(ENDING),
}
RAW = (
    """INSERT INTO notice (certificate_id, rung, role, person_id, state, recipient_key, send_before, created_at)
    SELECT c.id, 60, 'contact', 0, 'owed', t.email_key || '|' || t.language,
           strftime('%Y-%m-%d %H:%M:%f000', c.not_after, '-30 days'), :now
    FROM certificate c JOIN technical_contact t ON t.id = c.contact_id
    WHERE c.state = 'issued' AND c.not_after > :after AND c.not_after <= :until
      AND c.issued_at <= strftime('%Y-%m-%d %H:%M:%f000', c.not_after, '-60 days')
      AND c.will_not_be_renewed_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM certificate s WHERE s.successor_of_id = c.id AND s.state = 'issued')
      AND NOT EXISTS (SELECT 1 FROM notice n
                      WHERE n.certificate_id = c.id AND n.rung = 60 AND n.role = 'contact' AND n.person_id = 0)""",
    """INSERT INTO outbox_row (kind, medium, reference, subject, state, had_secret, machine_deadline, send_before,
                               created_at, not_before, attempts, message_id, address, reply, fault)
    SELECT 'expiry_notice', 'mail', '{}', 'notices:' || min(id), 'queued', 0, 0, min(send_before),
           :now, :now, 0, '<notices.' || min(id) || '.0123456789ab@localhost>', '', '', ''
    FROM notice WHERE state = 'owed' GROUP BY recipient_key""",
    """UPDATE notice SET outbox_row_id = letter.id, state = 'queued'
    FROM (SELECT min(id) AS first, recipient_key FROM notice WHERE state = 'owed' GROUP BY recipient_key) AS person
    JOIN outbox_row AS letter ON letter.message_id = '<notices.' || person.first || '.0123456789ab@localhost>'
    WHERE notice.recipient_key = person.recipient_key AND notice.state = 'owed'""",
)
WRITTEN = """SELECT count(*), count(DISTINCT outbox_row_id), count(DISTINCT certificate_id), min(rung), max(rung),
    min(state), max(state), min(role), max(role), total(certificate_id), min(recipient_key), max(send_before),
    (SELECT count(*) FROM outbox_row), (SELECT min(send_before) || max(send_before) || max(state) FROM outbox_row)
    FROM notice"""

NUMBERS = "WITH RECURSIVE numbers (n) AS (VALUES (:first) UNION ALL SELECT n + 1 FROM numbers WHERE n < :last)"
PEOPLE = (
    """INSERT INTO person VALUES (1, 'anna@mallilon.example', 'Anna Andersson', '', 'sv', :now, 1)""",
    """INSERT INTO terms VALUES (1, 1, '2026-01-01', 'a', 'a', 'a', :now)""",
    """INSERT INTO channel (id, code, name_fi, name_sv, name_en, use_fi, use_sv, use_en, software, production, test,
                            operator_decides, issuer, position)
    VALUES (1, 'ws', 'a', 'a', 'a', '', '', '', '', 1, 1, 1, 'issuing', 0)""",
    """INSERT INTO organisation (id, business_id, country, name, language, contact_name, contact_email, contact_phone,
                                 contact_language, created_at, version)
    VALUES (1, '9900001-8', 'FI', 'Mallilön Ab', 'sv', 'Karin', 'karin@mallilon.example', '', 'sv', :now, 1)""",
    """INSERT INTO certificate_order (id, number, organisation_id, channel_id, environment, description, contact_id, placed_by,
                                      reason, terms_id, contact_may_renew, state, placed_at, version)
    VALUES (1, '2024-000001', 1, 1, 'PRODUCTION', '', 1, 1, 'additional', 1, 1, 'collected', :now, 1)""",
)
CONTACTS = f"""{NUMBERS} INSERT INTO technical_contact (id, organisation_id, name, company, phone, email, email_key, second_email,
                                                        language, created_at, version)
    SELECT n, 1, 'Sami Salminen ' || n, 'Ohjelmisto Oy', '+358457000003', 'sami' || n || '@ohjelmisto.example',
           'sami' || n || '@ohjelmisto.example', '', 'fi', :now, 1 FROM numbers"""
# Two of every forty end within the sixtieth day; the others from the sixty-first day to two years from now.
REGISTER = f"""{NUMBERS} INSERT INTO certificate (id, order_id, organisation_id, channel_id, environment, issuer, description,
        contact_id, state, serial, retrieval_id, public_key_hash, key_description, to_be_signed, sha256, not_before, not_after,
        prepared_at, issued_at, revocation_reason, contact_may_renew, renewals, version)
    SELECT n, 1, 1, 1, 'PRODUCTION', 'issuing', 'Mallilön 6', (n + 1) / 2, 'issued', printf('%040x', n), printf('%032x', n),
           printf('%064x', n), 'EC P-256', x'', printf('%064x', n), issued, ends, issued, issued, '', 1, 0, 1
    FROM (SELECT n, strftime('%Y-%m-%d %H:%M:%f000', ends, '-730 days') AS issued, ends
          FROM (SELECT n, strftime('%Y-%m-%d %H:%M:%f000', :now,
                    CASE WHEN n <= :due_among AND n % 40 IN (1, 2) THEN '+' || (59 * 86400 + 1 + n % 86400) || ' seconds'
                         ELSE '+' || (61 * 86400 + (n * 7919) % (668 * 86400)) || ' seconds' END) AS ends FROM numbers))"""


@contextmanager
def filling(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that writes fast and never needs to recover: the file is made anew if it is lost."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-400000", "foreign_keys=OFF"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        yield connection
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=WAL")


def fill(path: Path, first: int, last: int) -> None:
    """Certificates numbered so, and their contacts; those who stand on the rung are among the first million alone."""
    values = {"now": NOW.strftime(ENDING), "due_among": CERTIFICATES}
    with filling(path) as connection:
        if first == 1:
            for statement in PEOPLE:
                connection.execute(statement, values) if ":now" in statement else connection.execute(statement)
        connection.execute(CONTACTS, values | {"first": (first + 1) // 2, "last": (last + 1) // 2})
        connection.execute(REGISTER, values | {"first": first, "last": last})


@cache
def folder() -> Path:
    made = Path(tempfile.mkdtemp(prefix="certportal-bench-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def opened(path: Path) -> Register:
    """An app on the file, warm: it has swept once already, and what that wrote is gone."""
    settings = Settings(
        data_dir=path.parent,
        database_url=f"sqlite:///{path}",
        base_url="http://localhost",
        secret_key=b"only for the bench, made up here!",
        ca_passphrase=b"only for the bench",
        mail_sender="no-reply@service.example",
        scheduler=False,
    )
    return Register(path, create_app(settings, Noon()))


def make_tables(register: Register) -> None:
    assert tables.ROOMS
    with register.app.app_context():
        db.create_all()
        let_go()


def let_go() -> None:
    """No connection is open when the process forks."""
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()


@cache
def register() -> Register:
    """A million certificates, made once."""
    made = opened(folder() / "million.sqlite3")
    make_tables(made)
    made.sweep()  # imports, caches of statements: what a running service has long had
    with made.app.app_context():
        let_go()
    made.empty()
    fill(made.path, 1, CERTIFICATES)
    return made


@cache
def large_register() -> Register:
    """The same and two million more that are not due."""
    path = folder() / "millions.sqlite3"
    shutil.copyfile(register().path, path)
    fill(path, CERTIFICATES + 1, MANY)
    made = opened(path)
    with made.app.app_context():
        let_go()
    return made


def g3() -> Row:
    """The sweep beside raw SQL."""
    ground = register()
    ground.empty()
    cpu_seconds(ground.sweep)
    ours = ground.written()
    ground.empty()
    cpu_seconds(ground.raw)
    assert ours == ground.written(), "the two have not written the same rows"
    assert ours[0] == DUE
    ground.empty()
    text = (
        f"Sweep of {CERTIFICATES:,} certificates, {DUE:,} due, SQLite, CPU / raw SQL (two INSERT … SELECT, one UPDATE, one "
        "commit) that writes the same notice and outbox rows on the same file"
    )
    return of_rounds("G3", ratios(ground.sweep, ground.raw, ground.empty), 3, 1.2, text)


def g3m() -> Row:
    """What the sweep needs of memory."""
    ground = register()
    found: list[float] = []
    for _ in range(ROUNDS):
        ground.empty()
        found.append(added_mebibytes(ground.sweep))
    ground.empty()
    text = "MiB of resident memory that this sweep adds to a warm process at its highest"
    return of_rounds("G3m", found, 35, 5, text, "mib")


def g3s() -> Row:
    """How the sweep's cost grows with the register."""
    small, large = register(), large_register()
    small.empty()
    large.empty()

    def tidy() -> None:
        small.empty()
        large.empty()

    text = f"Sweep of {MANY:,} certificates, {DUE:,} due, CPU / of {CERTIFICATES:,} with the same due"
    return of_rounds("G3s", ratios(large.sweep, small.sweep, tidy), 1.5, 1.1, text)


ROWS = {"G3": g3, "G3m": g3m, "G3s": g3s}
