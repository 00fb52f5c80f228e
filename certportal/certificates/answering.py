"""Answers about certificates (OCSP, RFC 6960): signed ahead of time where nothing is asked that only one client may have.

Every certificate that has not ended has an answer for each hash that clients name its issuer by. A revocation deletes them in its
own transaction, so what is served never lags behind the register; until the job has signed anew, the answer is signed when asked.
While the responder's key is away, what is signed is served until it lapses.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam, delete, exists, func, insert, select

from certportal import audit, ca, clock
from certportal.ca import ocsp
from certportal.ca.responder import Responder
from certportal.certificates import authorities, signers
from certportal.certificates.models import Certificate, CertificateState, OcspAnswer
from certportal.extensions import asking, db, transaction, within_transaction
from certportal.identifiers import Environment
from certportal.runs import Lease
from certportal.settings import current_settings
from certportal.statements import prepared

log = logging.getLogger(__name__)
HASHES = ("sha1", "sha256")
BATCH = 500
RENEWED_AFTER = timedelta(days=1)
REPLACED_SOON = timedelta(hours=1)
LONGEST = timedelta(days=7)
"""An answer is used for as many days as a list, at most these: its responder's certificate must outlast it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole OCSPResponse in DER. ``until``: it may be kept so long; None: by nobody."""

    der: bytes
    since: datetime | None = None
    until: datetime | None = None


def answer(sent: bytes) -> Answer:
    """The answer to an OCSPRequest, for whatever octets are sent. Changes nothing."""
    try:
        asked = ocsp.read_request(sent)
    except ocsp.Refused as refused:
        return Answer(refused.failure.encoded)
    now = clock.now()
    if asked.nonce is None and len(asked.cert_ids) == 1:
        ready = signed_ahead(asked.cert_ids[0].encoded, now)
        if ready is not None:
            return ready
    return _signed_now(asked, now)


def forget_answers(certificate_id: int) -> None:
    """A step of revoking: what was signed about the certificate is served no more."""
    within_transaction()
    db.session.execute(delete(OcspAnswer).where(OcspAnswer.certificate_id == certificate_id))


def answers_until() -> datetime | None:
    """When the first of the stored answers about certificates in force lapses; None while there are none. The index tells."""
    living = exists().where(Certificate.id == OcspAnswer.certificate_id, Certificate.not_after > clock.now())
    return db.session.scalar(select(OcspAnswer.next_update).where(living).order_by(OcspAnswer.next_update).limit(1))


def unanswered() -> tuple[int, datetime | None]:
    """How many certificates that have not ended have no stored answer, and since when the one that has waited longest."""
    since = func.min(func.coalesce(Certificate.revoked_so_since, Certificate.issued_at))
    query = select(func.count(Certificate.id), since).where(_answerable(clock.now()), ~exists().where(_first_answer()))
    count, oldest = db.session.execute(query).one()
    return count, oldest


def sample(environment: Environment, label: str) -> bytes | None:
    """The CertID of a certificate with a stored answer, the oldest that is not about to be replaced: for whoever tries whether it
    is served."""
    now = clock.now()
    this = select(OcspAnswer.cert_id).join(Certificate, Certificate.id == OcspAnswer.certificate_id)
    query = this.where(_of(environment, label), Certificate.not_after > now, OcspAnswer.next_update > now)
    replaced_soon = OcspAnswer.this_update <= now - RENEWED_AFTER + REPLACED_SOON
    return db.session.scalar(query.order_by(replaced_soon, OcspAnswer.this_update).limit(1))


def sign_answers(lease: Lease) -> str:
    """A job: sign the answers that are missing or a day old, and follow responders and the signer of replies in time.

    An authority whose key is away holds up no other; the job fails after it has done what it can.
    """
    signed, failed = 0, None
    for environment in authorities.present():
        for label in authorities.lasting_labels(environment):
            try:
                signed += _keep_up(environment, label, lease)
            except Exception as error:
                log.exception("what %s of %s signs ahead could not be signed", label, environment.value)
                failed = error
    _forget_ended(lease)
    if failed is not None:
        raise failed
    return f"{signed} signed"


