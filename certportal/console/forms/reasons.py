"""Forms by which an operator ends or changes something, with a reason that those concerned read."""

from typing import Any

from flask_babel import LazyString

from certportal.certificates import forms as certificate_forms
from certportal.certificates import reasons
from certportal.certificates.service import Aftermath, Reason
from certportal.contacts.forms import ContactForm
from certportal.fields import ChoiceField, DateField, Form, PhoneNumberField, PlainTextField
from certportal.languages import lazy_gettext as _l
from certportal.sentences import SENTENCES

REASON = 1000
ON_A_DATE, LEAVE = "date", "leave"


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


def aftermath_field(at_once: LazyString) -> ChoiceField:
    """Now, on a date, or left as they are: left where nothing is said."""
    return ChoiceField(
        _l("What is done about the certificates?"),
        choices=[("revoke", at_once), (ON_A_DATE, _l("Revoke them on a date")), (LEAVE, _l("Leave them in force"))],
        default=LEAVE,
        required=False,
    )


def until_field() -> DateField:
    """Until when the certificates work."""
    return DateField(
        _l("Last day of the certificates"),
        required=False,
        description=_l("They work to the end of this day. Those that end earlier are left to their own end"),
    )


def _with_its_day(form: Any, valid: bool) -> bool:
    """A date is wanted where one is chosen, and where none is, what was typed for it does not matter."""
    until = form.certificates_until
    if form.certificates.data != ON_A_DATE:
        until.errors = ()
        valid = not form.errors
    elif until.data is None and not until.errors:
        until.errors = (str(SENTENCES["plan_day_missing"]),)
        valid = False
    return valid


class EndOrganisationForm(EndForm):
    """The end of an organisation's use, and what becomes of its certificates."""

    certificates = aftermath_field(_l("Revoke them now, and cancel its orders"))
    certificates_until = until_field()

    def validate(self, extra_validators: Any = None) -> bool:
        return _with_its_day(self, super().validate(extra_validators))

    def then(self) -> Aftermath:
        """What becomes of its certificates; only of a valid form."""
        return Aftermath(self.certificates.data or LEAVE, self.certificates_until.data)


class EndAccessForm(EndForm):
    """The end of an access right, and what becomes of the certificates of its channel."""

    certificates = aftermath_field(_l("Revoke them now"))
    certificates_until = until_field()

    def validate(self, extra_validators: Any = None) -> bool:
        return _with_its_day(self, super().validate(extra_validators))

    def then(self) -> Aftermath:
        """What becomes of the certificates; only of a valid form."""
        return Aftermath(self.certificates.data or LEAVE, self.certificates_until.data)


def _why() -> ChoiceField:
    return ChoiceField(
        _l("Why is it revoked?"),
        choices=[(reason.value, words) for reason, words in reasons.WORDS.items()],
        coerce=Reason,
        missing=_l("Choose why it is revoked"),
    )


class RevokeForm(certificate_forms.RevokeForm):
    """Why, of all the reasons there are, and a note for the record."""

    reason = _why()


class PlanForm(certificate_forms.PlanForm):
    """The last day on which a certificate works, why it is revoked then, of all the reasons there are, and a note."""

    reason = _why()


def revocation_hints() -> dict[str, Any]:
    """The second line of each reason."""
    return {reason.value: text for reason, text in reasons.HINTS.items()}


class CorrectContactForm(ContactForm):
    """A technical contact's details corrected for an order, and why."""

    reason = reason_field()


class GiveUpForm(Form):
    """Why a certificate that was prepared is given up; for the record alone."""

    reason = PlainTextField(
        _l("Reason"),
        limit=REASON,
        keep_lines=True,
        description=_l("Kept in the record of what was done"),
        missing=_l("Write why it is given up"),
    )


class TestMessageForm(Form):
    """Where a test text message goes."""

    __test__ = False
    phone = PhoneNumberField(_l("Mobile number"))
