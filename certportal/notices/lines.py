"""A letter's lines when it is sent: which are told, and the step that lets go of the others."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, Update, bindparam, or_, select, update

from certportal.certificates.models import Certificate
from certportal.extensions import asking, within_transaction, writing
from certportal.notices import rules
from certportal.notices.models import Notice, NoticeRole, NoticeState
from certportal.notices.recipients import holders_of, of_letters, overtaken, silent
from certportal.notices.rules import Fate
from certportal.statements import prepared


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
    found = asking().execute(_lines(), {"letters": row_ids, "now": now}).all()
    present = holders_of(row_ids, {row.role for row in found})
    return [_line(row, present.get(row.id)) for row in found]


@cache
def _lines() -> Select[*tuple[Any, ...]]:
    whole: list[Any] = [
        Notice.id,
        Notice.outbox_row_id,
        Notice.certificate_id,
        Notice.rung,
        Notice.role,
        Notice.person_id,
    ]
    late = or_(Notice.send_before <= bindparam("now"), overtaken())
    return (
        select(*whole, Notice.recipient_key, silent().label("silent"), late.label("late"))
        .join(Certificate, Certificate.id == Notice.certificate_id)
        .where(of_letters(), Notice.state == NoticeState.QUEUED)
        .order_by(Certificate.not_after, Certificate.id, Notice.id)
    )


def settle(lines: list[Line], row_id: int) -> None:
    """A step, in the transaction that says the letter is being sent or will not be: what it tells is this row's, the rest
    is let go."""
    within_transaction()
    driver = writing()
    for line in lines:
        values = {"number": line.notice_id, "letter": line.row_id, "holder": line.holder or "", "told_by": row_id}
        driver.execute(_settled(line.fate), values)


@prepared
def _settled(fate: Fate) -> Update:
    mine = (Notice.id == bindparam("number")) & (Notice.outbox_row_id == bindparam("letter"))
    values: dict[Fate, dict[str, Any]] = {
        Fate.TOLD: {"outbox_row_id": bindparam("told_by")},
        Fate.OVERTAKEN: {"state": NoticeState.SUPERSEDED, "outbox_row_id": None},
        Fate.DROPPED: {"state": NoticeState.DROPPED, "outbox_row_id": None},
        Fate.MOVED: {"state": NoticeState.OWED, "outbox_row_id": None, "recipient_key": bindparam("holder")},
    }
    return update(Notice).where(mine).values(**values[fate])


def _line(row: Row[*tuple[Any, ...]], holder: str | None) -> Line:
    fate = rules.fate(silent=row.silent, late=row.late, written_to=row.recipient_key, holder=holder)
    about = (row.certificate_id, row.rung, row.role, row.person_id)
    return Line(row.id, row.outbox_row_id or 0, *about, fate, holder)
