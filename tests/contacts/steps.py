"""What the tests of contacts share: details, and a look at how things stand."""

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from certportal.audit import AuditEntry
from certportal.certificates.models import Certificate
from certportal.contacts import service
from certportal.contacts.service import Updated
from certportal.extensions import db
from certportal.identifiers import EmailAddress, Language, PhoneNumber
from certportal.messages import service as messages
from certportal.messages.models import SecureMessage
from certportal.orders.models import Order
from certportal.registry import service as registry
from certportal.registry.models import TechnicalContact
from certportal.registry.rules import ContactDetails
from tests.orders.steps import House

SAMI = "sami@ohjelmisto.example"
ERIK = "erik@taksi.example"
PHONE = PhoneNumber("+358457000077")
NEW: dict[str, Any] = {
    "name": "Erik Exempelsson",
    "company": "Taksi-Ohjelmat Esimerkki Oy",
    "mobile": "0457 000 077",
    "email": ERIK,
    "second_email": "",
    "language": "sv",
}
"""The form, filled in with another person."""


def erik(**changes: Any) -> ContactDetails:
    """Another person's details."""
    details = ContactDetails(
        "Erik Exempelsson", "Taksi-Ohjelmat Esimerkki Oy", PHONE, EmailAddress(ERIK), None, Language.SV
    )
    return replace(details, **changes)


def with_changes(contact: TechnicalContact, **changes: Any) -> ContactDetails:
    """The contact's own details, but for these."""
    return replace(registry.details_of(contact), **changes)


def update(
    house: House, contact: TechnicalContact, details: ContactDetails, certificate: Certificate | None = None
) -> Updated:
    """The signatory changes the contact, for everything or for one certificate."""
    only = certificate.id if certificate is not None else None
    return service.update_contact(contact.id, now(contact).version, details, house.actor, only)


def now(row: Any) -> Any:
    """The row as it stands now."""
    db.session.rollback()
    return db.session.get_one(type(row), row.id, populate_existing=True)


def message_of(order: Order) -> SecureMessage:
    """The order's newest message."""
    db.session.rollback()
    return db.session.get_one(SecureMessage, messages.codes_of(order.id)[0].message_id)


def pages_of(certificate: Certificate) -> list[SecureMessage]:
    """Every link to the certificate's page, oldest first."""
    db.session.rollback()
    subject = SecureMessage.subject == f"certificate:{certificate.id}"
    return list(db.session.scalars(select(SecureMessage).where(subject).order_by(SecureMessage.id)))


def recorded(verb: str) -> list[AuditEntry]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditEntry).where(AuditEntry.verb == verb).order_by(AuditEntry.id)))
