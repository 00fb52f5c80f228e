"""Which notices are owed: set-based SQL over ranges of certificates, so that a million of them cost what fifty thousand do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import and_, exists, func, insert, literal, or_, select, update

from certportal import clock
from certportal.certificates.models import Certificate, CertificateState
from certportal.extensions import UtcDateTime, db, within_transaction
from certportal.notices.models import Notice, NoticeRole, NoticeState
from certportal.notices.moments import DaysBefore
from certportal.notices.recipients import holders, overtaken, present_key, silent
from certportal.notices.rules import Window, roles
from certportal.outbox.models import OutboxRow, RowState
from certportal.registry.service import today

KIND = "expiry_notice"
BATCH = 5_000
END_OF_IDS = 2**62
COLUMNS = (
    "certificate_id", "rung", "role", "person_id", "state", "recipient_key", "send_before", "created_at"
)  # fmt: skip


@dataclass(frozen=True)
class Range:
    """Certificates of a window between two of them by (not_after, id), the first excluded: one batch."""

    after: tuple[datetime, int]
    until: tuple[datetime, int]

    @classmethod
    def whole(cls, window: Window) -> "Range":
        """Every certificate of the window."""
        return cls((window.after, END_OF_IDS), (window.until, END_OF_IDS))


def batches(window: Window) -> Iterator[Range]:
    """The window's certificates in ranges of at most 5,000."""
    whole = Range.whole(window)
    place = whole.after
    while True:
        query = (
            select(Certificate.not_after, Certificate.id)
            .where(Certificate.state == CertificateState.ISSUED, *_between(Range(place, whole.until)))
            .order_by(Certificate.not_after, Certificate.id)
        )
        last = db.session.execute(query.offset(BATCH - 1).limit(1)).first()
        if last is None:
            yield Range(place, whole.until)
            return
        reached = (last.not_after, last.id)
        yield Range(place, reached)
        place = reached


def owe(window: Window, batch: Range) -> int:
    """A step: a row for every notice of the window's rung that is due in this range and not yet there. Answers how many.

    Older rungs that were missed are noted as superseded. A rung dated before the certificate was issued is never owed.
    """
    within_transaction()
    newest = sum(_insert(window, batch, role, window.rung, NoticeState.OWED) for role in _roles(window.rung))
    if newest:  # a certificate that comes to a rung is owed something there, so only now older ones can be missing
        for rung in window.older:
            for role in _roles(rung):
                _insert(window, batch, role, rung, NoticeState.SUPERSEDED)
    return newest


def tidy_owed() -> None:
    """A step: what a newer rung has overtaken before it was told is superseded; what is still the newest and was told to
    nobody is owed again: its letter lapsed with another line's time, or what silenced it has been taken back."""
    within_transaction()
    now = clock.now()
    lapsed = select(OutboxRow.id).where(OutboxRow.kind == KIND, OutboxRow.state == RowState.LAPSED)
    queued = and_(Notice.state == NoticeState.QUEUED, Notice.outbox_row_id.in_(lapsed))
    dropped = and_(Notice.in_state(NoticeState.DROPPED), Notice.send_before > now, ~overtaken())
    late = or_(Notice.send_before <= now, overtaken())
    cared_for = exists().where(Certificate.id == Notice.certificate_id, ~silent())
    for role in NoticeRole:
        key = present_key(role)
        owed = {
            "state": NoticeState.OWED,
            "outbox_row_id": None,
            "recipient_key": func.coalesce(key, Notice.recipient_key),
        }
        _change(and_(queued, Notice.role == role), **owed)
        _change(and_(dropped, Notice.role == role, cared_for, key.is_not(None)), **owed)
    _change(Notice.in_state(NoticeState.OWED) & late, state=NoticeState.SUPERSEDED)


def count_due(windows: list[Window]) -> int:
    """How many notices to technical contacts would be owed: a question that writes nothing."""
    total = 0
    for window in windows:
        query = _selection(window, Range.whole(window), NoticeRole.CONTACT, window.rung, NoticeState.OWED)
        total += db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    return total


def row_count(statement: Any) -> int:
    """Run a statement over many rows, and say how many it changed; what the session holds in memory is left as it is."""
    result: Any = db.session.execute(statement, execution_options={"synchronize_session": False})
    return int(result.rowcount)


def _change(where: sa.ColumnElement[bool], **values: Any) -> None:
    row_count(update(Notice).where(where).values(**values))


def _roles(rung: int) -> list[NoticeRole]:
    return [NoticeRole(role) for role in roles(rung)]


def _insert(window: Window, batch: Range, role: NoticeRole, rung: int, state: NoticeState) -> int:
    selection = _selection(window, batch, role, rung, state)
    return row_count(insert(Notice).from_select(COLUMNS, selection, include_defaults=False))


def _selection(window: Window, batch: Range, role: NoticeRole, rung: int, state: NoticeState) -> Any:
    of = holders(role, today())
    known = exists().where(
        Notice.certificate_id == Certificate.id,
        Notice.rung == rung,
        Notice.role == role,
        Notice.person_id == of.person,
    )
    end = Certificate.not_after.expression
    return (
        select(
            Certificate.id,
            literal(rung),
            literal(role, Notice.role.type),
            of.person,
            literal(state, Notice.state.type),
            of.key,
            DaysBefore(end, window.lapses),
            literal(clock.now(), UtcDateTime()),
        )
        .select_from(of.source)
        .where(
            Certificate.state == CertificateState.ISSUED,
            *_between(batch),
            Certificate.issued_at <= DaysBefore(end, rung),
            ~silent(),
            of.present,
            ~known,
        )
    )


def _between(batch: Range) -> list[sa.ColumnElement[bool]]:
    """(not_after, id) in (after, until], in a form that walks the index."""
    end, number = Certificate.not_after, Certificate.id
    (after, first), (until, last) = batch.after, batch.until
    return [end >= after, or_(end > after, number > first), end <= until, or_(end < until, number <= last)]
