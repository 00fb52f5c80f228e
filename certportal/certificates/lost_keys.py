"""What else a key is in, once it is lost or may have been disclosed."""

from collections.abc import Iterable

from sqlalchemy import select

from certportal import clock
from certportal.certificates.models import Certificate, CertificateState
from certportal.extensions import db


def same_key(of: Certificate) -> list[Certificate]:
    """The other certificates in force with its key, oldest first: with a reason that distrusts the key they are revoked too."""
    return [each for each in in_force_with([of.public_key_hash]) if each.id != of.id]


def in_force_with(keys: Iterable[str]) -> list[Certificate]:
    """The certificates in force with one of these keys (hashes), oldest first."""
    issued = (Certificate.state == CertificateState.ISSUED) & (Certificate.not_after >= clock.now())
    found = select(Certificate).where(issued, Certificate.public_key_hash.in_(list(keys)))
    return list(db.session.scalars(found.order_by(Certificate.id)))


def waiting_with(keys: Iterable[str]) -> list[Certificate]:
    """Those with one of these keys that wait for their signature."""
    prepared = Certificate.state == CertificateState.PREPARED
    found = select(Certificate).where(prepared, Certificate.public_key_hash.in_(list(keys)))
    return list(db.session.scalars(found.order_by(Certificate.id)))
