"""Renewal by the technical contact: whether the signatory allows it, and asking the signatory where it is not allowed."""

from datetime import datetime, timedelta

from sqlalchemy import select, update

from certportal import audit, clock
from certportal.audit import AuditEntry
from certportal.certificates import rules
from certportal.certificates.lookups import Collected
from certportal.certificates.models import Certificate
from certportal.certificates.renewal import renew, require_renewable
from certportal.certificates.telling import subject
from certportal.extensions import changed, db, transaction
from certportal.identifiers import Actor
from certportal.refusals import Conflict, Forbidden, Refusal
from certportal.registry.telling import tell_signatory

ASKED = "renewal_asked"
ONCE_IN = timedelta(days=1)
"""So often, by the machine's clock, a signatory is mailed the same request."""


def allow(certificate_id: int, by: Actor) -> Certificate:
    """A use case of signatories: the contact may renew the certificate. Said twice, it is noted once.

    Refusals (conflict): certificate_revoked, certificate_expired, certificate_not_issued.
    """
    return _say(certificate_id, by, allowed=True)


def forbid(certificate_id: int, by: Actor) -> Certificate:
    """A use case of signatories: only those who may sign renew it. Refusals as ``allow``."""
    return _say(certificate_id, by, allowed=False)


def renew_by_contact(certificate_id: int, request: bytes, by: Actor) -> Collected:
    """A use case: ``renewal.renew``, for the contact behind the PIN.

    Refusals: renewal_by_signatory (forbidden: it was not allowed), those of ``renew``.
    """
    certificate = db.session.get_one(Certificate, certificate_id)
    if not certificate.contact_may_renew:
        raise Forbidden("renewal_by_signatory")
    return renew(certificate_id, request, by)


def obstacle(certificate: Certificate) -> Refusal | None:
    """Why nobody can renew the certificate now, whoever may; None where it can be renewed."""
    try:
        require_renewable(certificate)
    except Refusal as refusal:
        return refusal
    return None


def ask_signatory(certificate_id: int, by: Actor) -> None:
    """A use case of contacts who may not renew: the signatory is mailed that the certificate is to be renewed.

    Refusals: renewal_asked_already (conflict: within a day); those of ``renewal.require_renewable``.
    """
    with transaction() as session:
        certificate = session.get_one(
            Certificate, certificate_id, with_for_update=True
        )  # one of two at once waits here
        require_renewable(certificate)
        if asked_at(certificate) is not None:
            raise Conflict("renewal_asked_already")
        audit.record("renewal_asked", subject(certificate), by=by, organisation_id=certificate.organisation_id)
        tell_signatory(
            "renewal_asked",
            certificate.organisation_id,
            certificate.order.placed_by,
            {"certificate": certificate.id},
            subject=subject(certificate),
            send_before=certificate.not_after,
        )


def asked_at(certificate: Certificate) -> datetime | None:
    """When the signatory was asked, within the last day; None: may be asked now."""
    lately = AuditEntry.machine_at > clock.machine() - ONCE_IN
    asked = (AuditEntry.verb == ASKED) & (AuditEntry.subject == subject(certificate)) & lately
    return db.session.scalar(select(AuditEntry.at).where(asked).order_by(AuditEntry.id.desc()).limit(1))


def _say(certificate_id: int, by: Actor, *, allowed: bool) -> Certificate:
    with transaction() as session:
        certificate = session.get_one(Certificate, certificate_id)
        rules.revocable(certificate.state, certificate.not_after, clock.now())
        otherwise = (Certificate.id == certificate_id) & Certificate.contact_may_renew.is_not(allowed)
        if changed(update(Certificate).where(otherwise).values(contact_may_renew=allowed)):
            audit.record(
                "contact_may_renew" if allowed else "contact_may_not_renew",
                subject(certificate),
                by=by,
                organisation_id=certificate.organisation_id,
                serial=certificate.serial,
            )
    return db.session.get_one(Certificate, certificate_id)
