"""Renewal: a successor of a certificate in force, for a new key, without an order and codes of its own.

It goes enrolment's way: checked, prepared in a row, signed with no transaction open, settled. What takes the codes' place is the
certificate that is renewed: its row is locked while a successor is added, so that calls at the same moment with one key make
one row, and those with several keys at most three.
"""

import hashlib

from sqlalchemy import select, update

from certportal import audit, ca, clock
from certportal.certificates import enrolment, rules, signing
from certportal.certificates.lookups import Collected
from certportal.certificates.models import Certificate, CertificateState
from certportal.extensions import changed, db, transaction, writing
from certportal.identifiers import Actor
from certportal.orders import rules as order_rules
from certportal.refusals import Conflict, Refusal
from certportal.registry import service as registry
from certportal.settings import current_settings


def renew(
    certificate_id: int, request: bytes, by: Actor, before_taking: enrolment.BeforeTaking | None = None
) -> Collected:
    """A use case: a successor of a certificate in force, for the public key of a new signing request (PEM or DER).

    The row is issued; or prepared, while the authority's key cannot be used: then nothing is lost, and a job finishes it.
    The same key again gives the same row for as long as the old certificate is in force; another key gives another row, three
    in all. The old certificate stays valid to its end. ``before_taking`` as in ``enrol``. Refusals: certificate_revoked,
    certificate_expired, certificate_not_issued (conflict); renewal_too_early (conflict; ``first_day``); revocation_planned
    (conflict; ``last``); renewal_right_missing (``why``); renewal_used_up (conflict); renewal_same_key; organisation_over
    (conflict); RequestRefused, IssueRefused, CaRefused; key_of_another, key_distrusted; clock_behind (conflict).
    """
    if not audit.clock_is_sound():
        raise Conflict("clock_behind")
    public_key_hash = ca.read_signing_request(request).public_key_hash
    successor_id = _prepare(certificate_id, request, public_key_hash, by, before_taking)
    return signing.finish(successor_id, by)


def presented(der: bytes) -> Certificate | None:
    """The certificate whose whole DER this is, issued or revoked; None for any other, be it ever so like one."""
    return db.session.scalar(select(Certificate).where(Certificate.sha256 == hashlib.sha256(der).hexdigest()))


def require_renewable(certificate: Certificate) -> None:
    """Refuses a certificate that nobody can renew now, whatever the key. Refusals: those of ``renew`` about it."""
    now, on = clock.now(), registry.today()
    rules.revocable(certificate.state, certificate.not_after, now)
    rules.renewable_now(certificate.not_after, now, current_settings().timezone)
    rules.not_to_be_revoked(certificate.planned_revocation_at)
    if certificate.organisation.is_over(on):
        raise Conflict("organisation_over")
    has_right = registry.has_right_to(certificate.organisation_id, certificate.channel_id, on)
    try:
        order_rules.usable(certificate.channel, certificate.environment, has_right=has_right)
    except Refusal as refusal:
        raise Refusal("renewal_right_missing", why=refusal.code) from refusal
    if certificate.renewals >= rules.MOST_RENEWALS:
        raise Conflict("renewal_used_up")


def _prepare(
    certificate_id: int, request: bytes, public_key_hash: str, by: Actor, before_taking: enrolment.BeforeTaking | None
) -> int:
    """The successor's row for this key: the one there is, or a new one that holds what is to be signed."""
    old = db.session.get(Certificate, certificate_id, populate_existing=True)
    if old is None:
        raise Conflict("certificate_not_issued")
    known = _successor_for(old, public_key_hash)
    if known is not None:
        return known
    _require_issuable(old, public_key_hash)
    organisation = old.organisation
    named = ca.Subject(organisation.business_id, organisation.country, organisation.name)
    prepared = enrolment.prepared_for(old.environment, old.channel.issuer, named, request)
    retrieval_id = enrolment.announced(before_taking)
    with transaction() as session:
        writing().in_turn(public_key_hash)
        # Others wait here, and then see the row.
        old = session.get_one(Certificate, certificate_id, with_for_update=True)
        known = _successor_for(old, public_key_hash)
        if known is not None:
            return known
        _require_issuable(old, public_key_hash)
        free = (Certificate.id == certificate_id) & (Certificate.renewals < rules.MOST_RENEWALS)
        if not changed(update(Certificate).where(free).values(renewals=Certificate.renewals + 1)):
            raise Conflict("renewal_used_up")
        successor_id = enrolment.add_prepared(old.order, prepared, retrieval_id, renewed=old)
        audit.record(
            "renewal_prepared",
            f"certificate:{successor_id}",
            by=by,
            organisation_id=old.organisation_id,
            serial=prepared.serial,
            order=old.order.number,
            renews=old.serial,
        )
        return successor_id


def _successor_for(old: Certificate, public_key_hash: str) -> int | None:
    """The successor that this key has got already, while the certificate that it succeeds is in force."""
    rules.revocable(old.state, old.not_after, clock.now())
    for_key = (Certificate.successor_of_id == old.id) & (Certificate.public_key_hash == public_key_hash)
    living = Certificate.state != CertificateState.GIVEN_UP
    return db.session.scalar(select(Certificate.id).where(for_key, living).order_by(Certificate.id).limit(1))


def _require_issuable(old: Certificate, public_key_hash: str) -> None:
    """Checked when the request comes, and again while the certificate's row is locked."""
    rules.renewed_for_another_key(old.public_key_hash, public_key_hash)
    require_renewable(old)
    signing.require_free_key(old.organisation_id, public_key_hash)
