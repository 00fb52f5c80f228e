"""What else a key is in, and what it has signed for, once it is lost or may have been disclosed."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy import exists, select

from certportal import clock
from certportal.audit import AuditEntry
from certportal.certificates.models import Certificate, CertificateState
from certportal.extensions import db
from certportal.identifiers import ActorKind


def same_key(of: Certificate) -> list[Certificate]:
    """The other certificates in force with its key, oldest first: with a reason that distrusts the key they are revoked too."""
    return [each for each in in_force_with([of.public_key_hash]) if each.id != of.id]


def in_force_with(keys: Iterable[str]) -> list[Certificate]:
    """The certificates in force with one of these keys (hashes), oldest first."""
    issued = (Certificate.state == CertificateState.ISSUED) & (Certificate.not_after >= clock.now())
    found = select(Certificate).where(issued, Certificate.public_key_hash.in_(list(keys)))
    return list(db.session.scalars(found.order_by(Certificate.id)))


def renewed_with_key(of: Certificate) -> list[Certificate]:
    """The certificates in force that were renewed with its key and nothing else, or with the key of one of those, oldest first.

    Whoever has the key may have done it. A contact behind the PIN code has shown more than the key, and is not meant.
    """
    stored = Certificate.state.in_((CertificateState.ISSUED, CertificateState.REVOKED))
    with_key = select(Certificate.id).where(stored, Certificate.public_key_hash == of.public_key_hash)
    found, last = dict[int, Certificate](), list(db.session.scalars(with_key))
    while last:
        renewed = select(Certificate).where(stored, Certificate.successor_of_id.in_(last), _by_a_program())
        new = {each.id: each for each in db.session.scalars(renewed)}
        last = list(new.keys() - found.keys())
        found |= new
    now = clock.now()
    in_force = (each for each in found.values() if each.state is CertificateState.ISSUED and each.not_after >= now)
    return sorted((each for each in in_force if each.public_key_hash != of.public_key_hash), key=lambda each: each.id)


def waiting(revoked: Sequence[Certificate]) -> list[Certificate]:
    """What waits for its signature with the key of one of these, or to be signed in the place of one."""
    with_key = Certificate.public_key_hash.in_({each.public_key_hash for each in revoked})
    renews = Certificate.transfer_codes_id.is_(None) & Certificate.successor_of_id.in_([each.id for each in revoked])
    found = select(Certificate).where(Certificate.state == CertificateState.PREPARED, with_key | renews)
    return list(db.session.scalars(found.order_by(Certificate.id)))


def _by_a_program() -> sa.ColumnElement[bool]:
    """The record says that a program asked for the renewal: it had signed with the old key, and needed nothing else."""
    prepared = (AuditEntry.verb == "renewal_prepared") & (AuditEntry.actor_kind == ActorKind.PROGRAM)
    about = sa.literal("certificate:") + sa.cast(Certificate.id, sa.String)
    return exists().where(AuditEntry.subject == about, prepared)
