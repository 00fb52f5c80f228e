"""Signing: what is prepared is signed with no transaction open, and the first signature that is stored is settled.

A prepared row that was left behind is signed later, by the same key's next call or by a job, if what it was prepared for has not
ended meanwhile.
"""

import hashlib
import logging
from collections import Counter
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select

from certportal import audit, ca, clock
from certportal.certificates import authorities, giving_up, rules, statements
from certportal.certificates.lookups import Collected
from certportal.certificates.models import Certificate, CertificateState
from certportal.certificates.telling import subject, tell_issued, tell_renewed, told
from certportal.extensions import asking, changed, db, end_reading, transaction
from certportal.identifiers import Actor, ActorKind, Environment
from certportal.messages import service as messages
from certportal.orders import service as orders
from certportal.refusals import Refusal
from certportal.registry import service as registry
from certportal.runs import Lease
from certportal.settings import current_settings

log = logging.getLogger(__name__)
DISTRUST = frozenset(reason.value for reason in ca.Reason if reason.distrusts_key)
RESUMER = Actor(ActorKind.JOB, None, "resume-prepared")


class Pending(NamedTuple):
    """A row that is to be signed, and what is settled then."""

    id: int
    state: CertificateState
    environment: Environment
    label: str
    tbs: bytes
    not_before: datetime
    not_after: datetime
    codes_id: int | None
    order_id: int
    retrieval_id: str
    order_number: str


def finish(certificate_id: int, by: Actor) -> Collected:
    """A use case: sign what is prepared, and store it. Answers the row as it is stored, whoever stored it first.

    While the authority cannot sign it stays prepared; the log says why. It is given up when what it was prepared for has
    ended meanwhile: the organisation's use, its right, the trust in the key, or the certificate that it was to renew.
    """
    end_reading()
    pending = Pending(*asking().execute(statements.what_to_sign(), {"certificate": certificate_id}).one())
    if pending.state is not CertificateState.PREPARED:
        return _collected(certificate_id)
    ended = _ended_meanwhile(certificate_id)
    return sign(pending, by) if ended is None else _give_up(certificate_id, ended, by)


def resume_prepared(lease: Lease) -> str:
    """A job: finish rows that a kill or an unreachable key left prepared. One that cannot be signed holds up no other."""
    before = clock.now() - timedelta(seconds=current_settings().prepared_seconds)
    left = (Certificate.state == CertificateState.PREPARED) & (Certificate.prepared_at <= before)
    row_ids = list(db.session.scalars(select(Certificate.id).where(left).order_by(Certificate.id)))
    became = Counter[CertificateState]()
    for certificate_id in row_ids:
        became[finish(certificate_id, RESUMER).state] += 1
        lease.renew()
    waiting, given_up = became[CertificateState.PREPARED], became[CertificateState.GIVEN_UP]
    said = f"{len(row_ids) - waiting - given_up} finished, {waiting} waiting"
    return f"{said}, {given_up} given up" if given_up else said


def sign(pending: Pending, by: Actor) -> Collected:
    """Sign the bytes of a prepared row with no transaction open, and store the signature: the first that comes is kept."""
    profile = authorities.profile_lasting(pending.not_before, pending.not_after)
    end_reading()  # nothing is open while the key works
    try:
        signed = ca.sign(authorities.issuer(pending.environment, pending.label), pending.tbs, profile)
    except Exception:
        of = f"{pending.label} of {pending.environment.value}"
        log.exception("certificate %s stays prepared: %s cannot sign", pending.id, of)
        return _collected(pending.id)
    with transaction():
        made = {"signed": signed, "fingerprint": hashlib.sha256(signed).hexdigest(), "now": clock.now()}
        if not changed(statements.store_signed(), certificate=pending.id, **made):
            return _collected(pending.id)
        _settle(pending, by)
    named, is_renewal = (pending.id, pending.retrieval_id), pending.codes_id is None
    return Collected(*named, CertificateState.ISSUED, signed, is_renewal, pending.order_number)


def _ended_meanwhile(certificate_id: int) -> Refusal | None:
    """Why the certificate would not be prepared any more; None while it would."""
    row, on = asking().execute(statements.still_wanted(), {"certificate": certificate_id}).one(), registry.today()
    if row.ended_on is not None and row.ended_on <= on:
        return Refusal("organisation_over")
    if row.environment is Environment.PRODUCTION and not registry.has_right_to(row.organisation_id, row.channel_id, on):
        return Refusal("no_access_right")
    if row.transfer_codes_id is None and row.renewed is CertificateState.REVOKED:
        return Refusal("certificate_revoked")
    try:
        require_free_key(row.organisation_id, row.public_key_hash)
    except Refusal as refusal:
        return refusal
    return None


def _give_up(certificate_id: int, because: Refusal, by: Actor) -> Collected:
    log.warning("certificate %s is given up: %s", certificate_id, because.code)
    with transaction() as session:
        giving_up.give_up_within(session.get_one(Certificate, certificate_id), because.code, by)
    return _collected(certificate_id)


def _collected(certificate_id: int) -> Collected:
    return Collected(*asking().execute(statements.collected(), {"certificate": certificate_id}).one())


def require_free_key(organisation_id: int, public_key_hash: str) -> None:
    """Refusals: key_of_another, key_distrusted."""
    earlier: Any = asking().execute(statements.uses_of_key(), {"key": public_key_hash})
    uses = [rules.KeyUse(whose, reason in DISTRUST) for whose, reason in earlier]
    rules.key_may_be_certified(uses, organisation_id)


def _settle(pending: Pending, by: Actor) -> None:
    """Within the transaction that made it issued: codes spent and order collected, unless it was renewed; everybody told."""
    if pending.codes_id is not None:
        messages.spend_codes(pending.codes_id)
        orders.collected(pending.order_id)
    certificate = told(pending.id)
    audit.record(
        "certificate_renewed" if pending.codes_id is None else "certificate_issued",
        subject(certificate),
        by=by,
        organisation_id=certificate.organisation_id,
        serial=certificate.serial,
        sha256=certificate.sha256,
        order=certificate.cover["order_number"],
    )
    (tell_renewed if pending.codes_id is None else tell_issued)(certificate)
