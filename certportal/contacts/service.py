"""The contact update: one person's details, everywhere they are used. Correcting an order's contact lies beside."""

from dataclasses import dataclass

from certportal import audit
from certportal.certificates.models import Certificate
from certportal.contacts import rules, steps
from certportal.contacts.correcting import choose_and_send, correct_and_send
from certportal.contacts.rules import Difference
from certportal.contacts.uses import (
    Aftermath,
    Contacts,
    Line,
    Uses,
    aftermath,
    contact_of,
    contacts_page,
    line,
    present_contact,
    uses_of,
)
from certportal.extensions import transaction
from certportal.identifiers import Actor
from certportal.refusals import Conflict
from certportal.registry import service as registry
from certportal.registry.models import TechnicalContact
from certportal.registry.rules import ContactDetails, unchanged_since

__all__ = [
    "Aftermath",
    "Contacts",
    "Line",
    "Updated",
    "Uses",
    "aftermath",
    "choose_and_send",
    "contact_of",
    "contacts_page",
    "correct_and_send",
    "line",
    "present_contact",
    "remove_contact",
    "update_contact",
    "uses_of",
]


@dataclass(frozen=True, slots=True)
class Updated:
    """What a change came to: the contact that has the details now, for which certificate if for one of several, and what
    differs from before."""

    contact_id: int
    certificate_id: int | None
    differs: Difference


def update_contact(
    contact_id: int, version: int, details: ContactDetails, by: Actor, certificate_id: int | None = None
) -> Updated:
    """A use case: these details from now on, for everything that the contact looks after, or for one certificate of it.

    ``version`` is the contact's when the form was made. Another address or number ends the links and the outstanding codes
    that went to the old ones; new links are mailed at once, new codes wait for a press on each order. Everything in one
    transaction. Refusals (conflict): contact_changed_meanwhile; contact_gone: another has taken its place.
    """
    with transaction() as session:
        contact = session.get_one(TechnicalContact, contact_id, with_for_update=True)
        rules.in_use(contact.replaced_at is not None)
        unchanged_since(version, contact.version, "contact_changed_meanwhile")
        before, uses = registry.details_of(contact), uses_of(contact_id)
        certificate = _certificate(uses, certificate_id)
        differs = rules.difference(before, details)
        if not differs.anything:
            return Updated(contact_id, None, differs)
        if certificate is None or uses.only_certificate(certificate.id):
            now = steps.everything(contact, details, uses, by)
            change = steps.Change(now, before, differs, uses.certificates, uses.orders)
        else:
            now = steps.one_certificate(certificate, details, by)
            change = steps.Change(now, before, differs, [certificate], [], certificate.id)
        steps.follow_up(change, by)
        return Updated(now.id, change.certificate_id, differs)


def remove_contact(contact_id: int, by: Actor) -> None:
    """A use case: a contact who looks after nothing leaves the list; ordering for it again brings it back.

    Refusals: contact_looks_after (conflict).
    """
    with transaction() as session:
        contact = session.get_one(TechnicalContact, contact_id, with_for_update=True)
        uses = uses_of(contact_id, 1)
        rules.removable(len(uses.certificates), len(uses.orders))
        if contact.replaced_at is not None:
            return
        registry.retire_contact(contact)
        audit.record(
            "contact_removed",
            f"contact:{contact_id}",
            by=by,
            organisation_id=contact.organisation_id,
            name=contact.name,
        )


def _certificate(uses: Uses, certificate_id: int | None) -> Certificate | None:
    """The one certificate that a change is for, which the contact must still look after; None: everything."""
    found = next((each for each in uses.certificates if each.id == certificate_id), None)
    if certificate_id is not None and found is None:
        raise Conflict("contact_changed_meanwhile")
    return found
