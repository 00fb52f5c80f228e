"""The contact's form: every detail, and, where several things share the contact, for which of them."""

from enum import StrEnum
from typing import Any

from certportal.fields import ChoiceField, EmailAddressField, LanguageField, PhoneNumberField, PlainTextField
from certportal.languages import gettext
from certportal.languages import lazy_gettext as _l
from certportal.registry.forms import VersionedForm
from certportal.registry.rules import ContactDetails

NAME = 100
CHECKED = ("name", "company", "mobile", "email", "second_email")
"""Fields that are checked as they are filled in, by the last part of the address."""


class Scope(StrEnum):
    """For what a change is."""

    ONE = "one"
    EVERYTHING = "everything"


class ContactForm(VersionedForm):
    """One technical contact. ``of``: its number, so that two forms may be open on one page."""

    name = PlainTextField(_l("Full name"), limit=NAME, missing=_l("Enter the contact person’s name"))
    company = PlainTextField(_l("Company (if another)"), limit=NAME, required=False)
    mobile = PhoneNumberField(
        _l("Mobile number"),
        country=lambda form: getattr(form, "home", None),
        description=_l("For text messages. Numbers from abroad start with + and the country code"),
    )
    email = EmailAddressField(
        _l("E-mail address"), description=_l("The person’s own work address, not a shared mailbox")
    )
    second_email = EmailAddressField(
        _l("Second address for notices"),
        required=False,
        description=_l("Gets the expiry notices too, never the codes. A team’s shared mailbox is fine here"),
    )
    language = LanguageField(_l("Which language do they read?"))
    scope = ChoiceField(
        _l("What does the change concern?"), coerce=Scope, missing=_l("Choose what the change concerns")
    )

    def __init__(
        self, *args: Any, of: int | None = None, shared_by: str = "", details: Any = None, **kwargs: Any
    ) -> None:
        """``shared_by``: the contact's name, where it looks after more than the one certificate at hand; else no question.
        ``details``: those that the form begins with."""
        super().__init__(*args, data=_shown(details) if details is not None else None, **kwargs)
        self.scope.choices = [  # pyright: ignore[reportAttributeAccessIssue]
            (Scope.ONE, gettext("Only this certificate")),
            (Scope.EVERYTHING, gettext("Everything that %(name)s looks after", name=shared_by)),
        ]
        self.asks_scope = bool(shared_by)
        if of is not None:
            for field in self:
                field.id = field.label.field_id = f"contact-{of}-{field.short_name}"

    def validate(self, extra_validators: Any = None) -> bool:
        """What the change concerns is asked only where there is a choice."""
        super().validate(extra_validators)
        if not self.asks_scope:
            self.scope.errors = []
        return not self.errors

    def validate_one(self, name: str) -> bool:
        """One answer by itself, as it is given."""
        return self[name].validate(self)

    def contact(self) -> ContactDetails:
        """The answers, once they have been validated."""
        phone, email, language = self.mobile.data, self.email.data, self.language.data
        if phone is None or email is None or language is None:
            raise RuntimeError("the form has not been validated")
        name, company = self.name.data or "", self.company.data or ""
        return ContactDetails(name, company, phone, email, self.second_email.data, language)


def _shown(details: ContactDetails) -> dict[str, Any]:
    return {
        "name": details.name,
        "company": details.company,
        "mobile": details.phone,
        "email": details.email,
        "second_email": details.second_email,
        "language": details.language,
    }
