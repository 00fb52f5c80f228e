"""Use cases of the certificate application, and the steps by which higher rooms change an order."""

from typing import Any

from sqlalchemy import func, insert, select, update

from certportal import audit, clock
from certportal.extensions import changed, db, transaction, within_transaction
from certportal.formats import local
from certportal.identifiers import Actor, Environment
from certportal.messages import service as messages
from certportal.messages.models import MessageEnd, TransferCodes
from certportal.orders import replaceable, rules
from certportal.orders.models import Order, OrderCounter, OrderDraft, OrderReason, OrderState
from certportal.orders.rules import ContactChoice, OrderAnswers
from certportal.outbox import service as outbox
from certportal.refusals import Conflict, NotFound, Refusal
from certportal.registry import service as registry
from certportal.registry.models import TechnicalContact
from certportal.signin.guard import Acting


def save_draft(draft_id: int | None, version: int, answers: dict[str, Any], acting: Acting) -> OrderDraft:
    """A use case: keep what was typed. A new draft for ``draft_id`` None, else the next version of that one.

    Refusals: draft_not_found; draft_changed (conflict: another window has saved it since); draft_sent (conflict).
    """
    now = clock.now()
    with transaction() as session:
        if draft_id is None:
            draft = OrderDraft(
                organisation_id=acting.organisation.id,
                person_id=acting.person.id,
                answers=answers,
                version=1,
                created_at=now,
                saved_at=now,
            )
            session.add(draft)
            session.flush()
            audit.record(
                "order_draft_saved", f"order_draft:{draft.id}", by=acting.actor, organisation_id=acting.organisation.id
            )
            return draft
        draft = open_draft(draft_id, acting.organisation.id)
        values = {"answers": answers, "version": version + 1, "saved_at": now}
        this = (OrderDraft.id == draft.id) & (OrderDraft.version == version)
        if not changed(update(OrderDraft).where(this).values(**values)):
            raise Conflict("draft_changed")
        audit.record(
            "order_draft_saved", f"order_draft:{draft.id}", by=acting.actor, organisation_id=acting.organisation.id
        )
    return draft


def delete_draft(draft_id: int, acting: Acting) -> None:
    """A use case: the draft is gone. Refusals: draft_not_found; draft_sent (conflict)."""
    with transaction():
        draft = open_draft(draft_id, acting.organisation.id)
        draft.deleted_at = clock.now()
        audit.record(
            "order_draft_deleted", f"order_draft:{draft_id}", by=acting.actor, organisation_id=acting.organisation.id
        )


def place_order(draft_id: int, version: int, answers: OrderAnswers, acting: Acting) -> Order:
    """A use case: the order, its codes, the sealed message and the mail, in one transaction.

    A second press sends nothing: it answers with the order that the first one made. Refusals: draft_not_found;
    draft_changed (conflict); those of ``rules.orderable`` and ``rules.described``; terms_changed (conflict: a newer version
    is to be accepted); contact_unknown, certificate_unknown, order_unknown; earlier_order_collected (conflict).
    """
    with transaction() as session:
        draft = session.get(OrderDraft, draft_id)
        if draft is None or draft.organisation_id != acting.organisation.id or draft.deleted_at is not None:
            raise NotFound("draft_not_found")
        if draft.order_id is not None:
            return session.get_one(Order, draft.order_id)
        order = _new_order(answers, acting)
        this = (OrderDraft.id == draft_id) & (OrderDraft.version == version) & OrderDraft.order_id.is_(None)
        if not changed(update(OrderDraft).where(this).values(order_id=order.id)):
            raise Conflict("draft_changed")
        _issue(order)
        audit.record(
            "order_placed",
            subject(order),
            by=acting.actor,
            organisation_id=order.organisation_id,
            number=order.number,
            channel=order.channel.code,
            environment=order.environment.value,
            contact=order.contact.email,
            reason=order.reason.value,
            terms=order.terms.version,
        )
    return order


def send_again(order_id: int, version: int, by: Actor) -> Order:
    """A use case: new codes to the same contact; the old ones are void.

    Refusals: order_collected, order_cancelled; order_changed (conflict: somebody has acted on it since the page was made).
    """
    with transaction() as session:
        order = session.get_one(Order, order_id)
        if order.version != version:
            raise Conflict("order_changed")
        send_new_codes(order, by, "sent_again")
    return order


def send_new_codes(order: Order, by: Actor, why: str) -> TransferCodes:
    """A step: void what was sent, send new codes to the order's present contact, and note why.

    Refusals: order_collected, order_cancelled (conflict).
    """
    within_transaction()
    rules.open_for_change(order.state)
    messages.void_codes(order.id, MessageEnd.SUPERSEDED)
    order.version += 1
    db.session.flush()
    db.session.refresh(order)
    codes = _issue(order)
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


def cancel_order(order_id: int, by: Actor) -> Order:
    """A use case: the codes are void and the contact is told. Refusals: order_collected, order_cancelled (conflict)."""
    with transaction() as session:
        order = session.get_one(Order, order_id)
        withdraw(order, by, MessageEnd.CANCELLED)
        outbox.queue(
            "order_cancelled",
            {"order": order.id},
            subject=subject(order),
            send_before=None,
            organisation_id=order.organisation_id,
        )
    return order


def withdraw(order: Order, by: Actor, because: MessageEnd) -> None:
    """A step: cancel the order and void its codes. Refusals: order_collected, order_cancelled (conflict)."""
    within_transaction()
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


def collected(order_id: int) -> Order:
    """A step: a certificate has been issued for the order."""
    within_transaction()
    order = db.session.get_one(Order, order_id)
    order.collect(clock.now())
    return order


