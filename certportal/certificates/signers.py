"""The portal's own signers: of replies to programs, and of answers about certificates. Each renews itself before it ends.

What one signs is believed as long as its certificate holds, so it is followed in time: replies are verified when they arrive,
and answers about certificates are used for days. A signer is recorded when it is made, before it signs anything.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from flask import current_app

from certportal import audit, ca, clock, naming
from certportal.ca import own, signers
from certportal.ca.keys import SigningKey
from certportal.ca.profile import OCSP_RESPONDER, SERVICES
from certportal.ca.responder import Responder
from certportal.certificates import authorities
from certportal.extensions import transaction
from certportal.identifiers import Actor, ActorKind, Environment
from certportal.settings import current_settings, kept_by_app

RENEWER = Actor(ActorKind.JOB, None, "signers")
REPLIES_LAST = replace(SERVICES, years=1)
REPLIES_FOLLOWED = timedelta(days=30)
ANSWERS_FOLLOWED = timedelta(days=15)
"""How long before its end a signer is followed. No answer about a certificate is used for so many days."""


@dataclass(frozen=True)
class _Kind:
    """What a signer is made as, and by which authority."""

    name: str
    issuing: str
    key: ca.KeyKind
    profile: ca.Profile
    followed: timedelta
    crl_url: str = ""


def reply_signer(environment: Environment) -> ca.Signer:
    """Who signs replies to programs, by the authority for the service's own certificates; one that ends soon is followed.

    Raises CaRefused, ca_missing where the installation has no such authority; and what a key raises that cannot be used.
    """
    return _current(environment, _of_replies(environment))


def present_reply_signer(environment: Environment) -> ca.Signer | None:
    """The same as it is now, ending soon or not; None before the first. Nothing is made. Raises CaRefused."""
    return _present(environment, _of_replies(environment))


def keep_responder(environment: Environment, label: str) -> Responder:
    """Who answers about an authority's certificates, to its last day; one that ends soon is followed. Raises as
    ``reply_signer``."""
    return _responder(environment, label, _current(environment, _of_answers(environment, label)))


def responder(environment: Environment, label: str) -> Responder | None:
    """The same as it is now, ending soon or not; None before the first. Nothing is made: asking changes nothing."""
    found = _present(environment, _of_answers(environment, label))
    return _responder(environment, label, found) if found is not None else None


def _of_replies(environment: Environment) -> _Kind:
    issuing = authorities.newest(environment, authorities.SERVICES)
    crl = authorities.crl_url(environment, issuing)
    return _Kind("replies", issuing, ca.KeyKind(current_settings().reply_key), REPLIES_LAST, REPLIES_FOLLOWED, crl)


def _of_answers(environment: Environment, label: str) -> _Kind:
    profile = replace(OCSP_RESPONDER, latest=authorities.authority(environment, label).not_after)
    key = ca.KeyKind(current_settings().ocsp_key)
    return _Kind(f"ocsp-{label}", label, key, profile, ANSWERS_FOLLOWED)


def _responder(environment: Environment, label: str, signer: ca.Signer) -> Responder:
    kept, place = _kept(), (environment, label, "responder")
    if place not in kept or kept[place].certificate != signer.certificate:
        kept[place] = Responder(authorities.authority(environment, label), signer.certificate, signer.key)
    return kept[place]


def _current(environment: Environment, kind: _Kind) -> ca.Signer:
    """The signer of that kind; one that ends soon and before its authority, or that another one issued, is followed first.

    While it cannot be followed, as when the authority's key is away, one that has not ended goes on.
    """
    found = _newest(environment, kind)
    if found is not None and _is_good(environment, kind, found):
        return found
    try:
        made = _follow(authorities.desk(environment), environment, found, kind)
    except Exception:
        if found is None or _has_ended(found):
            raise
        current_app.logger.exception("%s of %s could not be followed", kind.name, environment.value)
        return found
    _kept()[environment, kind.name] = made
    return made


def _present(environment: Environment, kind: _Kind) -> ca.Signer | None:
    """The signer of that kind as it is now, ending soon or not; None before the first. Nothing is made."""
    found = _newest(environment, kind)
    return None if found is None or _has_ended(found) else found


def _newest(environment: Environment, kind: _Kind) -> ca.Signer | None:
    """The newest one, whichever process made it, ended or not. What this process knows goes on while that cannot be read."""
    kept, place = _kept(), (environment, kind.name)
    known: ca.Signer | None = kept.get(place)
    if known is not None and _is_good(environment, kind, known):
        return known
    try:
        found = signers.newest(authorities.desk(environment), kind.name)
    except ca.CaRefused:
        if known is None or _has_ended(known):
            raise
        return known
    if found is not None:
        kept[place] = found
    return found


def _is_good(environment: Environment, kind: _Kind, signer: ca.Signer) -> bool:
    authority = authorities.authority(environment, kind.issuing)
    return signer.is_good(authority.certificate, min(clock.now() + kind.followed, authority.not_after))


def _has_ended(signer: ca.Signer) -> bool:
    return signer.certificate.not_valid_after_utc <= clock.now()


def _follow(desk: ca.Desk, environment: Environment, before: ca.Signer | None, kind: _Kind) -> ca.Signer:
    """Recorded when everything has been checked, before it is signed; a try after one whose signature failed has its row."""
    issuer, who = authorities.issuer(environment, kind.issuing), service(environment, kind.name)
    kept, recorded = _kept(), (environment, kind.name, kind.issuing, "recorded")

    def certify(key: SigningKey) -> x509.Certificate:
        serial: int = kept.get(recorded) or authorities.new_serial()

        def record() -> None:
            if recorded not in kept:
                with transaction():
                    audit.record(
                        "service_certificate_issued",
                        f"ca:{environment.value}",
                        by=RENEWER,
                        name=kind.name,
                        authority=kind.issuing,
                        serial=ca.serial_hex(serial),
                    )
                kept[recorded] = serial

        return own.certify(
            issuer,
            key,
            who,
            kind.profile,
            serial=serial,
            now=clock.now(),
            crl_url=kind.crl_url,
            lint=current_settings().pkilint,
            before_signing=record,
        )

    made = signers.follow(desk, kind.name, before, kind.key, certify, issuer.chain)
    kept.pop(recorded, None)
    return made


def service(environment: Environment, name: str) -> ca.Service:
    """Whom a signer's certificate names: the service, cut where what it signs would not fit behind it."""
    settings = current_settings()
    what = f" {'Replies' if name == 'replies' else 'OCSP'} ({environment.value.lower()})"
    named = naming.shortened(settings.service_name, naming.LONGEST - len(what), naming.octets)
    return ca.Service((named + what).strip(), settings.ca_organisation or None, settings.ca_country or None)


