"""What other rooms and the views ask of orders. Drafts, placing, offers, the life line and reminders lie beside."""

from sqlalchemy import select

from certportal.extensions import db, transaction
from certportal.identifiers import Actor
from certportal.orders.drafts import (
    begin_draft,
    delete_draft,
    draft_known,
    draft_now,
    drafts_of,
    drafts_waiting_for,
    open_draft,
    order_of_draft,
    order_of_key,
    save_draft,
)
from certportal.orders.ended import call_off_ended
from certportal.orders.giving_way import ADDITIONAL, gone
from certportal.orders.lifeline import Life, life_of
from certportal.orders.models import Order, OrderDraft, OrderReason, OrderState
from certportal.orders.offers import (
    Neighbour,
    Reasons,
    draft_names,
    has_right_for,
    last_day_from_now,
    neighbours,
    offered,
    prefilled,
    reasons_offered,
    replaced_certificate,
    replacing,
    replacing_each,
)
from certportal.orders.placing import place_order, place_renewal
from certportal.orders.reminders import remind_uncollected
from certportal.orders.replaceable import has_certificate
from certportal.orders.steps import (
    call_off,
    call_off_each,
    changeable,
    codes_given_up,
    collected,
    cover,
    covers,
    name_contact,
    send_new_codes,
    sendable,
    subject,
    tell_former,
    withdraw,
    withhold_codes,
)

__all__ = [
    "ADDITIONAL",
    "Life",
    "Neighbour",
    "OrderDraft",
    "OrderReason",
    "OrderState",
    "Reasons",
    "begin_draft",
    "call_off_each",
    "call_off_ended",
    "cancel_order",
    "changeable",
    "codes_given_up",
    "collected",
    "cover",
    "covers",
    "delete_draft",
    "draft_known",
    "draft_names",
    "draft_now",
    "drafts_of",
    "drafts_waiting_for",
    "gone",
    "has_certificate",
    "has_right_for",
    "last_day_from_now",
    "life_of",
    "name_contact",
    "neighbours",
    "offered",
    "open_draft",
    "open_orders",
    "order_by_number",
    "order_of_draft",
    "order_of_key",
    "place_order",
    "place_renewal",
    "prefilled",
    "reasons_offered",
    "remind_uncollected",
    "replaced_certificate",
    "replacing",
    "replacing_each",
    "save_draft",
    "send_again",
    "send_new_codes",
    "sendable",
    "subject",
    "tell_former",
    "withdraw",
    "withhold_codes",
]


def send_again(order_id: int, version: int, by: Actor) -> Order:
    """A use case: new codes to the same contact; the old ones are void.

    Refusals: those of ``steps.sendable``.
    """
    with transaction() as session:
        order = session.get_one(Order, order_id, with_for_update=True)
        sendable(order, version)
        send_new_codes(order, by, "sent_again")
    return order


def cancel_order(order_id: int, by: Actor) -> Order:
    """A use case: the codes are void and the contact is told.

    Refusals: order_collected, order_cancelled, codes_in_use (conflict).
    """
    with transaction() as session:
        order = session.get_one(Order, order_id, with_for_update=True)
        call_off(order, by)
    return order


def order_by_number(number: str, organisation_id: int | None = None) -> Order | None:
    """An order by its number; with an organisation, only its own."""
    query = select(Order).where(Order.number == number)
    if organisation_id is not None:
        query = query.where(Order.organisation_id == organisation_id)
    return db.session.scalar(query)


def open_orders(organisation_id: int) -> list[Order]:
    """Orders that nobody has collected or cancelled, newest first."""
    mine = (Order.organisation_id == organisation_id) & (Order.state == OrderState.OPEN)
    return list(db.session.scalars(select(Order).where(mine).order_by(Order.placed_at.desc(), Order.id.desc())))
