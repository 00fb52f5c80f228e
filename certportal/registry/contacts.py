"""Technical contacts: the natural persons who collect certificates for an organisation."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select

from certportal import audit, clock
from certportal.extensions import asking, db, within_transaction
from certportal.identifiers import Actor, EmailAddress, Language, PhoneNumber
from certportal.registry import rules
from certportal.registry.models import TechnicalContact
from certportal.registry.rules import ContactDetails
from certportal.statements import prepared


def contact(contact_id: int) -> TechnicalContact | None:
    """The technical contact, replaced or not."""
    return db.session.get(TechnicalContact, contact_id)


def contacts_of(organisation_id: int) -> list[TechnicalContact]:
    """The organisation's technical contacts that nobody has replaced, by name."""
    return list(db.session.scalars(_in_use(), {"organisation": organisation_id}))


@dataclass(frozen=True, slots=True)
class ContactLine:
    """What a list of contacts shows of one: the same columns as the contact's row, read only."""

    id: int
    name: str
    company: str
    phone: str
    email: str
    email_key: str
    second_email: str
    language: Language
    wrong_number_at: datetime | None


def contact_lines(organisation_id: int) -> list[ContactLine]:
    """The same contacts as ``contacts_of``, for showing: rows that the session keeps cost three times as much."""
    found = asking().execute(_lines(), {"organisation": organisation_id})
    return [ContactLine(*row) for row in found]


@prepared
def _lines() -> sa.Select[*tuple[Any, ...]]:
    columns: list[Any] = [getattr(TechnicalContact, name) for name in ContactLine.__slots__]
    return _in_use().with_only_columns(*columns)


@cache
def _in_use() -> sa.Select[TechnicalContact]:
    mine = TechnicalContact.organisation_id == sa.bindparam("organisation")
    in_use = select(TechnicalContact).where(mine, TechnicalContact.replaced_at.is_(None))
    return in_use.order_by(TechnicalContact.name, TechnicalContact.id)


def contacts_with_address(email_key: str) -> list[TechnicalContact]:
    """One person's rows in every organisation: the same address (``EmailAddress.key``), not replaced."""
    query = select(TechnicalContact).where(
        TechnicalContact.email_key == email_key, TechnicalContact.replaced_at.is_(None)
    )
    return list(db.session.scalars(query.order_by(TechnicalContact.id)))


def contact_like(organisation_id: int, details: ContactDetails) -> TechnicalContact | None:
    """The organisation's contact with exactly these details: one in use before one that was replaced, then the newest."""
    same = [getattr(TechnicalContact, name) == value for name, value in _columns(details).items()]
    query = (
        select(TechnicalContact)
        .where(TechnicalContact.organisation_id == organisation_id, *same)
        .order_by(TechnicalContact.replaced_at.is_not(None), sa.desc(TechnicalContact.id))
        .limit(1)
    )
    return db.session.scalar(query)


def details_of(contact: TechnicalContact) -> ContactDetails:
    """The contact's details, parsed."""
    second = EmailAddress(contact.second_email) if contact.second_email else None
    email, phone = EmailAddress(contact.email), PhoneNumber(contact.phone)
    return ContactDetails(contact.name, contact.company, phone, email, second, contact.language)


def add_contact(organisation_id: int, details: ContactDetails) -> TechnicalContact:
    """A step: a contact with these details; a row that has them all already is that row, in use again if replaced."""
    within_transaction()
    found = contact_like(organisation_id, details)
    if found is not None:
        found.replaced_at = None
        return found
    added = TechnicalContact(organisation_id=organisation_id, created_at=clock.now(), **_columns(details))
    db.session.add(added)
    db.session.flush()
    return added


def change_contact(contact: TechnicalContact, details: ContactDetails, by: Actor) -> bool:
    """A step: the contact has these details from now on, wherever it is used. False: it had them already."""
    within_transaction()
    columns = _columns(details)
    fields = rules.differences({name: getattr(contact, name) for name in columns}, columns)
    if not fields:
        return False
    contact.change(details)
    audit.record(
        "contact_changed",
        f"contact:{contact.id}",
        by=by,
        organisation_id=contact.organisation_id,
        changed={field.field: [field.before, field.after] for field in fields if field.field != "email_key"},
    )
    return True


def retire_contact(contact: TechnicalContact) -> None:
    """A step: nothing uses the contact any more, so it is no longer offered."""
    within_transaction()
    contact.replaced_at = contact.replaced_at or clock.now()


def note_wrong_number(contact: TechnicalContact) -> None:
    """A step: whoever got the message says that the number is not theirs. The next change of number ends the note."""
    within_transaction()
    contact.wrong_number_at = clock.now()


def forget_wrong_number(contact: TechnicalContact) -> None:
    """A step: the number is the contact's after all."""
    within_transaction()
    contact.wrong_number_at = None


def _columns(details: ContactDetails) -> dict[str, object]:
    return {
        "name": details.name,
        "company": details.company,
        "phone": details.phone.e164,
        "email": details.email.text,
        "email_key": details.email.key,
        "second_email": details.second_email.text if details.second_email else "",
        "language": details.language,
    }
