"""What every form and every question has in common."""

from typing import Any, NamedTuple, cast

from flask_babel import LazyString
from flask_wtf import FlaskForm
from wtforms import Field
from wtforms.validators import StopValidation

from certportal.refusals import Refusal
from certportal.sentences import sentence

Text = str | LazyString


class FormError(NamedTuple):
    """A line of the error summary: the input to go to, the question, what to do."""

    field_id: str
    label: str
    message: str


class Form(FlaskForm):
    """The base of every form. WTForms' own messages stay off: ours are in three languages, and say what to do."""

    class Meta(FlaskForm.Meta):
        locales = False

        def get_translations(self, form: Any) -> None:
            return None

    def error_list(self) -> list[FormError]:
        """The first error of each field, in the order of the page."""
        return [
            FormError(field.id, str(field.label.text), str(field.errors[0]))
            for field in self
            if field.errors and not isinstance(field.errors, dict)
        ]


class Question(Field):
    """A field that may be left empty or not; `missing` is the sentence for an empty answer instead of the usual one.

    Templates call a field without `flags.required` optional.
    """

    def __init__(self, label: Text = "", *, required: bool = True, missing: Text | None = None, **kwargs: Any) -> None:
        self.required, self.missing = required, missing
        super().__init__(cast("str", label), **kwargs)
        self.flags.required = required

    def stop_empty(self, code: str) -> StopValidation:
        """What ends the validation of an empty answer: an error where one is required, else the plain end."""
        if not self.required:
            return StopValidation()
        return StopValidation(str(self.missing) if self.missing is not None else sentence(Refusal(code)))
