"""What delivery writes of each message, in statements that are made once: making one costs more than running it.

They go past the session, which holds no row of the outbox meanwhile; ``Claimed`` is all that delivery knows of one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Update, bindparam, or_, select, update

from certportal.extensions import asking, changed_rows
from certportal.outbox.models import AddressMark, Medium, OutboxRow, RowState
from certportal.statements import prepared

HELD = (RowState.CLAIMED, RowState.SENDING)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row as it was when it was claimed; what delivery reads of it does not change while it is claimed."""

    id: int
    kind: str
    medium: Medium
    reference: dict[str, Any]
    subject: str
    organisation_id: int | None
    secret: bytes | None
    send_before: datetime | None
    machine_deadline: bool
    attempts: int
    message_id: str


def claimed(row_ids: Sequence[int]) -> list[Claimed]:
    """These rows, in this order."""
    rows = asking().execute(_claimed(), {"numbers": list(row_ids)})
    known = {row.id: Claimed(*row) for row in rows}
    return [known[row_id] for row_id in row_ids]


def sending(row_id: int, holder: str, at: datetime, address: str) -> bool:
    """A step: the row is being sent from now on. False: its claim has gone to another run."""
    return changed_rows(_sending(), {"row": row_id, "holder": holder, "at": at, "to": address})


def settled(row_id: int, holder: str, state: RowState, reply: str, fault: str, at: datetime) -> bool:
    """A step: write down what became of a row, if it is still this run's; its secret is erased.

    ``state`` queued: it waits until ``at`` with its secret, to be tried again. A row that another run has meanwhile called
    unknown is still this run's, which knows better; but it waits again only if it had no secret, which is gone, and if nobody
    has sent it again.
    """
    values = {"row": row_id, "holder": holder, "said": reply, "whose": fault, "at": at}
    return changed_rows(_settled(state), values)


def unmarked(address: str, at: datetime) -> bool:
    """A step: the address's living mark ends, if there is one."""
    return changed_rows(_unmarked(), {"key": address.casefold(), "at": at})


def living_mark(address: str) -> ColumnElement[bool]:
    """The condition that a mark is the address's living one."""
    return (AddressMark.address == address.casefold()) & AddressMark.ended_at.is_(None)


def left_behind(stale: datetime) -> bool:
    """Whether a killed run left rows claimed or being sent."""
    return asking().scalar(_left_behind(), {"stale": stale}) is not None


@cache
def _claimed() -> Select[*tuple[Any, ...]]:
    columns: list[Any] = [getattr(OutboxRow, name) for name in Claimed.__slots__]
    return select(*columns).where(OutboxRow.id.in_(bindparam("numbers", expanding=True)))


def _mine(states: Sequence[RowState]) -> ColumnElement[bool]:
    mine = (OutboxRow.id == bindparam("row")) & (OutboxRow.claimed_by == bindparam("holder"))
    return mine & or_(*[OutboxRow.state == state for state in states])


@prepared
def _sending() -> Update:
    values: dict[str, Any] = {"state": RowState.SENDING, "sending_at": bindparam("at"), "address": bindparam("to")}
    return update(OutboxRow).where(_mine([RowState.CLAIMED])).values(**values)


@prepared
def _settled(state: RowState) -> Update:
    values: dict[str, Any] = {"state": state, "reply": bindparam("said"), "fault": bindparam("whose")}
    values["attempts"] = OutboxRow.attempts + 1
    mine = _mine((*HELD, RowState.UNKNOWN))
    if state is RowState.QUEUED:
        values |= {"claimed_by": None, "not_before": bindparam("at"), "settled_at": None}
        sent_again = OutboxRow.reference["sent_again_as"].as_string().is_not(None)
        mine &= _mine(HELD) | (OutboxRow.had_secret.is_(False) & ~sent_again)
    else:
        values |= {"secret": None, "settled_at": bindparam("at")}
    return update(OutboxRow).where(mine).values(**values)


@prepared
def _unmarked() -> Update:
    living = (AddressMark.address == bindparam("key")) & AddressMark.ended_at.is_(None)
    return update(AddressMark).where(living).values(ended_at=bindparam("at"))


@prepared
def _left_behind() -> Select[int]:
    claimed = (OutboxRow.state == RowState.CLAIMED) & (OutboxRow.claimed_at <= bindparam("stale"))
    lost = (OutboxRow.state == RowState.SENDING) & (OutboxRow.sending_at <= bindparam("stale"))
    return select(OutboxRow.id).where(or_(claimed, lost)).limit(1)