def _keep_up(environment: Environment, label: str, lease: Lease) -> int:
    """What one authority's certificates are for: the signer of replies, or a responder and its answers."""
    if label in authorities.issuing_labels(environment):
        return _sign_due(signers.keep_responder(environment, label), environment, label, lease)
    if authorities.line_of(label) == authorities.SERVICES:
        signers.reply_signer(environment)
    return 0


def _forget_ended(lease: Lease) -> None:
    """Nobody asks about a certificate that has ended."""
    ended = select(OcspAnswer.certificate_id).join(Certificate, Certificate.id == OcspAnswer.certificate_id)
    ended = ended.where(Certificate.not_after <= clock.now()).limit(BATCH)
    while row_ids := list(db.session.scalars(ended)):
        with transaction() as session:
            session.execute(delete(OcspAnswer).where(OcspAnswer.certificate_id.in_(row_ids)))
        lease.renew()


def signed_ahead(cert_id: bytes, now: datetime) -> Answer | None:
    """The stored answer about a certificate, while it holds."""
    found = asking().execute(_stored(), {"cert_id": cert_id}).first()
    if found is None or found.next_update <= now:
        return None
    return Answer(found.der, found.this_update, found.next_update)


@prepared
def _stored() -> Any:
    answers: Any = OcspAnswer.__table__.c
    columns = (answers.der, answers.this_update, answers.next_update)
    return select(*columns).where(answers.cert_id == bindparam("cert_id"))


def _signed_now(asked: ocsp.Asked, now: datetime) -> Answer:
    place = _authority_of(asked)
    if place is None:
        return Answer(ocsp.Failure.UNAUTHORIZED.encoded)
    if not audit.clock_is_sound():
        return Answer(ocsp.Failure.TRY_LATER.encoded)
    statuses = [(each, _status(*place, each.serial)) for each in asked.cert_ids]
    db.session.rollback()  # nothing is open while the key works
    try:
        found = signers.responder(*place)
        if found is None:
            return Answer(ocsp.Failure.TRY_LATER.encoded)
        until = _holds_until(found, now)
        der = ocsp.build_answer(found, statuses, produced_at=now, this_update=now, next_update=until, nonce=asked.nonce)
    except ca.CaRefused:
        return Answer(ocsp.Failure.TRY_LATER.encoded)
    return Answer(der, now, until) if asked.nonce is None else Answer(der)


def _authority_of(asked: ocsp.Asked) -> tuple[Environment, str] | None:
    """The one authority whose certificates are all that is asked about; None for others' and for a mixture."""
    for environment in authorities.present():
        for label in authorities.issuing_labels(environment):
            authority = authorities.authority(environment, label)
            if all(ocsp.matches(each, authority) for each in asked.cert_ids):
                return environment, label
    return None


def _status(environment: Environment, label: str, serial: int) -> ocsp.Status:
    if not 0 < serial < 1 << ca.SERIAL_BITS:
        return ocsp.UNKNOWN
    this = (Certificate.serial == ca.serial_hex(serial)) & _of(environment, label)
    columns = select(Certificate.state, Certificate.revoked_at, Certificate.revocation_reason)
    found = db.session.execute(columns.where(this)).first()
    return _of_row(*found) if found is not None else ocsp.UNKNOWN


def _of_row(state: CertificateState, revoked_at: datetime | None, reason: str) -> ocsp.Status:
    if state is CertificateState.REVOKED and revoked_at is not None:
        return ocsp.Revocation(revoked_at, ca.Reason(reason))
    return ocsp.GOOD if state is CertificateState.ISSUED else ocsp.UNKNOWN


def _of(environment: Environment, label: str) -> sa.ColumnElement[bool]:
    return (Certificate.environment == environment) & (Certificate.issuer == label)


