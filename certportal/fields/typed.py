"""What a person types: text, a day, a business ID, a phone number, an e-mail address."""

import re
from abc import abstractmethod
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final, Generic, NamedTuple, TypeVar

from markupsafe import Markup
from wtforms.validators import StopValidation

from certportal.fields.question import Form, Question, Text
from certportal.formats import country_name
from certportal.identifiers import BusinessId, EmailAddress, PhoneNumber, countries, parse_day, plain_text
from certportal.languages import gettext
from certportal.refusals import Refusal
from certportal.sentences import sentence
from certportal.settings import current_settings

Value = TypeVar("Value")

Country = str | Callable[[Form], str | None] | None
"""A code, or a function of the form (whose country field stands before), or None for the installation's own country."""

_NOT_IN_HTML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""What a page cannot show again: HTML (13.2.3.5) has no such characters, UTF-8 no surrogates."""


class ParsedField(Question, Generic[Value]):
    """`data` is the value, or None; `raw` what was typed, or None; `refusal` why what was typed was not read."""

    data: Value | None
    raw: str | None = None
    refusal: Refusal | None = None

    @abstractmethod
    def parse(self, text: str) -> Value:
        """The value that was typed, or a Refusal."""

    def shown(self, value: Value) -> str:
        """The value as the input shows it, and as it could have been typed."""
        return str(value)

    def process_data(self, value: Any) -> None:
        """A value of the field's type; or the text typed earlier, from a draft, which is read again."""
        self.data, self.raw, self.refusal = None, None, None
        if isinstance(value, str):
            self._read(value)
        else:
            self.data = value

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        self._read(str(valuelist[0]) if valuelist else "")

    def pre_validate(self, form: Any) -> None:
        if self.data is None and self.refusal is None:
            self._parse(self.raw or "")
        if self.data is not None:
            return
        if self.refusal is None or self._is_empty():
            raise self.stop_empty(self.refusal.code if self.refusal else "text_missing")
        raise StopValidation(sentence(self.refusal))

    def _value(self) -> str:
        if self.raw is not None:
            return _NOT_IN_HTML.sub("", self.raw)
        return "" if self.data is None else self.shown(self.data)

    def _read(self, text: str) -> None:
        """An empty answer is looked at when it is validated: a page that only asks has many."""
        self.raw, self.data, self.refusal = text, None, None
        if text:
            self._parse(text)

    def _parse(self, text: str) -> None:
        try:
            self.data = self.parse(text)
        except Refusal as refusal:
            self.refusal = refusal

    def _is_empty(self) -> bool:
        return not (self.raw or "").strip()


class PlainTextField(ParsedField[str]):
    """A name, a description; with `keep_lines` several lines. `limit` in characters."""

    def __init__(self, label: Text = "", *, limit: int, keep_lines: bool = False, **kwargs: Any) -> None:
        self.limit, self.keep_lines = limit, keep_lines
        super().__init__(label, **kwargs)

    def parse(self, text: str) -> str:
        return plain_text(text, self.limit, keep_lines=self.keep_lines)


class EmailAddressField(ParsedField[EmailAddress]):
    def parse(self, text: str) -> EmailAddress:
        return EmailAddress.parse(text)


class DateField(ParsedField[date]):
    """As people write it, or as the browser's own date picker sends it; shown as that wants it (RFC 3339 date)."""

    def parse(self, text: str) -> date:
        return parse_day(text)

    def shown(self, value: date) -> str:
        return value.isoformat()


class _NationalField(ParsedField[Value]):
    """A number that means something in a country."""

    def __init__(
        self, label: Text = "", *, country: Country = None, _form: "Form | None" = None, **kwargs: Any
    ) -> None:
        self._country, self._of = country, _form
        super().__init__(label, _form=_form, **kwargs)

    def country(self) -> str:
        """The country to read in; the installation's own where the form does not say or says what is none."""
        wanted = self._country
        if callable(wanted):
            wanted = wanted(self._of) if self._of is not None else None
        return wanted if wanted in countries() else current_settings().default_country


class BusinessIdField(_NationalField[BusinessId]):
    def parse(self, text: str) -> BusinessId:
        return BusinessId.parse(text, self.country())


class Suggestion(NamedTuple):
    """The button "Did you mean +46 70 123 45 67 (Sweden)?": its name, value and text, and what the text is made of."""

    name: str
    value: str
    text: str
    number: str
    country: str


class PhoneNumberField(_NationalField[PhoneNumber]):
    """A number that gets text messages. A press on the suggestion's button stands in for what was typed."""

    def process(self, formdata: Any, *args: Any, **kwargs: Any) -> None:
        pressed = formdata.getlist(self.suggestion_name) if formdata is not None else []
        self.suggestion_taken = str(pressed[0]) if pressed else None
        super().process(formdata, *args, **kwargs)

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        super().process_formdata([self.suggestion_taken] if self.suggestion_taken else valuelist)
        if self.suggestion_taken and self.data is not None:
            self.raw = self.shown(self.data)

    def parse(self, text: str) -> PhoneNumber:
        return PhoneNumber.parse(text, self.country())

    def shown(self, value: PhoneNumber) -> str:
        return value.grouped

    @property
    def suggestion_name(self) -> str:
        return f"{self.name}_suggested"

    @property
    def suggestion(self) -> Suggestion | None:
        """The number that was probably meant, for the macro's `suggestion`."""
        meant = self.refusal.details.get("suggestion") if self.refusal is not None else None
        if not isinstance(meant, PhoneNumber):
            return None
        number, country = meant.grouped, country_name(meant.country)
        text = gettext("Did you mean %(number)s (%(country)s)?", number=number, country=country)
        return Suggestion(self.suggestion_name, meant.e164, text, number, country)

    @property
    def readback_number(self) -> str | None:
        return None if self.data is None else self.data.grouped

    @property
    def readback_country(self) -> str | None:
        return None if self.data is None else country_name(self.data.country)

    @property
    def readback(self) -> Markup | None:
        """Where messages will go, as it will be dialled, for the macro's `readback`."""
        if self.data is None:
            return None
        number = Markup('<strong class="num">{}</strong>').format(self.readback_number)
        text = Markup(gettext("Text messages go to %(number)s (%(country)s)"))  # noqa: S704 - our own catalogue
        return text % {"number": number, "country": self.readback_country}
