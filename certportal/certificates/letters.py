"""The mails about certificates: issued, revoked and to be revoked, to the technical contact and to the signatory. Reads only."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask_babel import LazyString

from certportal import ca
from certportal.certificates import lost_keys, reasons
from certportal.certificates.lookups import open_replacement, renewed_since, successor_of
from certportal.certificates.models import Certificate
from certportal.certificates.page_links import page_links
from certportal.certificates.planning import OPERATORS
from certportal.extensions import db
from certportal.formats import link
from certportal.identifiers import ActorKind, Language, PhoneNumber
from certportal.languages import lazy_gettext as _l
from certportal.messages import service as messages
from certportal.orders.models import Order
from certportal.outbox.service import Letter, Medium, Silence, kind
from certportal.registry.telling import addressed


@kind("certificate_issued_contact", Medium.MAIL)
def issued_to_contact(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the contact: what was issued, and the link to its page. The row's secret is the link's token."""
    message = messages.message(reference["message"])
    if message is None:
        return Silence("there is no such message")
    end = messages.end_of(message, now)
    if end is not None:
        return Silence(f"the certificate's page has ended: {end}")
    about = _about(_certificate(reference), message.language)
    return Letter(message.email, message.name, message.language, about | {"phone": PhoneNumber(message.phone)})


