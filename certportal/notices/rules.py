"""The ladder: who is told when, and what becomes of a letter's lines when it is sent (domain.md, "expiry notices")."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WIDER_FROM = 30
"""From this many days before the end the second address and the organisation's contact are told too."""
SIGNATORIES_FROM = 14
"""From this many days before the end the signatories are told too."""
AFTER_END = 30
"""For so many days after the end the notice on expiry is still owed."""
EXPIRED = 0
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Certificates that end in (``after``, ``until``] stand on ``rung``; ``older`` are the rungs before it.

    ``lapses`` is how many days before the end the rung's notice is not sent any more: the next rung's, or -30.
    """

    rung: int
    older: tuple[int, ...]
    lapses: int
    after: datetime
    until: datetime


class Fate(enum.StrEnum):
    """What becomes of one line of a letter when the letter is sent."""

    TOLD = "told"
    OVERTAKEN = "overtaken"
    DROPPED = "dropped"
    MOVED = "moved"


def ladder(notice_days: Sequence[int]) -> tuple[int, ...]:
    """The rungs from the longest before the end to expiry itself: 60, 30, 14, 7, 1, 0."""
    return (*sorted({days for days in notice_days if days > EXPIRED}, reverse=True), EXPIRED)


def windows(notice_days: Sequence[int], now: datetime) -> list[Window]:
    """Each certificate that is due anything stands in one window, the newest rung it has passed.

    So after downtime the newest missed rung goes out, and the older ones never: "due and not yet told", not "is it that day".
    """
    rungs = ladder(notice_days)
    found: list[Window] = []
    for place, rung in enumerate(rungs):
        lapses = rungs[place + 1] if place + 1 < len(rungs) else -AFTER_END
        after, until = now + timedelta(days=lapses), now + timedelta(days=rung)
        found.append(Window(rung, rungs[:place], lapses, after, until))
    return found


def roles(rung: int) -> tuple[str, ...]:
    """Values of NoticeRole that a rung concerns."""
    told = ["contact"]
    if rung <= WIDER_FROM:
        told += ["second_address", "organisation_contact"]
    if rung <= SIGNATORIES_FROM:
        told.append("signatory")
    return tuple(told)


def next_rung(notice_days: Sequence[int], rung: int) -> int | None:
    """The rung after this one, 0 for expiry itself; None after that. ``rung`` may have left the ladder meanwhile."""
    return next((later for later in ladder(notice_days) if later < rung), None)


def days_until(end: datetime, now: datetime) -> int:
    """Days of 24 hours, begun ones counted: a notice that goes out an hour after its moment still says 60 days."""
    return max(0, -((now - end) // DAY))


def fate(*, silent: bool, late: bool, written_to: str, holder: str | None) -> Fate:
    """``late``: a newer rung has come. ``written_to`` and ``holder``: the key of whom the letter was made for, and of whoever
    holds the role now. A recipient who has changed is not told by this letter: the line is owed anew (failures.md, F5)."""
    if late:
        return Fate.OVERTAKEN
    if silent or holder is None:
        return Fate.DROPPED
    return Fate.TOLD if holder == written_to else Fate.MOVED
