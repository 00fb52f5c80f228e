"""The forms of a certificate application. They speak of what is offered; what was typed stays as typed."""

from collections.abc import Iterable, Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from certportal.fields import (
    ChoiceField,
    ConsentField,
    EmailAddressField,
    Form,
    LanguageField,
    PhoneNumberField,
    PlainTextField,
)
from certportal.formats import language
from certportal.identifiers import EmailAddress, Environment, PhoneNumber
from certportal.languages import gettext
from certportal.languages import lazy_gettext as _l
from certportal.orders import rules
from certportal.orders.offers import Offered, OfferedChannel, OfferedContact, Standing
from certportal.orders.replaceable import ReplaceableCertificate
from certportal.orders.rules import ContactChoice, OrderAnswers
from certportal.refusals import Refusal
from certportal.registry.rules import ContactDetails
from certportal.sentences import SENTENCES, sentence

DESCRIPTION, NAME = 100, 100
NEW_CONTACT = ("name", "company", "mobile", "email", "second_email", "language")
ASKED = ("channel", "environment", "description", "who", "my_mobile", *NEW_CONTACT, "contact_may_renew", "terms")
CARRIED = ("reason", "replaces", "earlier", "terms_version")
REASONS = ("additional", "replaces", "retrieval_failed")


def typed_answers(form: Mapping[str, str]) -> dict[str, Any]:
    """What a draft keeps of a form that was sent: every answer as it was typed, and what the form carried along.

    A suggested phone number that was pressed stands in for the one that was typed. A box that was not ticked sends the hidden
    answer behind it.
    """
    answers: dict[str, Any] = {name: form[name] for name in (*CARRIED, *ASKED) if name in form}
    for name in ("mobile", "my_mobile"):
        if form.get(f"{name}_suggested"):
            answers[name] = form[f"{name}_suggested"]
    return answers


