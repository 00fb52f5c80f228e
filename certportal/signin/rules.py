"""The numbers and decisions of signing in (domain.md, "sign-in code"). Every time is the machine's.

An operator's second factor is a time-based one-time password (RFC 6238) with the values that every authenticator app
takes: SHA-1, six digits, steps of 30 seconds.
"""

import ipaddress
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from certportal.identifiers.texts import one_line
from certportal.refusals import Refusal, TooMany

CODE_DIGITS: Final = 8
CODE_LIFETIME: Final = timedelta(minutes=10)
CODE_TRIES: Final = 5
CODES_WINDOW: Final = timedelta(hours=1)
CODES_PER_ADDRESS: Final = 5
CODES_PER_CLIENT: Final = 20
WRONG_TRIES: Final = 100
WRONG_WINDOW: Final = timedelta(days=1) + CODE_LIFETIME
"""Tries are counted on the code they were made for, and the last one may be made a code's life after it was sent."""

TOTP_DIGITS: Final = 6
TOTP_SECONDS: Final = 30
TOTP_DRIFT: Final = 1
"""One step either way: the phone's clock may be off, and typing takes time (RFC 6238 5.2)."""
TOTP_TRIES: Final = 5
TOTP_SECRET_BYTES: Final = 20
"""160 bits (RFC 4226 4, R6)."""
SECOND_FACTOR_LIFETIME: Final = timedelta(minutes=10)
LINK_LIFETIME: Final = timedelta(minutes=10)
KEPT: Final = timedelta(days=30)
"""How long a code's row and an ended sign-in stay after they have lost their meaning."""


class Ended(StrEnum):
    """Why a browser that brings a token is not signed in."""

    GONE = "gone"
    """Signed out, here or everywhere, or never signed in."""
    IDLE = "idle"
    TOO_LONG = "too_long"
    NO_RIGHT = "no_right"
    """A person's right to sign has ended, or an operator has been disabled (failures.md F15)."""


def typed_code(text: str, digits: int) -> str:
    """The code as digits alone: spaces, hyphens and full-width digits are how people copy it.

    Refusals: code_missing; code_form (`digits` wanted). Neither is a try.
    """
    code = "".join(one_line(text[:100]).replace("-", "").split())
    if not code:
        raise Refusal("code_missing", digits=digits)
    if len(code) != digits or not (code.isascii() and code.isdigit()):
        raise Refusal("code_form", digits=digits)
    return code


def client_key(address: str | None) -> str:
    """What a client is counted by: an IPv4 address, or an IPv6 network of 64 bits, because one client has the whole of it."""
    try:
        found = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.IPv6Network((found, 64), strict=False))
    return str(found)


def may_ask(now: datetime, *, by_address: datetime | None, by_client: datetime | None) -> None:
    """Whether one more code may be sent. Given is when the fifth newest code of the e-mail address and the twentieth
    newest of the client were asked for, or None where there are fewer.

    Refusals: sign_in_codes_too_many, sign_in_codes_too_many_here (too many; `until`).
    """
    if by_address is not None and now < by_address + CODES_WINDOW:
        raise TooMany("sign_in_codes_too_many", until=by_address + CODES_WINDOW)
    if by_client is not None and now < by_client + CODES_WINDOW:
        raise TooMany("sign_in_codes_too_many_here", until=by_client + CODES_WINDOW)


def may_guess(now: datetime, *, wrong: int, since: datetime | None) -> None:
    """Whether the address has wrong tries left today: ``wrong`` were made on codes of which the oldest is of ``since``.

    Refusals: sign_in_tries_too_many (too many; `until`).
    """
    if wrong >= WRONG_TRIES and since is not None:
        raise TooMany("sign_in_tries_too_many", until=since + WRONG_WINDOW)


def ended(now: datetime, *, ends_at: datetime, seen_at: datetime | None, idle: timedelta) -> Ended | None:
    """Why a sign-in is over, or None while it lasts. ``seen_at`` is the last request of that browser."""
    if now >= ends_at:
        return Ended.TOO_LONG
    if seen_at is None or now >= seen_at + idle:
        return Ended.IDLE
    return None


def totp_steps(now: datetime) -> range:
    """The steps whose passwords are taken now, oldest first."""
    present = int(now.timestamp()) // TOTP_SECONDS
    return range(present - TOTP_DRIFT, present + TOTP_DRIFT + 1)


def in_groups(text: str) -> str:
    """Four characters at a time, for reading aloud and typing in."""
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))
