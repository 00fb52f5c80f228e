"""Forms for what an organisation applies for: channels, purposes of use, versions of the terms; in three languages."""

from collections.abc import Sequence
from typing import Any

from certportal.console.forms.registering import EditForm
from certportal.fields import ChoiceField, ChoicesField, DateField, PlainTextField
from certportal.fields.typed import ParsedField
from certportal.identifiers import Environment
from certportal.languages import lazy_gettext as _l
from certportal.registry import columns
from certportal.registry.rows import UNSAID, ChannelRow, PurposeRow, TermsRow

NAME, TEXT, TERMS = columns.NAME, columns.TEXT, columns.TERMS
YES, NO = "yes", "no"


class NumberField(ParsedField[int]):
    """A whole number from ``least`` to ``most``."""

    def __init__(self, label: Any = "", *, least: int, most: int, **kwargs: Any) -> None:
        self.least, self.most = least, most
        super().__init__(label, **kwargs)

    def parse(self, text: str) -> int:
        return columns.whole_number(text, self.least, self.most)


class CodeField(ParsedField[str]):
    """The code by which a channel or a purpose is known in imports and in the record."""

    def parse(self, text: str) -> str:
        return columns.code(text)


class EntryForm(EditForm):
    """What channels and purposes have in common."""

    code = CodeField(
        _l("Code"),
        description=_l(
            "Letters from a to z, digits and hyphens. Imports and the record know it by the code, so it stays"
        ),
        missing=_l("Enter a code, such as earnings-ws"),
    )
    position = NumberField(
        _l("Place in lists"),
        least=0,
        most=100_000,
        description=_l("Small numbers come first"),
        missing=_l("Enter a number"),
    )
    last_day = DateField(
        _l("Last day of applying"),
        required=False,
        description=_l("Leave it empty while it can be applied for. What has been granted goes on afterwards"),
    )


class ChannelForm(EntryForm):
    """A channel. ``right_days`` empty: access rights hold until further notice."""

    name_fi = PlainTextField(_l("Name in Finnish"), limit=NAME, missing=_l("Enter the name in Finnish"))
    name_sv = PlainTextField(_l("Name in Swedish"), limit=NAME, missing=_l("Enter the name in Swedish"))
    name_en = PlainTextField(_l("Name in English"), limit=NAME, missing=_l("Enter the name in English"))
    use_fi = PlainTextField(_l("What it is for, in Finnish"), limit=TEXT, keep_lines=True, required=False)
    use_sv = PlainTextField(_l("What it is for, in Swedish"), limit=TEXT, keep_lines=True, required=False)
    use_en = PlainTextField(_l("What it is for, in English"), limit=TEXT, keep_lines=True, required=False)
    software = PlainTextField(
        _l("Which software uses it"),
        limit=TEXT,
        keep_lines=True,
        required=False,
        description=_l("Names of programs, as their users know them"),
    )
    environments = ChoicesField(
        _l("Certificates are issued for"),
        choices=[(Environment.PRODUCTION.value, _l("production")), (Environment.TEST.value, _l("test"))],
        coerce=Environment,
        missing=_l("Choose production, test or both"),
    )
    decides = ChoiceField(
        _l("Who decides on the access right?"),
        choices=[(YES, _l("An operator decides each time")), (NO, _l("It is granted at once, without a decision"))],
        missing=_l("Choose who decides"),
    )
    right_days = NumberField(
        _l("How many days an access right lasts"),
        least=1,
        most=36_500,
        required=False,
        description=_l("Leave it empty: until further notice"),
    )
    issuer = ChoiceField(
        _l("Which authority issues its certificates?"),
        description=_l("Certificates that have been issued stay as they are"),
        missing=_l("Choose the authority"),
    )

    def offer(self, lines: Sequence[str]) -> None:
        """The lines of issuing authorities that there are; one alone is no choice."""
        self.issuer.choices = [(line, line) for line in lines]  # pyright: ignore[reportAttributeAccessIssue]
        if len(lines) < 2:
            del self.issuer

    def row(self, code: str) -> ChannelRow:
        """The answers, once they have been validated."""
        environments = self.environments.data or []
        return ChannelRow(
            channel=code,
            **{name: self[name].data or "" for name in _TEXTS},
            production=Environment.PRODUCTION in environments,
            test=Environment.TEST in environments,
            operator_decides=self.decides.data == YES,
            right_days=self.right_days.data,
            issuer=self.issuer.data or UNSAID if "issuer" in self else UNSAID,
            position=self.position.data or 0,
            last_day=self.last_day.data,
        )


_TEXTS = ("name_fi", "name_sv", "name_en", "use_fi", "use_sv", "use_en", "software")


class PurposeForm(EntryForm):
    """A purpose of use."""

    text_fi = PlainTextField(
        _l("Text in Finnish"), limit=TEXT, keep_lines=True, missing=_l("Enter the text in Finnish")
    )
    text_sv = PlainTextField(
        _l("Text in Swedish"), limit=TEXT, keep_lines=True, missing=_l("Enter the text in Swedish")
    )
    text_en = PlainTextField(
        _l("Text in English"), limit=TEXT, keep_lines=True, missing=_l("Enter the text in English")
    )

    def row(self, code: str) -> PurposeRow:
        """The answers, once they have been validated."""
        return PurposeRow(
            purpose=code,
            text_fi=self.text_fi.data or "",
            text_sv=self.text_sv.data or "",
            text_en=self.text_en.data or "",
            position=self.position.data or 0,
            last_day=self.last_day.data,
        )


class TermsForm(EditForm):
    """A version of the terms of use. Once its day has come it is not changed any more."""

    in_force_from = DateField(
        _l("In force from"),
        description=_l("Today or later. It is asked for at the next application; nothing stops meanwhile"),
        missing=_l("Enter the day on which it comes into force"),
    )
    text_fi = PlainTextField(
        _l("Text in Finnish"), limit=TERMS, keep_lines=True, missing=_l("Enter the text in Finnish")
    )
    text_sv = PlainTextField(
        _l("Text in Swedish"), limit=TERMS, keep_lines=True, missing=_l("Enter the text in Swedish")
    )
    text_en = PlainTextField(
        _l("Text in English"), limit=TERMS, keep_lines=True, missing=_l("Enter the text in English")
    )

    def row(self, version: int) -> TermsRow:
        """The answers, once they have been validated."""
        if self.in_force_from.data is None:
            raise RuntimeError("the form has not been validated")
        return TermsRow(
            version=version,
            in_force_from=self.in_force_from.data,
            text_fi=self.text_fi.data or "",
            text_sv=self.text_sv.data or "",
            text_en=self.text_en.data or "",
        )
