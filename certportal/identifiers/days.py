"""A day, as people write it in the portal's three languages."""

import re
from datetime import date
from typing import Final

from certportal.identifiers.texts import one_line, shown
from certportal.refusals import Refusal

_MONTHS: Final = (
    ("tammikuu", "januari", "january"),
    ("helmikuu", "februari", "february"),
    ("maaliskuu", "mars", "march"),
    ("huhtikuu", "april"),
    ("toukokuu", "maj", "may"),
    ("kesäkuu", "juni", "june"),
    ("heinäkuu", "juli", "july"),
    ("elokuu", "augusti", "august"),
    ("syyskuu", "september"),
    ("lokakuu", "oktober", "october"),
    ("marraskuu", "november"),
    ("joulukuu", "december"),
)

_DAY_FIRST: Final = re.compile(r"(\d{1,2})\s*[./-]\s*(\d{1,2})\s*[./-]\s*(\d{4})", re.ASCII)
_YEAR_FIRST: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_NAMED: Final = re.compile(r"(\d{1,2})\.?\s*([a-zåäö]{3,})\.?\s*(\d{4})", re.IGNORECASE)
_LONGEST_INPUT: Final = 60


def parse_day(text: str) -> date:
    """4.12.2026, 4/12/2026, 2026-12-04, 4 December 2026, 4. joulukuuta 2026: the day always stands before the month.

    The year needs its four digits. Refusals: day_missing; day_unreadable (`typed`); day_not_in_calendar (`typed`).
    """
    line = one_line(text[: 10 * _LONGEST_INPUT])
    if not line:
        raise Refusal("day_missing")
    numbers = _numbers(line) if len(line) <= _LONGEST_INPUT else None
    if numbers is None:
        raise Refusal("day_unreadable", typed=shown(text))
    year, month, day = numbers
    try:
        return date(year, month, day)
    except ValueError as failure:
        raise Refusal("day_not_in_calendar", typed=shown(text)) from failure


def _numbers(line: str) -> tuple[int, int, int] | None:
    """Year, month, day."""
    if found := _YEAR_FIRST.fullmatch(line):
        return int(found[1]), int(found[2]), int(found[3])
    if found := _DAY_FIRST.fullmatch(line):
        return int(found[3]), int(found[2]), int(found[1])
    if (found := _NAMED.fullmatch(line)) and (month := _month(found[2].lower())):
        return int(found[3]), month, int(found[1])
    return None


def _month(word: str) -> int | None:
    """A whole name, a Finnish one also as kuuta or without kuu, or three letters of a Swedish or English one."""
    name = word.removesuffix("ta") if word.endswith("kuuta") else word
    for number, names in enumerate(_MONTHS, start=1):
        if (
            name in names
            or name in {full.removesuffix("kuu") for full in names}
            or name in {full[:3] for full in names[1:]}
        ):
            return number
    return None
