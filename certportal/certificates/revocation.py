"""Revocation and the lists that tell of it."""

import logging
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import func, select, update

from certportal import audit, ca, clock
from certportal.certificates import authorities, rules
from certportal.certificates.models import Certificate, CertificateState, RevocationList
from certportal.certificates.telling import subject
from certportal.extensions import changed, db, transaction, within_transaction
from certportal.identifiers import Actor, ActorKind, Environment
from certportal.keyfiles import write_whole
from certportal.messages import service as messages
from certportal.messages.models import MessageEnd
from certportal.outbox import service as outbox
from certportal.refusals import Conflict, Refusal
from certportal.registry.telling import tell_signatory
from certportal.runs import Lease
from certportal.settings import current_settings

log = logging.getLogger(__name__)
PUBLISHER = Actor(ActorKind.JOB, None, "publish-crl")
KEPT_AFTER_END = timedelta(days=8)
"""A revoked certificate stays on the list until its end and past the next list (RFC 5280 section 3.3)."""


def revoke(certificate_id: int, reason: ca.Reason, by: Actor, note: str = "") -> Certificate:
    """A use case: revoked for good; contact and signatories are told; the list is published at once.

    Where the list cannot be signed now, the revocation stands and the job publishes it as soon as it can.
    Refusals: certificate_revoked, certificate_expired (conflict); reason_for_operator (forbidden).
    """
    with transaction():
        environment = revoke_within(certificate_id, reason, by, note).environment
    publish_soon({environment})
    return db.session.get_one(Certificate, certificate_id)


def revoke_within(certificate_id: int, reason: ca.Reason, by: Actor, note: str = "") -> Certificate:
    """A step: the same as part of something greater, which afterwards calls ``publish_soon`` outside its transaction.

    Refusals as ``revoke``.
    """
    within_transaction()
    rules.reason_allowed(reason, operator=by.kind in (ActorKind.OPERATOR, ActorKind.COMMAND))
    now = clock.now()
    certificate = db.session.get_one(Certificate, certificate_id)
    rules.revocable(certificate.state, certificate.not_after, now)
    issued = (Certificate.id == certificate_id) & (Certificate.state == CertificateState.ISSUED)
    values = {"state": CertificateState.REVOKED, "revoked_at": now, "revocation_reason": reason.value}
    if not changed(update(Certificate).where(issued).values(**values)):
        raise Conflict("certificate_revoked")
    messages.end_pages(certificate_id, MessageEnd.CERTIFICATE_ENDED)
    audit.record(
        "certificate_revoked",
        subject(certificate),
        by=by,
        organisation_id=certificate.organisation_id,
        serial=certificate.serial,
        reason=reason.value,
        note=note,
    )
    _tell_revoked(certificate)
    return certificate


def publish_soon(environments: set[Environment]) -> None:
    """Publish the lists of these environments now; where that fails, the revocations stand and the job publishes."""
    for environment in environments:
        try:
            publish(environment)
        except (Refusal, OSError):
            log.exception("the revocation list of %s could not be published now", environment.value)


def publish(environment: Environment) -> RevocationList:
    """Sign and publish the list of an environment's issuing authority: a row, and a file for a web server.

    Its number is reserved first and the entries are read after, so a higher number never tells of less (RFC 5280 5.2.3).
    """
    number = _next_number(environment)
    now = clock.now()
    until = now + timedelta(days=current_settings().crl_days)
    entries = [
        ca.Revoked(int(serial, 16), at, ca.Reason(reason))
        for serial, at, reason in db.session.execute(
            select(Certificate.serial, Certificate.revoked_at, Certificate.revocation_reason)
            .where(_listed(environment, now))
            .order_by(Certificate.revoked_at, Certificate.id)
        )
    ]
    der = ca.build_crl(authorities.issuer(environment), entries, number=number, this_update=now, next_update=until)
    with transaction() as session:
        newest = (RevocationList.environment == environment) & (RevocationList.number == number)
        values = {"der": der, "this_update": now, "next_update": until, "entries": len(entries)}
        if changed(update(RevocationList).where(newest).values(**values)):
            audit.record("crl_published", f"crl:{environment.value}", by=PUBLISHER, number=number, entries=len(entries))
        found = session.get_one(RevocationList, environment)
    write_crl_file(found)
    return found


def publish_crls(lease: Lease) -> str:
    """A job: publish every list that is due, and put back the file of one whose file is gone."""
    published = 0
    for environment in authorities.present():
        newest = published_crl(environment)
        now = clock.now()
        count = db.session.scalar(select(func.count(Certificate.id)).where(_listed(environment, now))) or 0
        this_update = newest.this_update if newest is not None else None
        if rules.list_is_due(this_update, now, changed=newest is not None and newest.entries != count):
            publish(environment)
            published += 1
        elif newest is not None and not crl_file(environment).exists():
            write_crl_file(newest)
        lease.renew()
    return f"{published} published"


def published_crl(environment: Environment) -> RevocationList | None:
    """The newest published list, or None before the first."""
    found = db.session.get(RevocationList, environment)
    return found if found is not None and found.der else None


def crl_file(environment: Environment) -> Path:
    """The file that a web server can serve while the app is down."""
    return current_settings().crl_dir / f"{environment.value.lower()}.crl"


def write_crl_file(newest: RevocationList) -> None:
    """Put the list in its place whole: a draft beside it, renamed."""
    path = crl_file(newest.environment)
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{newest.number}")
    write_whole(draft, newest.der, 0o644)
    draft.replace(path)


def _listed(environment: Environment, now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(
        Certificate.environment == environment,
        Certificate.state == CertificateState.REVOKED,
        Certificate.not_after > now - KEPT_AFTER_END,
    )


def _next_number(environment: Environment) -> int:
    now = clock.now()
    with transaction() as session:
        this = RevocationList.environment == environment
        if not changed(update(RevocationList).where(this).values(number=RevocationList.number + 1)):
            session.add(
                RevocationList(environment=environment, number=1, der=b"", this_update=now, next_update=now, entries=0)
            )
            session.flush()
        return session.scalars(select(RevocationList.number).where(this)).one()


def _tell_revoked(certificate: Certificate) -> None:
    reference = {"certificate": certificate.id}
    outbox.queue(
        "certificate_revoked_contact",
        reference,
        subject=subject(certificate),
        send_before=None,
        organisation_id=certificate.organisation_id,
    )
    tell_signatory(
        "certificate_revoked_signatory",
        certificate.organisation_id,
        None,
        reference,
        subject=subject(certificate),
    )
