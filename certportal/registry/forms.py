"""The forms of the registry: asking to be let in, the organisation's contact, one's own details."""

from typing import Any, TypeVar

from wtforms import HiddenField

from certportal.fields import (
    BusinessIdField,
    ChoiceField,
    CountryField,
    EmailAddressField,
    Form,
    LanguageField,
    PhoneNumberField,
    PlainTextField,
)
from certportal.languages import lazy_gettext as _l
from certportal.languages import lazy_pgettext
from certportal.registry.rules import AdmissionKind, Asked, OrganisationContact

NAME = 200
SHORT = 80
"""What a stranger writes reaches the present signatories by mail; nobody's name and role need more."""

Value = TypeVar("Value")


class AskForm(Form):
    """To be let in: why, for which organisation, and who asks."""

    kind = ChoiceField(
        _l("What is it about?"),
        missing=_l("Choose what your request is about"),
        coerce=AdmissionKind,
        choices=[
            (AdmissionKind.NEW_ORGANISATION.value, _l("My organisation is not here yet, or no sign-in code came")),
            (AdmissionKind.CHANGED_SIGNATORY.value, _l("Our signatory has changed")),
        ],
    )
    organisation = PlainTextField(
        _l("Organisation’s name"),
        limit=NAME,
        missing=_l("Enter the organisation’s name as it is in the trade register"),
    )
    country = CountryField(_l("Country"))
    business_id = BusinessIdField(_l("Business ID"), country=lambda form: form["country"].data)
    name = PlainTextField(_l("Your name"), limit=SHORT, missing=_l("Enter your first name and last name"))
    role = PlainTextField(
        _l("Your role in the organisation"),
        limit=SHORT,
        description=_l("Such as managing director or member of the board. You need the right to sign alone."),
        missing=_l("Enter your role, such as managing director"),
    )
    email = EmailAddressField(
        _l("Your e-mail address"),
        description=_l("Sign-in codes will come here. Use your own address, not a shared one."),
    )
    phone = PhoneNumberField(
        _l("Your mobile number"),
        country=lambda form: form["country"].data,
        description=_l("We may call you to make sure that it is you."),
    )
    language = LanguageField(_l("Language of letters to you"))

    def asked(self) -> Asked:
        """The answers, once they have been validated."""
        return Asked(
            kind=self.kind.data,
            organisation_name=self.organisation.data or "",
            business_id=_given(self.business_id.data),
            name=self.name.data or "",
            email=_given(self.email.data),
            phone=_given(self.phone.data),
            role=self.role.data or "",
            language=self.language.data,
        )


class VersionedForm(Form):
    """Changes what others may change too. ``version``: of the row when the form was made; ``home``: the country in which
    numbers are read."""

    version = HiddenField()

    def __init__(self, *args: Any, home: str | None = None, **kwargs: Any) -> None:
        self.home = home
        super().__init__(*args, **kwargs)

    @property
    def seen(self) -> int:
        """The version as a number; none is 0, which no row has."""
        text = str(self.version.data or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0

    def show_version(self, version: int) -> None:
        """From now on the form stands on this version: the reader has been told of the change."""
        self.version.data = str(version)


class OrganisationContactForm(VersionedForm):
    """Whom the service writes to about the organisation."""

    name = PlainTextField(
        lazy_pgettext("of a person", "Name"), limit=NAME, missing=_l("Enter the person’s first name and last name")
    )
    email = EmailAddressField(_l("E-mail address"))
    phone = PhoneNumberField(_l("Mobile number"), required=False, country=lambda form: getattr(form, "home", None))
    language = LanguageField(_l("Language of letters"))

    def contact(self) -> OrganisationContact:
        """The answers, once they have been validated."""
        return OrganisationContact(self.name.data or "", _given(self.email.data), self.phone.data, self.language.data)


class PersonForm(VersionedForm):
    """One's own details. The e-mail address is the key to signing in, so an operator changes it."""

    name = PlainTextField(_l("Your name"), limit=NAME, missing=_l("Enter your first name and last name"))
    phone = PhoneNumberField(
        _l("Your mobile number"),
        required=False,
        country=lambda form: getattr(form, "home", None),
        description=_l("Filled in for you when you name yourself as a certificate’s technical contact."),
    )
    language = LanguageField(_l("Your language"), description=_l("For the pages, and letters to you."))


def _given(value: Value | None) -> Value:
    """What validation has found to be there."""
    if value is None:
        raise RuntimeError("the form has not been validated")
    return value