def open_draft(draft_id: int, organisation_id: int) -> OrderDraft:
    """The organisation's own draft that has not been sent. Refusals: draft_not_found; draft_sent (conflict)."""
    draft = db.session.get(OrderDraft, draft_id)
    if draft is None or draft.organisation_id != organisation_id or draft.deleted_at is not None:
        raise NotFound("draft_not_found")
    if draft.order_id is not None:
        raise Conflict("draft_sent")
    return draft


def drafts_of(organisation_id: int) -> list[OrderDraft]:
    """The organisation's drafts that can still be sent, newest first."""
    waiting = OrderDraft.order_id.is_(None) & OrderDraft.deleted_at.is_(None)
    query = select(OrderDraft).where(OrderDraft.organisation_id == organisation_id, waiting)
    return list(db.session.scalars(query.order_by(OrderDraft.saved_at.desc())))


def order_by_number(number: str, organisation_id: int | None = None) -> Order | None:
    """An order by its number; with an organisation, only its own."""
    query = select(Order).where(Order.number == number)
    if organisation_id is not None:
        query = query.where(Order.organisation_id == organisation_id)
    return db.session.scalar(query)


def open_orders(organisation_id: int) -> list[Order]:
    """Orders that nobody has collected or cancelled, newest first."""
    mine = (Order.organisation_id == organisation_id) & (Order.state == OrderState.OPEN)
    return list(db.session.scalars(select(Order).where(mine).order_by(Order.placed_at.desc())))


def others_on(organisation_id: int, channel_id: int, environment: Environment) -> bool:
    """Whether the organisation has a certificate or an open order there already: then a description is needed."""
    mine = (Order.organisation_id == organisation_id) & (Order.channel_id == channel_id)
    mine &= (Order.environment == environment) & (Order.state != OrderState.CANCELLED)
    return bool(db.session.scalar(select(func.count(Order.id)).where(mine)))


def subject(order: Order) -> str:
    """How the audit record and the outbox name an order."""
    return f"order:{order.id}"


def cover(order: Order) -> dict[str, Any]:
    """What the secure message's cover keeps of the order."""
    channel = order.channel
    return {
        "organisation": order.organisation.name,
        "business_id": order.organisation.business_id,
        "ordered_by": order.orderer.name,
        "ordered_by_id": order.placed_by,
        "order_number": order.number,
        "channel": {"fi": channel.name_fi, "sv": channel.name_sv, "en": channel.name_en},
        "environment": order.environment.value,
        "description": order.description,
    }


def _new_order(answers: OrderAnswers, acting: Acting) -> Order:
    organisation_id, on = acting.organisation.id, registry.today()
    channel = registry.channel(answers.channel_id)
    if channel is None:
        raise Refusal("channel_closed")
    has_right = registry.right_to(organisation_id, channel.id, on) is not None
    rules.orderable(channel, answers.environment, has_right=has_right, on=on)
    rules.described(answers.description, others=others_on(organisation_id, channel.id, answers.environment))
    terms = registry.terms_in_force(on)
    if terms is None or terms.id != answers.terms_id:
        raise Conflict("terms_changed")
    _earlier(answers, acting)
    contact = _contact(answers.contact, organisation_id)
    order = Order(
        number=_next_number(),
        organisation_id=organisation_id,
        channel_id=channel.id,
        environment=answers.environment,
        description=answers.description,
        contact_id=contact.id,
        placed_by=acting.person.id,
        reason=OrderReason(answers.reason),
        replaces_certificate_id=answers.replaces_certificate_id,
        earlier_order_id=answers.earlier_order_id,
        terms_id=terms.id,
        placed_at=clock.now(),
    )
    db.session.add(order)
    db.session.flush()
    return order


def _earlier(answers: OrderAnswers, acting: Acting) -> None:
    """What the order replaces is the organisation's own; the order whose retrieval failed loses its codes."""
    organisation_id = acting.organisation.id
    if answers.reason == OrderReason.REPLACES:
        known = {found.id for found in replaceable.certificates_of(organisation_id, clock.now())}
        if answers.replaces_certificate_id not in known:
            raise Refusal("certificate_unknown")
    if answers.reason == OrderReason.RETRIEVAL_FAILED:
        earlier = db.session.get(Order, answers.earlier_order_id) if answers.earlier_order_id else None
        if earlier is None or earlier.organisation_id != organisation_id:
            raise Refusal("order_unknown")
        if earlier.state is OrderState.COLLECTED:
            raise Conflict("earlier_order_collected")
        if earlier.state is OrderState.OPEN:
            withdraw(earlier, acting.actor, MessageEnd.SUPERSEDED)


def _contact(choice: ContactChoice, organisation_id: int) -> TechnicalContact:
    if choice.details is not None:
        return registry.add_contact(organisation_id, choice.details)
    found = registry.contact(choice.contact_id or 0)
    if found is None or found.organisation_id != organisation_id or found.replaced_at is not None:
        raise Refusal("contact_unknown")
    return found


def _issue(order: Order) -> TransferCodes:
    return messages.issue_codes(
        order_id=order.id,
        organisation_id=order.organisation_id,
        environment=order.environment,
        contact=order.contact,
        cover=cover(order),
    )


def _next_number() -> str:
    year = local(clock.now()).year
    if not changed(update(OrderCounter).where(OrderCounter.year == year).values(last=OrderCounter.last + 1)):
        db.session.execute(insert(OrderCounter).values(year=year, last=1))
    last = db.session.scalar(select(OrderCounter.last).where(OrderCounter.year == year)) or 1
    return rules.order_number(year, last)
