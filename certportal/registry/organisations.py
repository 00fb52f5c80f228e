"""Organisations and the people who may sign for them: queries and steps."""

from datetime import date, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from certportal import audit, clock
from certportal.extensions import asking, db, within_transaction
from certportal.formats import local
from certportal.identifiers import Actor
from certportal.registry import rules
from certportal.registry.models import Organisation, Person, SigningRight
from certportal.registry.rules import OrganisationContact, Told
from certportal.statements import prepared


def today() -> date:
    """The local day of the service's time: rights begin and end by it."""
    return local(clock.now()).date()


def organisation(organisation_id: int) -> Organisation | None:
    """The organisation, ended or not; None when there is none."""
    return db.session.get(Organisation, organisation_id)


def organisation_by_business_id(business_id: str) -> Organisation | None:
    """The organisation with that number, ended or not."""
    return db.session.scalar(select(Organisation).where(Organisation.business_id == business_id))


def person(person_id: int) -> Person | None:
    """The person; whether they may sign for anybody is another question."""
    return db.session.get(Person, person_id)


def person_by_email(email_key: str) -> Person | None:
    """The person whose address has this key (``EmailAddress.key``)."""
    return db.session.scalar(select(Person).where(Person.email == email_key))


def signing_on(on: date | sa.BindParameter[date]) -> sa.ColumnElement[bool]:
    """The condition, over SigningRight and Organisation, that a right to sign holds on a day."""
    return sa.and_(
        SigningRight.valid_from <= on,
        sa.or_(SigningRight.valid_to.is_(None), SigningRight.valid_to >= on),
        sa.or_(Organisation.ended_on.is_(None), Organisation.ended_on > on),
    )


def signatories(organisation_id: int, on: date) -> list[Person]:
    """Everyone who may sign for the organisation on that day, by name."""
    return list(db.session.scalars(_signatories(), {"organisation": organisation_id, "on": on}))


@prepared
def _who_signs() -> Any:
    return _signatories().with_only_columns(Person.email, Person.name, Person.language, Person.id)


@cache
def _signatories() -> sa.Select[Person]:
    return (
        select(Person)
        .join(SigningRight, SigningRight.person_id == Person.id)
        .join(Organisation, Organisation.id == SigningRight.organisation_id)
        .where(SigningRight.organisation_id == sa.bindparam("organisation"), signing_on(sa.bindparam("on")))
        .order_by(Person.name, Person.id)
    )


def signing_rights(organisation_id: int) -> list[SigningRight]:
    """Every right to sign for the organisation, ended and coming ones too, those without an end first."""
    query = (
        select(SigningRight)
        .where(SigningRight.organisation_id == organisation_id)
        .options(joinedload(SigningRight.person))
        .order_by(SigningRight.valid_to.is_(None).desc(), SigningRight.valid_to.desc(), SigningRight.id)
    )
    return list(db.session.scalars(query))


def signing_right(right_id: int) -> SigningRight | None:
    """One right to sign, whether it holds or not."""
    return db.session.get(SigningRight, right_id)


def rights_to_sign(organisation_id: int, on: date) -> list[SigningRight]:
    """The rights to sign for the organisation that hold on that day, by the person's name."""
    return sorted(
        (right for right in signing_rights(organisation_id) if rules.holds(right.valid_from, right.valid_to, on)),
        key=lambda right: (right.person.name, right.id),
    )


def organisations_of(person_id: int, on: date) -> list[Organisation]:
    """The organisations that the person may sign for on that day, by name."""
    return list(db.session.scalars(_signed_for(), {"person": person_id, "on": on}))


@cache
def _signed_for() -> sa.Select[Organisation]:
    return (
        select(Organisation)
        .join(SigningRight, SigningRight.organisation_id == Organisation.id)
        .where(SigningRight.person_id == sa.bindparam("person"), signing_on(sa.bindparam("on")))
        .order_by(Organisation.name, Organisation.id)
    )


def may_sign(person_id: int, organisation_id: int, on: date) -> bool:
    """Whether the person may sign alone for the organisation on that day."""
    query = (
        select(SigningRight.id)
        .join(Organisation, Organisation.id == SigningRight.organisation_id)
        .where(SigningRight.person_id == person_id, SigningRight.organisation_id == organisation_id, signing_on(on))
    )
    return db.session.scalar(query) is not None


def who_is_told(organisation_id: int, acted: int | None, on: date) -> list[Told]:
    """Who "the signatory" is on that day: ``acted`` (a person's id) while that right lasts, else everyone who holds
    the right, else the organisation's contact, else nobody (domain.md, "Who is the signatory?")."""
    signing = asking().execute(_who_signs(), {"organisation": organisation_id, "on": on})
    those = [Told(*each) for each in signing]
    found = organisation(organisation_id) if not those else None
    return rules.told(those, acted, contact_of(found) if found is not None else None)


def contact_of(found: Organisation) -> Told | None:
    """The organisation's contact person, or None while none is named."""
    if not found.contact_email:
        return None
    return Told(found.contact_email, found.contact_name or found.name, found.contact_language, None)


def organisations_without_signatory(on: date) -> list[Organisation]:
    """The operator's task: organisations in use for which nobody may sign on that day, by name."""
    somebody = (
        select(SigningRight.id)
        .where(SigningRight.organisation_id == Organisation.id, signing_on(on))
        .correlate(Organisation)
        .exists()
    )
    in_use = sa.or_(Organisation.ended_on.is_(None), Organisation.ended_on > on)
    return list(db.session.scalars(select(Organisation).where(in_use, ~somebody).order_by(Organisation.name)))


def save_organisation_contact(organisation_id: int, contact: OrganisationContact, by: Actor) -> bool:
    """A step: the organisation's contact person is this one from now on. False: it was already."""
    within_transaction()
    found = db.session.get_one(Organisation, organisation_id)
    fields = rules.differences(
        {name: getattr(found, name) for name in ("contact_name", "contact_email", "contact_phone", "contact_language")},
        {
            "contact_name": contact.name,
            "contact_email": contact.email.text,
            "contact_phone": contact.phone.e164 if contact.phone else "",
            "contact_language": contact.language,
        },
    )
    if not fields:
        return False
    found.name_contact(contact)
    audit.record(
        "organisation_contact_changed",
        f"organisation:{organisation_id}",
        by=by,
        organisation_id=organisation_id,
        changed={field.field: [field.before, field.after] for field in fields},
    )
    return True


def end_signing_right(right: SigningRight, last: date | None, by: Actor, reason: str = "") -> None:
    """A step: the right to sign holds to the end of ``last``; None ends it at once. Sign-ins end at the next request."""
    within_transaction()
    right.end(last or today() - timedelta(days=1))
    audit.record(
        "signing_right_ended",
        f"person:{right.person_id}",
        by=by,
        organisation_id=right.organisation_id,
        person=right.person.name,
        last_day=rules.plain(right.valid_to),
        reason=reason,
    )


def end_organisation(found: Organisation, on: date | None, by: Actor, reason: str = "") -> None:
    """A step: from day ``on`` (None: today) nobody signs for the organisation; its certificates are not touched."""
    within_transaction()
    found.end(on or today())
    audit.record(
        "organisation_ended",
        f"organisation:{found.id}",
        by=by,
        organisation_id=found.id,
        ended_on=rules.plain(found.ended_on),
        reason=reason,
    )
