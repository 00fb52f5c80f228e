"""What a person chooses or ticks."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, cast

from flask_babel import get_locale
from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice  # pyright: ignore[reportAttributeAccessIssue]
from wtforms.validators import StopValidation

from certportal.fields.question import Question, Text
from certportal.formats import country_name
from certportal.identifiers import Language, countries
from certportal.refusals import Refusal
from certportal.sentences import sentence
from certportal.settings import current_settings


def _choice(pair: tuple[Any, Text]) -> SelectChoice:
    return SelectChoice(value=pair[0], label=cast("str", pair[1]))


class _FromChoices(Question):
    """`choices`: pairs of a value and its label, in the order of the page; they may also be set after the form is made."""

    def __init__(self, label: Text = "", *, choices: Iterable[tuple[Any, Text]] = (), **kwargs: Any) -> None:
        super().__init__(label, choices=[_choice(pair) for pair in choices], **kwargs)


class ChoiceField(_FromChoices, RadioField):
    """One of several, as radio buttons. `data` is one of the offered values after `coerce`, or None."""

    answered = False

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        self.answered = bool(valuelist and valuelist[0])
        self.data = _coerced(self, valuelist[0]) if self.answered else None

    def pre_validate(self, form: Any) -> None:
        if self.data is None and not self.answered:
            raise self.stop_empty("choice_missing")
        if self.data not in _offered(self):
            self.data = None
            raise StopValidation(sentence(Refusal("choice_unknown")))


class LanguageField(ChoiceField):
    """The portal's languages, each by its own name; `data` is a Language."""

    def __init__(self, label: Text = "", **kwargs: Any) -> None:
        kwargs.setdefault("choices", [("fi", "Suomi"), ("sv", "Svenska"), ("en", "English")])
        super().__init__(label, coerce=Language, **kwargs)


class ChoicesField(_FromChoices, SelectMultipleField):
    """Several of several, as boxes to tick. `data` holds the offered values that were ticked, in the page's order."""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        self.data = [_coerced(self, value) for value in valuelist]

    def pre_validate(self, form: Any) -> None:
        offered = _offered(self)
        ticked = self.data or []
        self.data = [value for value in offered if value in ticked]
        if any(value not in offered for value in ticked):
            raise StopValidation(sentence(Refusal("choice_unknown")))
        if not self.data:
            raise self.stop_empty("choices_missing")


class ConsentField(Question, BooleanField):
    """A box that must be ticked, such as for the terms of use; with `required=False` it need not be."""

    def _value(self) -> str:
        """What a ticked box sends, whatever was sent in its place."""
        return "y"

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            raise self.stop_empty("consent_missing")


class CountryField(Question, SelectField):
    """A country, by name in the reader's language, the neighbours first; `data` is its ISO 3166-1 alpha-2 code."""

    first: ClassVar = ("FI", "AX", "SE", "EE", "NO", "DK")

    def __init__(self, label: Text = "", **kwargs: Any) -> None:
        super().__init__(label, choices=self._named, **kwargs)

    def process_data(self, value: Any) -> None:
        self.data = value or current_settings().default_country

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        self.data = valuelist[0] if valuelist and valuelist[0] in countries() else None

    def pre_validate(self, form: Any) -> None:
        if self.data is None:
            raise self.stop_empty("country_missing")

    @classmethod
    def _named(cls) -> list[SelectChoice]:
        names = {code: country_name(code) for code in countries()}
        rest = [code for code in names if code not in cls.first and names[code] != code]
        rest.sort(key=lambda code: _alphabetical(names[code]))
        return [_choice((code, names[code])) for code in (*cls.first, *rest)]


def _coerced(field: ChoiceField | ChoicesField, value: Any) -> Any:
    """The value as the field's own type, or None for what is none of its values."""
    try:
        return field.coerce(value)
    except (ValueError, TypeError):
        return None


def _offered(field: ChoiceField | ChoicesField) -> list[Any]:
    return [field.coerce(choice[0]) for choice in field.iter_choices()]


def _alphabetical(name: str) -> str:
    """Å, Ä and Ö end the Finnish and Swedish alphabets, in this order; Unicode's order is another."""
    language = str(get_locale())[:2]
    return name.casefold().translate(str.maketrans("åäö", "{|}" if language in {"fi", "sv"} else "aao"))
