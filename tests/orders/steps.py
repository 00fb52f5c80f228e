"""What the tests of orders share: an organisation that may order, a signatory at the browser, and short ways through."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Flask
from sqlalchemy import select

from certportal import clock
from certportal.extensions import db, transaction
from certportal.identifiers import Actor, Environment
from certportal.messages import service as messages
from certportal.messages.models import TransferCodes
from certportal.orders import service
from certportal.orders.models import Order
from certportal.orders.replaceable import ReplaceableCertificate
from certportal.registry.models import Channel, Organisation, Person, Terms
from certportal.signin import service as signin
from certportal.signin.guard import Acting
from tests import builders
from tests.browsing import BrowsingClient, Page


@dataclass
class House:
    """An organisation with a right to one channel, another channel without, and the person who signs."""

    organisation: Organisation
    person: Person
    channel: Channel
    other: Channel
    terms: Terms

    @property
    def acting(self) -> Acting:
        return Acting(builders.acting(self.person), self.person, self.organisation)

    @property
    def actor(self) -> Actor:
        return builders.acting(self.person)


def housed(**fields: Any) -> House:
    organisation = builders.organisation()
    person = builders.signatory(organisation, **fields)
    channel = builders.channel()
    other = builders.channel(
        "benefits-ws", name_en="Benefits – Web Service", name_fi="Etuustiedot – WS", name_sv="Förmåner – WS", position=1
    )
    builders.access_right(organisation, channel)
    return House(organisation, person, channel, other, builders.terms())


def browsing(app: Flask, person: Person, organisation: Organisation, language: str = "en") -> BrowsingClient:
    """A browser in which this person is signed in and acts for this organisation."""
    browser = BrowsingClient(app)
    with transaction():
        token = signin.open_for_person(person.id, client="198.51.100.7", organisation_id=organisation.id)
    with browser.http.session_transaction(base_url="http://localhost") as cookie:
        cookie["token"], cookie["language"] = token.reveal(), language
        cookie["seen"] = int(app.extensions["certportal.clock"].machine().timestamp())
    return browser


NEW = {
    "who": "new",
    "name": "Erik Exempelsson",
    "company": "Taksi-Ohjelmat Esimerkki Oy",
    "mobile": "040 123 4567",
    "email": "erik.exempelsson@taksi.example",
    "second_email": "",
    "language": "sv",
    "terms": "y",
}


def answers(house: House, **others: Any) -> dict[str, Any]:
    """A complete application for production, with a new contact."""
    given = {"channel": str(house.channel.id), "environment": "PRODUCTION", "description": "Mallilön 6"}
    return given | NEW | others


def filled_in(page: Page, house: House, **others: Any) -> Page:
    """The form, filled in and sent to check your answers."""
    return page.submit("Check your answers", **answers(house, **others))


def order_placed(house: House, **others: Any) -> Order:
    """An order as the service makes it, without pages."""
    typed = answers(house, reason="additional", terms_version=str(house.terms.version), **others)
    draft = service.begin_draft(clock.random_token(), typed, house.acting)
    return service.place_order(draft.id, draft.version, parsed(house, typed), house.acting)


def parsed(house: House, typed: dict[str, Any], earlier_order_id: int | None = None) -> Any:
    from certportal.orders.forms import ApplicationForm

    form = ApplicationForm(typed, service.offered(house.acting))
    assert form.validate(), form.errors
    return form.answers(earlier_order_id)


def codes_of(order: Order) -> TransferCodes:
    """The order's newest codes as they are now."""
    db.session.rollback()
    return messages.codes_of(order.id)[0]


def being_collected(order: Order) -> None:
    """A program has presented the codes with its key; the certificate is not signed yet."""
    codes_id = codes_of(order).id
    with transaction():
        assert messages.take_codes(codes_id, "ab" * 32)


def orders() -> list[Order]:
    db.session.rollback()
    return list(db.session.scalars(select(Order).order_by(Order.id)))


@dataclass
class Certificates:
    """What the room above tells of an organisation's certificates, and stands for it here."""

    known: list[ReplaceableCertificate] = field(default_factory=list)
    succeeded: set[int] = field(default_factory=set)

    def replaceable(self, organisation_id: int, now: datetime, only: int | None) -> list[ReplaceableCertificate]:
        return [each for each in self.known if only in (None, each.id)]

    def has(self, organisation_id: int, certificate_id: int) -> bool:
        return certificate_id in self.succeeded or any(each.id == certificate_id for each in self.known)

    def looked_after(self, organisation_id: int, now: datetime) -> dict[int, int]:
        return Counter(each.contact_id for each in self.known if each.state in ("valid", "expires_soon"))

    def add(self, house: House, contact_id: int, now: datetime, **fields: Any) -> ReplaceableCertificate:
        values: dict[str, Any] = {
            "id": len(self.known) + 1,
            "description": "Mallilön 4",
            "channel_id": house.channel.id,
            "environment": Environment.PRODUCTION,
            "contact_id": contact_id,
            "state": "expires_soon",
            "not_after": now,
            "serial": "0A" * 20,
        }
        made = ReplaceableCertificate(**values | fields)
        self.known.append(made)
        return made

    def succeed(self, made: ReplaceableCertificate) -> None:
        """Another certificate has taken the place of this one."""
        self.known.remove(made)
        self.succeeded.add(made.id)
