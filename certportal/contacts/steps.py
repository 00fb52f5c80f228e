"""Steps of a contact's change: who has the new details from now on, and everything that follows, in one transaction."""

from dataclasses import dataclass

from certportal import audit
from certportal.certificates.models import Certificate, CertificateState
from certportal.certificates.naming import end_contact_links, name_contact
from certportal.contacts.rules import Difference
from certportal.contacts.uses import Uses, uses_of
from certportal.extensions import within_transaction
from certportal.identifiers import Actor
from certportal.orders import service as orders
from certportal.orders.models import Order
from certportal.outbox import service as outbox
from certportal.registry import service as registry
from certportal.registry.models import TechnicalContact
from certportal.registry.rules import ContactDetails, differences


@dataclass(frozen=True)
class Change:
    """A change that was made: the row that has the new details, what was there before, and what it concerns."""

    contact: TechnicalContact
    before: ContactDetails
    differs: Difference
    certificates: list[Certificate]
    orders: list[Order]
    certificate_id: int | None = None


def everything(contact: TechnicalContact, details: ContactDetails, uses: Uses, by: Actor) -> TechnicalContact:
    """A step: all that the contact looks after has these details. Where another contact has them already, that one takes
    over, so that nobody is in the list twice."""
    within_transaction()
    twin = registry.contact_like(contact.organisation_id, details)
    if twin is None or twin.id == contact.id or twin.replaced_at is not None:
        registry.change_contact(contact, details, by)
        return contact
    hand_over(contact, twin, uses, by)
    return twin


def one_certificate(certificate: Certificate, details: ContactDetails, by: Actor) -> TechnicalContact:
    """A step: a contact with these details looks after this certificate; the former one keeps the rest."""
    within_transaction()
    contact = registry.add_contact(certificate.organisation_id, details)
    name_contact(certificate, contact, by)
    return contact


def one_order(order: Order, details: ContactDetails, by: Actor) -> TechnicalContact:
    """A step: the order's contact has these details; what else the contact looks after keeps the old ones."""
    within_transaction()
    uses = uses_of(order.contact_id)
    if uses.only_order(order.id):
        return everything(order.contact, details, uses, by)
    return another_for_order(order, registry.add_contact(order.organisation_id, details))


def another_for_order(order: Order, contact: TechnicalContact) -> TechnicalContact:
    """A step: this contact collects. A former one that looks after nothing more leaves the list."""
    within_transaction()
    former = order.contact
    if former.id == contact.id:
        return contact
    orders.name_contact(order, contact.id)
    if not uses_of(former.id, 1).count:
        registry.retire_contact(former)
    return contact


def hand_over(former: TechnicalContact, contact: TechnicalContact, uses: Uses, by: Actor) -> None:
    """A step: ``contact`` takes over all that ``former`` looks after. What has ended stays with whom it ended."""
    within_transaction()
    for certificate in uses.certificates:
        name_contact(certificate, contact, by)
    for order in uses.orders:
        orders.name_contact(order, contact.id)
    registry.retire_contact(former)
    audit.record(
        "contact_handed_over",
        f"contact:{contact.id}",
        by=by,
        organisation_id=contact.organisation_id,
        former=former.name,
        name=contact.name,
        changed=changed_fields(registry.details_of(former), registry.details_of(contact)),
    )


def follow_up(change: Change, by: Actor) -> None:
    """A step: another address or number ends the links and codes that were sent to the old ones; the old address learns
    that it is used no more, the new one what it is contact for, with new links."""
    within_transaction()
    if not change.differs.reach:
        return
    end_contact_links(change.certificates)
    for order in change.orders:
        orders.withhold_codes(order, by)
    if change.differs.email:
        reached = {"orders": []} if change.certificates else {"orders": [order.id for order in change.orders]}
        where = {"certificate": change.certificate_id} if change.certificate_id else {"contact": change.contact.id}
        orders.tell_former(change.contact.organisation_id, change.before, where | reached)
    if any(each.state is CertificateState.ISSUED for each in change.certificates):
        tell_named(change)


def tell_named(change: Change) -> None:
    """A step: owe the contact a list of what it looks after, with a new link to each certificate's page."""
    within_transaction()
    contact = change.contact
    outbox.queue(
        "contact_named",
        {
            "contact": contact.id,
            "certificate": change.certificate_id,
            "email": contact.email,
            "phone": contact.phone,
            "new_address": change.differs.email,
        },
        subject=f"contact:{contact.id}",
        send_before=None,
        organisation_id=contact.organisation_id,
    )


def changed_fields(before: ContactDetails, after: ContactDetails) -> dict[str, list[object]]:
    """What a record keeps of a change: {field: [before, after]}."""
    one, other = _plain(before), _plain(after)
    return {field.field: [field.before, field.after] for field in differences(one, other)}


def _plain(details: ContactDetails) -> dict[str, object]:
    return {
        "name": details.name,
        "company": details.company,
        "phone": details.phone.e164,
        "email": details.email.text,
        "second_email": details.second_email.text if details.second_email else "",
        "language": details.language.value,
    }
