"""Steps of a contact's change: another technical contact looks after a certificate, and its links stop to open."""

from certportal import audit
from certportal.certificates.models import Certificate
from certportal.certificates.telling import subject
from certportal.extensions import db, within_transaction
from certportal.identifiers import Actor
from certportal.messages import service as messages
from certportal.messages.models import MessageEnd
from certportal.registry.models import TechnicalContact


def name_contact(certificate: Certificate, contact: TechnicalContact, by: Actor) -> None:
    """A step: from now on ``contact`` looks after the certificate. Links that the former one has are the caller's to end."""
    within_transaction()
    former = certificate.contact
    certificate.name_contact(contact.id)
    shown = ("name", "company", "phone", "email", "second_email", "language")
    audit.record(
        "certificate_contact_changed",
        subject(certificate),
        by=by,
        organisation_id=certificate.organisation_id,
        changed={
            name: [getattr(former, name), getattr(contact, name)]
            for name in shown
            if getattr(former, name) != getattr(contact, name)
        },
    )
    db.session.flush()
    db.session.expire(certificate, ["contact"])


def end_contact_links(certificates: list[Certificate]) -> None:
    """A step: links to these certificates' pages were sent to an address or open with a number that is used no more."""
    within_transaction()
    for certificate in certificates:
        messages.end_pages(certificate.id, MessageEnd.CONTACT_CHANGED)
