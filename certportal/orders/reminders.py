"""On day 10, and when codes lapse, the signatory is told that nobody has collected (domain.md).

"Due and not yet told": safe to run late, twice, or in two processes at once (failures F1). The row that says it was told
and the mail are one transaction.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select, update

from certportal import audit, clock, formats, runs
from certportal.extensions import changed, db, transaction, within_transaction
from certportal.identifiers import Actor, ActorKind
from certportal.messages.models import CodesState, TransferCodes
from certportal.orders import rules
from certportal.orders.models import Order, OrderState
from certportal.registry import service as registry
from certportal.registry.telling import tell_signatory
from certportal.runs import Lease
from certportal.settings import current_settings

BATCH = 200
UNCOLLECTED, LAPSED = "codes_uncollected", "codes_lapsed"
REMINDER = Actor(ActorKind.JOB, None, runs.UNCOLLECTED)


def remind_uncollected(lease: Lease) -> str:
    """A job: owe the mails of day 10 and of the lapse. Answers how many orders each was about."""
    told = {UNCOLLECTED: 0, LAPSED: 0}
    for kind in told:
        while count := _batch(kind, lease):
            told[kind] += count
    return f"{told[UNCOLLECTED]} reminded, {told[LAPSED]} lapsed"


def _batch(kind: str, lease: Lease) -> int:
    due = select(TransferCodes.id).join(Order, Order.id == TransferCodes.order_id).where(_due(kind))
    row_ids = list(db.session.scalars(due.order_by(TransferCodes.id).limit(BATCH)))
    if not row_ids:
        return 0
    with transaction():
        lease.renew_within()
        return sum(_tell(kind, codes_id) for codes_id in row_ids)


def _tell(kind: str, codes_id: int) -> bool:
    """A step: whoever marks the row first tells."""
    within_transaction()
    told_at = TransferCodes.reminded_at if kind == UNCOLLECTED else TransferCodes.lapse_told_at
    untold = (TransferCodes.id == codes_id) & told_at.is_(None) & (TransferCodes.state == CodesState.LIVE)
    if not changed(update(TransferCodes).where(untold).values({told_at.key: clock.now()})):
        return False
    codes = db.session.get_one(TransferCodes, codes_id)
    order = db.session.get_one(Order, codes.order_id)
    if kind == LAPSED:
        audit.record(
            "codes_lapsed",
            f"order:{order.id}",
            by=REMINDER,
            organisation_id=order.organisation_id,
            number=order.number,
            transfer_id=codes.transfer_id,
        )
    tell_signatory(
        kind,
        order.organisation_id,
        order.placed_by,
        {"codes": codes_id},
        subject=f"order:{order.id}",
        send_before=codes.usable_until if kind == UNCOLLECTED else None,
    )
    return True


def _due(kind: str) -> sa.ColumnElement[bool]:
    """Codes sent late are reminded late; those that lapse before they were reminded are told once, as lapsed."""
    live = (TransferCodes.state == CodesState.LIVE) & (Order.state == OrderState.OPEN)
    if kind == LAPSED:
        return live & (TransferCodes.usable_until <= clock.now()) & TransferCodes.lapse_told_at.is_(None)
    since = rules.due_since(registry.today(), current_settings().collection_reminder_day)
    long_ago = TransferCodes.issued_at < formats.end_of_day(since)
    return live & long_ago & (TransferCodes.usable_until > clock.now()) & TransferCodes.reminded_at.is_(None)


def silent_because(reference: Mapping[str, Any], now: datetime) -> str | None:
    """Why nobody needs to be told any more: collected, cancelled, sent anew, locked. None while it is still so."""
    codes = db.session.get(TransferCodes, reference["codes"])
    if codes is None:
        return "there are no such codes"
    if codes.state is not CodesState.LIVE:
        return f"the codes are {codes.state}"
    order = db.session.get_one(Order, codes.order_id)
    return None if order.state is OrderState.OPEN else f"the order is {order.state}"
