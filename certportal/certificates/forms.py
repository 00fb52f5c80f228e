"""The forms of redeeming transfer codes and of revoking."""

import base64
import textwrap
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from flask_babel import LazyString
from werkzeug.datastructures import FileStorage
from wtforms import FileField
from wtforms.validators import StopValidation

from certportal import ca
from certportal.ca import armour
from certportal.certificates import reasons, rules
from certportal.fields import ChoiceField, ChoicesField, DateField, Form, PlainTextField
from certportal.fields.question import Question
from certportal.fields.typed import ParsedField
from certportal.formats import as_date, language
from certportal.languages import lazy_gettext as _l
from certportal.refusals import Refusal
from certportal.secrecy import Secret
from certportal.sentences import SENTENCES, sentence


class PastedRequestField(ParsedField[bytes]):
    """A signing request as text. What was pasted is shown again, unless it held a private key: that goes nowhere."""

    def parse(self, text: str) -> bytes:
        sent = text.encode("utf-8", "replace")
        if text.strip():
            ca.read_signing_request(sent)
            return sent
        raise Refusal("csr_empty")

    def _value(self) -> str:
        return "" if self.held_private_key else super()._value()

    @property
    def held_private_key(self) -> bool:
        return self.refusal is not None and self.refusal.code == "csr_private_key"

    def show_instead(self, request: bytes) -> None:
        """The request of a chosen file, which the browser would otherwise forget with the page."""
        encoded = base64.b64encode(armour.der_of_request(request)).decode()
        lines = "\n".join(textwrap.wrap(encoded, 64))
        self.raw = f"-----BEGIN CERTIFICATE REQUEST-----\n{lines}\n-----END CERTIFICATE REQUEST-----\n"


class UploadedField(Question, FileField):
    """What was sent as a file, judged; ``data`` is its octets, or None."""

    data: bytes | None
    refusal: Refusal | None = None

    @abstractmethod
    def judge(self, sent: bytes) -> None:
        """Refuses what is not what it should be."""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        self.data, self.refusal = None, None
        chosen = valuelist[0] if valuelist else None
        if not isinstance(chosen, FileStorage):
            return
        sent = chosen.stream.read(armour.LARGEST + 1)
        if not sent and not chosen.filename:
            return
        try:
            self.judge(sent)
            self.data = sent
        except Refusal as refusal:
            self.refusal = refusal

    def pre_validate(self, form: Any) -> None:
        if self.refusal is not None:
            raise StopValidation(sentence(self.refusal))


class UploadedRequestField(UploadedField):
    """A signing request as a file, PEM or DER."""

    def judge(self, sent: bytes) -> None:
        ca.read_signing_request(sent)


class TransferIdField(ParsedField[str]):
    """The twelve digits of a TransferID, however they were grouped."""

    def parse(self, text: str) -> str:
        return rules.typed_transfer_id(text)

    def _value(self) -> str:
        typed = super()._value()
        return "" if "PRIVATE" in typed.upper() else typed


class TransferPasswordField(ParsedField[Secret]):
    """The one-time password, as it was typed; never shown back."""

    def parse(self, text: str) -> Secret:
        if not text.strip():
            raise Refusal("transfer_password_missing")
        return Secret(text.strip())

    def _value(self) -> str:
        return ""


class _TransferCodes(Form):
    """Both transfer codes: made before the request's fields, because errors are told in the order of the page."""

    transfer_id = TransferIdField(
        _l("Transfer ID (TransferID)"), description=_l("12 digits"), missing=SENTENCES["transfer_id_missing"]
    )
    transfer_password = TransferPasswordField(
        _l("One-time password (TransferPassword)"),
        description=_l("16 letters and digits. Capital and small letters differ"),
        missing=SENTENCES["transfer_password_missing"],
    )


