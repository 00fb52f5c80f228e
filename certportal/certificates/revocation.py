"""Revocation: for good, with a reason; contact and signatories are told by whom, and the list is published at once."""

from sqlalchemy import update

from certportal import audit, ca, clock
from certportal.certificates import rules
from certportal.certificates.answering import forget_answers
from certportal.certificates.models import Certificate, CertificateState
from certportal.certificates.revocation_lists import publish_soon
from certportal.certificates.telling import subject
from certportal.extensions import changed, db, transaction, within_transaction
from certportal.identifiers import Actor, ActorKind
from certportal.messages import service as messages
from certportal.messages.models import MessageEnd
from certportal.outbox import service as outbox
from certportal.refusals import Conflict
from certportal.registry.telling import tell_signatory

ISSUERS = (ActorKind.OPERATOR, ActorKind.COMMAND, ActorKind.JOB)
"""Who may give the issuer's reasons. A job gives none of its own: it carries out what was planned."""
NO_PLAN: dict[str, object] = {"planned_revocation_at": None, "planned_reason": None, "planned_by": None}


def revoke(certificate_id: int, reason: ca.Reason, by: Actor, note: str = "") -> Certificate:
    """A use case: revoked for good; contact and signatories are told; the list is published at once.

    Where the list cannot be signed now, the revocation stands and the job publishes it as soon as it can.
    Refusals: certificate_revoked, certificate_expired (conflict); reason_for_operator (forbidden).
    """
    with transaction():
        signed_by = revoke_within(certificate_id, reason, by, note).signed_by
    publish_soon({signed_by})
    return db.session.get_one(Certificate, certificate_id)


def revoke_within(
    certificate_id: int, reason: ca.Reason, by: Actor, note: str = "", *, signatories_hear: bool = False
) -> Certificate:
    """A step: the same as part of something greater, which afterwards calls ``publish_soon`` outside its transaction.

    ``signatories_hear``: they hear of it from a letter of that greater thing. Refusals as ``revoke``.
    """
    within_transaction()
    rules.reason_allowed(reason, operator=by.kind in ISSUERS)
    now = clock.now()
    certificate = db.session.get_one(Certificate, certificate_id)
    rules.revocable(certificate.state, certificate.not_after, now)
    issued = (Certificate.id == certificate_id) & (Certificate.state == CertificateState.ISSUED)
    values = {"state": CertificateState.REVOKED, "revoked_at": now, "revocation_reason": reason.value, **NO_PLAN}
    if not changed(update(Certificate).where(issued).values(**values)):
        raise Conflict("certificate_revoked")
    forget_answers(certificate_id)
    messages.end_pages(certificate_id, MessageEnd.REVOKED)
    audit.record(
        "certificate_revoked",
        subject(certificate),
        by=by,
        organisation_id=certificate.organisation_id,
        serial=certificate.serial,
        reason=reason.value,
        note=note,
    )
    _tell_revoked(certificate, by, signatories_hear=signatories_hear)
    return certificate


def _tell_revoked(certificate: Certificate, by: Actor, *, signatories_hear: bool) -> None:
    reference = {"certificate": certificate.id, "by": by.kind.value, "by_name": by.name}
    outbox.queue(
        "certificate_revoked_contact",
        reference,
        subject=subject(certificate),
        send_before=None,
        organisation_id=certificate.organisation_id,
    )
    if signatories_hear:
        return
    tell_signatory(
        "certificate_revoked_signatory",
        certificate.organisation_id,
        None,
        reference,
        subject=subject(certificate),
    )
