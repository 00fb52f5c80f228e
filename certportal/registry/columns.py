"""What each column of an import file may hold, and how a record becomes a row."""

import enum
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from certportal.identifiers import BusinessId, EmailAddress, Language, PhoneNumber, country_code, parse_day, plain_text
from certportal.identifiers.texts import one_line, shown
from certportal.refusals import Refusal
from certportal.registry import rules
from certportal.registry.rows import (
    AccessRightRow,
    ChannelRow,
    Kind,
    OrganisationRow,
    PurposeRow,
    Row,
    SignatoryRow,
    TermsRow,
)
from certportal.registry.rules import SHARED_ISSUER

NAME: Final = 200
TEXT: Final = 5_000
TERMS: Final = 100_000
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}", re.ASCII)
_YES: Final = frozenset({"yes", "true", "1", "kyllä", "ja"})
_NO: Final = frozenset({"no", "false", "0", "ei", "nej"})
_YEARS: Final = range(1900, 3000)


class Emptied(enum.Enum):
    """A cell that holds no text: EMPTIED takes the field's value away; NOT_PLAIN is a list or an object."""

    EMPTIED = "emptied"
    NOT_PLAIN = "not plain"


Cell = str | Emptied
Fault = Callable[[str, Refusal], None]


class Column(NamedTuple):
    """``attribute``: of the row; ``read(text, country)``; ``empties``: whether the field may be emptied, to ``empty``."""

    attribute: str
    read: Callable[[str, str], object]
    empties: bool = False
    empty: object = None


def _line(limit: int) -> Callable[[str, str], str]:
    return lambda text, _country: plain_text(text, limit)


def _lines(limit: int) -> Callable[[str, str], str]:
    return lambda text, _country: plain_text(text, limit, keep_lines=True)


def _day(text: str, _country: str) -> date:
    day = parse_day(text)
    if day.year not in _YEARS:
        raise Refusal("day_far_away", typed=shown(text))
    return day


def code(text: str) -> str:
    """By which a channel or a purpose is known. Refusals: text_missing; row_code_form (`typed`)."""
    found = one_line(text)
    if not found:
        raise Refusal("text_missing")
    if not _CODE.fullmatch(found):
        raise Refusal("row_code_form", typed=shown(text))
    return found


def _code(text: str, _country: str) -> str:
    return code(text)


def _yes_or_no(text: str, _country: str) -> bool:
    word = one_line(text).casefold()
    if word not in _YES | _NO:
        raise Refusal("yes_or_no", typed=shown(text))
    return word in _YES


def whole_number(text: str, least: int, most: int) -> int:
    """A whole number in digits. Refusals: text_missing; number_range (`typed`, `least`, `most`)."""
    digits = one_line(text)
    if not digits:
        raise Refusal("text_missing")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10 and least <= int(digits) <= most):
        raise Refusal("number_range", typed=shown(text), least=least, most=most)
    return int(digits)


def _number(least: int, most: int) -> Callable[[str, str], int]:
    return lambda text, _country: whole_number(text, least, most)


def _language(text: str, _country: str) -> Language:
    return Language.parse(text)


def _email(text: str, _country: str) -> EmailAddress:
    return EmailAddress.parse(text)


def _phone(text: str, country: str) -> PhoneNumber:
    return PhoneNumber.parse(text, country)


def _in_languages(name: str, read: Callable[[str, str], object], *, empties: bool = False) -> dict[str, Column]:
    return {f"{name}_{language}": Column(f"{name}_{language}", read, empties, "") for language in Language}


_BUSINESS_ID: Final = {
    "business_id": Column("business_id", BusinessId.parse),
    "country": Column("country", lambda text, _country: country_code(text)),
}
_FROM: Final = {"from": Column("valid_from", _day)}
_TO: Final = {"to": Column("valid_to", _day, empties=True)}
_LAST_DAY: Final = {"to": Column("last_day", _day, empties=True)}
_POSITION: Final = {"position": Column("position", _number(0, 100_000))}

