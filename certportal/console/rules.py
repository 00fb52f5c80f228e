"""Decisions of the desk: what may be saved over what, and in which week a certificate ends."""

import hashlib
from collections.abc import Iterable
from datetime import date, timedelta

from certportal.refusals import Conflict, Refusal

WEEKS = 12
"""So far ahead the desk looks for certificates that expire."""


def mark(values: Iterable[object]) -> str:
    """A form's starting point in a few characters: it differs as soon as any of the values does."""
    return hashlib.sha256("\x1f".join(repr(value) for value in values).encode()).hexdigest()[:16]


def unchanged_since(seen: str, present: str) -> None:
    """Nobody saves over what somebody else has saved since the form was opened. Refusals: changed_meanwhile (conflict)."""
    if seen != present:
        raise Conflict("changed_meanwhile")


def weeks_from(today: date) -> list[date]:
    """The Mondays of this week and the eleven after it, and the one that ends them: thirteen days."""
    monday = today - timedelta(days=today.weekday())
    return [monday + timedelta(weeks=number) for number in range(WEEKS + 1)]


def terms_to_come(in_force_from: date, today: date) -> None:
    """A new version begins today or later: nobody has accepted it before it was written. Refusals: terms_in_the_past."""
    if in_force_from < today:
        raise Refusal("terms_in_the_past", first=in_force_from)
