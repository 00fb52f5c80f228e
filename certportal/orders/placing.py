"""Placing an order: everything is checked again, then order, codes, sealed message and mail in one transaction."""

from typing import Any

from sqlalchemy import insert, select, update

from certportal import audit, clock
from certportal.extensions import changed, db, transaction, within_transaction
from certportal.formats import local
from certportal.messages.models import MessageEnd
from certportal.orders import offers, replaceable, rules
from certportal.orders.drafts import DRAFTS
from certportal.orders.models import Order, OrderCounter, OrderDraft, OrderReason, OrderState
from certportal.orders.rules import ContactChoice, OrderAnswers
from certportal.orders.steps import issue, subject, tell_former, withdraw
from certportal.refusals import Conflict, NotFound, Refusal
from certportal.registry import service as registry
from certportal.registry.models import Channel, TechnicalContact
from certportal.signin.guard import Acting


def place_order(draft_id: int, version: int, answers: OrderAnswers, acting: Acting) -> Order:
    """A use case: the order, its codes, the sealed message and the mail, in one transaction.

    A second press sends nothing: it answers with the order that the first one made. Refusals: draft_not_found;
    draft_deleted, draft_changed (conflict); those of ``rules.orderable`` or ``rules.usable``, ``rules.described`` and
    ``rules.successor_fits``;
    terms_changed (conflict: a newer version is to be accepted); contact_unknown, certificate_unknown, order_unknown;
    earlier_order_collected, codes_in_use (conflict).
    """
    with transaction() as session:
        draft = session.get(OrderDraft, draft_id, with_for_update=True)
        if draft is None or draft.organisation_id != acting.organisation.id:
            raise NotFound("draft_not_found")
        return _placed(draft, version, answers, acting)


def place_renewal(key: str, typed: dict[str, Any], answers: OrderAnswers, acting: Acting) -> Order:
    """A use case: what a signatory sends from one page, to renew a certificate that ends soon: draft and order at once.

    ``key`` was drawn when the page was made: a second press of the same page answers with the order of the first. Refusals:
    renewal_ordered (conflict: an order that replaces the certificate waits already), renewal_not_now (conflict: it has not
    sixty days left, or has ended, or another took its place), those of ``place_order``.
    """
    with transaction() as session:
        sent = session.scalar(select(OrderDraft).where(OrderDraft.key == key))
        if sent is not None and sent.order_id is not None and sent.organisation_id == acting.organisation.id:
            return session.get_one(Order, sent.order_id)
        wanted = answers.replaces_certificate_id or 0
        ending = replaceable.certificate_of(acting.organisation.id, wanted, clock.now())
        rules.renewed_by_order(ending.state if ending is not None else None)
        if offers.replacing(acting.organisation.id, wanted) is not None:
            raise Conflict("renewal_ordered")
        draft = DRAFTS.begin(key, typed, acting)
        return _placed(draft, draft.version, answers, acting)


def _placed(draft: OrderDraft, version: int, answers: OrderAnswers, acting: Acting) -> Order:
    """A step: the draft, while nobody has changed it, becomes an order whose codes go out."""
    within_transaction()
    if draft.order_id is not None:
        return db.session.get_one(Order, draft.order_id)
    if draft.deleted_at is not None:
        raise Conflict("draft_deleted")
    order = _new_order(answers, acting)
    this = (OrderDraft.id == draft.id) & (OrderDraft.version == version) & OrderDraft.order_id.is_(None)
    if not changed(update(OrderDraft).where(this).values(order_id=order.id)):
        raise Conflict("draft_changed")
    issue(order)
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