@kind("certificate_issued_signatory", Medium.MAIL)
def issued_to_signatory(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the signatory: what was issued to whom, and "this was not us: revoke"."""
    certificate = _certificate(reference)
    if certificate.revoked_at is not None:
        return Silence("it has been revoked meanwhile, and another mail tells of that")
    not_us = link("certificates.revoke", certificate_id=certificate.id, **{"not-us": 1})
    return _to_signatory(reference, certificate, revoke_url=not_us)


@kind("certificate_renewed_contact", Medium.MAIL)
def renewed_to_contact(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the contact: a renewed certificate, how long the old one lasts, and the link to the new one's page; and "this was not
    us: revoke", of both."""
    found = issued_to_contact(reference, now)
    return found if isinstance(found, Silence) else _with_old(found, reference, now)


@kind("certificate_renewed_signatory", Medium.MAIL)
def renewed_to_signatory(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the signatory: the same."""
    found = issued_to_signatory(reference, now)
    return found if isinstance(found, Silence) else _with_old(found, reference, now)


def _with_old(letter: Letter, reference: Mapping[str, Any], now: datetime) -> Letter:
    """Where the certificate that was renewed is revoked, while it is in force: whoever has its key can renew it again."""
    old = db.session.get_one(Certificate, _certificate(reference).successor_of_id)
    ended = old.revoked_at is not None or old.not_after <= now
    old_url = link("certificates.show", certificate_id=old.id) if not ended else ""
    ask_url = link("certificates.ask_for_page")
    return replace(letter, context={**letter.context, "old_url": old_url, "ask_url": ask_url})


@kind("renewal_asked", Medium.MAIL)
def renewal_asked(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the signatory: the contact, who may not renew, asks for it."""
    certificate = _certificate(reference)
    if certificate.revoked_at is not None or certificate.not_after <= now:
        return Silence("it has ended meanwhile")
    if successor_of(certificate) is not None or open_replacement(certificate) is not None:
        return Silence("it has been renewed meanwhile, or a new one has been ordered")
    renew = link("orders.renewal", certificate_id=certificate.id)
    return _to_signatory(reference, certificate, renew_url=renew)


@kind("renewal_given_up_contact", Medium.MAIL)
def renewal_given_up_to_contact(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the contact: nothing came of a renewal; while the certificate is in force it can be renewed again, with the same key."""
    old = _certificate(reference)
    ask_url = link("certificates.ask_for_page")
    return _not_needed(old, reference) or _to_contact(old, ended=old.not_after <= now, ask_url=ask_url)


@kind("renewal_given_up_signatory", Medium.MAIL)
def renewal_given_up_to_signatory(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the signatory: the same, and where a new certificate is applied for if it is not renewed."""
    old = _certificate(reference)
    return _not_needed(old, reference) or _to_signatory(reference, old, ended=old.not_after <= now)


def _not_needed(old: Certificate, reference: Mapping[str, Any]) -> Silence | None:
    if old.revoked_at is not None:
        return Silence("the certificate has been revoked meanwhile, and another mail tells of that")
    if renewed_since(old, reference["renewal"]) or open_replacement(old) is not None:
        return Silence("it has been renewed meanwhile, or a new one has been ordered")
    return None


@kind("certificate_revoked_contact", Medium.MAIL)
def revoked_to_contact(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the contact, whoever that is now: the certificate no longer works, nor do those that were revoked with it."""
    certificate = _certificate(reference)
    renewed = _renewed(certificate)
    addresses, open_pages = page_links([each for each in renewed if each.contact_id == certificate.contact_id])
    letter = _to_contact(certificate, who=_who(reference))
    return replace(_with_key(letter, reference, renewed, addresses), on_sending=open_pages)


@kind("certificate_revoked_signatory", Medium.MAIL)
def revoked_to_signatory(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the signatories: the same, and where a new one is applied for."""
    found = _to_signatory(reference, _certificate(reference), who=_who(reference))
    if isinstance(found, Silence):
        return found
    renewed = _renewed(_certificate(reference))
    addresses = {each.id: link("certificates.revoke", certificate_id=each.id) for each in renewed}
    return _with_key(found, reference, renewed, addresses)


def _renewed(certificate: Certificate) -> list[Certificate]:
    """What was renewed with a key that is distrusted, and is still in force."""
    distrusted = ca.Reason(certificate.revocation_reason).distrusts_key
    return lost_keys.renewed_with_key(certificate) if distrusted else []


def _with_key(
    letter: Letter, reference: Mapping[str, Any], renewed: list[Certificate], addresses: Mapping[int, str]
) -> Letter:
    """What else there is to tell of the key: the reason until now, what was revoked at the same time, and what was renewed with
    it, with where to revoke it."""
    others = [db.session.get_one(Certificate, number) for number in reference.get("others", ())]
    before = reference.get("before")
    more = {
        "before": reasons.WORDS[ca.Reason(before)] if before else "",
        "others": [_named(each, letter.language) for each in others],
        "renewed": [(*_named(each, letter.language), addresses.get(each.id, "")) for each in renewed],
    }
    return replace(letter, context={**letter.context, **more})


def _named(certificate: Certificate, language: Language) -> list[str]:
    """Its description or channel, and its serial number."""
    return [certificate.description or certificate.channel.name(language.value), ca.pairs(certificate.serial)]


@kind("certificate_page_asked", Medium.MAIL)
def page_asked(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the contact: the link to the certificate's page that somebody asked for. The row's secret is the link's token."""
    return issued_to_contact(reference, now)


@kind("revocation_plan_contact", Medium.MAIL)
def plan_to_contact(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the contact, whoever that is now: it will be revoked on a date, or will not be after all."""
    certificate = _certificate(reference)
    return _overtaken(certificate, reference) or _to_contact(certificate, **_plan(certificate, reference))


@kind("revocation_plan_signatory", Medium.MAIL)
def plan_to_signatory(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the signatories: the same, and where the plan is taken back, or who alone can do that."""
    certificate = _certificate(reference)
    return _overtaken(certificate, reference) or _to_signatory(reference, certificate, **_plan(certificate, reference))


def _overtaken(certificate: Certificate, reference: Mapping[str, Any]) -> Silence | None:
    at = certificate.planned_revocation_at
    if certificate.revoked_at is not None:
        return Silence("it has been revoked meanwhile, and another mail tells of that")
    if (at.isoformat() if at is not None else None) != reference["at"]:
        return Silence("what is planned has changed meanwhile, and another mail tells of that")
    return None


def _plan(certificate: Certificate, reference: Mapping[str, Any]) -> dict[str, Any]:
    planned = certificate.planned_reason is not None
    return {
        "who": _who(reference),
        "by_operator": certificate.planned_by in OPERATORS,
        "planned_at": certificate.planned_revocation_at,
        "planned_reason": reasons.WORDS[ca.Reason(certificate.planned_reason)] if planned else "",
    }


def _who(reference: Mapping[str, Any]) -> LazyString | str:
    """By whom, as its readers know them."""
    name = reference.get("by_name", "")
    match reference.get("by"):
        case ActorKind.PERSON:
            return name
        case ActorKind.CONTACT:
            return _l("%(name)s, technical contact person", name=name)
        case ActorKind.PROGRAM:
            return _l("Whoever has the certificate’s private key, and proved it")
        case ActorKind.JOB:
            return _l("The service, as it had been planned")
        case _:
            return _l("The service’s operator")


def _to_contact(certificate: Certificate, **more: Any) -> Letter:
    contact = certificate.contact
    return Letter(contact.email, contact.name, contact.language, _about(certificate, contact.language) | more)


def _certificate(reference: Mapping[str, Any]) -> Certificate:
    return db.session.get_one(Certificate, reference["certificate"])


def _to_signatory(reference: Mapping[str, Any], certificate: Certificate, **more: Any) -> Letter | Silence:
    found = addressed(reference, {})
    if isinstance(found, Silence):
        return found
    urls = {"url": link("certificates.show", certificate_id=certificate.id)} | more
    return Letter(found.address, found.name, found.language, _about(certificate, found.language) | urls)


def _about(certificate: Certificate, language: Language) -> dict[str, Any]:
    """What every one of them tells: plain values, because letters are written after the reading has ended."""
    order = db.session.get_one(Order, certificate.order_id)
    revoked = certificate.revoked_at is not None
    before = db.session.get(Certificate, certificate.successor_of_id) if certificate.successor_of_id else None
    return {
        "organisation": certificate.organisation.name,
        "business_id": certificate.organisation.business_id,
        "ordered_by": order.orderer.name,
        "order_number": order.number,
        "channel": certificate.channel.name(language.value),
        "environment": certificate.environment.value,
        "description": certificate.description,
        "contact_name": certificate.contact.name,
        "contact_company": certificate.contact.company,
        "serial": ca.pairs(certificate.serial),
        "fingerprint": ca.fours(certificate.sha256 or ""),
        "not_after": certificate.not_after,
        "old_serial": ca.pairs(before.serial) if before is not None else "",
        "old_not_after": before.not_after if before is not None else None,
        "revoked_at": certificate.revoked_at,
        "reason": reasons.WORDS[ca.Reason(certificate.revocation_reason)] if revoked else "",
        "key_distrusted": revoked and ca.Reason(certificate.revocation_reason).distrusts_key,
    }
