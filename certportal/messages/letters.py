"""The mails and text messages about secure messages: to whom, and what their templates are given. Reads only."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from certportal.formats import link
from certportal.identifiers import Language, PhoneNumber
from certportal.messages import links, pins
from certportal.messages.endings import end_of
from certportal.messages.models import MessageKind, SecureMessage
from certportal.outbox.service import Letter, Medium, Silence, kind
from certportal.registry.telling import addressed
from certportal.settings import current_settings


@kind("secure_message", Medium.MAIL)
def secure_message(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the contact: the link to the message. The row's secret is the link's token."""
    message = _living(reference, now)
    if isinstance(message, Silence):
        return message
    return Letter(message.email, message.name, message.language, _context(message, message.language))


@kind("pin", Medium.SMS, machine_deadline=True)
def pin(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the contact's mobile: the PIN, which is the row's secret. A PIN that another has replaced is not sent."""
    message = _living(reference, now)
    if isinstance(message, Silence):
        return message
    if pins.newest_pin(message.id) != reference["pin"] or not pins.pin_is_alive(message):
        return Silence("the PIN is void")
    context = {
        "order_number": message.cover.get("order_number", ""),
        "host": urlsplit(current_settings().base_url).hostname,
    }
    return Letter(message.phone, message.name, message.language, context)


@kind("codes_locked", Medium.MAIL)
def codes_locked(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the signatory: ten wrong passwords have locked the codes."""
    return _to_signatory(reference)


@kind("message_locked", Medium.MAIL)
def message_locked(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the signatory: a hundred wrong PINs have locked the message."""
    return _to_signatory(reference)


@kind("wrong_number", Medium.MAIL)
def wrong_number(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the signatory: the contact says that the number is not theirs. Not sent when that was taken back meanwhile."""
    message = links.message(reference["message"])
    if message is not None and message.wrong_number_at is None:
        return Silence("the number is right after all")
    return _to_signatory(reference)


def _living(reference: Mapping[str, Any], now: datetime) -> SecureMessage | Silence:
    message = links.message(reference["message"])
    if message is None:
        return Silence("there is no such message")
    end = end_of(message, now)
    return message if end is None else Silence(f"the message has ended: {end}")


def _to_signatory(reference: Mapping[str, Any]) -> Letter | Silence:
    message = links.message(reference["message"])
    if message is None:
        return Silence("there is no such message")
    found = addressed(reference, {})
    if isinstance(found, Silence):
        return found
    context = _context(message, found.language) | {"url": _place(message)}
    return Letter(found.address, found.name, found.language, context)


def _context(message: SecureMessage, language: Language) -> dict[str, Any]:
    return {
        "cover": message.cover,
        "channel": message.cover["channel"][language.value],
        "contact_name": message.name,
        "phone": PhoneNumber(message.phone),
        "usable_until": message.usable_until,
        "for_codes": message.kind is MessageKind.TRANSFER_CODES,
    }


def _place(message: SecureMessage) -> str:
    """Where the signatory sees to it: the order's page, or the certificate's."""
    if message.kind is MessageKind.TRANSFER_CODES:
        return link("orders.show", number=message.cover["order_number"])
    return link("certificates.show", certificate_id=message.cover["certificate"])
