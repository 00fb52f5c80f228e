"""Where the demo's past is played: the service's own use cases, with the service's time behind the machine's.

Nothing is written past them. What they send goes out by mail and text message, and the contacts read it in the far ends'
inbox, as people do.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.resources import as_file, files

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from certportal import clock
from certportal.access import service as access
from certportal.access.rules import ApplicationAnswers, Decision, Sending
from certportal.certificates import service as certificates
from certportal.certificates.models import Certificate
from certportal.clock import MachineClock
from certportal.demo import moving
from certportal.demo.cast import OPERATOR, Role
from certportal.demo.inbox import Inbox
from certportal.extensions import db
from certportal.formats import local
from certportal.identifiers import Actor, ActorKind, EmailAddress, Environment, Language, PhoneNumber
from certportal.messages import service as messages
from certportal.orders import service as orders
from certportal.orders.models import Order
from certportal.orders.rules import ContactChoice, OrderAnswers
from certportal.outbox import delivery
from certportal.registry import importing
from certportal.registry import service as registry
from certportal.registry.models import Channel, Operator, Organisation
from certportal.registry.rules import ContactDetails, OrganisationContact
from certportal.settings import current_settings
from certportal.signin.desk import add_operator
from certportal.signin.guard import Acting

HOST = "127.0.0.1"
MAKER = Actor(ActorKind.COMMAND, None, "demo")
_LINK = re.compile(r"/messages/([A-Za-z0-9_-]{43})")
_PIN = re.compile(r"\b\d{6}\b")


class PastClock(MachineClock):
    """The machine's clock; the service's time is behind it by ``behind``."""

    behind = timedelta()

    def offset(self) -> timedelta:
        return -self.behind


@dataclass(frozen=True)
class Wish:
    """A certificate that somebody orders. ``channel`` is a code; ``replaces`` the description of the one that gives way."""

    channel: str
    description: str
    contact: ContactDetails
    test: bool = False
    replaces: str = ""


class Stage:
    """An app whose clock is moved, and the verbs of those who act in it. Use it inside the app's context."""

    def __init__(self, past: PastClock, inbox: Inbox) -> None:
        self.past, self.inbox = past, inbox
        self.today: date = local(past.machine()).date()

    def at(self, moment: datetime) -> None:
        """From here on it is this moment, which is later than the one before and not in the future."""
        behind = self.past.machine() - moment
        if behind < timedelta() or (self.past.behind and behind > self.past.behind + timedelta(minutes=1)):
            raise ValueError(f"{moment} is not the next moment of a story")
        self.past.behind = behind

    def day(self, days: int, hour: int = 9, minute: int = 0) -> datetime:
        """A local time of day so many days from today; negative: before it."""
        day = self.today + timedelta(days=days)
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=current_settings().timezone)

    def begins_to_end(self, end: datetime) -> datetime:
        """When a certificate must be issued so that its last moment is ``end``."""
        return end.replace(
            year=end.year - current_settings().certificate_years, day=28 if end.month == 2 and end.day > 28 else end.day
        )

    def set_up(self) -> Operator:
        """Registry, certification authorities, an operator."""
        with as_file(files("certportal.demo") / "registry.json") as path:
            importing.import_file(path, MAKER, dry_run=False)
        for environment in Environment:
            certificates.initialise(environment)
            certificates.publish(environment)
        email, name = OPERATOR
        return add_operator(EmailAddress.parse(email), name, Language.FI, MAKER)

    def acting(self, role: Role) -> Acting:
        """A signatory at work."""
        person = registry.person_by_email(role.email)
        organisation = registry.organisation_by_business_id(role.business_id)
        if person is None or organisation is None:
            raise LookupError(role)
        return Acting(Actor(ActorKind.PERSON, person.id, person.name, HOST), person, organisation)

    def apply(self, role: Role, channels: Sequence[str], purposes: Sequence[str]) -> int:
        """An interface application is sent. Answers its id."""
        acting = self.acting(role)
        chosen = tuple(self.channel(code).id for code in channels)
        answers = access.prefilled(acting.organisation)
        typed = {**answers, "channels": [str(each) for each in chosen], "purposes": list(purposes)}
        draft = access.save_draft(None, 1, typed, acting, clock.random_token())
        asked = ApplicationAnswers(tuple(purposes), chosen, _contact(acting.organisation), _terms_id())
        seen = access.preview(acting.organisation.id, chosen, purposes).mark
        return access.send_application(draft.id, draft.version, asked, Sending(seen), acting).id

    def decide(self, application_id: int, operator: Operator, refused: Mapping[str, str]) -> None:
        """The operator grants what waits, but for the channels that are refused, each with its reason."""
        waiting = {right.channel_id: right.channel.code for right in access.waiting_in(application_id)}
        decisions = {number: Decision(code not in refused, refused.get(code, "")) for number, code in waiting.items()}
        access.decide(application_id, decisions, Actor(ActorKind.OPERATOR, operator.id, operator.name, HOST))
        self.deliver()

    def order(self, role: Role, wish: Wish, replaced: Certificate | None) -> Order:
        """A certificate is ordered; the secure e-mail goes out."""
        acting = self.acting(role)
        channel = self.channel(wish.channel)
        answers = OrderAnswers(
            channel_id=channel.id,
            environment=Environment.TEST if wish.test else Environment.PRODUCTION,
            description=wish.description,
            contact=ContactChoice(None, wish.contact),
            terms_id=_terms_id(),
            reason="replaces" if replaced else "additional",
            replaces_certificate_id=replaced.id if replaced else None,
        )
        draft = orders.begin_draft(clock.random_token(), {}, acting)
        order = orders.place_order(draft.id, draft.version, answers, acting)
        self.deliver()
        return order

    def asks_for_pin(self, order: Order) -> str:
        """The contact opens the link in the mail and asks for the PIN. Answers the link's token."""
        token = self._newest_token(order.contact.email_key)
        messages.send_pin(token, anybody())
        self.deliver()
        return token

    def opens(self, order: Order) -> None:
        """The contact opens the secure message with the PIN."""
        token = self.asks_for_pin(order)
        text = self.inbox.received([order.contact.phone])[0].text
        messages.enter_pin(token, _PIN.findall(text)[0], anybody())

    def collects(self, order: Order) -> Certificate:
        """The contact opens the message, makes a key and collects the certificate."""
        self.opens(order)
        contact = Actor(ActorKind.CONTACT, order.contact_id, order.contact.name, HOST)
        collected = certificates.enrol_opened(messages.codes_of(order.id)[0].id, signing_request(), contact)
        self.deliver()
        return db.session.get_one(Certificate, collected.id)

    def token(self, contact: ContactDetails) -> str:
        """The token of the newest secure e-mail to this contact."""
        return self._newest_token(contact.email.key)

    def deliver(self) -> None:
        """Send until nothing waits that can go now."""
        while delivery.deliver():
            pass

    def work(self) -> None:
        """Every job runs once, delivery last."""
        moving.work(besides=moving.BY_THE_MACHINE)

    def channel(self, code: str) -> Channel:
        """A channel by its code."""
        found = registry.channel_by_code(code)
        if found is None:
            raise LookupError(code)
        return found

    def _newest_token(self, address: str) -> str:
        mails = (mail.text for mail in self.inbox.received([address]) if mail.is_mail)
        return next(found[1] for text in mails if (found := _LINK.search(text)))


def signing_request() -> bytes:
    """A new key, which is thrown away, and its signing request (PEM)."""
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM)


def _contact(organisation: Organisation) -> OrganisationContact:
    email, phone = EmailAddress.parse(organisation.contact_email), PhoneNumber(organisation.contact_phone)
    return OrganisationContact(organisation.contact_name, email, phone, organisation.contact_language)


def _terms_id() -> int:
    terms = registry.terms_in_force(registry.today())
    if terms is None:
        raise LookupError("terms")
    return terms.id


def anybody() -> Actor:
    """Whoever has a link, or asks to be let in."""
    return Actor(ActorKind.ANONYMOUS, None, "", HOST)
