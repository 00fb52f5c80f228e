"""Forms by which an operator ends or changes something, with a reason that those concerned read."""

from typing import Any

from flask_babel import lazy_gettext as _l

from certportal.certificates import reasons
from certportal.certificates.service import Reason
from certportal.contacts.forms import ContactForm
from certportal.fields import ChoiceField, ConsentField, DateField, Form, PhoneNumberField, PlainTextField
from certportal.sentences import SENTENCES

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


def _why() -> ChoiceField:
    return ChoiceField(
        _l("Why is it revoked?"),
        choices=[(reason.value, words) for reason, words in reasons.WORDS.items()],
        coerce=Reason,
        missing=_l("Choose why it is revoked"),
    )


def _note() -> PlainTextField:
    return PlainTextField(
        _l("What has happened?"), description=_l("Kept in the record of what was done"), limit=500, required=False
    )


class RevokeForm(Form):
    """Why, of all the reasons there are, and a note for the record."""

    reason = _why()
    note = _note()


class PlanForm(Form):
    """The last day on which a certificate works, why it is revoked then, of all the reasons there are, and a note."""

    last_day = DateField(
        _l("Last day"),
        description=_l("The certificate works to the end of this day"),
        missing=SENTENCES["plan_day_missing"],
    )
    reason = _why()
    note = _note()


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
