"""A revocation on a date: planned with a reason, told, shown, taken back until then, and carried out by a job.

What follows from a plan until its day (docs/revocation.md):
the certificate works, and can be revoked at once by whoever may; its expiry notices are silent, because it ends earlier, and
those that are due go out if the plan is taken back; it is not renewed, but a new certificate may be ordered in its place,
which the plan does not touch.
"""

from datetime import date, datetime

from sqlalchemy import select, update

from certportal import audit, ca, clock, formats
from certportal.certificates import rules
from certportal.certificates.models import Certificate, CertificateState
from certportal.certificates.revocation import NO_PLAN, revoke_within
from certportal.certificates.revocation_lists import publish_soon
from certportal.certificates.telling import subject, tell_plan
from certportal.extensions import changed, db, transaction, within_transaction
from certportal.identifiers import Actor, ActorKind, Environment
from certportal.refusals import Refusal
from certportal.runs import Lease

PLANNED = Actor(ActorKind.JOB, None, "planned-revocations")
OPERATORS = (ActorKind.OPERATOR, ActorKind.COMMAND)
BATCH = 200


def plan_revocation(certificate_id: int, last_day: date, reason: ca.Reason, by: Actor, note: str = "") -> Certificate:
    """A use case: the certificate works to the end of ``last_day`` and is revoked then; contact and signatories are told.

    A plan that is there already is replaced, by those who could take it back. Refusals: plan_in_the_past, plan_after_end;
    plan_of_operator, reason_for_operator (forbidden); certificate_revoked, certificate_expired (conflict).
    """
    with transaction():
        certificate = plan_within(certificate_id, last_day, reason, by, note)
        tell_plan(certificate, by)
    return db.session.get_one(Certificate, certificate_id)


def plan_within(certificate_id: int, last_day: date, reason: ca.Reason, by: Actor, note: str = "") -> Certificate:
    """A step: the same, and nobody is told. Refusals as ``plan_revocation``."""
    within_transaction()
    at, now = formats.end_of_day(last_day), clock.now()
    rules.reason_allowed(reason, operator=by.kind in OPERATORS)
    certificate = db.session.get_one(Certificate, certificate_id)
    rules.revocable(certificate.state, certificate.not_after, now)
    if certificate.planned_revocation_at is not None:
        _may_take_back(certificate, by)
    rules.may_plan(at, certificate.not_after, now)
    _set(certificate, {"planned_revocation_at": at, "planned_reason": reason.value, "planned_by": by.kind})
    _record(
        "certificate_revocation_planned", certificate, by, last_day=last_day.isoformat(), reason=reason.value, note=note
    )
    return certificate


def take_back_plan(certificate_id: int, by: Actor) -> Certificate:
    """A use case: the certificate goes on to its own end; contact and signatories are told.

    Refusals: plan_none (conflict), plan_of_operator (forbidden).
    """
    with transaction():
        certificate = db.session.get_one(Certificate, certificate_id)
        take_back_within(certificate, by)
        tell_plan(certificate, by)
    return db.session.get_one(Certificate, certificate_id)


def take_back_within(certificate: Certificate, by: Actor) -> None:
    """A step: the same, and nobody is told. Refusals as ``take_back_plan``."""
    within_transaction()
    _may_take_back(certificate, by)
    _set(certificate, NO_PLAN)
    _record("certificate_revocation_taken_back", certificate, by)


def revoke_planned(lease: Lease) -> str:
    """A job: whatever is due and not yet revoked, in batches. Safe to run late, twice, or in two processes."""
    revoked = 0
    while due := _due(clock.now()):
        issuers: set[tuple[Environment, str]] = set()
        with transaction():
            lease.renew_within()
            for certificate_id in due:
                done = _revoke_due(certificate_id)
                issuers |= {each.signed_by for each in done}
                revoked += len(done)
        publish_soon(issuers)
        lease.tell(f"{revoked} revoked")
        if not issuers:
            break  # others have been faster, or what is left cannot be revoked
    return f"{revoked} revoked"


def _due(now: datetime) -> list[int]:
    """Some of those whose moment has come, oldest plan first. A certificate that has ended by itself is left to it."""
    ready = (Certificate.planned_revocation_at <= now) & (Certificate.state == CertificateState.ISSUED)
    query = select(Certificate.id).where(ready, Certificate.not_after >= now)
    return list(db.session.scalars(query.order_by(Certificate.planned_revocation_at, Certificate.id).limit(BATCH)))


def _revoke_due(certificate_id: int) -> list[Certificate]:
    """A step: nothing where the plan has been taken back, or the certificate revoked, since it was looked for."""
    within_transaction()
    certificate = db.session.get_one(Certificate, certificate_id)
    at, reason = certificate.planned_revocation_at, certificate.planned_reason
    if at is None or reason is None or at > clock.now():
        return []
    try:
        return revoke_within(certificate_id, ca.Reason(reason), PLANNED)
    except Refusal:
        return []


def _may_take_back(certificate: Certificate, by: Actor) -> None:
    issued = certificate.state is CertificateState.ISSUED
    rules.may_take_back(
        planned=issued and certificate.planned_revocation_at is not None,
        by_operator=certificate.planned_by in OPERATORS,
        operator=by.kind in OPERATORS,
    )


def _set(certificate: Certificate, plan: dict[str, object]) -> None:
    changed(update(Certificate).where(Certificate.id == certificate.id).values(**plan))


def _record(verb: str, certificate: Certificate, by: Actor, **details: str) -> None:
    organisation_id, serial = certificate.organisation_id, certificate.serial
    audit.record(verb, subject(certificate), by=by, organisation_id=organisation_id, serial=serial, **details)
