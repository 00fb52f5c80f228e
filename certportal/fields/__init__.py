"""Form fields that give parsed values: `data` is a value with its own type, or None; what was typed stays in `raw`.

A field reads when the form is made and speaks when it is validated, in the language being written. Its sentence is the
refusal's, from certportal.sentences. No field ever raises for what was sent to it. Templates draw fields with
macros/fields.html, never with WTForms widgets.
"""

from certportal.fields.chosen import ChoiceField, ChoicesField, ConsentField, CountryField, LanguageField
from certportal.fields.question import Form, FormError
from certportal.fields.typed import (
    BusinessIdField,
    DateField,
    EmailAddressField,
    PhoneNumberField,
    PlainTextField,
    Suggestion,
)

__all__ = [
    "BusinessIdField",
    "ChoiceField",
    "ChoicesField",
    "ConsentField",
    "CountryField",
    "DateField",
    "EmailAddressField",
    "Form",
    "FormError",
    "LanguageField",
    "PhoneNumberField",
    "PlainTextField",
    "Suggestion",
]
