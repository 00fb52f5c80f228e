"""The append-only record: who did what to what, when, from where. Triggers refuse UPDATE and DELETE in SQL."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, select
from sqlalchemy.orm import Mapped, mapped_column

from certportal import clock
from certportal.extensions import asking, db, within_transaction, writing
from certportal.identifiers import Actor, ActorKind
from certportal.settings import current_settings
from certportal.statements import prepared

CLOCK_TOLERANCE = timedelta(minutes=5)
CLOCK_ACCEPTED = "clock_accepted"


class AuditEntry(db.Model):
    """One thing that was done. ``at`` is the service's time (shown), ``machine_at`` the machine's (checked)."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    machine_at: Mapped[datetime] = mapped_column(index=True)
    actor_kind: Mapped[ActorKind]
    actor_id: Mapped[int | None]
    actor_name: Mapped[str] = mapped_column(sa.String(200))
    client_address: Mapped[str | None] = mapped_column(sa.String(45))
    organisation_id: Mapped[int | None] = mapped_column(index=True)
    verb: Mapped[str] = mapped_column(sa.String(60), index=True)
    subject: Mapped[str] = mapped_column(sa.String(80), index=True)
    details: Mapped[dict[str, Any]]


@prepared
def _entry() -> sa.Insert:
    entries: Any = AuditEntry.__table__
    return sa.insert(entries)


def record(verb: str, subject: str, *, by: Actor, organisation_id: int | None = None, **details: Any) -> None:
    """A step: note that ``by`` did ``verb`` (``order_placed``) to ``subject`` (``order:12``).

    ``details`` are plain JSON values that a person may read later; never a secret.
    """
    within_transaction()
    entry = {
        "at": clock.now(),
        "machine_at": clock.machine(),
        "actor_kind": by.kind,
        "actor_id": by.id,
        "actor_name": by.name,
        "client_address": by.address,
        "organisation_id": organisation_id,
        "verb": verb,
        "subject": subject,
        "details": details,
    }
    writing().execute(_entry(), entry)


def record_daily(verb: str, subject: str, *, by: Actor, organisation_id: int | None = None, **details: Any) -> None:
    """A step: as ``record``, but once in 24 hours of machine time for the same subject, details, client address and kind of
    actor: somebody who guesses leaves a trace, and cannot fill the record."""
    within_transaction()
    same = (AuditEntry.verb == verb) & (AuditEntry.subject == subject) & (AuditEntry.client_address == by.address)
    same &= (AuditEntry.actor_kind == by.kind) & (AuditEntry.machine_at > clock.machine() - timedelta(days=1))
    if details not in db.session.scalars(select(AuditEntry.details).where(same)):
        record(verb, subject, by=by, organisation_id=organisation_id, **details)


def clock_is_sound() -> bool:
    """False while the machine's clock is more than 5 minutes behind the last recorded act: then nothing is signed or swept.

    ``certportal clock accept`` records an act at the clock's present time, from which the comparison starts again.
    """
    last = asking().scalar(_last_machine_time())
    return last is None or clock.machine() >= last - CLOCK_TOLERANCE


@prepared
def _last_machine_time() -> sa.Select[datetime | None]:
    entries = AuditEntry.__table__.c
    accepted = select(sa.func.max(entries.id)).where(entries.verb == CLOCK_ACCEPTED).scalar_subquery()
    return select(sa.func.max(entries.machine_at)).where(entries.id >= sa.func.coalesce(accepted, 0))


def service_time(machine_moment: datetime) -> datetime:
    """When a moment of the machine's clock was in the service's time, by the offset of the last act recorded before it.

    Pages show both kinds of times beside each other; they differ in the demo alone.
    """
    if not clock.ahead() and not current_settings().demo:
        return machine_moment
    before = select(AuditEntry.at, AuditEntry.machine_at).where(AuditEntry.machine_at <= machine_moment)
    last = db.session.execute(before.order_by(AuditEntry.id.desc()).limit(1)).first()
    return machine_moment if last is None else machine_moment + (last.at - last.machine_at)


_SQLITE = """CREATE TRIGGER IF NOT EXISTS audit_entry_no_{verb} BEFORE {VERB} ON audit_entry
BEGIN SELECT RAISE(ABORT, 'the audit record is append-only'); END"""
_SQLITE_REPLACE = """CREATE TRIGGER IF NOT EXISTS audit_entry_no_replace BEFORE INSERT ON audit_entry
WHEN EXISTS (SELECT 1 FROM audit_entry WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the audit record is append-only'); END"""  # REPLACE deletes without asking the DELETE trigger
_POSTGRES_FUNCTION = """CREATE OR REPLACE FUNCTION audit_entry_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit record is append-only'; END $$"""
_POSTGRES_TRIGGER = """CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_append_only()"""


def append_only_triggers(dialect: str) -> list[str]:
    """The statements that make the record append-only, for the migration and for tables made without one."""
    if dialect == "sqlite":
        return [_SQLITE.format(verb=verb, VERB=verb.upper()) for verb in ("update", "delete")] + [_SQLITE_REPLACE]
    return [_POSTGRES_FUNCTION, _POSTGRES_TRIGGER]


@event.listens_for(AuditEntry.__table__, "after_create")
def _make_triggers(_table: sa.Table, connection: sa.Connection, **_kwargs: Any) -> None:
    for statement in append_only_triggers(connection.dialect.name):
        connection.exec_driver_sql(statement)
