"""Decisions of the registry: who holds a right on a day, who is told, how long a right lasts, what a change changes.

Days are local days of the installation; a right's last day is inclusive.
"""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from certportal.identifiers import BusinessId, EmailAddress, Language, PhoneNumber
from certportal.refusals import Conflict, Refusal, TooMany

SHARED_ISSUER = "issuing"
"""The label of the issuing authority of channels that have none of their own."""

ASKED_FROM_AN_ADDRESS_IN_AN_HOUR = 10
ASKED_WITH_AN_EMAIL_IN_A_DAY = 3
ASKED_FOR_AN_ORGANISATION_IN_A_DAY = 5
WAITS_FOR_MAILS = timedelta(hours=24)
"""So long a decision waits for the mails to those who sign already: a mail server that is down does not block for ever."""
"""Limits of asking to be let in, by machine time: each request is read by a person, and mails the present signatories."""


class AdmissionKind(enum.StrEnum):
    """Why somebody asks to be let in."""

    NEW_ORGANISATION = "new_organisation"
    CHANGED_SIGNATORY = "changed_signatory"


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody who asks to be let in says about the organisation and themselves."""

    kind: AdmissionKind
    organisation_name: str
    business_id: BusinessId
    name: str
    email: EmailAddress
    phone: PhoneNumber
    role: str
    language: Language


@dataclass(frozen=True, slots=True)
class ContactDetails:
    """A technical contact as a form gives it. ``company`` is empty when it is the organisation itself."""

    name: str
    company: str
    phone: PhoneNumber
    email: EmailAddress
    second_email: EmailAddress | None
    language: Language


@dataclass(frozen=True, slots=True)
class OrganisationContact:
    """Whom the service writes to about the organisation itself. Without a number nothing is sent to a phone."""

    name: str
    email: EmailAddress
    phone: PhoneNumber | None
    language: Language


@dataclass(frozen=True, slots=True)
class PersonDetails:
    """A person as the operator's form gives it. Without a number nothing is sent to a phone."""

    name: str
    email: EmailAddress
    phone: PhoneNumber | None
    language: Language


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody who is told. ``person_id`` is None for the organisation's contact."""

    email: str
    name: str
    language: Language
    person_id: int | None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field's value before (None: there was no row) and after, as plain JSON values."""

    field: str
    before: object
    after: object


def holds(valid_from: date | None, valid_to: date | None, on: date) -> bool:
    """Whether a right from a day to a day, both inclusive, holds ``on`` that day. None: open at that end."""
    return (valid_from is None or valid_from <= on) and (valid_to is None or on <= valid_to)


def last_day(first_day: date, right_days: int | None) -> date | None:
    """A right of 365 days given on 1 December 2026 holds to the end of 1 December 2027; None: until further notice."""
    return None if right_days is None else first_day + timedelta(days=right_days)


def last_day_of(ended_on: date) -> date:
    """Tables keep the first day on which a thing is over; people speak of the last one before."""
    return ended_on - timedelta(days=1)


def told(signatories: Sequence[Told], acted: int | None, contact: Told | None) -> list[Told]:
    """Who "the signatory" is: the one who acted while the right lasts, else all who hold it, else the contact.

    Empty when there is nobody: then the operator has a task (domain.md, "Who is the signatory?").
    """
    those = [person for person in signatories if person.person_id == acted] or list(signatories)
    return those or ([contact] if contact else [])


def in_order(valid_from: date, valid_to: date | None) -> None:
    """Refuses a right that would end before the day on which it begins."""
    if valid_to is not None and valid_to < valid_from:
        raise Refusal("right_ends_before_it_begins", first=valid_from, last=valid_to)


def may_be_asked(from_address: int, with_email: int, for_organisation: int) -> None:
    """Refuses one more request when as many as allowed have come: of the last hour, and twice of the last day."""
    if from_address >= ASKED_FROM_AN_ADDRESS_IN_AN_HOUR:
        raise TooMany("admissions_from_address")
    if with_email >= ASKED_WITH_AN_EMAIL_IN_A_DAY:
        raise TooMany("admissions_with_email")
    if for_organisation >= ASKED_FOR_AN_ORGANISATION_IN_A_DAY:
        raise TooMany("admissions_for_organisation")


def waits_until(waiting_since: Sequence[datetime]) -> datetime | None:
    """Until when at most a decision waits for mails that are owed since those times and have not left; None: for none."""
    return max(waiting_since) + WAITS_FOR_MAILS if waiting_since else None


def waits_for_mails(waiting_since: Sequence[datetime], now: datetime) -> bool:
    """Nobody is let in before the mails to those who sign already have left; a day after they were owed an operator may decide
    without them."""
    until = waits_until(waiting_since)
    return until is not None and now < until


def unchanged_since(version: int, present: int, code: str) -> None:
    """Refuses to overwrite what somebody else has saved since the form was opened."""
    if version != present:
        raise Conflict(code)


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[FieldChange, ...]:
    """The fields of ``after`` that are otherwise in ``before``, in ``after``'s order."""
    return tuple(
        FieldChange(name, plain(before.get(name)), plain(value))
        for name, value in after.items()
        if name not in before or before[name] != value
    )


def plain(value: object) -> object:
    """A value as JSON has it: a day as 2026-12-04, a choice as its code."""
    match value:
        case None | bool() | int():
            return value
        case date():
            return value.isoformat()
        case _:
            return str(value)
