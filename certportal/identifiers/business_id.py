"""The number by which a country's register knows an organisation."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Final, Protocol, Self, cast

from certportal.identifiers.choices import country_code
from certportal.identifiers.texts import one_line, shown
from certportal.refusals import Refusal

_FINNISH: Final = frozenset({"FI", "AX"})
"""Åland's organisations are in the Finnish register."""

_FINNISH_FORM: Final = re.compile(r"(?:FI)?(\d{7})-?(\d)|(\d{6})-(\d)", re.ASCII)
_FINNISH_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2)

_REGISTERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "BE": "be.vat",
        "CH": "ch.uid",
        "DK": "dk.cvr",
        "EE": "ee.registrikood",
        "ES": "es.cif",
        "FR": "fr.siren",
        "IS": "is_.kennitala",
        "LV": "lv.pvn",
        "NO": "no.orgnr",
        "PT": "pt.nif",
        "SE": "se.orgnr",
    }
)
"""Countries whose organisation number python-stdnum can check. In BE, LV and PT the VAT number is the same number."""

_FOREIGN_FORMS: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        "NO": re.compile(r"(?:NO)?(\d{9})(?:MVA)?", re.ASCII),
        "SE": re.compile(r"(?:SE|16)?(\d{10})(?:01)?", re.ASCII),
    }
)
"""The same number inside a VAT number or with the century that Swedish registers put before it."""

_ANY: Final = re.compile(r"(?=.*\d)[A-Z0-9](?:[A-Z0-9-]{0,18}[A-Z0-9])", re.ASCII)
_LONGEST_INPUT: Final = 60


class _Register(Protocol):
    def validate(self, number: str) -> str: ...


@dataclass(frozen=True, slots=True)
class BusinessId:
    """`text`: as the register writes it, such as 9900001-8; `country`: the organisation's, ISO 3166-1 alpha-2."""

    text: str
    country: str

    @classmethod
    def parse(cls, text: str, country: str) -> Self:
        """Read liberally: spaces, any dash or none, small letters, the country's letters in front as in a VAT number.

        FI and AX: seven digits, a hyphen and a check digit (weights 7 9 10 5 8 4 2, modulo 11; a remainder of 1 is
        never issued). An ID from the time of six digits needs its hyphen typed, or a forgotten digit would pass for one.
        Other countries by their own rule where python-stdnum knows it, else 2–20 of A–Z, 0–9 and hyphen with a digit.

        Refusals: country_missing; country_unknown; business_id_missing; business_id_form and business_id_check_digit
        (FI, AX: `typed`); business_id_unreadable (others: `typed`, `country`).
        """
        home = country_code(country)
        compact = re.sub(r"[\s.]", "", one_line(text[: 10 * _LONGEST_INPUT])).upper()
        if not compact:
            raise Refusal("business_id_missing")
        if home in _FINNISH:
            return cls(_finnish(compact, text), home)
        if len(text) > _LONGEST_INPUT:
            raise Refusal("business_id_unreadable", typed=shown(text), country=home)
        return cls(_foreign(compact, text, home), home)

    @property
    def register(self) -> str:
        """The country whose register holds the number: one organisation is one `text` in one `register`."""
        return "FI" if self.country in _FINNISH else self.country

    @property
    def organization_identifier(self) -> str:
        """As in a certificate's subject: NTR, the register's country, hyphen, number (ETSI EN 319 412-1, 5.1.4)."""
        return f"NTR{self.register}-{self.text}"

    def __str__(self) -> str:
        return self.text


def finnish_check_digit(seven_digits: str) -> str | None:
    """The check digit that belongs to the seven digits, or None for those that are never issued."""
    remainder = sum(weight * int(digit) for weight, digit in zip(_FINNISH_WEIGHTS, seven_digits, strict=True)) % 11
    return None if remainder == 1 else str((11 - remainder) % 11)


def _finnish(compact: str, text: str) -> str:
    form = _FINNISH_FORM.fullmatch(compact)
    if form is None:
        raise Refusal("business_id_form", typed=shown(text))
    digits, check = (form[1], form[2]) if form[1] else ("0" + form[3], form[4])
    if finnish_check_digit(digits) != check:
        raise Refusal("business_id_check_digit", typed=f"{digits}-{check}")
    return f"{digits}-{check}"


def _foreign(compact: str, text: str, country: str) -> str:
    number = _without_wrapping(compact, country)
    kept = _by_register(number, country) if country in _REGISTERS else number
    if not _ANY.fullmatch(kept):
        raise Refusal("business_id_unreadable", typed=shown(text), country=country)
    return kept


def _without_wrapping(compact: str, country: str) -> str:
    if country not in _FOREIGN_FORMS:
        return compact
    form = _FOREIGN_FORMS[country].fullmatch(compact.replace("-", ""))
    return form[1] if form else compact


def _by_register(number: str, country: str) -> str:
    """The number as the register writes it; empty for what is none. The library is imported here, not at every start."""
    from stdnum.exceptions import ValidationError

    module = import_module("stdnum." + _REGISTERS[country])
    try:
        valid = cast("_Register", module).validate(number)
    except ValidationError:
        return ""
    written = getattr(module, "format", None)
    return re.sub(r"[\s.]", "", str(written(valid)) if written else valid)
