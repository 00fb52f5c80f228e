"""Organisations and persons for the operator: lists with search and pages, and everything about one of them."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_sqlalchemy.pagination import Pagination
from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import joinedload

from certportal import clock
from certportal.access.models import InterfaceApplication
from certportal.access.service import waiting_application
from certportal.audit import AuditEntry
from certportal.certificates.models import Certificate, CertificateState
from certportal.console.record import PAGES
from certportal.extensions import db, holds_words
from certportal.orders.models import Order, OrderState
from certportal.registry import rules
from certportal.registry import service as registry
from certportal.registry.models import AccessRight, Organisation, Person, RightState, SigningRight, TechnicalContact
from certportal.registry.organisations import signing_on
from certportal.subjects import Line, lines

PER_PAGE = 25
NEWEST = 8
"""So many orders, certificates and acts stand on an organisation's page; the rest is one link away."""

ORGANISATION_STATES = ("in_use", "unsigned", "ended")


@dataclass(frozen=True)
class About:
    """An organisation and what belongs to it. ``signing``: every right to sign, those that hold first."""

    organisation: Organisation
    signing: list[SigningRight]
    rights: list[AccessRight]
    contacts: list[TechnicalContact]
    orders: list[Order]
    certificates: list[Certificate]
    acts: list[Line]
    waiting: InterfaceApplication | None
    today: date

    @property
    def ended(self) -> bool:
        """Whether it no longer uses the service."""
        return self.organisation.is_over(self.today)

    def holds(self, right: SigningRight | AccessRight) -> bool:
        """Whether a right to sign or an access right holds today."""
        if isinstance(right, AccessRight) and right.state is not RightState.VALID:
            return False
        return rules.holds(right.valid_from, right.valid_to, self.today)

    @property
    def signing_now(self) -> list[SigningRight]:
        """The rights to sign that hold today."""
        return [right for right in self.signing if self.holds(right)]

    @property
    def rights_now(self) -> list[AccessRight]:
        """The access rights that hold today."""
        return [right for right in self.rights if self.holds(right)]

    def to_come(self, right: SigningRight) -> bool:
        """Whether a right to sign begins later."""
        return right.valid_from > self.today


def organisations(words: str, state: str, page: int) -> Pagination:
    """Organisations by name: those in use, those for which nobody may sign, those that have ended, or all."""
    query = select(Organisation).order_by(func.lower(Organisation.name), Organisation.id)
    if words:
        digits = Organisation.business_id.startswith(words, autoescape=True)
        query = query.where(or_(holds_words(Organisation.name, words), digits))
    on = registry.today()
    ended = Organisation.ended_on.is_not(None) & (Organisation.ended_on <= on)
    if state == "ended":
        query = query.where(ended)
    elif state == "in_use":
        query = query.where(~ended)
    elif state == "unsigned":
        query = query.where(~ended, ~_signed(on))
    return db.paginate(query, page=page, per_page=PER_PAGE, error_out=False)


def counts(found: Pagination) -> dict[int, tuple[int, int]]:
    """Of each organisation on a page: how many may sign today, how many valid certificates it has."""
    ids, on = [each.id for each in found.items], registry.today()
    signing = dict.fromkeys(ids, 0) | _counted(
        select(SigningRight.organisation_id, func.count())
        .join(Organisation, Organisation.id == SigningRight.organisation_id)
        .where(SigningRight.organisation_id.in_(ids), signing_on(on))
        .group_by(SigningRight.organisation_id)
    )
    valid = _counted(
        select(Certificate.organisation_id, func.count())
        .where(Certificate.organisation_id.in_(ids), _valid())
        .group_by(Certificate.organisation_id)
    )
    return {each: (signing[each], valid.get(each, 0)) for each in ids}


def people(words: str, page: int) -> Pagination:
    """Persons by name, with search by name, e-mail address or number."""
    query = select(Person).order_by(func.lower(Person.name), Person.id)
    if words:
        digits = "".join(character for character in words if character.isdigit())
        like = [holds_words(Person.name, words), holds_words(Person.email, words)]
        if len(digits) >= 5:
            like.append(Person.phone.contains(digits.lstrip("0"), autoescape=True))
        query = query.where(or_(*like))
    return db.paginate(query, page=page, per_page=PER_PAGE, error_out=False)


def rights_of_people(person_ids: list[int]) -> dict[int, list[SigningRight]]:
    """The rights to sign of these persons, ended and coming ones too, by person."""
    query = (
        select(SigningRight)
        .where(SigningRight.person_id.in_(person_ids))
        .options(joinedload(SigningRight.organisation), joinedload(SigningRight.person))
        .order_by(SigningRight.valid_to.is_(None).desc(), SigningRight.valid_to.desc(), SigningRight.id)
    )
    found: dict[int, list[SigningRight]] = {each: [] for each in person_ids}
    for right in db.session.scalars(query):
        found[right.person_id].append(right)
    return found


def about(organisation_id: int) -> About | None:
    """Everything about one organisation, or None when there is none."""
    found = registry.organisation(organisation_id)
    if found is None:
        return None
    orders = select(Order).where(Order.organisation_id == found.id).options(joinedload(Order.channel))
    stored = Certificate.state.in_((CertificateState.ISSUED, CertificateState.REVOKED))
    certificates = select(Certificate).where(Certificate.organisation_id == found.id, stored)
    acts = select(AuditEntry).where(AuditEntry.organisation_id == found.id)
    return About(
        organisation=found,
        signing=registry.signing_rights(found.id),
        rights=registry.rights_of(found.id),
        contacts=registry.contacts_of(found.id),
        orders=_newest(orders, Order.id),
        certificates=_newest(certificates.options(joinedload(Certificate.channel)), Certificate.id),
        acts=lines(_newest(acts, AuditEntry.id), PAGES),
        waiting=waiting_application(found.id),
        today=registry.today(),
    )


@dataclass(frozen=True)
class Concerned:
    """What the end of an organisation's use, or of a person's right to sign, leaves behind."""

    certificates: list[Certificate]
    orders: list[Order]
    others: list[Person]


def concerned(organisation_id: int, without: int | None = None, most: int | None = None) -> Concerned:
    """Valid certificates, open orders, and who else may sign today; ``without``: of one who signs, the open orders only;
    ``most``: so many of each."""
    orders = select(Order).where(Order.organisation_id == organisation_id, Order.state == OrderState.OPEN)
    if without is not None:
        orders = orders.where(Order.placed_by == without)
    certificates = select(Certificate).where(Certificate.organisation_id == organisation_id, _valid())
    return Concerned(
        list(
            db.session.scalars(
                certificates.options(joinedload(Certificate.channel)).order_by(Certificate.not_after).limit(most)
            )
        ),
        list(db.session.scalars(orders.options(joinedload(Order.channel)).order_by(Order.id).limit(most))),
        [each for each in registry.signatories(organisation_id, registry.today()) if each.id != without],
    )


def _valid() -> sa.ColumnElement[bool]:
    return (Certificate.state == CertificateState.ISSUED) & (Certificate.not_after >= clock.now())


def _signed(on: date) -> sa.ColumnElement[bool]:
    return exists().where(SigningRight.organisation_id == Organisation.id, signing_on(on)).correlate(Organisation)


def _counted(query: Any) -> dict[int, int]:
    return dict(map(tuple, db.session.execute(query)))


def _newest(query: Any, key: Any) -> list[Any]:
    return list(db.session.scalars(query.order_by(key.desc()).limit(NEWEST)))