class ApplicationForm(Form):
    """One application, made of the answers that were typed, now or into a draft. Which fields are asked depends on
    ``who``. ``gone``: the refusal's code when what it was to take the place of no longer can give way, and the reason has
    become "additional" for that.

    Requests are checked for forgery before any view, and a draft's answers bring no token, so the form has none.
    """

    channel = ChoiceField(_l("Which channel is it for?"), coerce=int)
    environment = ChoiceField(_l("Environment"), coerce=Environment)
    description = PlainTextField(
        _l("Certificate description"),
        limit=DESCRIPTION,
        required=False,
        description=_l("The program that will use it, so that you can tell your certificates apart"),
    )
    who = ChoiceField(_l("Who is it?"), coerce=str)
    my_mobile = PhoneNumberField(
        _l("Your mobile number"),
        country=lambda form: form.country,  # pyright: ignore[reportAttributeAccessIssue]
        missing=SENTENCES["contact_myself_phone"],
        description=_l("For text messages. Numbers from abroad start with + and the country code"),
    )
    name = PlainTextField(_l("Full name"), limit=NAME, missing=_l("Enter the contact person’s name"))
    company = PlainTextField(_l("Company (if another)"), limit=NAME, required=False)
    mobile = PhoneNumberField(
        _l("Mobile number"),
        country=lambda form: form.country,  # pyright: ignore[reportAttributeAccessIssue]
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
    contact_may_renew = ConsentField(
        _l("The contact may renew the certificate without a new application"),
        required=False,
        false_values=(False, "", "n"),
        description=_l(
            "From 60 days before its end, by a PIN code on the contact’s mobile and with a new key. You are told each time, "
            "and can change this later"
        ),
    )
    terms = ConsentField(_l("I accept the terms of use"))

    def __init__(self, answers: Mapping[str, Any], offered: Offered) -> None:
        self.gone: str | None = None
        self.offered, self.country = offered, offered.organisation.country
        self.carried = {name: str(answers.get(name) or "") for name in CARRIED}
        self.typed = {name: str(answers[name]) for name in ASKED if name in answers}
        self.typed.setdefault("contact_may_renew", "y")
        super().__init__(MultiDict(self.typed), meta={"csrf": False})
        spoken = language().value
        self.channel.choices = [(each.channel.id, each.channel.name(spoken)) for each in offered.channels]  # pyright: ignore[reportAttributeAccessIssue]
        self.environment.choices = [  # pyright: ignore[reportAttributeAccessIssue]
            (Environment.PRODUCTION, gettext("Production")),
            (Environment.TEST, gettext("Test")),
        ]
        self.who.choices = self._people()  # pyright: ignore[reportAttributeAccessIssue]

    def validate(self, extra_validators: Any = None) -> bool:
        """Every field that is asked, and what only several answers together tell."""
        super().validate(extra_validators)
        for name in self._not_asked():
            self[name].errors = []
        self._check_channel()
        self._check_terms()
        return not self.errors

    def validate_one(self, name: str) -> bool:
        """One answer by itself, as it is given."""
        return self[name].validate(self)

    def describe(self, others: bool) -> bool:
        """Asks for a description when there are ``others`` on the channel. False: one is missing."""
        if others and not self.description.data and not self.description.errors:
            self.description.errors = [sentence(Refusal("description_needed"))]
        return not self.description.errors

    def succeed(self, replaced: ReplaceableCertificate | None) -> bool:
        """Asks for the channel and the environment of what gives way. False: they are others."""
        if replaced is None or self.channel.data is None or self.environment.data is None:
            return True
        try:
            rules.successor_fits(self.channel.data, self.environment.data, replaced)
        except Refusal as refusal:
            at_fault = self.channel if refusal.code == "replaces_other_channel" else self.environment
            at_fault.errors = at_fault.errors or [sentence(refusal)]
            return False
        return True

    @property
    def asks_my_mobile(self) -> bool:
        """Whether "myself" needs a number, because the signatory has none."""
        return not self.offered.person.phone

    @property
    def replaced_id(self) -> int | None:
        """The certificate that gives way."""
        return _number(self.carried["replaces"], "") if self.carried["reason"] == "replaces" else None

    @property
    def channel_hints(self) -> dict[int, str]:
        """What each channel is for, and what stands between the organisation and its use in production."""
        spoken = language().value
        return {each.channel.id: _use(each, spoken) for each in self.offered.channels}

    @property
    def waits(self) -> bool:
        """Whether it cannot be sent before an access right is decided on."""
        found = self.offered.channel(self.channel.data)
        in_production = self.environment.data is Environment.PRODUCTION
        return in_production and found is not None and found.standing is Standing.WAITING

    def details(self) -> ContactDetails | None:
        """The contact's details: those that were typed, the signatory's own, or the earlier contact's."""
        if self.who.data == "new":
            return self._typed_details()
        if self.who.data == "myself":
            return self._own_details()
        earlier = self.offered.contact(_number(self.who.data or "", "contact-") or 0)
        if earlier is None:
            return None
        second = EmailAddress.parse(earlier.second_email) if earlier.second_email else None
        email, phone = EmailAddress.parse(earlier.email), PhoneNumber(earlier.phone)
        return ContactDetails(earlier.name, earlier.company, phone, email, second, earlier.language)

    def answers(self, earlier_order_id: int | None) -> OrderAnswers:
        """What the valid form asks for. ``earlier_order_id``: the order that ``carried["earlier"]`` names."""
        if self.channel.data is None or self.environment.data is None or self.offered.terms is None:
            raise ValueError("the form has not been validated")
        contact_id = _number(self.who.data or "", "contact-")
        reason = self.carried["reason"] if self.carried["reason"] in REASONS else "additional"
        return OrderAnswers(
            channel_id=self.channel.data,
            environment=self.environment.data,
            description=self.description.data or "",
            contact=ContactChoice(contact_id, None if contact_id is not None else self.details()),
            terms_id=self.offered.terms.id,
            reason=reason,
            replaces_certificate_id=self.replaced_id,
            earlier_order_id=earlier_order_id if reason == "retrieval_failed" else None,
            contact_may_renew=bool(self.contact_may_renew.data),
        )

    def _people(self) -> list[tuple[str, str]]:
        people = [(f"contact-{each.contact.id}", _named(each)) for each in self.offered.contacts]
        if self.offered.myself:
            people.append(("myself", gettext("Myself, %(name)s", name=self.offered.person.name)))
        return [*people, ("new", gettext("Someone new"))]

    def _not_asked(self) -> Iterable[str]:
        if self.who.data != "new":
            yield from NEW_CONTACT
        if self.who.data != "myself" or not self.asks_my_mobile:
            yield "my_mobile"

    def _check_channel(self) -> None:
        found, environment = self.offered.channel(self.channel.data), self.environment.data
        if found is None or environment is None:
            return
        if not found.channel.has(environment):
            self.environment.errors = [sentence(Refusal("environment_not_offered"))]
        elif environment is Environment.PRODUCTION and found.standing is Standing.NONE:
            code = "no_access_right" if self.replaced_id is None else "renewal_needs_right"
            self.channel.errors = [sentence(Refusal(code))]

    def _check_terms(self) -> None:
        terms = self.offered.terms
        if terms is None:
            self.terms.errors = [sentence(Refusal("terms_none"))]
        elif self.terms.data and self.carried["terms_version"] != str(terms.version):
            self.terms.data = False
            self.terms.errors = [sentence(Refusal("terms_changed"))]

    def _typed_details(self) -> ContactDetails | None:
        phone, email, language = self.mobile.data, self.email.data, self.language.data
        if phone is None or email is None or language is None:
            return None
        name, company = self.name.data or "", self.company.data or ""
        return ContactDetails(name, company, phone, email, self.second_email.data, language)

    def _own_details(self) -> ContactDetails | None:
        person = self.offered.person
        phone = PhoneNumber(person.phone) if person.phone else self.my_mobile.data
        if phone is None:
            return None
        return ContactDetails(person.name, "", phone, EmailAddress.parse(person.email), None, person.language)


def _use(each: OfferedChannel, language: str) -> str:
    sentences = [each.channel.use(language)]
    if each.standing is Standing.NONE:
        sentences.append(gettext("For test only: the organisation has no valid access right to it."))
    if each.standing is Standing.WAITING:
        sentences.append(gettext("The access right waits for its decision: for production you can write a draft now."))
    return " ".join(filter(None, sentences))


def _named(each: OfferedContact) -> str:
    if each.myself:
        return gettext("Myself, %(name)s", name=each.contact.name)
    return f"{each.contact.name}, {each.contact.company}" if each.contact.company else each.contact.name


def _number(text: str, prefix: str) -> int | None:
    digits = text.removeprefix(prefix)
    return (
        int(digits) if text.startswith(prefix) and digits.isascii() and digits.isdigit() and len(digits) < 10 else None
    )
