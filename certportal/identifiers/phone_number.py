"""A number that text messages reach: the PIN goes there, so it is read with care and shown as it will be dialled.

What numbering plans say is asked of `numbering`, which is imported when the first number needs it.
"""

import re
from dataclasses import dataclass
from typing import Final, Self

from certportal.identifiers.choices import country_code
from certportal.identifiers.texts import one_line, shown
from certportal.refusals import Refusal

_E164: Final = re.compile(r"\+[1-9]\d{4,14}", re.ASCII)
_EXTENSION: Final = re.compile(
    r"(?:ext(?:ension|n)?|alanumero|alanro|anknytning|ankn|int|x|#|;|,)[.:= ]*(\d{1,6})$", re.IGNORECASE | re.ASCII
)
_NUMBER: Final = re.compile(r"\+?[\d ()/.-]+", re.ASCII)
_TRUNK_ZERO: Final = re.compile(r"\(\s*0\s*\)", re.ASCII)
_LONGEST_INPUT: Final = 60


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """`e164`: a plus and 5–15 digits (ITU-T E.164), what a text message is sent to and what is kept."""

    e164: str

    def __post_init__(self) -> None:
        if not _E164.fullmatch(self.e164):
            raise ValueError("not an E.164 number; read what people type with PhoneNumber.parse")

    @classmethod
    def parse(cls, text: str, country: str) -> Self:
        """Read a number as dialled in `country` (ISO 3166-1 alpha-2; Åland's numbers are Finland's, +358).

        Spaces, dashes, brackets, slashes, dots, (0), 00 for + and any script's digits will do. It must be able to get
        text messages: of type MOBILE, or FIXED_LINE_OR_MOBILE where a country's plan does not tell them apart.

        Refusals, all but the first with `typed`: phone_missing; phone_unreadable; phone_extension; phone_too_short;
        phone_too_long; phone_unknown_country_code; phone_not_sms; phone_landline (`country`, `area`: a Finnish area
        code or ""); phone_needs_country_code (`country`). The last has, and phone_landline may have, `suggestion`: the
        PhoneNumber that was probably meant, else None. country_missing and country_unknown are the caller's.
        """
        from certportal.identifiers.numbering import dialled

        home = country_code(country)
        region = "FI" if home == "AX" else home
        return cls(dialled(_tidied(text), region, shown(text)))

    @property
    def country(self) -> str:
        """ISO 3166-1 alpha-2 code; FI for every +358."""
        from certportal.identifiers.numbering import country_of

        return "FI" if self.e164.startswith("+358") else country_of(self.e164)

    @property
    def national(self) -> str:
        """As dialled inside its own country: "040 123 4567"."""
        if self.e164.startswith("+358"):
            return "0" + _finnish_groups(self.e164[4:])
        from certportal.identifiers.numbering import national

        return national(self.e164)

    @property
    def grouped(self) -> str:
        """As dialled from anywhere, in the groups people read it in: "+358 40 123 4567"."""
        if self.e164.startswith("+358"):
            return "+358 " + _finnish_groups(self.e164[4:])
        from certportal.identifiers.numbering import international

        return international(self.e164)

    @property
    def last_two(self) -> str:
        return self.e164[-2:]

    @property
    def masked(self) -> str:
        """All that a page shows before the PIN: "•• 67"."""
        return f"•• {self.last_two}"

    def __str__(self) -> str:
        return self.e164


def _tidied(text: str) -> str:
    """A plus or not, then digits and separators. Refuses what is no single number."""
    typed = shown(text)
    line = re.sub(r"^tel:\s*", "", one_line(text[: 10 * _LONGEST_INPUT]), flags=re.IGNORECASE)
    if not line:
        raise Refusal("phone_missing")
    if len(line) > _LONGEST_INPUT:
        raise Refusal("phone_too_long" if _NUMBER.fullmatch(line) else "phone_unreadable", typed=typed)
    extension = _EXTENSION.search(line)
    if extension and _NUMBER.fullmatch(line[: extension.start()].strip()):
        raise Refusal("phone_extension", typed=typed)
    if line.startswith("(+"):
        line = "+" + line[2:].replace(")", " ", 1)
    digits = sum(character.isdigit() for character in line)
    if not _NUMBER.fullmatch(line) or not digits:
        raise Refusal("phone_unreadable", typed=typed)
    if line.startswith("00"):
        line = "+" + line[2:].lstrip(" -/.")
    if line.startswith("+"):
        line = _TRUNK_ZERO.sub(" ", line)
    return re.sub(r"[^\d+]", "", line)


def _finnish_groups(digits: str) -> str:
    """In Finland two digits, then the rest by three and four; Åland's operator has 457 as its prefix."""
    start = 3 if digits.startswith("457") and len(digits) == 10 else 2
    rest = digits[start:]
    first = 4 if len(rest) in {4, 8} else 3
    return " ".join(part for part in (digits[:start], rest[:first], rest[first:]) if part)
