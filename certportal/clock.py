"""The only source of time and of randomness.

Two times. ``now()`` is the service's time: transfer codes, notices, rights and certificates live by it, and in demo mode it
runs ahead of the machine by an offset kept in a database row. ``machine()`` is the machine's own time: sessions, PINs,
sign-in codes, counters, leases, claims, back-off and limits live by it, and nothing moves it.
"""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from certportal.extensions import db
from certportal.settings import kept_by_app

_NOTHING = timedelta()
UNAMBIGUOUS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"  # no I O l o 0 1


class Clock(Protocol):
    """What the app asks for the time; tests hand ``create_app`` one they hold still."""

    def machine(self) -> datetime: ...

    def offset(self) -> timedelta: ...


class MachineClock:
    """The machine's clock. The service's time is the machine's."""

    def machine(self) -> datetime:
        return datetime.now(UTC)

    def offset(self) -> timedelta:
        return _NOTHING


class ClockOffset(db.Model):
    """How far the demo's time runs ahead of the machine's: one row, in seconds, that only grows."""

    __tablename__ = "clock_offset"

    id: Mapped[int] = mapped_column(primary_key=True)
    seconds: Mapped[int]


class DemoClock(MachineClock):
    """The machine's clock, ahead by the offset that the demo's bar has moved it."""

    def offset(self) -> timedelta:
        seconds = db.session.scalar(select(ClockOffset.seconds).where(ClockOffset.id == 1))
        return timedelta(seconds=seconds or 0)


def _clock() -> Clock:
    return kept_by_app()["certportal.clock"]


def machine() -> datetime:
    """The machine's time, UTC, aware."""
    return _clock().machine()


def now() -> datetime:
    """The service's time, UTC, aware: the machine's, ahead by the demo's offset."""
    clock = _clock()
    return clock.machine() + clock.offset()


def ahead() -> timedelta:
    """How far the service's time runs ahead of the machine's: nothing outside the demo."""
    return _clock().offset()


def random_bytes(count: int) -> bytes:
    """``count`` bytes from the operating system's generator."""
    return secrets.token_bytes(count)


def random_token() -> str:
    """256 bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def random_digits(count: int) -> str:
    """``count`` decimal digits, each drawn alone, leading zeros kept."""
    return random_text(count, "0123456789")


def random_text(count: int, alphabet: str = UNAMBIGUOUS) -> str:
    """``count`` characters drawn from ``alphabet``, each as likely as any other."""
    base, text = len(alphabet), ""
    drawn = secrets.randbelow(base**count)
    for _ in range(count):
        text += alphabet[drawn % base]
        drawn //= base
    return text


def jitter(seconds: float) -> float:
    """A random number of seconds from 0 to ``seconds``, to spread what is tried again."""
    return secrets.randbelow(max(1, int(seconds * 1000))) / 1000