@dataclass(frozen=True)
class Watched:
    """When the newest signer of an authority ends, None where it is missing; and from when on it is followed, None: not before
    its authority ends. ``label``: the authority's."""

    label: str
    ends: datetime | None
    followed_from: datetime | None
    replies: bool


def watched(environment: Environment) -> Iterator[Watched]:
    """Each signer that there should be: a responder for each authority that issues, and a signer of replies. Nothing is made, no
    key opened; authorities that cannot be read are passed over."""
    for label in authorities.lasting_labels(environment):
        with suppress(ca.CaRefused):
            if label in authorities.issuing_labels(environment):
                yield _watched(environment, _of_answers(environment, label))
    with suppress(ca.CaRefused):
        yield _watched(environment, _of_replies(environment))


def _watched(environment: Environment, kind: _Kind) -> Watched:
    until, last = ends(environment, kind.name), authorities.authority(environment, kind.issuing).not_after
    followed_from = until - kind.followed if until is not None and until < last else None
    return Watched(kind.issuing, until, followed_from, replies=kind.name == "replies")


def ends(environment: Environment, name: str) -> datetime | None:
    """When the newest signer of that name ends; None where there is none. Nothing is made, no key opened."""
    found = signers.newest_certificate(authorities.desk(environment), name)
    return found.not_valid_after_utc if found is not None else None


def _kept() -> dict[Any, Any]:
    return kept_by_app().setdefault("certportal.signers", {})
