"""What is wrong with several open orders at once, for lists: the same judgement as the order's own page, in a few queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import func, select

from certportal.extensions import Base, db
from certportal.messages.models import CodesState, SecureMessage, TransferCodes
from certportal.orders.lifeline import problem_of
from certportal.outbox.models import AddressMark, OutboxRow

Row = TypeVar("Row", bound=Base)


@dataclass(frozen=True, slots=True)
class Standing:
    """An open order's newest codes, and the worst that is wrong (``Life.problem``); None where it only waits.

    ``being_issued``: somebody has presented them with a key, and the certificate is being signed.
    """

    codes: TransferCodes
    problem: str | None

    @property
    def being_issued(self) -> bool:
        return self.codes.state is CodesState.TAKEN


def standings_of(order_ids: Sequence[int]) -> dict[int, Standing]:
    """Where each of these open orders stands, by its id."""
    newest = select(func.max(TransferCodes.id)).where(TransferCodes.order_id.in_(order_ids))
    codes = list(
        db.session.scalars(select(TransferCodes).where(TransferCodes.id.in_(newest.group_by(TransferCodes.order_id))))
    )
    messages = _by_id(SecureMessage, (each.message_id for each in codes))
    rows = _by_id(OutboxRow, (n for each in messages.values() for n in (each.mail_row_id, each.pin_row_id)))
    marks = _marks({each.email.casefold() for each in messages.values()})
    found: dict[int, Standing] = {}
    for each in codes:
        message = messages[each.message_id]
        mail, pin = rows.get(message.mail_row_id or 0), rows.get(message.pin_row_id or 0)
        problem = problem_of(each, message, mail, pin, marks.get(message.email.casefold()))
        found[each.order_id] = Standing(each, problem)
    return found


def _by_id(table: type[Row], ids: Iterable[int | None]) -> dict[int, Row]:
    wanted = {number for number in ids if number is not None}
    key: Any = table.__mapper__.primary_key[0]
    return {each.id: each for each in db.session.scalars(select(table).where(key.in_(wanted)))}  # type: ignore[attr-defined]


def _marks(addresses: set[str]) -> dict[str, AddressMark]:
    living = AddressMark.address.in_(addresses) & AddressMark.ended_at.is_(None)
    return {each.address: each for each in db.session.scalars(select(AddressMark).where(living))}