def _answerable(now: datetime) -> sa.ColumnElement[bool]:
    """Certificates that were issued and have not ended."""
    stored = Certificate.state.in_((CertificateState.ISSUED, CertificateState.REVOKED))
    return stored & (Certificate.not_after > now)


def _first_answer() -> sa.ColumnElement[bool]:
    """The answer about a certificate that stands for all of its answers."""
    return (OcspAnswer.certificate_id == Certificate.id) & (OcspAnswer.hash_name == HASHES[0])


_Row = tuple[int, str, CertificateState, datetime | None, str]


def _sign_due(found: Responder, environment: Environment, label: str, lease: Lease) -> int:
    signed = 0
    while batch := list(_due(environment, label, found.certificate.not_valid_after_utc)):
        db.session.rollback()  # nothing is open while the key works
        now = clock.now()
        rows = [row for each in batch for row in _answers(found, each, now)]
        _store(batch, rows)
        signed += len(batch)
        lease.renew()
        lease.tell(f"{signed} signed")
    return signed


def _due(environment: Environment, label: str, ends: datetime) -> Iterator[_Row]:
    """Certificates that have not ended, and no answer of today, or one from before they were revoked, or one that lapses within a
    day with the responder before this one, which ``ends`` later: the first hash stands for both, they are stored together."""
    now = clock.now()
    lately = OcspAnswer.this_update > now - RENEWED_AFTER
    lately &= OcspAnswer.next_update >= min(now + RENEWED_AFTER, ends)
    since = Certificate.revoked_so_since
    revoked_since = (since > OcspAnswer.this_update) & (since <= now)
    fresh = lately & (Certificate.revoked_at.is_(None) | ~revoked_since)
    this = _first_answer() & fresh
    columns = (
        Certificate.id,
        Certificate.serial,
        Certificate.state,
        Certificate.revoked_at,
        Certificate.revocation_reason,
    )
    query = select(*columns).outerjoin(OcspAnswer, this).where(_of(environment, label), _answerable(now))
    query = query.where(OcspAnswer.certificate_id.is_(None))
    for row in db.session.execute(query.order_by(Certificate.id).limit(BATCH)):
        yield (row.id, row.serial, row.state, row.revoked_at, row.revocation_reason)


def _answers(found: Responder, row: _Row, now: datetime) -> Iterator[dict[str, object]]:
    certificate_id, serial, state, revoked_at, reason = row
    until = _holds_until(found, now)
    for name in HASHES:
        cert_id = ocsp.cert_id(found.authority, int(serial, 16), name)
        status = [(cert_id, _of_row(state, revoked_at, reason))]
        der = ocsp.build_answer(found, status, produced_at=now, this_update=now, next_update=until)
        yield {
            "certificate_id": certificate_id,
            "hash_name": name,
            "cert_id": cert_id.encoded,
            "der": der,
            "this_update": now,
            "next_update": until,
        }


def _store(batch: Sequence[_Row], rows: list[dict[str, object]]) -> None:
    """Put the answers in place of older ones, but for certificates that have been revoked, or given another
    reason, since they were read.

    The certificates are locked before their answers, as revoking does: one that is being revoked is waited for.
    """
    read = {row[0]: (row[2], row[4]) for row in batch}
    with transaction() as session:
        columns = select(Certificate.id, Certificate.state, Certificate.revocation_reason)
        now = session.execute(columns.where(Certificate.id.in_(read)).order_by(Certificate.id).with_for_update())
        same = {row_id for row_id, *state in now if tuple(state) == read[row_id]}
        session.execute(delete(OcspAnswer).where(OcspAnswer.certificate_id.in_(read)))
        kept = [row for row in rows if row["certificate_id"] in same]
        if kept:
            session.execute(insert(OcspAnswer), kept)


def _holds_until(found: Responder, now: datetime) -> datetime:
    """No longer than the responder, whose answers nobody believes after its end."""
    days = timedelta(days=current_settings().crl_days)
    return min(now + min(days, LONGEST), found.certificate.not_valid_after_utc)
