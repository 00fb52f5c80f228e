"""Things that tests begin with, one small function each: a row in the database, with sensible values where none is given.

The organisations and people are made up.
"""

from datetime import date, timedelta
from typing import Any

from certportal import clock
from certportal.extensions import transaction
from certportal.identifiers import Actor, ActorKind, EmailAddress, Language
from certportal.registry.models import (
    AccessRight,
    Channel,
    Operator,
    Organisation,
    Person,
    Purpose,
    RightState,
    SigningRight,
    TechnicalContact,
    Terms,
)
from certportal.registry.service import today

COMMAND = Actor(ActorKind.COMMAND, None, "root")
OPERATOR = Actor(ActorKind.OPERATOR, 1, "Olli Operaattori", "192.0.2.1")


def kept(row: Any) -> Any:
    """Add one row in a transaction of its own."""
    with transaction() as session:
        session.add(row)
    return row


def organisation(name: str = "Mallilön Ab", business_id: str = "9900001-8", **fields: Any) -> Organisation:
    values = {
        "country": "FI",
        "language": Language.SV,
        "contact_name": "Karin Kontakt",
        "contact_email": "karin@mallilon.example",
        "contact_phone": "+358457000001",
        "contact_language": Language.SV,
        "created_at": clock.now(),
    }
    return kept(Organisation(name=name, business_id=business_id, **values | fields))


def person(email: str = "anna.andersson@mallilon.example", name: str = "Anna Andersson", **fields: Any) -> Person:
    values = {"language": Language.SV, "phone": "+358457000002", "created_at": clock.now()}
    return kept(Person(email=EmailAddress.parse(email).key, name=name, **values | fields))


def right_to_sign(
    who: Person, organisation: Organisation, valid_from: date | None = None, valid_to: date | None = None
) -> SigningRight:
    first = valid_from or today() - timedelta(days=365)
    return kept(SigningRight(person_id=who.id, organisation_id=organisation.id, valid_from=first, valid_to=valid_to))


def no_longer_signs(who: Person) -> None:
    """The person's rights to sign ended yesterday."""
    with transaction() as session:
        for right in session.query(SigningRight).filter_by(person_id=who.id):
            right.valid_to = today() - timedelta(days=1)


def signatory(
    organisation: Organisation,
    email: str = "anna.andersson@mallilon.example",
    name: str = "Anna Andersson",
    **fields: Any,
) -> Person:
    """A person with the right to sign for the organisation until further notice."""
    who = person(email, name, **fields)
    right_to_sign(who, organisation)
    return who


def acting(who: Person) -> Actor:
    return Actor(ActorKind.PERSON, who.id, who.name, "198.51.100.7")


def channel(code: str = "earnings-ws", **fields: Any) -> Channel:
    values = {
        "name_fi": "Palkkatiedot – Web Service",
        "name_sv": "Löneuppgifter – Web Service",
        "name_en": "Earnings payment data – Web Service",
    }
    return kept(Channel(code=code, **values | fields))


def purpose(code: str = "own-earnings", **fields: Any) -> Purpose:
    values = {
        "text_fi": "Palkkatiedot, ilmoittaa maksamiaan palkkoja",
        "text_sv": "Löneuppgifter, anmäler löner som den själv betalar",
        "text_en": "Earnings payment data, organisation reports the wages it pays itself",
    }
    return kept(Purpose(code=code, **values | fields))


def terms(version: int = 1, in_force_from: date = date(2026, 1, 1), **fields: Any) -> Terms:
    values = {
        "text_fi": "Varmennetta käyttää vain sen saanut organisaatio.\n\nAvain pidetään salassa.",
        "text_sv": "Certifikatet används bara av organisationen som fått det.\n\nNyckeln hålls hemlig.",
        "text_en": "A certificate is used only by the organisation that got it.\n\nThe key is kept secret.",
        "created_at": clock.now(),
    }
    return kept(Terms(version=version, in_force_from=in_force_from, **values | fields))


def contact(
    organisation: Organisation, name: str = "Sami Salminen", email: str = "sami@ohjelmisto.example", **fields: Any
) -> TechnicalContact:
    values = {
        "company": "Ohjelmisto Oy",
        "phone": "+358457000003",
        "language": Language.FI,
        "created_at": clock.now(),
    }
    key = EmailAddress.parse(email).key
    return kept(
        TechnicalContact(organisation_id=organisation.id, name=name, email=email, email_key=key, **values | fields)
    )


def access_right(organisation: Organisation, channel: Channel, **fields: Any) -> AccessRight:
    """A right that holds today until further notice."""
    values = {
        "state": RightState.VALID,
        "applied_at": clock.now(),
        "decided_at": clock.now(),
        "valid_from": today(),
        "valid_to": None,
    }
    return kept(AccessRight(organisation_id=organisation.id, channel_id=channel.id, **values | fields))


def operator(email: str = "olli@service.example", name: str = "Olli Operaattori", **fields: Any) -> Operator:
    values = {"language": Language.FI, "created_at": clock.now()}
    return kept(Operator(email=EmailAddress.parse(email).key, name=name, **values | fields))
