"""The forms of signing in: an address, and two kinds of code."""

from typing import Any

from certportal.fields import EmailAddressField, Form
from certportal.fields.question import Text
from certportal.fields.typed import ParsedField
from certportal.languages import lazy_gettext as _l
from certportal.signin import rules


class CodeField(ParsedField[str]):
    """So many digits; spaces and hyphens between them are taken off."""

    def __init__(self, label: Text = "", *, digits: int, **kwargs: Any) -> None:
        self.digits = digits
        super().__init__(label, **kwargs)

    def parse(self, text: str) -> str:
        return rules.typed_code(text, self.digits)

    def _is_empty(self) -> bool:
        return False  # an empty code has its own sentence


class EmailForm(Form):
    """Where the code is to be sent."""

    email = EmailAddressField(_l("E-mail address"))


class CodeForm(Form):
    """The code from the e-mail."""

    code = CodeField(
        _l("Sign-in code (8 digits)"), digits=rules.CODE_DIGITS, description=_l("The code works only in this browser.")
    )


class AuthenticatorForm(Form):
    """The digits that the authenticator app shows."""

    code = CodeField(_l("Code from the app (6 digits)"), digits=rules.TOTP_DIGITS)
