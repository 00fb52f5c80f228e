"""Who can sign in with one press, and whose address or number is whose. Queries only."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import or_, select

from certportal.extensions import db
from certportal.identifiers import EmailAddress
from certportal.registry import operators
from certportal.registry.models import Operator, Organisation, Person, SigningRight, TechnicalContact
from certportal.registry.service import today

MOST = 12
PERSON, OPERATOR = "person", "operator"


@dataclass(frozen=True)
class Seat:
    """Somebody who signs in. ``organisations`` is empty for an operator."""

    kind: str
    id: int
    name: str
    organisations: tuple[str, ...]

    @property
    def key(self) -> str:
        """How the bar's button names it: ``person:3``."""
        return f"{self.kind}:{self.id}"


def seats() -> list[Seat]:
    """Everybody who may sign for an organisation today, in the order in which they came, then the operators."""
    on = today()
    rights = (
        select(Person, Organisation.name)
        .join(SigningRight, SigningRight.person_id == Person.id)
        .join(Organisation, Organisation.id == SigningRight.organisation_id)
        .where(SigningRight.valid_from <= on, or_(SigningRight.valid_to.is_(None), SigningRight.valid_to >= on))
        .where(or_(Organisation.ended_on.is_(None), Organisation.ended_on > on))
        .order_by(Person.id, Organisation.id)
    )
    signatories: dict[int, Seat] = {}
    for person, organisation in db.session.execute(rights):
        earlier = signatories[person.id].organisations if person.id in signatories else ()
        signatories[person.id] = Seat(PERSON, person.id, person.name, (*earlier, organisation))
    desk = [Seat(OPERATOR, each.id, each.name, ()) for each in operators.operators() if each.disabled_at is None]
    return [*list(signatories.values())[:MOST], *desk[:MOST]]


def contacts() -> list[tuple[str, int]]:
    """Technical contacts by name, each with the number of organisations served, the busiest first."""
    present = select(TechnicalContact).where(TechnicalContact.replaced_at.is_(None)).order_by(TechnicalContact.id)
    served: dict[str, set[int]] = {}
    for each in db.session.scalars(present):
        served.setdefault(each.name, set()).add(each.organisation_id)
    ranked = sorted(served.items(), key=lambda found: -len(found[1]))
    return [(name, len(organisations)) for name, organisations in ranked[:MOST]]


def address_book() -> dict[str, str]:
    """Address (its key) or number → whose it is."""
    return {place: name for place, name in _places() if place}


def _places() -> Iterator[tuple[str, str]]:
    for organisation in db.session.scalars(select(Organisation)):
        yield _key(organisation.contact_email), organisation.contact_name
    for contact in db.session.scalars(select(TechnicalContact)):
        yield contact.email_key, contact.name
        yield _key(contact.second_email), contact.name
        yield contact.phone, contact.name
    for person in db.session.scalars(select(Person)):
        yield person.email, person.name
    for operator in db.session.scalars(select(Operator)):
        yield operator.email, operator.name


def _key(address: str) -> str:
    return EmailAddress(address).key if address else ""
