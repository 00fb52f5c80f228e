"""The link to a certificate's page, asked for by whoever has its serial number, and mailed to its contact alone.

A mail's link may be lost. Whatever is typed, whoever asks gets the same answer; what they learn of a certificate is nothing
that a certificate does not tell.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import select

from certportal import audit, clock
from certportal.certificates import rules
from certportal.certificates.by_key import issued_by_serial
from certportal.certificates.models import Certificate, CertificateState, PageAsk
from certportal.certificates.telling import send_page, subject, told
from certportal.extensions import changed, db, transaction, within_transaction, writing
from certportal.identifiers import Actor
from certportal.signin.rules import client_key


def ask_for_page(serial: str, by: Actor) -> None:
    """A use case: if such a certificate is in force, its present contact is mailed a PIN-guarded link to its page.

    ``serial`` as ``rules.typed_serial`` answers. At most so many a day for one certificate go out, silently; every ask counts
    for its client. Refusals: page_asks_too_many.
    """
    with transaction():
        found = issued_by_serial(serial)
        in_force = found if found is not None and _is_in_force(found) else None
        mailed = _counted(by.address, in_force.id if in_force is not None else None)
        if in_force is not None and mailed:
            send_page(told(in_force.id), "certificate_page_asked")
            audit.record("certificate_page_asked", subject(in_force), by=by, organisation_id=in_force.organisation_id)


def _is_in_force(certificate: Certificate) -> bool:
    return certificate.state is CertificateState.ISSUED and certificate.not_after > clock.now()


def _counted(address: str | None, certificate_id: int | None) -> bool:
    """A step: one more ask, refused over the client's cap. Whether a link may go out."""
    within_transaction()
    at, client = clock.machine(), client_key(address)
    writing().in_turn(f"page asks {client}")
    changed(sa.delete(PageAsk).where(PageAsk.asked_at <= at - rules.LINKS_COUNT))
    rules.may_ask_for_page(list(db.session.scalars(_times(PageAsk.client_address == client))), at)
    earlier = list(db.session.scalars(_times(PageAsk.certificate_id == certificate_id))) if certificate_id else []
    db.session.add(PageAsk(client_address=client, certificate_id=certificate_id, asked_at=at))
    return rules.page_may_be_mailed(earlier, at)


def _times(which: sa.ColumnElement[bool]) -> sa.Select[datetime]:
    return select(PageAsk.asked_at).where(which)
