"""Forms for organisations, persons, rights to sign and access rights. They make the rows that the import makes."""

from collections.abc import Iterable
from typing import Any

from wtforms import HiddenField

from certportal.fields import (
    BusinessIdField,
    ChoiceField,
    CountryField,
    DateField,
    EmailAddressField,
    Form,
    LanguageField,
    PhoneNumberField,
    PlainTextField,
)
from certportal.identifiers import BusinessId
from certportal.languages import lazy_gettext as _l
from certportal.languages import lazy_pgettext
from certportal.refusals import Refusal
from certportal.registry import rules
from certportal.registry.rows import UNSAID, AccessRightRow, OrganisationRow, SignatoryRow
from certportal.registry.rules import PersonDetails
from certportal.sentences import sentence

NAME = 200


class EditForm(Form):
    """Changes what others may change too. ``seen``: the mark of what it was opened on; ``home``: the country in which
    numbers are read."""

    seen = HiddenField()

    def __init__(self, *args: Any, home: str | None = None, **kwargs: Any) -> None:
        self.home = home
        super().__init__(*args, **kwargs)

    def differing(self, saved: "EditForm") -> list[tuple[str, str]]:
        """Label and saved value of each field that stands otherwise in a form made of what is saved."""
        return [
            (str(field.label.text), _shown(saved[field.name]))
            for field in self
            if field.name not in ("seen", "csrf_token") and _shown(field) != _shown(saved[field.name])
        ]


def _shown(field: Any) -> str:
    """What a field shows: the chosen labels, or the text."""
    if hasattr(field, "iter_choices"):
        return ", ".join(str(choice[1]) for choice in field.iter_choices() if choice[2])
    return str(field._value())  # noqa: SLF001 - WTForms' name for what the input shows


class SpanForm(EditForm):
    """From a day to a day, both included."""

    valid_from = DateField(_l("First day"), missing=_l("Enter the first day"))
    valid_to = DateField(_l("Last day"), required=False, description=_l("Leave it empty: until further notice"))

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        if self.valid_from.data is not None and self.valid_to.data is not None:
            try:
                rules.in_order(self.valid_from.data, self.valid_to.data)
            except Refusal as refusal:
                self.valid_to.errors = (sentence(refusal),)
                return False
        return valid


class OrganisationForm(EditForm):
    """An organisation. Country and business ID are asked for when it is added, and never change."""

    country = CountryField(_l("Country"))
    business_id = BusinessIdField(_l("Business ID"), country=lambda form: form["country"].data)
    name = PlainTextField(
        _l("Organisation’s name"),
        limit=NAME,
        description=_l("Stands in its certificates, cut to 64 characters"),
        missing=_l("Enter the organisation’s name as it is in the trade register"),
    )
    language = LanguageField(_l("Language"))
    contact_name = PlainTextField(lazy_pgettext("of a person", "Name"), limit=NAME, required=False)
    contact_email = EmailAddressField(_l("E-mail address"), required=False)
    contact_phone = PhoneNumberField(
        _l("Mobile number"), required=False, country=lambda form: getattr(form, "home", None)
    )
    contact_language = LanguageField(_l("Language of letters"))

    def row(self, business_id: BusinessId | None = None) -> OrganisationRow:
        """The answers, once they have been validated; ``business_id`` of an organisation that is there already."""
        known = business_id or self.business_id.data
        if known is None:
            raise RuntimeError("the form has not been validated")
        return OrganisationRow(
            business_id=known,
            name=self.name.data or "",
            language=self.language.data,
            contact_name=self.contact_name.data or "",
            contact_email=self.contact_email.data,
            contact_phone=self.contact_phone.data,
            contact_language=self.contact_language.data,
        )


def edit_organisation_form(**kwargs: Any) -> OrganisationForm:
    """The same for one that is there: without country and business ID."""
    form = OrganisationForm(**kwargs)
    del form.country
    del form.business_id
    return form


class SignatoryForm(SpanForm):
    """A person with the right to sign alone. Somebody who is known by the address keeps name, number and language."""

    name = PlainTextField(
        lazy_pgettext("of a person", "Name"), limit=NAME, missing=_l("Enter the person’s first name and last name")
    )
    email = EmailAddressField(
        _l("E-mail address"), description=_l("Sign-in codes go there. The person’s own address, not a shared one")
    )
    phone = PhoneNumberField(_l("Mobile number"), required=False, country=lambda form: getattr(form, "home", None))
    language = LanguageField(_l("Language of letters"))

    def row(self, business_id: BusinessId) -> SignatoryRow:
        """The answers, once they have been validated."""
        if self.email.data is None or self.valid_from.data is None:
            raise RuntimeError("the form has not been validated")
        return SignatoryRow(
            business_id=business_id,
            email=self.email.data,
            name=self.name.data or "",
            phone=self.phone.data,
            language=self.language.data,
            valid_from=self.valid_from.data,
            valid_to=self.valid_to.data,
        )


class PersonForm(EditForm):
    """A person's own details, the same in every organisation."""

    name = PlainTextField(
        lazy_pgettext("of a person", "Name"), limit=NAME, missing=_l("Enter the person’s first name and last name")
    )
    email = EmailAddressField(
        _l("E-mail address"),
        description=_l("Sign-in codes go there. A new address ends the open sign-ins, and both addresses are told"),
    )
    phone = PhoneNumberField(_l("Mobile number"), required=False, country=lambda form: getattr(form, "home", None))
    language = LanguageField(_l("Language of letters"))

    def details(self) -> PersonDetails:
        """The answers, once they have been validated."""
        if self.email.data is None:
            raise RuntimeError("the form has not been validated")
        return PersonDetails(self.name.data or "", self.email.data, self.phone.data, self.language.data)


class AccessRightForm(SpanForm):
    """An access right that is given without an application."""

    channel = ChoiceField(_l("Channel"), missing=_l("Choose a channel"))

    def offer(self, channels: Iterable[tuple[str, str]]) -> None:
        """Code and name of each channel to choose from."""
        self.channel.choices = list(channels)

    def row(self, business_id: BusinessId) -> AccessRightRow:
        """The answers, once they have been validated. Without a last day the channel says how long it lasts."""
        if self.valid_from.data is None:
            raise RuntimeError("the form has not been validated")
        last = self.valid_to.data if self.valid_to.data is not None else UNSAID
        return AccessRightRow(
            business_id=business_id, channel=self.channel.data, valid_from=self.valid_from.data, valid_to=last
        )
