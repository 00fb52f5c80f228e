"""Giving up a certificate that was prepared and cannot be signed, so that its order can be collected anew."""

from sqlalchemy import select, update

from certportal import audit, clock
from certportal.certificates import rules
from certportal.certificates.models import Certificate, CertificateState
from certportal.certificates.telling import subject, tell_renewal_given_up
from certportal.extensions import changed, db, transaction, within_transaction
from certportal.identifiers import Actor
from certportal.messages import service as messages
from certportal.messages.models import MessageEnd
from certportal.orders import service as orders
from certportal.refusals import Conflict


def give_up(certificate_id: int, reason: str, by: Actor) -> Certificate:
    """A use case of operators: a prepared certificate is never signed any more, and its codes are void.

    The order stays open and new codes can be sent for it, or the certificate that it was to renew can be renewed again; contact
    and signatory are told which. The reason stands in the record. A signature that is being made at this moment finds the row
    given up, and is thrown away unseen. Refusals (conflict): certificate_not_prepared, certificate_prepared_lately.
    """
    now = clock.now()
    with transaction() as session:
        certificate = session.get_one(Certificate, certificate_id)
        rules.may_be_given_up(certificate.state, certificate.prepared_at, now)
        if not give_up_within(certificate, reason, by):
            raise Conflict("certificate_not_prepared")
    return certificate


def give_up_within(certificate: Certificate, reason: str, by: Actor) -> bool:
    """A step: the same. False: it has been signed or given up already."""
    within_transaction()
    prepared = (Certificate.id == certificate.id) & (Certificate.state == CertificateState.PREPARED)
    if not changed(update(Certificate).where(prepared).values(state=CertificateState.GIVEN_UP)):
        return False
    _give_back(certificate)
    audit.record(
        "certificate_given_up",
        subject(certificate),
        by=by,
        organisation_id=certificate.organisation_id,
        serial=certificate.serial,
        order=certificate.order.number,
        reason=reason,
    )
    return True


def _give_back(certificate: Certificate) -> None:
    """What the certificate was prepared by: its codes are void, or the renewal does not count."""
    if certificate.transfer_codes_id is not None:
        messages.void_taken(certificate.transfer_codes_id, MessageEnd.NOT_ISSUED)
        orders.codes_given_up(certificate.order_id)
        return
    old = db.session.get_one(Certificate, certificate.successor_of_id)
    renewed = update(Certificate).where(Certificate.id == old.id, Certificate.renewals > 0)
    changed(renewed.values(renewals=Certificate.renewals - 1))
    tell_renewal_given_up(old, certificate.id)


def unsigned_of(order_id: int) -> Certificate | None:
    """The order's certificate that has waited for its signature so long that it may be given up."""
    before = clock.now() - rules.GIVE_UP_AFTER
    waits = (Certificate.state == CertificateState.PREPARED) & (Certificate.prepared_at <= before)
    return db.session.scalar(select(Certificate).where(waits, Certificate.order_id == order_id))
