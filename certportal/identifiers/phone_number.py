"""A number that text messages reach: the PIN goes there, so it is read with care and shown as it will be dialled."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Self

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

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

_GETS_MESSAGES: Final = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})

_NEARBY_WITH_ZERO: Final = ("FI", "SE", "DE", "GB")
_NEARBY_WITHOUT_ZERO: Final = ("EE", "NO")
_NEARBY_BEFORE_LANDLINE: Final = frozenset({"FI", "SE", "EE"})
"""Tried even for a number that is a landline here: 040 is Malmö in Sweden, but more likely a Finnish mobile."""


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
        home = country_code(country)
        region = "FI" if home == "AX" else home
        return cls(_dialled(_tidied(text), region, shown(text)))

    @property
    def country(self) -> str:
        """ISO 3166-1 alpha-2 code; FI for every +358."""
        number = _number(self.e164)
        if number.country_code == 358:
            return "FI"
        return phonenumbers.region_code_for_number(number) or phonenumbers.region_code_for_country_code(
            number.country_code or 0
        )

    @property
    def national(self) -> str:
        """As dialled inside its own country: "040 123 4567"."""
        if self.e164.startswith("+358"):
            return "0" + _finnish_groups(self.e164[4:])
        return phonenumbers.format_number(_number(self.e164), PhoneNumberFormat.NATIONAL)

    @property
    def grouped(self) -> str:
        """As dialled from anywhere, in the groups people read it in: "+358 40 123 4567"."""
        if self.e164.startswith("+358"):
            return "+358 " + _finnish_groups(self.e164[4:])
        return phonenumbers.format_number(_number(self.e164), PhoneNumberFormat.INTERNATIONAL)

    @property
    def last_two(self) -> str:
        return self.e164[-2:]

    @property
    def masked(self) -> str:
        """All that a page shows before the PIN: "•• 67"."""
        return f"•• {self.last_two}"

    def __str__(self) -> str:
        return self.e164


@lru_cache(maxsize=2048)
def _number(e164: str) -> phonenumbers.PhoneNumber:
    return phonenumbers.parse(e164, None)


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


def _dialled(line: str, region: str, typed: str) -> str:
    """E.164 of `line`, a plus or not and digits, as dialled in `region`."""
    number = _parsed(line, region)
    if isinstance(number, Refusal):
        raise type(number)(number.code, typed=typed)
    kind = phonenumbers.number_type(number)
    if kind in _GETS_MESSAGES:
        return _e164(number)
    meant = _meant(line, region)
    if kind == PhoneNumberType.FIXED_LINE:
        near = meant if meant and meant.country in _NEARBY_BEFORE_LANDLINE else None
        raise Refusal("phone_landline", typed=typed, suggestion=near, **_place(number))
    if meant:
        raise Refusal("phone_needs_country_code", typed=typed, suggestion=meant, country=meant.country)
    raise Refusal(_fault(number) if kind == PhoneNumberType.UNKNOWN else "phone_not_sms", typed=typed)


_UNPARSED: Final = {
    NumberParseException.INVALID_COUNTRY_CODE: "phone_unknown_country_code",
    NumberParseException.NOT_A_NUMBER: "phone_too_short",
    NumberParseException.TOO_SHORT_AFTER_IDD: "phone_too_short",
    NumberParseException.TOO_SHORT_NSN: "phone_too_short",
    NumberParseException.TOO_LONG: "phone_too_long",
}


def _parsed(line: str, region: str) -> phonenumbers.PhoneNumber | Refusal:
    """After a plus no region is given: phonenumbers would else take 999 in +999 for a Finnish carrier's prefix."""
    try:
        return phonenumbers.parse(line, None if line.startswith("+") else region)
    except NumberParseException as failure:
        return Refusal(_UNPARSED[failure.error_type])


def _meant(line: str, region: str) -> PhoneNumber | None:
    """The mobile number abroad that was probably meant: written as at home, or with its country code but no plus."""
    if line.startswith("+"):
        return None
    for other in _NEARBY_WITH_ZERO if line.startswith("0") else _NEARBY_WITHOUT_ZERO:
        if other != region and (found := _mobile(line, other)):
            return found
    digits = line.lstrip("0")
    return _mobile("+" + digits, region) if len(digits) >= 10 else None


def _mobile(line: str, region: str) -> PhoneNumber | None:
    number = _parsed(line, region)
    if isinstance(number, Refusal) or phonenumbers.number_type(number) != PhoneNumberType.MOBILE:
        return None
    return PhoneNumber(_e164(number))


def _place(number: phonenumbers.PhoneNumber) -> dict[str, str]:
    """Where a landline is: the country, and in Finland the area code, for its name in the reader's language."""
    national = phonenumbers.national_significant_number(number)
    if number.country_code == 358:
        return {"country": "FI", "area": national[:2] if national.startswith("1") else national[:1]}
    return {"country": phonenumbers.region_code_for_number(number) or "", "area": ""}


def _fault(number: phonenumbers.PhoneNumber) -> str:
    """What is wrong with a number that nobody has: compared with the lengths of its country's mobile numbers."""
    region = phonenumbers.region_code_for_country_code(number.country_code or 0)
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    lengths = [
        length for length in (metadata.mobile.possible_length if metadata and metadata.mobile else ()) if length > 0
    ]
    length = len(phonenumbers.national_significant_number(number))
    if lengths and length < min(lengths):
        return "phone_too_short"
    if lengths and length > max(lengths):
        return "phone_too_long"
    return "phone_unreadable"


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _finnish_groups(digits: str) -> str:
    """In Finland two digits, then the rest by three and four; Åland's operator has 457 as its prefix."""
    start = 3 if digits.startswith("457") and len(digits) == 10 else 2
    rest = digits[start:]
    first = 4 if len(rest) in {4, 8} else 3
    return " ".join(part for part in (digits[:start], rest[:first], rest[first:]) if part)
