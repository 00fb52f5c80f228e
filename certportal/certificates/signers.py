"""The portal's own signers: of replies to programs, and of answers about certificates. Each renews itself before it ends.

What one signs is believed as long as its certificate holds, so it is followed in time: replies are verified when they arrive,
and answers about certificates are used for days. A signer is recorded when it is made, before it signs anything.
"""

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
    issuing = authorities.newest(environment, authorities.SERVICES)
    crl = authorities.crl_url(environment, issuing)
    key = ca.KeyKind(current_settings().reply_key)
    return _current(environment, _Kind("replies", issuing, key, REPLIES_LAST, REPLIES_FOLLOWED, crl))


def keep_responder(environment: Environment, label: str) -> Responder:
    """Who answers about an authority's certificates, to its last day; one that ends soon is followed. Raises as
    ``reply_signer``."""
    key = ca.KeyKind(current_settings().ocsp_key)
    profile = replace(OCSP_RESPONDER, latest=authorities.authority(environment, label).not_after)
    kind = _Kind(f"ocsp-{label}", label, key, profile, ANSWERS_FOLLOWED)
    return _responder(environment, label, _current(environment, kind))


def responder(environment: Environment, label: str) -> Responder | None:
    """The same as it is now, ending soon or not; None before the first. Nothing is made: asking changes nothing."""
    kept, place = _kept(), (environment, f"ocsp-{label}")
    now = clock.now()
    found: ca.Signer | None = kept.get(place)
    if found is None or found.certificate.not_valid_after_utc <= now:
        found = signers.newest(authorities.desk(environment), f"ocsp-{label}")
    if found is None or found.certificate.not_valid_after_utc <= now:
        return None
    kept[place] = found
    return _responder(environment, label, found)


def _responder(environment: Environment, label: str, signer: ca.Signer) -> Responder:
    kept, place = _kept(), (environment, label, "responder")
    if place not in kept or kept[place].certificate != signer.certificate:
        kept[place] = Responder(authorities.authority(environment, label), signer.certificate, signer.key)
    return kept[place]


def _current(environment: Environment, kind: _Kind) -> ca.Signer:
    """The signer of that kind; one that ends soon and before its authority, or that another one issued, is followed first.

    While it cannot be followed, as when the authority's key is away, one that has not ended goes on.
    """
    kept, place, now = _kept(), (environment, kind.name), clock.now()
    authority = authorities.authority(environment, kind.issuing)
    above, until = authority.certificate, min(now + kind.followed, authority.not_after)
    found: ca.Signer | None = kept.get(place)
    if found is not None and found.is_good(above, until):
        return found
    desk = authorities.desk(environment)
    found = signers.newest(desk, kind.name)
    if found is None or not found.is_good(above, until):
        try:
            found = _follow(desk, environment, found, kind)
        except Exception:
            if found is None or found.certificate.not_valid_after_utc <= now:
                raise
            current_app.logger.exception("%s of %s could not be followed", kind.name, environment.value)
    kept[place] = found
    return found


def _follow(desk: ca.Desk, environment: Environment, before: ca.Signer | None, kind: _Kind) -> ca.Signer:
    issuer, serial = authorities.issuer(environment, kind.issuing), authorities.new_serial()

    def certify(key: SigningKey) -> x509.Certificate:
        with transaction():
            audit.record(
                "service_certificate_issued",
                f"ca:{environment.value}",
                by=RENEWER,
                name=kind.name,
                authority=kind.issuing,
                serial=ca.serial_hex(serial),
            )
        lint, now = current_settings().pkilint, clock.now()
        who = service(environment, kind.name)
        return own.certify(issuer, key, who, kind.profile, serial=serial, now=now, crl_url=kind.crl_url, lint=lint)

    return signers.follow(desk, kind.name, before, kind.key, certify, issuer.chain)


def service(environment: Environment, name: str) -> ca.Service:
    """Whom a signer's certificate names: the service, cut where what it signs would not fit behind it."""
    settings = current_settings()
    what = f" {'Replies' if name == 'replies' else 'OCSP'} ({environment.value.lower()})"
    named = naming.shortened(settings.service_name, naming.LONGEST - len(what), naming.octets)
    return ca.Service((named + what).strip(), settings.ca_organisation or None, settings.ca_country or None)


def ends(environment: Environment, name: str) -> datetime | None:
    """When the newest signer of that name ends; None before the first. Nothing is made."""
    found = signers.newest(authorities.desk(environment), name)
    return found.certificate.not_valid_after_utc if found is not None else None


def _kept() -> dict[Any, Any]:
    return kept_by_app().setdefault("certportal.signers", {})
