"""What the tests of access share: an organisation, its signatory at the browser, channels, and short ways through."""

from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from certportal import clock
from certportal.access import service
from certportal.access.models import InterfaceApplication
from certportal.access.rules import ApplicationAnswers, Sending
from certportal.certificates import service as certificates
from certportal.certificates.models import Certificate
from certportal.extensions import db, transaction
from certportal.identifiers import EmailAddress, Environment, Language
from certportal.messages import service as messages
from certportal.orders import service as orders
from certportal.orders.models import Order
from certportal.orders.rules import ContactChoice, OrderAnswers
from certportal.outbox.models import OutboxRow
from certportal.registry import service as registry
from certportal.registry.models import AccessRight, Channel, Organisation, Person, Purpose, Terms
from certportal.registry.rules import OrganisationContact
from certportal.signin.guard import Acting
from tests import builders
from tests.browsing import Page
from tests.certificates.steps import row_of

CONTACT = OrganisationContact("Karin Kontakt", EmailAddress.parse("karin@mallilon.example"), None, Language.SV)


@dataclass
class House:
    """An organisation and its signatory; an operator decides about ``earnings`` and ``sftp``, ``benefits`` is granted at
    once."""

    organisation: Organisation
    person: Person
    earnings: Channel
    sftp: Channel
    benefits: Channel
    purpose: Purpose
    terms: Terms

    @property
    def acting(self) -> Acting:
        return Acting(builders.acting(self.person), self.person, self.organisation)


def housed() -> House:
    organisation = builders.organisation()
    return House(
        organisation,
        builders.signatory(organisation),
        builders.channel(use_en="Your payroll program reports by itself.", software="Mallilön, Exempelpay"),
        builders.channel(
            "earnings-sftp",
            name_fi="Palkkatiedot – SFTP",
            name_sv="Löneuppgifter – SFTP",
            name_en="Earnings payment data – SFTP",
            position=1,
        ),
        builders.channel(
            "benefits-ws",
            name_fi="Etuustiedot – Web Service",
            name_sv="Förmånsuppgifter – Web Service",
            name_en="Benefits payment data – Web Service",
            position=2,
            operator_decides=False,
        ),
        builders.purpose(),
        builders.terms(),
    )


def answers(house: House, *channels: Channel, **others: Any) -> dict[str, Any]:
    """The form, filled in."""
    given = {
        "purposes": [house.purpose.code],
        "channels": [str(channel.id) for channel in channels],
        "contact_name": "Karin Kontakt",
        "contact_email": "karin@mallilon.example",
        "contact_phone": "",
        "contact_language": "sv",
        "terms": "y",
        "terms_version": str(house.terms.version),
    }
    return given | others


def asked_for(house: House, *channels: Channel) -> ApplicationAnswers:
    """The same, parsed."""
    return ApplicationAnswers((house.purpose.code,), tuple(channel.id for channel in channels), CONTACT, house.terms.id)


def draft_of(house: House) -> tuple[int, int]:
    """A draft's id and version."""
    draft = service.save_draft(None, 1, {}, house.acting, clock.random_token())
    return draft.id, draft.version


def sent(house: House, *channels: Channel, revoking: tuple[Channel, ...] = ()) -> InterfaceApplication:
    """An application as the service takes it, without pages."""
    shown = service.preview(house.organisation.id, [channel.id for channel in channels], [house.purpose.code])
    how = Sending(shown.mark, frozenset(channel.id for channel in revoking))
    return service.send_application(*draft_of(house), asked_for(house, *channels), how, house.acting)


def granted(*channels: Channel) -> dict[int, service.Decision]:
    return {channel.id: service.Decision(granted=True) for channel in channels}


def refused(channel: Channel, reason: str = "No agreement has been signed.") -> dict[int, service.Decision]:
    return {channel.id: service.Decision(granted=False, reason=reason)}


def held(house: House) -> list[str]:
    """The channels to which the organisation has a right today."""
    db.session.rollback()
    return [right.channel.code for right in registry.valid_rights(house.organisation.id, registry.today())]


def waiting(house: House) -> list[str]:
    """The channels that wait for a decision."""
    db.session.rollback()
    return [right.channel.code for right in registry.waiting_rights(house.organisation.id)]


def rights(house: House) -> list[AccessRight]:
    """Every right, the oldest first."""
    db.session.rollback()
    return list(db.session.scalars(select(AccessRight).order_by(AccessRight.id)))


def applications() -> list[InterfaceApplication]:
    db.session.rollback()
    return list(db.session.scalars(select(InterfaceApplication).order_by(InterfaceApplication.id)))


def owed(kind: str) -> list[OutboxRow]:
    """The mails of a kind, whatever became of them."""
    db.session.rollback()
    return list(db.session.scalars(select(OutboxRow).where(OutboxRow.kind == kind).order_by(OutboxRow.id)))


def ordered(house: House, channel: Channel, environment: Environment = Environment.PRODUCTION, **others: Any) -> Order:
    """A certificate ordered for a channel, its codes out."""
    contact = builders.contact(house.organisation, **others)
    wanted = OrderAnswers(
        channel_id=channel.id,
        environment=environment,
        description=others.get("description", f"Program of {contact.name} {contact.id}"),
        contact=ContactChoice(contact.id, None),
        terms_id=house.terms.id,
    )
    draft = orders.begin_draft(clock.random_token(), {}, house.acting)
    return orders.place_order(draft.id, draft.version, wanted, house.acting)


def certified(house: House, channel: Channel, environment: Environment = Environment.PRODUCTION) -> Certificate:
    """A certificate for a channel, issued to a key made here."""
    order = ordered(house, channel, environment)
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    pem = request.public_bytes(serialization.Encoding.PEM)
    return row_of(certificates.enrol_opened(messages.codes_of(order.id)[0].id, pem, house.acting.actor))


def to_check(page: Page, house: House, *channels: Channel, **others: Any) -> Page:
    """The form, filled in and sent to be checked."""
    return page.submit("Check", **answers(house, *channels, **others))


def being_collected(order: Order) -> None:
    """A program has presented the codes with its key; the certificate is not signed yet."""
    codes_id = messages.codes_of(order.id)[0].id
    with transaction():
        assert messages.take_codes(codes_id, "ab" * 32)
