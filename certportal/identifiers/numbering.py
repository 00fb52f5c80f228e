"""Numbering plans: what a number that was typed is dialled as. Imported when the first number is read or shown, because
phonenumbers, which knows the plans, would cost every start.
"""

from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from certportal.identifiers.phone_number import PhoneNumber
from certportal.refusals import Refusal

_GETS_MESSAGES: Final = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})

_NEARBY_WITH_ZERO: Final = ("FI", "SE", "DE", "GB")
_NEARBY_WITHOUT_ZERO: Final = ("EE", "NO")
_NEARBY_BEFORE_LANDLINE: Final = frozenset({"FI", "SE", "EE"})
"""Tried even for a number that is a landline here: 040 is Malmö in Sweden, but more likely a Finnish mobile."""


def country_of(e164: str) -> str:
    """ISO 3166-1 alpha-2 code."""
    number = _number(e164)
    return phonenumbers.region_code_for_number(number) or phonenumbers.region_code_for_country_code(
        number.country_code or 0
    )


def national(e164: str) -> str:
    """As dialled inside its own country."""
    return phonenumbers.format_number(_number(e164), PhoneNumberFormat.NATIONAL)


def international(e164: str) -> str:
    """As dialled from anywhere, in its country's groups."""
    return phonenumbers.format_number(_number(e164), PhoneNumberFormat.INTERNATIONAL)


@lru_cache(maxsize=2048)
def _number(e164: str) -> phonenumbers.PhoneNumber:
    return phonenumbers.parse(e164, None)


def dialled(line: str, region: str, typed: str) -> str:
    """E.164 of `line`, a plus or not and digits, as dialled in `region`. Refusals: as `PhoneNumber.parse`."""
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
