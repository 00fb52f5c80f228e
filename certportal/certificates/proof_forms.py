"""The form by which a proof of possession is sent in a browser: as a file, or pasted."""

from typing import Any

from certportal import ca
from certportal.certificates.forms import SerialField, UploadedField, reason_field
from certportal.fields import Form
from certportal.fields.typed import ParsedField
from certportal.languages import lazy_gettext as _l
from certportal.refusals import Refusal
from certportal.sentences import sentence


class UploadedProofField(UploadedField):
    """A CMS SignedData as a file."""

    def judge(self, sent: bytes) -> None:
        ca.read_signed(sent)


class PastedProofField(ParsedField[bytes]):
    """A CMS SignedData as text. What was pasted is shown again, unless it held a private key: that goes nowhere."""

    def parse(self, text: str) -> bytes:
        sent = text.encode("utf-8", "replace")
        ca.read_signed(sent)
        return sent

    def _value(self) -> str:
        held_private_key = self.refusal is not None and self.refusal.code == "proof_private_key"
        return "" if held_private_key else super()._value()


class ProofForm(Form):
    """A proof and the reason; the file counts where both are given. ``serial`` as it was typed for the commands."""

    serial = SerialField(_l("Serial number"), required=False)
    proof_file = UploadedProofField(_l("Choose the file that the commands made"), required=False)
    proof_text = PastedProofField(_l("Or paste its text here"), required=False)
    reason = reason_field()

    @property
    def sent(self) -> bytes:
        """The octets that were sent; only once the form is valid."""
        return self.proof_file.data or self.proof_text.data or b""

    def validate(self, extra_validators: Any = None) -> bool:
        """Something must be sent; what is left of a paste is no error beside a good file."""
        valid = super().validate(extra_validators)
        if self.proof_file.data is not None and self.proof_text.errors:
            self.proof_text.errors = []
            valid = not self.errors
        elif not (self.proof_file.data or self.proof_text.data or self.proof_file.errors or self.proof_text.errors):
            self.proof_file.errors = [sentence(Refusal("proof_empty"))]
            valid = False
        return valid
