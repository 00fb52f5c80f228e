"""Steps that change an order: its codes are issued, sent anew, voided; it is withdrawn or collected."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select, Update, bindparam, select, update

from certportal import audit, clock
from certportal.extensions import asking, changed, db, within_transaction
from certportal.identifiers import Actor
from certportal.messages import service as messages
from certportal.messages.models import MessageEnd, TransferCodes
from certportal.orders import rules
from certportal.orders.models import Order, OrderState
from certportal.outbox import service as outbox
from certportal.refusals import Conflict
from certportal.registry import service as registry
from certportal.registry.models import Channel, Organisation, Person
from certportal.registry.rules import ContactDetails
from certportal.registry.telling import tell_signatory
from certportal.statements import prepared


def subject(order: Order) -> str:
    """How the audit record and the outbox name an order."""
    return f"order:{order.id}"


def covers(order_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What the secure message's cover keeps of an order, for each of these."""
    driver = asking()
    return {each: cover(driver.execute(_covers(), {"order": each}).one()) for each in set(order_ids)}


def cover(row: Any) -> dict[str, Any]:
    """The same of a row that has ``cover_columns``."""
    return {
        "organisation": row.organisation,
        "business_id": row.business_id,
        "ordered_by": row.orderer,
        "ordered_by_id": row.placed_by,
        "order_number": row.number,
        "channel": {"fi": row.name_fi, "sv": row.name_sv, "en": row.name_en},
        "environment": row.environment.value,
        "description": row.description,
    }


def cover_columns() -> tuple[Any, ...]:
    """What ``cover`` reads, of the tables that ``with_cover`` joins."""
    order, channel, organisation, person = (each.__table__ for each in (Order, Channel, Organisation, Person))
    named = (organisation.c.name.label("organisation"), organisation.c.business_id, person.c.name.label("orderer"))
    ordered = (order.c.placed_by, order.c.number, order.c.environment, order.c.description)
    return (*ordered, *named, channel.c.name_fi, channel.c.name_sv, channel.c.name_en)


def with_cover(joined: Any) -> Any:
    """Tables with the order's among them, joined to the others of ``cover_columns``."""
    order, channel, organisation, person = (each.__table__ for each in (Order, Channel, Organisation, Person))
    return (
        joined.join(channel, channel.c.id == order.c.channel_id)
        .join(organisation, organisation.c.id == order.c.organisation_id)
        .join(person, person.c.id == order.c.placed_by)
    )


@prepared
def _covers() -> Select[*tuple[Any, ...]]:
    order = Order.__table__
    return select(*cover_columns()).select_from(with_cover(order)).where(order.c.id == bindparam("order"))


def issue(order: Order) -> TransferCodes:
    """A step: new codes for the order, in a message to its present contact."""
    within_transaction()
    return messages.issue_codes(
        order_id=order.id,
        organisation_id=order.organisation_id,
        environment=order.environment,
        contact=order.contact,
        cover=covers([order.id])[order.id],
    )


def send_new_codes(order: Order, by: Actor, why: str) -> TransferCodes:
    """A step: void what was sent, send new codes to the order's present contact, and note why.

    Refusals: order_collected, order_cancelled, codes_in_use (conflict).
    """
    within_transaction()
    changeable(order)
    messages.void_codes(order.id, MessageEnd.SUPERSEDED)
    order.version += 1
    db.session.flush()
    db.session.refresh(order)
    codes = issue(order)
    audit.record(
        "codes_sent_anew",
        subject(order),
        by=by,
        organisation_id=order.organisation_id,
        number=order.number,
        why=why,
        contact=order.contact.email,
    )
    return codes


def name_contact(order: Order, contact_id: int) -> None:
    """A step: another technical contact collects. What was sent to the former one is the caller's to void.

    Refusals: order_collected, order_cancelled (conflict).
    """
    within_transaction()
    order.name_contact(contact_id)
    db.session.flush()
    db.session.expire(order, ["contact"])


