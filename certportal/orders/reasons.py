"""The form that asks why a new certificate is needed."""

from typing import Any

from certportal.fields import ChoiceField, Form
from certportal.formats import as_date, environment_name
from certportal.languages import gettext
from certportal.languages import lazy_gettext as _l
from certportal.orders.offers import Reasons
from certportal.orders.replaceable import ReplaceableCertificate


class ReasonForm(Form):
    """Why a new certificate is needed, and what it takes the place of."""

    reason = ChoiceField(_l("Why do you need a new certificate?"), coerce=str)
    replaces = ChoiceField(
        _l("Which certificate does it replace?"), coerce=str, missing=_l("Choose the certificate that it replaces")
    )
    earlier = ChoiceField(
        _l("Which order could not be collected?"),
        coerce=str,
        missing=_l("Choose the order that could not be collected"),
    )

    def __init__(self, offered: Reasons, formdata: Any = None) -> None:
        super().__init__(formdata)
        reasons = [("additional", gettext("I need an additional certificate"))]
        if offered.certificates:
            reasons.append(("replaces", gettext("It replaces a certificate that is ending, has ended or was revoked")))
        if offered.orders:
            reasons.append(("retrieval_failed", gettext("A certificate that I ordered could not be collected")))
        self.reason.choices = reasons  # pyright: ignore[reportAttributeAccessIssue]
        nothing = ("", gettext("Choose"))
        self.replaces.choices = [nothing, *((str(each.id), _ending(each)) for each in offered.certificates)]  # pyright: ignore[reportAttributeAccessIssue]
        self.earlier.choices = [
            nothing,
            *((each.number, f"{each.number} {each.description}") for each in offered.orders),
        ]  # pyright: ignore[reportAttributeAccessIssue]

    def validate(self, extra_validators: Any = None) -> bool:
        """Only the list that belongs to the reason is asked for."""
        super().validate(extra_validators)
        if self.reason.data != "replaces":
            self.replaces.errors = []
        if self.reason.data != "retrieval_failed":
            self.earlier.errors = []
        return not self.errors


def _ending(each: ReplaceableCertificate) -> str:
    name, day = each.description or each.serial, as_date(each.not_after)
    return f"{name}, {day}, {environment_name(each.environment.value)}"
