"""The forms of an interface application. What was typed stays as typed, now or in a draft."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import get_locale
from werkzeug.datastructures import MultiDict
from wtforms import Field

from certportal import clock
from certportal.access.rules import ApplicationAnswers, Sending
from certportal.access.standing import Offered, Preview
from certportal.fields import (
    ChoiceField,
    ChoicesField,
    ConsentField,
    DateField,
    EmailAddressField,
    Form,
    LanguageField,
    PhoneNumberField,
    PlainTextField,
)
from certportal.formats import end_of_day
from certportal.languages import lazy_gettext as _l
from certportal.refusals import Refusal
from certportal.registry.rules import OrganisationContact
from certportal.sentences import SENTENCES, sentence

NAME = 200
SEVERAL = ("purposes", "channels")
ASKED = ("give_up_all", "contact_name", "contact_email", "contact_phone", "contact_language", "terms", "terms_version")
CHECKED = {"contact-email": "contact_email", "contact-phone": "contact_phone"}
"""Fields that are checked as they are filled in, by the last part of the address."""


def typed_answers(form: MultiDict[str, str]) -> dict[str, Any]:
    """What a draft keeps of a form that was sent: every answer as it was typed.

    A suggested phone number that was pressed stands in for the one that was typed.
    """
    answers: dict[str, Any] = {name: form.getlist(name) for name in SEVERAL}
    answers |= {name: form[name] for name in ASKED if name in form}
    if form.get("contact_phone_suggested"):
        answers["contact_phone"] = form["contact_phone_suggested"]
    return answers


class ApplicationForm(Form):
    """One application, made of the answers that were typed.

    Requests are checked for forgery before any view, and a draft's answers bring no token, so the form has none.
    """

    purposes = ChoicesField(
        _l("Purposes of use"),
        coerce=str,
        missing=_l("Choose at least one purpose of use"),
        description=_l("What your organisation uses the interface for. Choose every one that applies"),
    )
    channels = ChoicesField(
        _l("Channels"),
        coerce=int,
        missing=_l("Choose at least one channel"),
        description=_l("The ways in which your programs connect. Each channel needs certificates of its own"),
    )
    give_up_all = ConsentField(_l("We give up every channel"), required=False)
    contact_name = PlainTextField(
        _l("Full name"), limit=NAME, missing=_l("Enter the person’s first name and last name")
    )
    contact_email = EmailAddressField(_l("E-mail address"))
    contact_phone = PhoneNumberField(
        _l("Mobile number"),
        required=False,
        country=lambda form: form.country,  # pyright: ignore[reportAttributeAccessIssue]
        description=_l("Numbers from abroad start with + and the country code"),
    )
    contact_language = LanguageField(_l("Which language do they read?"))
    terms = ConsentField(_l("I accept the terms of use"))

    def __init__(self, answers: Mapping[str, Any], offered: Offered) -> None:
        self.offered, self.country = offered, offered.organisation.country
        self.accepted_version = str(answers.get("terms_version") or "")
        asked = {name: answers[name] for name in (*SEVERAL, *ASKED) if name in answers}
        super().__init__(MultiDict(asked), meta={"csrf": False})
        if offered.is_replacement:
            self.channels.missing = _l("Choose at least one channel, or tick that you give up every one")
        language = str(get_locale())[:2]
        self.purposes.choices = [(each.code, each.text(language)) for each in offered.purposes]  # pyright: ignore[reportAttributeAccessIssue]
        self.channels.choices = [(each.channel.id, each.channel.name(language)) for each in offered.channels]  # pyright: ignore[reportAttributeAccessIssue]

    def validate(self, extra_validators: Any = None) -> bool:
        """Every field, and that the terms accepted are those in force."""
        super().validate(extra_validators)
        self._judge_giving_up()
        terms = self.offered.terms
        if terms is None:
            self.terms.errors = [sentence(Refusal("terms_none"))]
        elif self.terms.data and self.accepted_version != str(terms.version):
            self.terms.data = False
            self.terms.errors = [sentence(Refusal("terms_changed"))]
        return not self.errors

    def validate_one(self, name: str) -> bool:
        """One answer by itself, as it is given."""
        return self[name].validate(self)

    @property
    def gives_up_all(self) -> bool:
        """Whether an application that replaces another asks for nothing any more, and says so."""
        return bool(self.give_up_all.data) and self.offered.is_replacement

    def _judge_giving_up(self) -> None:
        """Who gives up every channel needs no purpose, and has no channel ticked."""
        if not self.gives_up_all:
            return
        if self.channels.data:
            self.give_up_all.errors = [sentence(Refusal("given_up_and_chosen"))]
            return
        self.channels.errors = self.purposes.errors = ()

    def answers(self) -> ApplicationAnswers:
        """What the valid form asks for."""
        email, terms = self.contact_email.data, self.offered.terms
        if email is None or terms is None:
            raise ValueError("the form has not been validated")
        contact = OrganisationContact(
            self.contact_name.data or "", email, self.contact_phone.data, self.contact_language.data
        )
        return ApplicationAnswers(
            purposes=() if self.gives_up_all else tuple(self.purposes.data or ()),
            channels=tuple(self.channels.data or ()),
            contact=contact,
            terms_id=terms.id,
            gives_up_all=self.gives_up_all,
        )


class SendingForm:
    """The check page: what becomes of the certificates of each channel given up, and what was shown.

    One question for each channel whose certificates are valid; to leave them is the answer where none is given.
    """

    def __init__(self, preview: Preview, formdata: MultiDict[str, str] | None = None) -> None:
        self.now = clock.now()
        self.asked = [each.channel.id for each in preview.given_up if each.use.certificates]
        self.form = _questions(self.asked)(formdata, meta={"csrf": False})
        self.seen = formdata.get("seen", "") if formdata is not None else preview.mark

    def question(self, channel_id: int) -> Field:
        """The question about one channel, for the page."""
        return self.form[_name(channel_id)]

    def day(self, channel_id: int) -> Field:
        """The last day of one channel's certificates, where they are to be revoked on a date."""
        return self.form[_day(channel_id)]

    def validate(self) -> bool:
        """Whether every answer is one of those offered; none leaves the certificates in force. A date has its day, which has not
        ended; what was typed for a date that is not chosen does not matter."""
        self.form.validate()
        for channel_id in self.asked:
            day = self.day(channel_id)
            if self.question(channel_id).data != "date":
                day.errors = ()
            elif day.data is None and not day.errors:
                day.errors = (str(SENTENCES["plan_day_missing"]),)
            elif day.data is not None and end_of_day(day.data) <= self.now:
                day.errors = (str(SENTENCES["plan_in_the_past"]),)
        return not self.form.errors

    def sending(self) -> Sending:
        """How the application is sent."""
        revoked = frozenset(each for each in self.asked if self.question(each).data == "revoke")
        planned = [each for each in self.asked if self.question(each).data == "date"]
        return Sending(self.seen, revoked, {each: self.day(each).data for each in planned})


def _name(channel_id: int) -> str:
    return f"certificates_{channel_id}"


def _day(channel_id: int) -> str:
    return f"certificates_until_{channel_id}"


def _questions(channel_ids: Iterable[int]) -> type[Form]:
    fields: dict[str, Any] = {}
    for channel_id in channel_ids:
        fields[_name(channel_id)] = ChoiceField(
            _l("What is done about these certificates?"),
            choices=[
                ("revoke", _l("Revoke them now")),
                ("date", _l("Revoke them on a date")),
                ("leave", _l("Leave them in force")),
            ],
            default="leave",
            required=False,
        )
        fields[_day(channel_id)] = DateField(
            _l("Last day of the certificates"),
            required=False,
            description=_l("They work to the end of this day. Those that end earlier are left to their own end"),
        )
    return type("QuestionsForm", (Form,), fields)
