""" "Will not be renewed": somebody has said so of a certificate, its notices are silent; and they may take it back."""

from sqlalchemy import update

from certportal import audit, clock
from certportal.certificates import rules
from certportal.certificates.models import Certificate
from certportal.certificates.telling import subject
from certportal.extensions import changed, db, transaction
from certportal.identifiers import Actor


def will_not_be_renewed(certificate_id: int, by: Actor) -> Certificate:
    """A use case: no more notices about the certificate's end. Said twice, it is noted once.

    Refusals (conflict): certificate_revoked, certificate_expired, certificate_not_issued.
    """
    return _say(certificate_id, by, silent=True)


def will_be_renewed(certificate_id: int, by: Actor) -> Certificate:
    """A use case: what was said is taken back; the notices that are due go out. Refusals as ``will_not_be_renewed``."""
    return _say(certificate_id, by, silent=False)


def _say(certificate_id: int, by: Actor, *, silent: bool) -> Certificate:
    now = clock.now()
    said = Certificate.will_not_be_renewed_at
    with transaction() as session:
        certificate = session.get_one(Certificate, certificate_id)
        rules.revocable(certificate.state, certificate.not_after, now)
        otherwise = said.is_(None) if silent else said.is_not(None)
        mine = update(Certificate).where(Certificate.id == certificate_id, otherwise)
        if changed(mine.values(will_not_be_renewed_at=now if silent else None)):
            audit.record(
                "certificate_will_not_be_renewed" if silent else "certificate_will_be_renewed",
                subject(certificate),
                by=by,
                organisation_id=certificate.organisation_id,
                serial=certificate.serial,
            )
    return db.session.get_one(Certificate, certificate_id)
