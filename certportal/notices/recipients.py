"""Who holds a role of a certificate, as SQL: the same expressions owe a notice and, when it is sent, find its recipient again.

Because one place writes the recipient's key, a notice that moves to another person is written to that person next time, and
never wanders on by itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy import and_, bindparam, exists, literal, or_, select
from sqlalchemy.orm import aliased, joinedload

from certportal.certificates.models import Certificate, CertificateState
from certportal.extensions import Lowered, asking, db
from certportal.identifiers import Language
from certportal.notices.models import ANYBODY, Notice, NoticeRole, NoticeState
from certportal.orders.models import Order
from certportal.registry.models import Organisation, Person, SigningRight, TechnicalContact
from certportal.registry.organisations import signing_on
from certportal.registry.service import today


@dataclass(frozen=True)
class Holders:
    """A role's people: the joined tables, the person's number in a notice, the recipient's key, and whether there is one."""

    source: Any
    person: Any
    key: sa.ColumnElement[str]
    present: sa.ColumnElement[bool]


def holders(role: NoticeRole, on: date | sa.BindParameter[date]) -> Holders:
    """Who holds the role on a day, for every certificate."""
    of_contact = sa.join(Certificate, TechnicalContact, TechnicalContact.id == Certificate.contact_id)
    of_organisation = sa.join(Certificate, Organisation, Organisation.id == Certificate.organisation_id)
    anybody = literal(ANYBODY)
    match role:
        case NoticeRole.CONTACT:
            key = _key(TechnicalContact.email_key, TechnicalContact.language)
            return Holders(of_contact, anybody, key, sa.true())
        case NoticeRole.SECOND_ADDRESS:
            second = TechnicalContact.second_email
            return Holders(of_contact, anybody, _key(Lowered(second), TechnicalContact.language), second != "")
        case NoticeRole.ORGANISATION_CONTACT:
            email = Organisation.contact_email
            key = _key(Lowered(email), Organisation.contact_language)
            return Holders(of_organisation, anybody, key, email != "")
        case NoticeRole.SIGNATORY:
            rights = of_organisation.join(SigningRight, SigningRight.organisation_id == Organisation.id)
            people = rights.join(Person, Person.id == SigningRight.person_id)
            return Holders(people, Person.id, _key(Person.email, Person.language), signing_on(on))


@cache
def silent() -> sa.ColumnElement[bool]:
    """Nothing more is owed: revoked or to be revoked on a date, a successor is issued, or somebody said that it will not be
    renewed (failures.md, F4)."""
    successor = aliased(Certificate)
    succeeded = exists().where(successor.successor_of_id == Certificate.id, successor.state == CertificateState.ISSUED)
    to_end_earlier = or_(
        Certificate.will_not_be_renewed_at.is_not(None), Certificate.planned_revocation_at.is_not(None)
    )
    return or_(Certificate.state != CertificateState.ISSUED, to_end_earlier, succeeded)


def is_silent(certificate_id: int) -> bool:
    """The same of one certificate."""
    return db.session.scalar(select(Certificate.id).where(Certificate.id == certificate_id, silent())) is not None


@cache
def overtaken() -> sa.ColumnElement[bool]:
    """The certificate has a notice of a newer rung."""
    newer = aliased(Notice)
    return exists().where(newer.certificate_id == Notice.certificate_id, newer.rung < Notice.rung)


def present_key(role: NoticeRole) -> sa.ScalarSelect[str]:
    """The key of whoever holds a notice's role today; null when nobody does."""
    of = holders(role, today())
    mine = and_(Certificate.id == Notice.certificate_id, Notice.person_id == of.person, of.present)
    return select(of.key).select_from(of.source).where(mine).correlate(Notice).scalar_subquery()


def holders_of(row_ids: list[int], roles: Iterable[NoticeRole]) -> dict[int, str]:
    """By a notice's id, for the lines of letters: the key of whoever holds its role today; left out when nobody does."""
    found: dict[int, str] = {}
    for role in roles:
        held = asking().execute(_held(role), {"letters": row_ids, "on": today()})
        found.update((number, key) for number, key in held)
    return found


@cache
def _held(role: NoticeRole) -> sa.Select[int, str]:
    of = holders(role, bindparam("on"))
    mine = and_(Notice.certificate_id == Certificate.id, Notice.person_id == of.person)
    lines = select(Notice.id, of.key).select_from(of.source).join(Notice, mine)
    return lines.where(of_letters(), Notice.state == NoticeState.QUEUED, Notice.role == role, of.present)


def of_letters() -> sa.ColumnElement[bool]:
    """The condition that a notice is a line of one of these ``letters``, which are given when it is asked."""
    return Notice.outbox_row_id.in_(bindparam("letters", expanding=True))


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a letter goes to. ``name`` is empty for a second address: nobody knows who reads there."""

    address: str
    name: str
    language: Language


class Held(Protocol):
    """What of a line says who its recipient is."""

    @property
    def certificate_id(self) -> int: ...
    @property
    def role(self) -> NoticeRole: ...
    @property
    def person_id(self) -> int: ...


CLOSEST_FIRST = (NoticeRole.CONTACT, NoticeRole.SIGNATORY, NoticeRole.ORGANISATION_CONTACT, NoticeRole.SECOND_ADDRESS)


def recipient(lines: Sequence[Held], about: Mapping[int, Certificate]) -> Recipient:
    """The one person of all these lines, by the name that the closest of the roles gives."""
    line = min(lines, key=lambda each: CLOSEST_FIRST.index(each.role))
    contact, organisation = about[line.certificate_id].contact, about[line.certificate_id].organisation
    match line.role:
        case NoticeRole.CONTACT:
            return Recipient(contact.email, contact.name, contact.language)
        case NoticeRole.SECOND_ADDRESS:
            return Recipient(contact.second_email, "", contact.language)
        case NoticeRole.ORGANISATION_CONTACT:
            return Recipient(organisation.contact_email, organisation.contact_name, organisation.contact_language)
        case NoticeRole.SIGNATORY:
            person = db.session.get_one(Person, line.person_id)
            return Recipient(person.email, person.name, person.language)


def certificates_of(row_ids: list[int]) -> dict[int, Certificate]:
    """The certificates that these letters have lines about, by id, with all that a letter says of them."""
    return {each.id: each for each in db.session.scalars(_written_about(), {"letters": row_ids})}


@cache
def _written_about() -> sa.Select[Certificate]:
    lines = select(Notice.certificate_id).where(of_letters(), Notice.state == NoticeState.QUEUED)
    whole = [joinedload(Certificate.organisation), joinedload(Certificate.channel), joinedload(Certificate.contact)]
    return (
        select(Certificate)
        .where(Certificate.id.in_(lines))
        .options(*whole, joinedload(Certificate.order).joinedload(Order.orderer))
    )


def _key(email: Any, language: Any) -> sa.ColumnElement[str]:
    """One person: one e-mail address, whatever its capitals, and one language, across organisations."""
    return sa.type_coerce(email, sa.String).concat("|").concat(sa.cast(language, sa.String))
