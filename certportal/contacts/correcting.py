"""One press: the order's contact is corrected, the old codes are void, and new ones go out (domain.md, section 1)."""

from certportal import audit
from certportal.contacts import rules, steps
from certportal.extensions import transaction, within_transaction
from certportal.identifiers import Actor, ActorKind
from certportal.messages import service as messages
from certportal.messages.models import MessageEnd
from certportal.orders import service as orders
from certportal.orders.models import Order
from certportal.refusals import Conflict
from certportal.registry import service as registry
from certportal.registry.models import TechnicalContact
from certportal.registry.rules import ContactDetails
from certportal.registry.telling import tell_signatory

OPERATORS = (ActorKind.OPERATOR, ActorKind.COMMAND)


def correct_and_send(order_id: int, version: int, details: ContactDetails, by: Actor, reason: str = "") -> Order:
    """A use case: the order's contact has these details, and gets new codes; what was sent before is void.

    A contact that looks after other things too keeps the old details for those. An operator gives a reason, which the
    signatories are mailed. Refusals: order_collected, order_cancelled, codes_in_use, order_changed (conflict); those of
    ``orders.rules.usable``; correction_reason_missing.
    """
    with transaction() as session:
        order = _changeable(session.get_one(Order, order_id, with_for_update=True), version, by, reason)
        before = registry.details_of(order.contact)
        contact = steps.one_order(order, details, by)
        _send(order, contact, before, by, reason)
    return order


def choose_and_send(order_id: int, version: int, contact_id: int, by: Actor, reason: str = "") -> Order:
    """A use case: another of the organisation's contacts collects, and gets new codes; what was sent before is void.

    Refusals: as ``correct_and_send``; contact_gone (conflict).
    """
    with transaction() as session:
        order = _changeable(session.get_one(Order, order_id, with_for_update=True), version, by, reason)
        contact = session.get(TechnicalContact, contact_id)
        if contact is None or contact.organisation_id != order.organisation_id:
            raise Conflict("contact_gone")
        rules.in_use(contact.replaced_at is not None)
        before = registry.details_of(order.contact)
        steps.another_for_order(order, contact)
        _send(order, contact, before, by, reason)
    return order


def _changeable(order: Order, version: int, by: Actor, reason: str) -> Order:
    rules.reason_given(reason, by_operator=by.kind in OPERATORS)
    orders.sendable(order, version)
    return order


def _send(order: Order, contact: TechnicalContact, before: ContactDetails, by: Actor, reason: str) -> None:
    """A step: void, record, send anew, and tell whom it concerns."""
    within_transaction()
    after = registry.details_of(contact)
    differs = rules.difference(before, after)
    if differs.reach:
        messages.void_codes(order.id, MessageEnd.CONTACT_CHANGED)
    if differs.anything:
        audit.record(
            "order_contact_corrected",
            orders.subject(order),
            by=by,
            organisation_id=order.organisation_id,
            number=order.number,
            changed=steps.changed_fields(before, after),
            reason=reason.strip(),
        )
    orders.send_new_codes(order, by, "contact_corrected" if differs.anything else "sent_again")
    if differs.email:
        orders.tell_former(order.organisation_id, before, {"order": order.id, "orders": [order.id]})
    if by.kind in OPERATORS:
        reference = {"order": order.id, "reason": reason.strip()}
        tell_signatory(
            "contact_corrected_by_operator", order.organisation_id, None, reference, subject=orders.subject(order)
        )