def _new_order(answers: OrderAnswers, acting: Acting) -> Order:
    within_transaction()
    organisation_id, on = acting.organisation.id, registry.today()
    channel = registry.channel(answers.channel_id)
    if channel is None:
        raise Refusal("channel_closed")
    _require_orderable(channel, answers, organisation_id)
    others = offers.neighbours(
        organisation_id,
        channel.id,
        answers.environment,
        certificate_id=answers.replaces_certificate_id,
        order_id=answers.earlier_order_id,
    )
    rules.described(answers.description, others=bool(others))
    terms = registry.terms_in_force(on)
    if terms is None or terms.id != answers.terms_id:
        raise Conflict("terms_changed")
    order = Order(
        number=_next_number(),
        organisation_id=organisation_id,
        channel_id=channel.id,
        environment=answers.environment,
        description=answers.description,
        contact_id=_contact(answers.contact, organisation_id).id,
        placed_by=acting.person.id,
        reason=OrderReason(answers.reason),
        replaces_certificate_id=_replaced(answers, acting),
        earlier_order_id=answers.earlier_order_id,
        terms_id=terms.id,
        contact_may_renew=answers.contact_may_renew,
        placed_at=clock.now(),
    )
    db.session.add(order)
    db.session.flush()
    if answers.reason == OrderReason.RETRIEVAL_FAILED:
        _give_up(_given_up(answers, acting), order, acting)
    return order


def _require_orderable(channel: Channel, answers: OrderAnswers, organisation_id: int) -> None:
    """A closed channel takes no additional certificates; what it has is replaced there, and ordered anew when it failed."""
    on, replaces = registry.today(), answers.reason == OrderReason.REPLACES
    has_right = registry.right_to(organisation_id, channel.id, on) is not None
    earlier = db.session.get(Order, answers.earlier_order_id or 0)
    if replaces or (earlier is not None and earlier.channel_id == channel.id):
        rules.usable(channel, answers.environment, has_right=has_right, replaces=replaces)
    else:
        rules.orderable(channel, answers.environment, has_right=has_right, on=on)


def _replaced(answers: OrderAnswers, acting: Acting) -> int | None:
    """The certificate that the new one succeeds: also what the order whose retrieval failed was to replace."""
    if answers.reason == OrderReason.RETRIEVAL_FAILED:
        earlier = _given_up(answers, acting)
        same = (answers.channel_id, answers.environment) == (earlier.channel_id, earlier.environment)
        return earlier.replaces_certificate_id if same else None
    if answers.reason != OrderReason.REPLACES:
        return None
    wanted = answers.replaces_certificate_id or 0
    replaced = replaceable.certificate_of(acting.organisation.id, wanted, clock.now())
    if replaced is None:
        raise Refusal("certificate_unknown")
    rules.successor_fits(answers.channel_id, answers.environment, replaced)
    return replaced.id


def _given_up(answers: OrderAnswers, acting: Acting) -> Order:
    """The order whose retrieval failed."""
    earlier = db.session.get(Order, answers.earlier_order_id or 0)
    if earlier is None or earlier.organisation_id != acting.organisation.id:
        raise Refusal("order_unknown")
    if earlier.state is OrderState.COLLECTED:
        raise Conflict("earlier_order_collected")
    return earlier


def _give_up(earlier: Order, order: Order, acting: Acting) -> None:
    """A step: the codes of the order whose retrieval failed are void. An address to which the new ones do not go is told so."""
    within_transaction()
    if earlier.state is not OrderState.OPEN:
        return
    before = registry.details_of(earlier.contact)
    elsewhere = before.email.key != order.contact.email_key
    withdraw(earlier, acting.actor, MessageEnd.CONTACT_CHANGED if elsewhere else MessageEnd.SUPERSEDED)
    if elsewhere:
        tell_former(order.organisation_id, before, {"order": order.id, "orders": [earlier.id]})


def _contact(choice: ContactChoice, organisation_id: int) -> TechnicalContact:
    if choice.details is not None:
        return registry.add_contact(organisation_id, choice.details)
    found = registry.contact(choice.contact_id or 0)
    if found is None or found.organisation_id != organisation_id or found.replaced_at is not None:
        raise Refusal("contact_unknown")
    return found


def _next_number() -> str:
    year = local(clock.now()).year
    if not changed(update(OrderCounter).where(OrderCounter.year == year).values(last=OrderCounter.last + 1)):
        db.session.execute(insert(OrderCounter).values(year=year, last=1))
    last = db.session.scalar(select(OrderCounter.last).where(OrderCounter.year == year)) or 1
    return rules.order_number(year, last)
