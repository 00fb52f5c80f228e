"""Short ways: an order with live codes, a key and its signing request, a certificate as the service issues it."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from certportal import clock
from certportal.certificates import service
from certportal.certificates.models import Certificate
from certportal.extensions import db, transaction
from certportal.identifiers import Actor, ActorKind, Environment, Language
from certportal.messages import service as messages
from certportal.messages.models import SecureMessage, TransferCodes
from certportal.orders import service as orders
from certportal.orders.models import Order
from certportal.orders.rules import ContactChoice, OrderAnswers
from certportal.outbox.models import OutboxRow
from certportal.outbox.service import outbox_key
from certportal.registry import service as registry
from certportal.registry.models import TechnicalContact
from certportal.secrecy import Secret, unseal
from tests import builders
from tests.conftest import FakeClock
from tests.orders.steps import House

PROGRAM = Actor(ActorKind.PROGRAM, None, "", "203.0.113.20")


@dataclass
class Codes:
    """Both transfer codes, as the message shows them."""

    row_id: int
    transfer_id: str
    password: Secret


def key_and_request(key: ec.EllipticCurvePrivateKey | None = None) -> tuple[ec.EllipticCurvePrivateKey, bytes]:
    """A P-256 key and its signing request in PEM, faster than openssl makes them."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return key, builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def request() -> bytes:
    return key_and_request()[1]


@dataclass
class Kit:
    """What a test of this room takes in its hands."""

    house: House
    folder: Path
    spare: Codes | None = None

    def order(self, **changes: Any) -> Order:
        """An order with live codes; a contact, a channel and production unless said otherwise."""
        house = self.house
        known = db.session.scalars(
            select(TechnicalContact).where(TechnicalContact.organisation_id == house.organisation.id)
        ).first()
        contact = known or builders.contact(house.organisation, language=Language.EN)
        values: dict[str, Any] = {
            "channel_id": house.channel.id,
            "environment": Environment.PRODUCTION,
            "description": "Mallilön 6",
            "contact": ContactChoice(contact.id, None),
            "terms_id": house.terms.id,
        }
        draft = orders.begin_draft(clock.random_token(), {}, house.acting)
        return orders.place_order(draft.id, draft.version, OrderAnswers(**values | changes), house.acting)

    def codes(self, order: Order | None = None) -> Codes:
        """The newest codes of an order, read as its contact would after the PIN."""
        order = order or self.order()
        row = messages.codes_of(order.id)[0]
        message = db.session.get_one(SecureMessage, row.message_id)
        mail = db.session.get_one(OutboxRow, message.mail_row_id)
        assert mail.secret is not None, "read the codes before the mail has left"
        token = unseal(outbox_key(), mail.secret, mail.message_id)
        password = messages.transfer_password(message, token.reveal())
        assert password is not None
        return Codes(row.id, row.transfer_id, password)

    def unspent(self) -> Codes:
        """The same codes again and again, for tries that must not use them up."""
        self.spare = self.spare or self.codes()
        return self.spare

    def certificate(self, order: Order | None = None, sent: bytes | None = None, **changes: Any) -> Certificate:
        """A certificate, issued for a new order or this one."""
        order = order or self.order(**changes)
        row = messages.codes_of(order.id)[0]
        return row_of(service.enrol_opened(row.id, sent or request(), PROGRAM))

    def codes_now(self, codes: Codes) -> TransferCodes:
        db.session.rollback()
        return db.session.get_one(TransferCodes, codes.row_id, populate_existing=True)


def end_the_right(house: House) -> None:
    """The organisation's right to the channel ended yesterday."""
    with transaction():
        right = registry.right_to(house.organisation.id, house.channel.id, registry.today())
        assert right is not None
        registry.end_right(right, registry.today() - timedelta(days=1), builders.OPERATOR)


def end_the_organisation(house: House) -> None:
    """The organisation uses the service no more."""
    with transaction():
        found = registry.organisation(house.organisation.id)
        assert found is not None
        registry.end_organisation(found, None, builders.OPERATOR)


def row_of(collected: service.Collected) -> Certificate:
    """The register's row of what was collected."""
    return db.session.get_one(Certificate, collected.id)


def certificates() -> list[Certificate]:
    """Every row there is."""
    db.session.rollback()
    return list(db.session.scalars(select(Certificate).order_by(Certificate.id)))


def days_before_the_end(clock: FakeClock, certificate: Certificate, days: float) -> None:
    """The clock is moved to so many days before the certificate's last moment; after it, if they are fewer than none."""
    clock.at = certificate.not_after - timedelta(days=days)
    db.session.rollback()


def renewable(kit: Kit, clock: FakeClock, **changes: Any) -> Certificate:
    """A certificate that ends in thirty days."""
    issued = kit.certificate(**changes)
    days_before_the_end(clock, issued, 30)
    return issued
