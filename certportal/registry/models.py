"""Tables of the registry. Rows end by a date; nothing that a certificate or an order has named is ever deleted."""

import enum
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certportal.extensions import db
from certportal.identifiers import Environment, Language, PhoneNumber
from certportal.refusals import Conflict
from certportal.registry.rules import SHARED_ISSUER, ContactDetails, OrganisationContact

NAME = String(200)
EMAIL = String(254)
PHONE = String(20)


class Organisation(db.Model):
    """An organisation that uses the interface. Its contact (all ``contact_*``) gets notices from 30 days on."""

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    business_id: Mapped[str] = mapped_column(String(30), unique=True)
    country: Mapped[str] = mapped_column(String(2))
    name: Mapped[str] = mapped_column(NAME)
    language: Mapped[Language]
    contact_name: Mapped[str] = mapped_column(NAME, default="")
    contact_email: Mapped[str] = mapped_column(EMAIL, default="")
    contact_phone: Mapped[str] = mapped_column(PHONE, default="")
    contact_language: Mapped[Language] = mapped_column(default=Language.FI)
    ended_on: Mapped[date | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    def name_contact(self, contact: OrganisationContact) -> None:
        """The contact person is this one from now on."""
        self.contact_name, self.contact_email = contact.name, contact.email.text
        self.contact_phone = contact.phone.e164 if contact.phone else ""
        self.contact_language = contact.language
        self.version += 1

    def end(self, on: date) -> None:
        """From that day on it no longer uses the service."""
        self.ended_on = on
        self.version += 1

    def is_over(self, on: date) -> bool:
        """Whether it no longer uses the service that day."""
        return self.ended_on is not None and self.ended_on <= on


class Person(db.Model):
    """A natural person who signs in. ``email`` is the case-folded key."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(EMAIL, unique=True)
    name: Mapped[str] = mapped_column(NAME)
    phone: Mapped[str] = mapped_column(PHONE, default="")
    language: Mapped[Language]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    def rename(self, name: str, phone: PhoneNumber | None, language: Language) -> None:
        """These details from now on; an absent number is none."""
        self.name, self.phone, self.language = name, phone.e164 if phone else "", language


class SigningRight(db.Model):
    """A person's right to sign alone for an organisation, from a day to a day (inclusive, local days; None: open)."""

    __tablename__ = "signing_right"
    __table_args__ = (UniqueConstraint("organisation_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    organisation: Mapped[Organisation] = relationship()
    person: Mapped[Person] = relationship()

    def end(self, last_day: date) -> None:
        """It holds to the end of that day; one that ends earlier is not lengthened."""
        self.valid_to = last_day if self.valid_to is None else min(self.valid_to, last_day)


class Operator(db.Model):
    """Somebody who looks after the service. ``totp_secret`` is encrypted; ``totp_step`` is the last step used."""

    __tablename__ = "operator"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(EMAIL, unique=True)
    name: Mapped[str] = mapped_column(NAME)
    language: Mapped[Language]
    totp_secret: Mapped[bytes | None]
    totp_step: Mapped[int] = mapped_column(default=0)
    totp_enrolled_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class TechnicalContact(db.Model):
    """The natural person who collects certificates for an organisation; one row may serve several orders and certificates."""

    __tablename__ = "technical_contact"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    name: Mapped[str] = mapped_column(NAME)
    company: Mapped[str] = mapped_column(NAME, default="")
    phone: Mapped[str] = mapped_column(PHONE)
    email: Mapped[str] = mapped_column(EMAIL)
    email_key: Mapped[str] = mapped_column(EMAIL, index=True)
    second_email: Mapped[str] = mapped_column(EMAIL, default="")
    language: Mapped[Language]
    created_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None]
    wrong_number_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    organisation: Mapped[Organisation] = relationship()

    def change(self, details: ContactDetails) -> None:
        """These details from now on. A new number has not been called wrong by anybody."""
        if details.phone.e164 != self.phone:
            self.wrong_number_at = None
        self.name, self.company, self.phone = details.name, details.company, details.phone.e164
        self.email, self.email_key = details.email.text, details.email.key
        self.second_email = details.second_email.text if details.second_email else ""
        self.language = details.language
        self.version += 1


class Channel(db.Model):
    """A way into the interface. ``right_days`` None: rights hold until further notice. ``issuer``: the label of the
    issuing authority that its certificates come from: the shared one, or one of its own."""

    __tablename__ = "channel"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name_fi: Mapped[str] = mapped_column(NAME)
    name_sv: Mapped[str] = mapped_column(NAME)
    name_en: Mapped[str] = mapped_column(NAME)
    use_fi: Mapped[str] = mapped_column(sa.Text, default="")
    use_sv: Mapped[str] = mapped_column(sa.Text, default="")
    use_en: Mapped[str] = mapped_column(sa.Text, default="")
    software: Mapped[str] = mapped_column(sa.Text, default="")
    production: Mapped[bool] = mapped_column(default=True)
    test: Mapped[bool] = mapped_column(default=True)
    operator_decides: Mapped[bool] = mapped_column(default=True)
    right_days: Mapped[int | None]
    issuer: Mapped[str] = mapped_column(String(40), default=SHARED_ISSUER)
    position: Mapped[int] = mapped_column(default=0)
    closed_on: Mapped[date | None]

    def name(self, language: str) -> str:
        """The name in ``fi``, ``sv`` or ``en``."""
        return getattr(self, f"name_{language}")

    def use(self, language: str) -> str:
        """What the channel is for, in that language."""
        return getattr(self, f"use_{language}")

    def is_closed(self, on: date) -> bool:
        """Whether it can no longer be applied for on that day."""
        return self.closed_on is not None and self.closed_on <= on

    def has(self, environment: Environment) -> bool:
        """Whether certificates of that environment are issued for the channel."""
        return self.production if environment is Environment.PRODUCTION else self.test


class Purpose(db.Model):
    """A purpose of use that an organisation may state."""

    __tablename__ = "purpose"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    text_fi: Mapped[str] = mapped_column(sa.Text)
    text_sv: Mapped[str] = mapped_column(sa.Text)
    text_en: Mapped[str] = mapped_column(sa.Text)
    position: Mapped[int] = mapped_column(default=0)
    closed_on: Mapped[date | None]

    def text(self, language: str) -> str:
        """The purpose in ``fi``, ``sv`` or ``en``."""
        return getattr(self, f"text_{language}")


class Terms(db.Model):
    """One version of the terms of use, in force from a day until the next."""

    __tablename__ = "terms"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(unique=True)
    in_force_from: Mapped[date]
    text_fi: Mapped[str] = mapped_column(sa.Text)
    text_sv: Mapped[str] = mapped_column(sa.Text)
    text_en: Mapped[str] = mapped_column(sa.Text)
    created_at: Mapped[datetime]

    def text(self, language: str) -> str:
        """The terms in ``fi``, ``sv`` or ``en``: paragraphs separated by empty lines."""
        return getattr(self, f"text_{language}")


class RightState(enum.StrEnum):
    """From application to end. ``withdrawn``: the applicant took it back before the decision."""

    APPLIED = "applied"
    VALID = "valid"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


class AccessRight(db.Model):
    """An organisation's right to a channel, a row from the day it is applied for. ``valid_to`` is inclusive; None: open."""

    __tablename__ = "access_right"
    __table_args__ = (sa.Index("ix_access_right_place", "organisation_id", "channel_id", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    application_id: Mapped[int | None] = mapped_column(index=True)
    state: Mapped[RightState]
    applied_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    ended_at: Mapped[datetime | None]
    channel: Mapped[Channel] = relationship()
    organisation: Mapped[Organisation] = relationship()

    def grant(self, on: date, last_day: date | None, at: datetime) -> None:
        """It holds from ``on`` to ``last_day``, None: until further notice."""
        self._decide(RightState.VALID, at)
        self.valid_from, self.valid_to = on, last_day

    def refuse(self, reason: str, at: datetime) -> None:
        """It will not be given, for this reason."""
        self._decide(RightState.REFUSED, at)
        self.reason = reason

    def withdraw(self, at: datetime) -> None:
        """The applicant no longer asks for it."""
        self._decide(RightState.WITHDRAWN, at)

    def last_until(self, last_day: date | None) -> None:
        """It holds to the end of that day; None: until further notice."""
        self._must_be(RightState.VALID, "right_not_valid")
        self.valid_to = last_day

    def end(self, on: date, at: datetime, reason: str) -> None:
        """It holds no more; ``on`` was its last day, unless it had lapsed before."""
        self._must_be(RightState.VALID, "right_not_valid")
        self.state, self.ended_at, self.reason = RightState.ENDED, at, reason
        self.valid_to = on if self.valid_to is None else min(self.valid_to, on)

    def _decide(self, state: RightState, at: datetime) -> None:
        self._must_be(RightState.APPLIED, "right_not_waiting")
        self.state, self.decided_at = state, at

    def _must_be(self, state: RightState, code: str) -> None:
        if self.state is not state:
            raise Conflict(code, state=self.state.value)
