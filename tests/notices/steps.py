"""What the tests of notices share: certificates as rows of the register, a sweep, and what arrived.

The certificates are not signed: nothing here reads their bytes, and hundreds of them are made in an instant.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from certportal import clock, runs
from certportal.certificates.models import Certificate, CertificateState
from certportal.extensions import changed, db, transaction
from certportal.identifiers import Environment
from certportal.notices.models import Notice, NoticeRole, NoticeState
from certportal.notices.service import sweep
from certportal.orders.models import Order, OrderReason, OrderState
from certportal.outbox.models import OutboxRow
from certportal.registry.models import Channel, Organisation, Person, TechnicalContact, Terms
from tests import builders

TWO_YEARS = timedelta(days=730)


@dataclass
class Register:
    """An organisation with one who signs, a channel, and certificates that end when a test says."""

    organisation: Organisation
    person: Person
    channel: Channel
    terms: Terms
    contact: TechnicalContact
    made: list[int] = field(default_factory=list)

    @classmethod
    def opened(cls) -> "Register":
        organisation, channel = builders.organisation(), builders.channel()
        builders.access_right(organisation, channel)
        return cls(
            organisation,
            builders.signatory(organisation),
            channel,
            builders.terms(),
            builders.contact(organisation),
        )

    def certificate(
        self,
        days: float = 60,
        *,
        contact: TechnicalContact | None = None,
        organisation: Organisation | None = None,
        ends: datetime | None = None,
        **fields: Any,
    ) -> Certificate:
        """One that ends in so many days from now (or at that moment), and was issued two years before that."""
        of, who = organisation or self.organisation, contact or self.contact
        end = ends or clock.now() + timedelta(days=days)
        order = builders.kept(_order(self, of, who, end))
        self.made.append(order.id)
        serial = f"{order.id:040x}"
        values = {
            "order_id": order.id,
            "organisation_id": of.id,
            "channel_id": self.channel.id,
            "environment": Environment.PRODUCTION,
            "description": "Mallilön 6",
            "contact_id": who.id,
            "state": CertificateState.ISSUED,
            "serial": serial,
            "retrieval_id": serial[-32:],
            "public_key_hash": serial + "0" * 24,
            "to_be_signed": b"not signed",
            "sha256": serial + "1" * 24,
            "not_before": end - TWO_YEARS,
            "not_after": end,
            "prepared_at": end - TWO_YEARS,
            "issued_at": end - TWO_YEARS,
        }
        return builders.kept(Certificate(**values | fields))


def _order(register: Register, organisation: Organisation, contact: TechnicalContact, end: datetime) -> Order:
    return Order(
        number=f"2024-{len(register.made) + 1:06d}",
        organisation_id=organisation.id,
        channel_id=register.channel.id,
        environment=Environment.PRODUCTION,
        contact_id=contact.id,
        placed_by=register.person.id,
        reason=OrderReason.ADDITIONAL,
        terms_id=register.terms.id,
        state=OrderState.COLLECTED,
        placed_at=end - TWO_YEARS,
    )


def swept() -> str:
    """One sweep; what it says of itself."""
    assert runs.run("sweep", sweep)
    last = runs.select_run("sweep")
    assert last is not None
    return last.outcome


def notices(of: Certificate | None = None) -> list[Notice]:
    """Every notice, or one certificate's, oldest first."""
    db.session.rollback()
    query = select(Notice).order_by(Notice.id)
    return list(db.session.scalars(query if of is None else query.where(Notice.certificate_id == of.id)))


def standing(of: Certificate | None = None) -> set[tuple[int, NoticeRole, NoticeState]]:
    """Rung, role and state of the notices."""
    return {(each.rung, each.role, each.state) for each in notices(of)}


def change(row: Any, **values: Any) -> None:
    """Another room changes a row."""
    kind = type(row)
    with transaction():
        assert changed(update(kind).where(kind.id == row.id).values(**values))
    db.session.rollback()


def letters() -> list[OutboxRow]:
    """Every row of the outbox that is a notice, oldest first."""
    db.session.rollback()
    return list(db.session.scalars(select(OutboxRow).where(OutboxRow.kind == "expiry_notice").order_by(OutboxRow.id)))
