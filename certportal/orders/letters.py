"""The mails about orders: cancelled, not collected, not issued; to the contact, to the signatory. Reads only."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import current_app

from certportal.extensions import db
from certportal.formats import link
from certportal.identifiers import Language
from certportal.messages.models import TransferCodes
from certportal.orders import service
from certportal.orders.models import Order
from certportal.orders.reminders import silent_because
from certportal.outbox import service as outbox
from certportal.outbox.models import RowState
from certportal.outbox.service import Letter, Medium, Silence, kind
from certportal.registry.telling import addressed

NOT_ISSUED = "not_issued"
SETTLED = "new codes have been sent, or the order is cancelled"
HEARD_OF = frozenset({RowState.ACCEPTED, RowState.UNKNOWN, RowState.SENDING})


@kind("order_cancelled", Medium.MAIL)
def order_cancelled(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the contact: the codes no longer work. Not to one whom no message has reached."""
    order = db.session.get_one(Order, reference["order"])
    contact, here = order.contact, order.contact.email.casefold()
    sent = [row for row in outbox.rows_about(service.subject(order)) if row.kind == "secure_message"]
    if not any(row.state in HEARD_OF and row.address.casefold() == here for row in sent):
        return Silence("the contact has never been sent a message about it")
    return Letter(contact.email, contact.name, contact.language, _about(order, contact.language))


@kind("codes_uncollected", Medium.MAIL)
def codes_uncollected(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the signatory, on day 10: nobody has collected; correcting the contact is one press away."""
    return _to_signatory(reference, now)


@kind("codes_lapsed", Medium.MAIL)
def codes_lapsed(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the signatory: the last day has passed and nobody has collected."""
    return _to_signatory(reference, now)


@kind("not_issued_contact", Medium.MAIL)
def not_issued_to_contact(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the contact, who has used the codes: no certificate comes of them, new codes follow, the key can be used again."""
    order = db.session.get_one(Order, reference["order"])
    if service.life_of(order).problem != NOT_ISSUED:
        return Silence(SETTLED)
    contact = order.contact
    return Letter(contact.email, contact.name, contact.language, _about(order, contact.language))


@kind("not_issued_signatory", Medium.MAIL)
def not_issued_to_signatory(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the signatory: the certificate could not be issued, and new codes are one press away."""
    order = db.session.get_one(Order, reference["order"])
    if service.life_of(order).problem != NOT_ISSUED:
        return Silence(SETTLED)
    found = addressed(reference, {})
    if isinstance(found, Silence):
        return found
    more = {"contact_name": order.contact.name, "order_url": link("orders.show", number=order.number)}
    return Letter(found.address, found.name, found.language, _about(order, found.language) | more)


def _to_signatory(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    silent = silent_because(reference, now)
    if silent is not None:
        return Silence(silent)
    codes = db.session.get_one(TransferCodes, reference["codes"])
    order = db.session.get_one(Order, codes.order_id)
    found = addressed(reference, {})
    if isinstance(found, Silence):
        return found
    life = service.life_of(order)
    more = {
        "contact_name": order.contact.name,
        "contact_email": order.contact.email,
        "contact_phone": order.contact.phone,
        "usable_until": codes.usable_until,
        "issued_at": codes.issued_at,
        "opened": life.message.first_opened_at is not None,
        "problem": life.problem,
        "correct_url": correct_url(order.number),
        "order_url": link("orders.show", number=order.number),
    }
    return Letter(found.address, found.name, found.language, _about(order, found.language) | more)


def correct_url(number: str) -> str:
    """Where the contact is corrected and new codes are sent, in one press."""
    known = "contacts.correct" in current_app.view_functions
    return link("contacts.correct" if known else "orders.show", number=number)


def _about(order: Order, language: Language) -> dict[str, Any]:
    return {
        "organisation": order.organisation.name,
        "business_id": order.organisation.business_id,
        "ordered_by": order.orderer.name,
        "order_number": order.number,
        "channel": order.channel.name(language.value),
        "environment": order.environment.value,
        "description": order.description,
    }
