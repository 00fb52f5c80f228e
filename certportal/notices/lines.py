"""A letter's lines when it is sent: which are told, and the step that lets go of the others."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, select, update

from certportal.certificates.models import Certificate
from certportal.extensions import db, within_transaction
from certportal.notices import rules
from certportal.notices.models import Notice, NoticeRole, NoticeState
from certportal.notices.recipients import holders_of, overtaken, silent
from certportal.notices.rules import Fate


@dataclass(frozen=True, slots=True)
class Line:
    """One notice of a letter, and what becomes of it. ``holder``: the key of whoever holds the role now."""

    notice_id: int
    row_id: int
    certificate_id: int
    rung: int
    role: NoticeRole
    person_id: int
    fate: Fate
    holder: str | None


def letters_of(reference: Mapping[str, Any]) -> list[int]:
    """The outbox rows whose lines a row carries: its own, and, when it was sent again, those of the rows before it."""
    return [*reference.get("instead_of", ()), reference["row"]]


def lines_of(row_ids: list[int], now: datetime) -> list[Line]:
    """Every line that waits in these rows, in the order in which the certificates end."""
    late = or_(Notice.send_before <= now, overtaken())
    query = (
        select(Notice, silent().label("silent"), late.label("late"))
        .join(Certificate, Certificate.id == Notice.certificate_id)
        .where(Notice.outbox_row_id.in_(row_ids), Notice.state == NoticeState.QUEUED)
        .order_by(Certificate.not_after, Certificate.id, Notice.id)
    )
    found = db.session.execute(query).all()
    present = holders_of(row_ids, {notice.role for notice, _, _ in found})
    return [_line(notice, present.get(notice.id), is_silent, is_late) for notice, is_silent, is_late in found]


def settle(lines: list[Line], row_id: int) -> None:
    """A step, in the transaction that says the letter is being sent or will not be: what it tells is this row's, the rest
    is let go."""
    within_transaction()
    for fate, values in _outcomes(row_id).items():
        those = [
            {"number": line.notice_id, "letter": line.row_id, "holder": line.holder or ""}
            for line in lines
            if line.fate is fate
        ]
        if those:
            table: Any = Notice.__table__
            mine = (table.c.id == bindparam("number")) & (table.c.outbox_row_id == bindparam("letter"))
            db.session.execute(update(table).where(mine).values(**values), those)


def _outcomes(row_id: int) -> dict[Fate, dict[str, Any]]:
    return {
        Fate.TOLD: {"outbox_row_id": row_id},
        Fate.OVERTAKEN: {"state": NoticeState.SUPERSEDED, "outbox_row_id": None},
        Fate.DROPPED: {"state": NoticeState.DROPPED, "outbox_row_id": None},
        Fate.MOVED: {"state": NoticeState.OWED, "outbox_row_id": None, "recipient_key": bindparam("holder")},
    }


def _line(notice: Notice, holder: str | None, silent: bool, late: bool) -> Line:
    fate = rules.fate(silent=silent, late=late, written_to=notice.recipient_key, holder=holder)
    return Line(
        notice.id,
        notice.outbox_row_id or 0,
        notice.certificate_id,
        notice.rung,
        notice.role,
        notice.person_id,
        fate,
        holder,
    )
