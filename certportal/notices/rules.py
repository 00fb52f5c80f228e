"""The ladder: who is told when (domain.md, "expiry notices")."""

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


@dataclass(frozen=True, slots=True)
class Window:
    """Certificates that end in (``after``, ``until``] stand on ``rung``; ``next_rung`` is None after the last.

    ``lapses`` is how many days before the end the rung's notice is not sent any more: the next rung's, or -30.
    """

    rung: int
    older: tuple[int, ...]
    lapses: int
    after: datetime
    until: datetime


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


def recipient_key(email: str, language: str) -> str:
    """One person: one e-mail address, whatever its capitals, and one language, across organisations."""
    return f"{email.lower()}|{language}"