COLUMNS: Final[Mapping[Kind, Mapping[str, Column]]] = {
    Kind.ORGANISATIONS: {
        **_BUSINESS_ID,
        "name": Column("name", _line(NAME)),
        "language": Column("language", _language),
        "contact_name": Column("contact_name", _line(NAME), empties=True, empty=""),
        "contact_email": Column("contact_email", _email, empties=True),
        "contact_phone": Column("contact_phone", _phone, empties=True),
        "contact_language": Column("contact_language", _language),
        **_LAST_DAY,
    },
    Kind.SIGNATORIES: {
        **_BUSINESS_ID,
        "email": Column("email", _email),
        "name": Column("name", _line(NAME)),
        "phone": Column("phone", _phone, empties=True),
        "language": Column("language", _language),
        **_FROM,
        **_TO,
    },
    Kind.CHANNELS: {
        "channel": Column("channel", _code),
        **_in_languages("name", _line(NAME)),
        **_in_languages("use", _lines(TEXT), empties=True),
        "software": Column("software", _lines(TEXT), empties=True, empty=""),
        "production": Column("production", _yes_or_no),
        "test": Column("test", _yes_or_no),
        "operator_decides": Column("operator_decides", _yes_or_no),
        "right_days": Column("right_days", _number(1, 36_500), empties=True),
        "issuer": Column("issuer", _code, empties=True, empty=SHARED_ISSUER),
        **_POSITION,
        **_LAST_DAY,
    },
    Kind.PURPOSES: {
        "purpose": Column("purpose", _code),
        **_in_languages("text", _lines(TEXT)),
        **_POSITION,
        **_LAST_DAY,
    },
    Kind.TERMS: {
        "version": Column("version", _number(1, 100_000)),
        "from": Column("in_force_from", _day),
        **_in_languages("text", _lines(TERMS)),
    },
    Kind.ACCESS_RIGHTS: {**_BUSINESS_ID, "channel": Column("channel", _code), **_FROM, **_TO},
}

KEYS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.ORGANISATIONS: ("business_id",),
    Kind.SIGNATORIES: ("business_id", "email"),
    Kind.CHANNELS: ("channel",),
    Kind.PURPOSES: ("purpose",),
    Kind.TERMS: ("version",),
    Kind.ACCESS_RIGHTS: ("business_id", "channel"),
}
"""The columns by which a row is known, and a CSV's kind told."""

_ROWS: Final[Mapping[Kind, Callable[..., Row]]] = {
    Kind.ORGANISATIONS: OrganisationRow,
    Kind.SIGNATORIES: SignatoryRow,
    Kind.CHANNELS: ChannelRow,
    Kind.PURPOSES: PurposeRow,
    Kind.TERMS: TermsRow,
    Kind.ACCESS_RIGHTS: AccessRightRow,
}


def read_row(kind: Kind, cells: Mapping[str, Cell], country: str, fault: Fault) -> Row | None:
    """The row that a record says, or None after ``fault(column, refusal)`` for each thing wrong in it.

    An empty text says nothing. ``country`` serves where the record names none.
    """
    faults: list[str] = []

    def note(column: str, refusal: Refusal) -> None:
        faults.append(column)
        fault(column, refusal)

    columns = COLUMNS[kind]
    values: dict[str, Any] = {}
    ordered = sorted(cells.items(), key=lambda cell: cell[0] != "country")
    for name, cell in ordered:
        if name not in columns:
            note(shown(name), Refusal("column_unknown", known=", ".join(columns)))
        elif cell != "" and not (isinstance(cell, str) and cell.isspace()):
            try:
                values[columns[name].attribute] = _read(columns[name], cell, values.get("country", country))
            except Refusal as refusal:
                note(name, refusal)
    for name in KEYS[kind]:
        if columns[name].attribute not in values and name not in faults:
            note(name, Refusal("row_needs", field=name))
    if not faults:
        _dates_in_order(values, note)
    values.pop("country", None)
    return None if faults else _ROWS[kind](**values)


def _read(column: Column, cell: Cell, country: str) -> object:
    if isinstance(cell, str):
        return column.read(cell, country)
    if cell is Emptied.NOT_PLAIN:
        raise Refusal("cell_not_plain")
    if not column.empties:
        raise Refusal("cell_not_emptied")
    return column.empty


def _dates_in_order(values: Mapping[str, Any], note: Fault) -> None:
    if "valid_from" in values and "valid_to" in values:
        try:
            rules.in_order(values["valid_from"], values["valid_to"])
        except Refusal as refusal:
            note("to", refusal)
