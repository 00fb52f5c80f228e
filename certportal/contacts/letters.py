"""The mails about contacts: to the old address, to the new one, to the signatories. Reads only.

Whom and what they are about is found out when they are sent (failures.md, F5), so a change that was taken back, or overtaken
by another, sends nothing that is no longer so.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from certportal.certificates.models import Certificate, CertificateState
from certportal.certificates.page_links import page_links
from certportal.contacts import uses
from certportal.extensions import db
from certportal.formats import link
from certportal.identifiers import EmailAddress, Language, PhoneNumber
from certportal.orders.models import Order
from certportal.outbox import service as outbox
from certportal.outbox.models import OutboxRow, RowState
from certportal.outbox.service import Letter, Medium, Silence, kind
from certportal.registry import service as registry
from certportal.registry.models import TechnicalContact
from certportal.registry.telling import addressed
from certportal.settings import current_settings

MOST_LISTED = 200
HEARD_OF = frozenset({RowState.ACCEPTED, RowState.UNKNOWN, RowState.SENDING})


@kind("contact_no_longer_used", Medium.MAIL)
def no_longer_used(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the old address: the organisation uses it no more. It is told nothing else, not even a name."""
    address = EmailAddress(reference["email"])
    if _present(reference).email_key == address.key:
        return Silence("the address is in use again")
    if outbox.marked(address.text) is not None:
        return Silence("the address is refused")
    if not _has_heard(reference, address):
        return Silence("nothing has ever reached the address")
    organisation = registry.organisation(reference["organisation"])
    if organisation is None:
        return Silence("the organisation is gone")
    others = (each for each in registry.contacts_with_address(address.key) if each.organisation_id == organisation.id)
    still = any(uses.uses_of(each.id, 1).count for each in others)
    context = {"organisation": organisation.name, "still_used": still}
    return Letter(address.text, "", Language(reference["language"]), context)


@kind("contact_named", Medium.MAIL)
def named(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the contact: what it is contact for, with a new link to each certificate's page."""
    contact = db.session.get_one(TechnicalContact, reference["contact"])
    if (contact.email, contact.phone) != (reference["email"], reference["phone"]):
        return Silence("the details have changed again, and another letter tells of it")
    certificates = _issued_to(contact, reference["certificate"])
    if not certificates:
        return Silence("the contact looks after nothing any more")
    listed = certificates[:MOST_LISTED]
    addresses, open_pages = page_links(listed)
    context = {
        "organisation": contact.organisation.name,
        "business_id": contact.organisation.business_id,
        "phone": PhoneNumber(contact.phone),
        "new_address": reference["new_address"],
        "certificates": [_line(each, contact.language, addresses.get(each.id, "")) for each in listed],
        "more": len(certificates) - len(listed),
        "first_notice": max(current_settings().notice_days),
    }
    return Letter(contact.email, contact.name, contact.language, context, on_sending=open_pages)


@kind("contact_corrected_by_operator", Medium.MAIL)
def corrected_by_operator(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the signatories: an operator has corrected the contact of an order, and why."""
    order = db.session.get_one(Order, reference["order"])
    found = addressed(reference, {})
    if isinstance(found, Silence):
        return found
    contact = order.contact
    context = {
        "organisation": order.organisation.name,
        "business_id": order.organisation.business_id,
        "order_number": order.number,
        "channel": order.channel.name(found.language.value),
        "environment": order.environment.value,
        "description": order.description,
        "contact_name": contact.name,
        "contact_company": contact.company,
        "contact_email": contact.email,
        "contact_phone": contact.phone,
        "reason": reference["reason"],
        "url": link("orders.show", number=order.number),
    }
    return Letter(found.address, found.name, found.language, context)


def _present(reference: Mapping[str, Any]) -> TechnicalContact:
    """Who is the contact now of what the old address was the contact of."""
    if "order" in reference:
        return db.session.get_one(Order, reference["order"]).contact
    if "certificate" in reference:
        return db.session.get_one(Certificate, reference["certificate"]).contact
    return db.session.get_one(TechnicalContact, reference["contact"])


def _has_heard(reference: Mapping[str, Any], address: EmailAddress) -> bool:
    """Whether the address has ever been told that it is the contact: by orders' secure messages, if it was named in orders
    alone, or by the letter that named it, if it was owed one."""
    if reference["orders"]:
        subjects, name = [f"order:{order_id}" for order_id in reference["orders"]], "secure_message"
        return any(_went_to(row, address) for about in subjects for row in _letters(about, name))
    owed = [
        row
        for row in _letters(f"contact:{reference.get('contact')}", "contact_named")
        if row.reference["email"] == address.text
    ]
    return not owed or any(_went_to(row, address) for row in owed)


def _letters(about: str, name: str) -> list[OutboxRow]:
    return [row for row in outbox.rows_about(about) if row.kind == name]


def _went_to(row: OutboxRow, address: EmailAddress) -> bool:
    return row.state in HEARD_OF and row.address.casefold() == address.text.casefold()


def _issued_to(contact: TechnicalContact, certificate_id: int | None) -> list[Certificate]:
    found = [each for each in uses.uses_of(contact.id).certificates if each.state is CertificateState.ISSUED]
    return found if certificate_id is None else [each for each in found if each.id == certificate_id]


def _line(certificate: Certificate, language: Language, url: str) -> dict[str, Any]:
    return {
        "name": certificate.description or certificate.channel.name(language.value),
        "channel": certificate.channel.name(language.value),
        "environment": certificate.environment.value,
        "last_day": certificate.not_after,
        "url": url,
    }
