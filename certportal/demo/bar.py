"""What the bar on every page shows: the service's time, who can sign in, and what is new in the inbox."""

from dataclasses import dataclass
from datetime import datetime

from flask import g, request

from certportal import clock
from certportal.demo import people, reading
from certportal.demo.moving import DAYS
from certportal.demo.people import Seat
from certportal.demo.reading import Shown

SEEN = "demo-inbox"
"""The cookie that says which message of the inbox this browser has seen last."""


@dataclass(frozen=True)
class News:
    """How many messages this browser has not seen, and the newest of them."""

    count: int
    newest: Shown | None


@dataclass(frozen=True)
class Bar:
    """Everything on the bar. ``days_ahead``: how far the clock has been moved."""

    now: datetime
    days_ahead: int
    seats: list[Seat]
    contacts: list[tuple[str, int]]
    days: tuple[int, ...]
    news: News


def bar() -> Bar:
    """As it is now, for this browser."""
    return Bar(clock.now(), clock.ahead().days, people.seats(), people.contacts(), DAYS, news())


def news() -> News:
    """What has come since this browser last looked into the inbox."""
    inbox = reading.inbox()
    count = inbox.count_after(seen())
    newest = inbox.newest() if count else None
    return News(count, reading.shown(newest) if newest is not None else None)


def seen() -> int:
    """The number of the last message that this browser has seen; 0 for none."""
    number = request.cookies.get(SEEN, "")
    brought = int(number) if number.isascii() and number.isdigit() and len(number) < 16 else 0
    return max(brought, g.get("demo_seen", 0))


def look() -> int:
    """This page shows the inbox: nothing in it is new any more. Answers the newest message's number."""
    newest = reading.inbox().newest()
    g.demo_seen = newest.id if newest is not None else 0
    return g.demo_seen


def seat_of(key: str) -> Seat | None:
    """The seat that a button names; None for one that nobody holds any more."""
    return next((seat for seat in people.seats() if seat.key == key), None)
