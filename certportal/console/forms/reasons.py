"""Forms by which an operator ends or changes something, with a reason that those concerned read."""

from typing import Any

from flask_babel import lazy_gettext as _l

from certportal.certificates import reasons
from certportal.certificates.service import Reason
from certportal.fields import (
    ChoiceField,
    ConsentField,
    DateField,
    EmailAddressField,
    Form,
    LanguageField,
    PhoneNumberField,
    PlainTextField,
)
from certportal.registry.rules import ContactDetails

NAME = 200
REASON = 1000


def reason_field() -> PlainTextField:
    """Why, in words that go into the letters as they are written."""
    return PlainTextField(
        _l("Reason"),
        limit=REASON,
        keep_lines=True,
        description=_l("Stands in the letters as you write it, and in the record"),
        missing=_l("Write the reason: those concerned read it"),
    )


class ReasonForm(Form):
    """A reason alone."""

    reason = reason_field()


class EndForm(Form):
    """The end of a right: its last day and why."""

    last_day = DateField(
        _l("Last day"), required=False, description=_l("Leave it empty to end it at once. The last day is included")
    )
    reason = reason_field()


class EndOrganisationForm(EndForm):
    """The end of an organisation's use. ``stop``: its certificates are revoked and its orders cancelled too."""

    stop = ConsentField(_l("Revoke its certificates and cancel its orders now"), required=False)


class RevokeForm(Form):
    """Why, of all the reasons there are, and a note for the record."""

    reason = ChoiceField(
        _l("Why is it revoked?"),
        choices=[(reason.value, words) for reason, words in reasons.WORDS.items()],
        coerce=Reason,
        missing=_l("Choose why it is revoked"),
    )
    note = PlainTextField(
        _l("What has happened?"), description=_l("Kept in the record of what was done"), limit=500, required=False
    )


def revocation_hints() -> dict[str, Any]:
    """The second line of each reason."""
    return {reason.value: text for reason, text in reasons.HINTS.items()}


class ContactForm(Form):
    """A technical contact's details corrected for an order, and why. ``home``: the country in which numbers are read."""

    name = PlainTextField(_l("Name"), limit=NAME, missing=_l("Enter the person’s first name and last name"))
    company = PlainTextField(
        _l("Company"), limit=NAME, required=False, description=_l("If it is another than the organisation")
    )
    phone = PhoneNumberField(_l("Mobile number"), country=lambda form: getattr(form, "home", None))
    email = EmailAddressField(_l("E-mail address"))
    second_email = EmailAddressField(
        _l("Second address for notices"), required=False, description=_l("Expiry notices only")
    )
    language = LanguageField(_l("Language of letters"))
    reason = reason_field()

    def __init__(self, *args: Any, home: str | None = None, **kwargs: Any) -> None:
        self.home = home
        super().__init__(*args, **kwargs)

    def details(self) -> ContactDetails:
        """The answers, once they have been validated."""
        if self.phone.data is None or self.email.data is None:
            raise RuntimeError("the form has not been validated")
        return ContactDetails(
            name=self.name.data or "",
            company=self.company.data or "",
            phone=self.phone.data,
            email=self.email.data,
            second_email=self.second_email.data,
            language=self.language.data,
        )


class TestMessageForm(Form):
    """Where a test text message goes."""

    __test__ = False
    phone = PhoneNumberField(_l("Mobile number"))
