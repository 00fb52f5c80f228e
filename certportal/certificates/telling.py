"""Steps: who is told what about a certificate, and the contact's page of it."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row

from certportal.certificates import statements
from certportal.certificates.models import Certificate
from certportal.extensions import asking, within_transaction
from certportal.identifiers import Actor
from certportal.messages import service as messages
from certportal.orders import service as orders
from certportal.outbox import service as outbox
from certportal.registry.telling import tell_signatory


def subject(certificate: "Certificate | Told") -> str:
    """How the audit record and the outbox name a certificate."""
    return f"certificate:{certificate.id}"


class Told(NamedTuple):
    """What is told of a certificate, and to which technical contact (a row with id, name, email, phone and language).

    ``cover``: what the secure message's cover keeps of it.
    """

    id: int
    organisation_id: int
    serial: str
    sha256: str | None
    not_after: datetime
    contact: Row[Any]
    cover: dict[str, Any]


def told(certificate_id: int) -> Told:
    """What there is to tell of a certificate now."""
    row = asking().execute(statements.told(), {"certificate": certificate_id}).one()
    cover = orders.cover(row) | {"certificate": certificate_id}
    return Told(certificate_id, row.organisation_id, row.serial, row.sha256, row.not_after, row, cover)


def tell_issued(certificate: Told) -> None:
    """A step: contact and signatory are mailed; the contact's mail links to the certificate's page, opened by SMS PIN."""
    _tell_made(certificate, "certificate_issued")


def tell_renewed(certificate: Told) -> None:
    """A step: the same of a certificate that has been issued in another's place, without an order of its own."""
    _tell_made(certificate, "certificate_renewed")


def tell_renewal_given_up(old: Certificate, renewal_id: int) -> None:
    """A step: contact and signatory are mailed that nothing came of a renewal, and that the certificate can be renewed again."""
    within_transaction()
    about, reference = subject(old), {"certificate": old.id, "renewal": renewal_id}
    outbox.queue(
        "renewal_given_up_contact", reference, subject=about, send_before=None, organisation_id=old.organisation_id
    )
    tell_signatory("renewal_given_up_signatory", old.organisation_id, old.order.placed_by, reference, subject=about)


def _tell_made(certificate: Told, kind: str) -> None:
    within_transaction()
    send_page(certificate, f"{kind}_contact")
    tell_signatory(
        f"{kind}_signatory",
        certificate.organisation_id,
        certificate.cover["ordered_by_id"],
        {"certificate": certificate.id},
        subject=subject(certificate),
    )


def send_page(certificate: Told, kind: str) -> None:
    """A step: a new PIN-guarded link to the certificate's page for its present contact, in a mail of that kind."""
    within_transaction()
    message_id, token = messages.new_page(
        certificate.id, certificate.organisation_id, certificate.contact, certificate.cover, certificate.not_after
    )
    row_id = outbox.owe(
        kind,
        {"certificate": certificate.id, "message": message_id},
        subject=subject(certificate),
        send_before=certificate.not_after,
        secret=token,
        organisation_id=certificate.organisation_id,
    )
    messages.mailed_by(message_id, row_id)


def tell_plan(certificate: Certificate, by: Actor) -> None:
    """A step: contact and signatories are mailed that it will be revoked on a date, or that it will not be after all."""
    tell_contact_of_plan(certificate, by)
    tell_signatory(
        "revocation_plan_signatory",
        certificate.organisation_id,
        None,
        _of_plan(certificate, by),
        subject=subject(certificate),
    )


def tell_contact_of_plan(certificate: Certificate, by: Actor) -> None:
    """A step: the contact alone, where one letter tells the signatories of many certificates."""
    within_transaction()
    outbox.queue(
        "revocation_plan_contact",
        _of_plan(certificate, by),
        subject=subject(certificate),
        send_before=certificate.planned_revocation_at,
        organisation_id=certificate.organisation_id,
    )


def _of_plan(certificate: Certificate, by: Actor) -> dict[str, object]:
    at = certificate.planned_revocation_at
    return {
        "certificate": certificate.id,
        "at": at.isoformat() if at is not None else None,
        "by": by.kind.value,
        "by_name": by.name,
    }