class RequestForm(Form):
    """A signing request, as a file or pasted; the file counts where both are given."""

    request_file = UploadedRequestField(_l("Choose the file of the signing request"), required=False)
    request_text = PastedRequestField(_l("Or paste the signing request here"), required=False)

    @property
    def request(self) -> bytes:
        """The octets that were sent; only once the form is valid."""
        return self.request_file.data or self.request_text.data or b""

    def validate(self, extra_validators: Any = None) -> bool:
        """Something must be sent, and what is left behind by an earlier answer is no error beside a good file."""
        valid = super().validate(extra_validators)
        if self.request_file.data is not None:
            self.request_text.show_instead(self.request_file.data)
            if self.request_text.errors and not self.request_text.held_private_key:
                self.request_text.errors = []
                valid = not self.errors
        elif self.request_text.data is None and not (self.request_text.errors or self.request_file.errors):
            self.request_file.errors = [sentence(Refusal("csr_empty"))]
            valid = False
        return valid


class CodesForm(_TransferCodes, RequestForm):
    """Both transfer codes and a signing request."""


def reason_field() -> ChoiceField:
    """Why, of the reasons that a holder may give."""
    return ChoiceField(
        _l("Why is it revoked?"),
        choices=[(reason.value, reasons.WORDS[reason]) for reason in reasons.HOLDERS],
        coerce=ca.Reason,
        missing=SENTENCES["revocation_reason_missing"],
    )


def _note() -> PlainTextField:
    return PlainTextField(
        _l("What has happened?"), description=_l("Kept in the record of what was done"), limit=500, required=False
    )


def only_of_the_key(field: ChoiceField) -> None:
    """Where the certificate is revoked already: of the reasons, those that are still to be given."""
    of_the_key = [each for each in reasons.HOLDERS if each.distrusts_key]
    field.choices = [(each.value, reasons.WORDS[each]) for each in of_the_key]  # pyright: ignore[reportAttributeAccessIssue]


class RevokeForm(Form):
    """Why, of the reasons a holder may give, a note for the record, and what was renewed with the key.

    ``renewed`` is ticked until somebody says otherwise; ``about_renewed`` is the second line of each.
    """

    reason = reason_field()
    note = _note()
    renewed = ChoicesField(_l("Revoke these too, if the reason is the key"), coerce=int, required=False)

    def __init__(self, renewed: Sequence[Any], **kwargs: Any) -> None:
        """``renewed``: the certificates."""
        super().__init__(**kwargs)
        self.renewed.choices = [(each.id, _name(each)) for each in renewed]  # pyright: ignore[reportAttributeAccessIssue]
        words = str(_l("Issued on %(date)s, serial number %(serial)s"))
        self.about_renewed = {
            each.id: words % {"date": as_date(each.issued_at), "serial": ca.pairs(each.serial)} for each in renewed
        }
        if not self.is_submitted():
            self.renewed.data = [each.id for each in renewed]


def _name(certificate: Any) -> str:
    return certificate.description or certificate.channel.name(language().value)


class PlanForm(Form):
    """The last day on which it works, why it is revoked then, and a note."""

    last_day = DateField(
        _l("Last day"),
        description=_l("The certificate works to the end of this day"),
        missing=SENTENCES["plan_day_missing"],
    )
    reason = reason_field()
    note = _note()


class SerialField(ParsedField[str]):
    """A serial number, in any grouping; ``data`` is it as the register has it."""

    def parse(self, text: str) -> str:
        return rules.typed_serial(text)

    def shown(self, value: str) -> str:
        return ca.pairs(value)


class SerialForm(Form):
    """A serial number alone. Where it only looks something up, it is sent by GET and needs no token."""

    serial = SerialField(
        _l("Serial number"),
        description=_l(
            "As it stands in the certificate, in the mails about it or on its page. Spaces and colons do not matter"
        ),
        missing=SENTENCES["serial_missing"],
    )


def hints() -> dict[str, LazyString]:
    """The second line of each reason."""
    return {reason.value: reasons.HINTS[reason] for reason in reasons.HOLDERS}