def withhold_codes(order: Order, by: Actor) -> bool:
    """A step: the contact's address or number has changed, so codes that went to the old ones open nothing any more.

    The order stays open and shows that new codes wait to be sent. False: there were none to void.
    """
    within_transaction()
    if not messages.void_codes(order.id, MessageEnd.CONTACT_CHANGED):
        return False
    order.version += 1
    audit.record("codes_withheld", subject(order), by=by, organisation_id=order.organisation_id, number=order.number)
    return True


def withdraw(order: Order, by: Actor, because: MessageEnd) -> None:
    """A step: cancel the order and void its codes. Refusals: order_collected, order_cancelled, codes_in_use (conflict)."""
    within_transaction()
    changeable(order)
    order.cancel(clock.now())
    messages.void_codes(order.id, because)
    audit.record(
        "order_cancelled",
        subject(order),
        by=by,
        organisation_id=order.organisation_id,
        number=order.number,
        why=because.value,
    )


def call_off(order: Order, by: Actor) -> None:
    """A step: the same because nobody wants it any more, which the contact is told. Refusals as ``withdraw``."""
    within_transaction()
    withdraw(order, by, MessageEnd.CANCELLED)
    about = {"subject": subject(order), "organisation_id": order.organisation_id}
    outbox.queue("order_cancelled", {"order": order.id}, send_before=None, **about)


def tell_former(organisation_id: int, before: ContactDetails, reference: dict[str, Any]) -> None:
    """A step: owe the old address the news that it is used no more. ``reference`` says of what it was the contact (one of
    contact, certificate, order: ids), and in ``orders`` by which orders it may have heard of us, if by those alone."""
    within_transaction()
    outbox.queue(
        "contact_no_longer_used",
        {"email": before.email.text, "language": before.language.value, "organisation": organisation_id, **reference},
        subject=next(f"{what}:{reference[what]}" for what in ("contact", "certificate", "order") if what in reference),
        send_before=None,
        organisation_id=organisation_id,
    )


def call_off_each(found: Iterable[Order], by: Actor) -> int:
    """A step: the same of each, but of one that is being collected at this moment, which is left alone. Answers how many."""
    within_transaction()
    called_off = 0
    for order in found:
        try:
            call_off(order, by)
        except Conflict:
            continue
        called_off += 1
    return called_off


def collected(order_id: int) -> None:
    """A step: a certificate has been issued for the order. Refusals: order_collected, order_cancelled (conflict)."""
    within_transaction()
    if not changed(_collect(), order=order_id, now=clock.now()):
        rules.open_for_change(db.session.get_one(Order, order_id, populate_existing=True).state)


@prepared
def _collect() -> Update:
    orders: Any = Order.__table__
    is_open = (orders.c.id == bindparam("order")) & (orders.c.state == OrderState.OPEN)
    values = {"state": OrderState.COLLECTED, "collected_at": bindparam("now"), "version": orders.c.version + 1}
    return update(orders).where(is_open).values(values)


def codes_given_up(order_id: int) -> Order:
    """A step: the codes of this order became void without a certificate; it stays open and shows that new ones are needed.

    The contact, who had used them, and the signatory are mailed what to do.
    """
    within_transaction()
    order = db.session.get_one(Order, order_id)
    order.version += 1
    about, reference = subject(order), {"order": order.id}
    outbox.queue(
        "not_issued_contact", reference, subject=about, send_before=None, organisation_id=order.organisation_id
    )
    tell_signatory("not_issued_signatory", order.organisation_id, order.placed_by, reference, subject=about)
    return order


def changeable(order: Order) -> None:
    """Refuses (conflict) what is collected, cancelled, or being collected at this moment."""
    rules.open_for_change(order.state)
    rules.not_being_collected(codes.state for codes in messages.codes_of(order.id))


def sendable(order: Order, version: int) -> None:
    """Refuses new codes that would be sent unseen, or that nobody could use.

    Refusals: order_collected, order_cancelled, codes_in_use; order_changed (conflict: somebody has acted on it since the
    page was made); organisation_over (conflict); those of ``rules.usable``.
    """
    changeable(order)
    if order.version != version:
        raise Conflict("order_changed")
    on = registry.today()
    if order.organisation.is_over(on):
        raise Conflict("organisation_over")
    has_right = registry.right_to(order.organisation_id, order.channel_id, on) is not None
    rules.usable(order.channel, order.environment, has_right=has_right)
