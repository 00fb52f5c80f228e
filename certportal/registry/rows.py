"""What an import's row or the operator's form says about one thing. A field that says nothing is UNSAID and changes nothing.

``key`` is how the thing is known: business ID, organisation and person's e-mail, channel code, purpose code, version of
the terms, organisation and channel. ``columns()`` holds what was said, under the names and with the values of the table.
"""

import enum
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar, Final, Literal, TypeVar

from certportal.identifiers import BusinessId, EmailAddress, Language, PhoneNumber
from certportal.registry.rules import FieldChange

Value = TypeVar("Value")


class Unsaid(enum.Enum):
    """The type of UNSAID: nothing is said about a field, so it stays as it is."""

    UNSAID = "unsaid"


UNSAID: Final = Unsaid.UNSAID


class Kind(enum.StrEnum):
    """What a row is about, under the name that an import file gives it; in the order in which they are taken."""

    ORGANISATIONS = "organisations"
    SIGNATORIES = "signatories"
    CHANNELS = "channels"
    PURPOSES = "purposes"
    TERMS = "terms"
    ACCESS_RIGHTS = "access_rights"


@dataclass(frozen=True, slots=True)
class Change:
    """What taking a row did, or would do."""

    kind: Kind
    key: str
    verb: Literal["added", "changed"]
    fields: tuple[FieldChange, ...]

    @property
    def text(self) -> str:
        """One line for the command's output, in English: ``changed organisations 9900001-8: name A → B``."""
        if self.verb == "added":
            fields = [f"{each.field} {_short(each.after)}" for each in self.fields]
        else:
            fields = [f"{each.field} {_short(each.before)} → {_short(each.after)}" for each in self.fields]
        return f"{self.verb} {self.kind.value} {self.key}: {', '.join(fields)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationRow:
    """``last_day``: the last one on which it uses the service; None: until further notice."""

    kind: ClassVar = Kind.ORGANISATIONS
    business_id: BusinessId
    name: str | Unsaid = UNSAID
    language: Language | Unsaid = UNSAID
    contact_name: str | Unsaid = UNSAID
    contact_email: EmailAddress | Unsaid | None = UNSAID
    contact_phone: PhoneNumber | Unsaid | None = UNSAID
    contact_language: Language | Unsaid = UNSAID
    last_day: date | Unsaid | None = UNSAID

    @property
    def key(self) -> str:
        return self.business_id.text

    def columns(self) -> dict[str, object]:
        return _said(
            country=self.business_id.country,
            name=self.name,
            language=self.language,
            contact_name=self.contact_name,
            contact_email=_text(self.contact_email),
            contact_phone=_text(self.contact_phone),
            contact_language=self.contact_language,
            ended_on=_day_after(self.last_day),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatoryRow:
    """A person with the right to sign alone for an organisation, from a day to a day, both inclusive."""

    kind: ClassVar = Kind.SIGNATORIES
    business_id: BusinessId
    email: EmailAddress
    name: str | Unsaid = UNSAID
    phone: PhoneNumber | Unsaid | None = UNSAID
    language: Language | Unsaid = UNSAID
    valid_from: date | Unsaid = UNSAID
    valid_to: date | Unsaid | None = UNSAID

    @property
    def key(self) -> str:
        return f"{self.business_id.text} {self.email.key}"

    def columns(self) -> dict[str, object]:
        return _said(name=self.name, phone=_text(self.phone), language=self.language)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRow:
    """``right_days``: how long an access right lasts, None: until further notice. ``issuer``: the issuing authority's
    label. ``last_day``: of applying for it."""

    kind: ClassVar = Kind.CHANNELS
    channel: str
    name_fi: str | Unsaid = UNSAID
    name_sv: str | Unsaid = UNSAID
    name_en: str | Unsaid = UNSAID
    use_fi: str | Unsaid = UNSAID
    use_sv: str | Unsaid = UNSAID
    use_en: str | Unsaid = UNSAID
    software: str | Unsaid = UNSAID
    production: bool | Unsaid = UNSAID
    test: bool | Unsaid = UNSAID
    operator_decides: bool | Unsaid = UNSAID
    right_days: int | Unsaid | None = UNSAID
    issuer: str | Unsaid = UNSAID
    position: int | Unsaid = UNSAID
    last_day: date | Unsaid | None = UNSAID

    @property
    def key(self) -> str:
        return self.channel

    def columns(self) -> dict[str, object]:
        return _said(
            name_fi=self.name_fi,
            name_sv=self.name_sv,
            name_en=self.name_en,
            use_fi=self.use_fi,
            use_sv=self.use_sv,
            use_en=self.use_en,
            software=self.software,
            production=self.production,
            test=self.test,
            operator_decides=self.operator_decides,
            right_days=self.right_days,
            issuer=self.issuer,
            position=self.position,
            closed_on=_day_after(self.last_day),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PurposeRow:
    """A purpose of use in three languages. ``last_day``: the last one on which it can be chosen."""

    kind: ClassVar = Kind.PURPOSES
    purpose: str
    text_fi: str | Unsaid = UNSAID
    text_sv: str | Unsaid = UNSAID
    text_en: str | Unsaid = UNSAID
    position: int | Unsaid = UNSAID
    last_day: date | Unsaid | None = UNSAID

    @property
    def key(self) -> str:
        return self.purpose

    def columns(self) -> dict[str, object]:
        texts = {"text_fi": self.text_fi, "text_sv": self.text_sv, "text_en": self.text_en}
        return _said(**texts, position=self.position, closed_on=_day_after(self.last_day))


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsRow:
    """A version of the terms, in force from a day. Once that day has come its texts are fixed."""

    kind: ClassVar = Kind.TERMS
    version: int
    in_force_from: date | Unsaid = UNSAID
    text_fi: str | Unsaid = UNSAID
    text_sv: str | Unsaid = UNSAID
    text_en: str | Unsaid = UNSAID

    @property
    def key(self) -> str:
        return str(self.version)

    def columns(self) -> dict[str, object]:
        texts = {"text_fi": self.text_fi, "text_sv": self.text_sv, "text_en": self.text_en}
        return _said(in_force_from=self.in_force_from, **texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRightRow:
    """An organisation's valid right to a channel, from a day to a day, both inclusive."""

    kind: ClassVar = Kind.ACCESS_RIGHTS
    business_id: BusinessId
    channel: str
    valid_from: date | Unsaid = UNSAID
    valid_to: date | Unsaid | None = UNSAID

    @property
    def key(self) -> str:
        return f"{self.business_id.text} {self.channel}"


Row = OrganisationRow | SignatoryRow | ChannelRow | PurposeRow | TermsRow | AccessRightRow


def said(value: Value | Unsaid, otherwise: Value) -> Value:
    """The value, or the other one where nothing was said."""
    return otherwise if isinstance(value, Unsaid) else value


def _short(value: object) -> str:
    """A value in a line of output: nothing as a hyphen, a long text by its beginning."""
    line = " ".join(str("-" if value in (None, "") else value).split())
    return line if len(line) <= 40 else f"{line[:39]}…"


def _said(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not UNSAID}


def _text(value: EmailAddress | PhoneNumber | Unsaid | None) -> str | Unsaid:
    """As the table keeps it: nothing is the empty text."""
    return value if isinstance(value, Unsaid) else str(value or "")


def _day_after(last_day: date | Unsaid | None) -> date | Unsaid | None:
    """Tables keep the first day on which a thing is over."""
    return last_day + timedelta(days=1) if isinstance(last_day, date) else last_day
