"""Revocation: for good, with a reason; contact and signatories are told by whom, and the list is published at once."""

from collections.abc import Collection

from sqlalchemy import update

from certportal import audit, ca, clock
from certportal.certificates import lost_keys, rules
from certportal.certificates.answering import forget_answers
from certportal.certificates.giving_up import give_up_within
from certportal.certificates.models import Certificate, CertificateState
from certportal.certificates.revocation_lists import publish_soon
from certportal.certificates.telling import subject
from certportal.extensions import changed, db, transaction, within_transaction, writing
from certportal.identifiers import Actor, ActorKind
from certportal.messages import service as messages
from certportal.messages.models import MessageEnd
from certportal.outbox import service as outbox
from certportal.refusals import Conflict
from certportal.registry.telling import tell_signatory

ISSUERS = (ActorKind.OPERATOR, ActorKind.COMMAND, ActorKind.JOB)
"""Who may give the issuer's reasons. A job gives none of its own: it carries out what was planned."""
NO_PLAN: dict[str, object] = {"planned_revocation_at": None, "planned_reason": None, "planned_by": None}


def revoke(
    certificate_id: int, reason: ca.Reason, by: Actor, note: str = "", renewed: Collection[int] = ()
) -> Certificate:
    """A use case: revoked for good; contact and signatories are told; the list is published at once.

    With a reason that distrusts the key, every other certificate in force with that key is revoked too, and of those that were
    ``lost_keys.renewed_with_key`` the ones that are named by their ids in ``renewed``. Such a reason also takes the place of
    another that the certificate was revoked for already; the date stays.
    Where the list cannot be signed now, the revocation stands and the job publishes it as soon as it can.
    Refusals: certificate_revoked, certificate_expired (conflict); reason_for_operator (forbidden).
    """
    with transaction():
        issuers = {each.signed_by for each in revoke_within(certificate_id, reason, by, note, renewed)}
    publish_soon(issuers)
    return db.session.get_one(Certificate, certificate_id)


def revoke_within(
    certificate_id: int,
    reason: ca.Reason,
    by: Actor,
    note: str = "",
    renewed: Collection[int] = (),
    *,
    signatories_hear: bool = False,
) -> list[Certificate]:
    """A step: the same as part of something greater, which afterwards calls ``publish_soon`` outside its transaction. Answers
    what was revoked, this certificate first.

    ``signatories_hear``: they hear of it from a letter of that greater thing. Refusals as ``revoke``.
    """
    within_transaction()
    rules.reason_allowed(reason, operator=by.kind in ISSUERS)
    certificate = db.session.get_one(Certificate, certificate_id)
    if reason.distrusts_key:
        writing().in_turn(certificate.public_key_hash)  # whoever is about to have it certified comes before or after
    before = certificate.revocation_reason
    raised = rules.raises_reason(certificate.state, before, reason)
    if not raised:
        rules.revocable(certificate.state, certificate.not_after, clock.now())
    with_it = _with_it(certificate, renewed) if reason.distrusts_key else []
    by_id = sorted([certificate, *with_it], key=lambda each: each.id)  # as whoever locks several does
    done = [each for each in by_id if (_raise if raised and each is certificate else _end)(each, reason)]
    if certificate not in done:
        raise Conflict("certificate_revoked")
    done.sort(key=lambda each: each is not certificate)
    if raised:
        _record("certificate_revoked_reason_raised", certificate, reason, by, note, before=before)
    else:
        _record("certificate_revoked", certificate, reason, by, note)
    _record_with_it(done, reason, by, note)
    if reason.distrusts_key:
        for each in lost_keys.waiting(done):
            give_up_within(each, "key_distrusted", by)
    _tell_revoked(done, by, signatories_hear=signatories_hear, before=before if raised else "")
    return done


def _with_it(certificate: Certificate, renewed: Collection[int]) -> list[Certificate]:
    """Every other certificate in force with its key, or with the key of one that was renewed with it and is named."""
    named = [each for each in lost_keys.renewed_with_key(certificate) if each.id in renewed]
    keys = {each.public_key_hash for each in (certificate, *named)}
    return [each for each in lost_keys.in_force_with(keys) if each.id != certificate.id]


def _end(certificate: Certificate, reason: ca.Reason) -> bool:
    """False: somebody else was first."""
    issued = (Certificate.id == certificate.id) & (Certificate.state == CertificateState.ISSUED)
    values = {
        "state": CertificateState.REVOKED,
        "revoked_at": clock.now(),
        "revocation_reason": reason.value,
        **NO_PLAN,
    }
    if not changed(update(Certificate).where(issued).values(**values)):
        return False
    forget_answers(certificate.id)
    messages.end_pages(certificate.id, MessageEnd.REVOKED)
    return True


def _raise(certificate: Certificate, reason: ca.Reason) -> bool:
    """False: somebody else was first."""
    as_it_was = (Certificate.id == certificate.id) & (Certificate.revocation_reason == certificate.revocation_reason)
    values = {"revocation_reason": reason.value, "reason_raised_at": clock.now()}
    if not changed(update(Certificate).where(as_it_was).values(**values)):
        return False
    forget_answers(certificate.id)
    return True


def _record_with_it(done: list[Certificate], reason: ca.Reason, by: Actor, note: str) -> None:
    """Of each but the first: why it was revoked with that one."""
    for each in done[1:]:
        same = each.public_key_hash == done[0].public_key_hash
        verb = "certificate_revoked_same_key" if same else "certificate_revoked_renewed_with_key"
        _record(verb, each, reason, by, note, other=done[0].serial)


def _record(verb: str, certificate: Certificate, reason: ca.Reason, by: Actor, note: str, **more: str) -> None:
    audit.record(
        verb,
        subject(certificate),
        by=by,
        organisation_id=certificate.organisation_id,
        serial=certificate.serial,
        reason=reason.value,
        note=note,
        **more,
    )


def _tell_revoked(done: list[Certificate], by: Actor, *, signatories_hear: bool, before: str) -> None:
    """Each contact once, of the first of theirs, and the signatories; every letter names the others. ``before``: the reason that
    the first one was revoked for until now."""
    of_contact = {each.contact_id: each for each in reversed(done)}
    for each in reversed(of_contact.values()):
        outbox.queue(
            "certificate_revoked_contact",
            _reference(each, done, by, before),
            subject=subject(each),
            send_before=None,
            organisation_id=each.organisation_id,
        )
    if signatories_hear:
        return
    tell_signatory(
        "certificate_revoked_signatory",
        done[0].organisation_id,
        None,
        _reference(done[0], done, by, before),
        subject=subject(done[0]),
    )


def _reference(certificate: Certificate, done: list[Certificate], by: Actor, before: str) -> dict[str, object]:
    others = [each.id for each in done if each is not certificate]
    who = {"by": by.kind.value, "by_name": by.name}
    return {"certificate": certificate.id, "others": others, "before": before if certificate is done[0] else "", **who}
