"""The form of the PIN page."""

from certportal.fields import Form
from certportal.fields.typed import ParsedField
from certportal.languages import lazy_gettext as _l
from certportal.messages.rules import typed_pin
from certportal.sentences import SENTENCES


class PinField(ParsedField[str]):
    """Six digits, with or without spaces; never shown back."""

    def parse(self, text: str) -> str:
        return typed_pin(text)

    def shown(self, value: str) -> str:
        return ""


class PinForm(Form):
    pin = PinField(_l("Enter the PIN code (6 digits)"), missing=SENTENCES["pin_missing"])
