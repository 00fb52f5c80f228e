"""The numbers of PIN, opening and codes, and what was typed for them (domain.md, "Rules with numbers").

A PIN has 6 digits, lives 10 minutes and takes 5 tries; one message gets at most 5 PINs an hour and 10 a day, and 100
wrong tries in its life lock it (NIST SP 800-63B 5.2.2). A right PIN opens the message for 15 minutes. 10 wrong passwords
lock transfer codes.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from certportal.identifiers.texts import one_line
from certportal.refusals import Refusal, TooMany

PIN_DIGITS: Final = 6
PIN_LIFE: Final = timedelta(minutes=10)
PIN_TRIES: Final = 5
PIN_CAPS: Final = ((timedelta(hours=1), 5), (timedelta(days=1), 10))
WRONG_PINS: Final = 100
OPENING_LIFE: Final = timedelta(minutes=15)

TRANSFER_ID_DIGITS: Final = 12
PASSWORD_LENGTH: Final = 16
WRONG_PASSWORDS: Final = 10

_LONGEST_TYPED: Final = 200


def typed_pin(text: str) -> str:
    """The six digits of a PIN, typed or pasted with spaces or hyphens, in any script's digits.

    Refusals: pin_missing; pin_form. Neither counts as a try: it cannot have been the PIN.
    """
    digits = _joined(text)
    if not digits:
        raise Refusal("pin_missing")
    if len(digits) != PIN_DIGITS or not _are_digits(digits):
        raise Refusal("pin_form")
    return digits


def typed_transfer_id(text: str) -> str | None:
    """The digits of a TransferID however they were grouped; None when it cannot be one."""
    digits = _joined(text)
    return digits if len(digits) == TRANSFER_ID_DIGITS and _are_digits(digits) else None


def next_pin_at(sent: Iterable[datetime], at: datetime) -> datetime | None:
    """When the next PIN may be sent, given when earlier ones were; None: now. All machine time."""
    times = sorted(sent, reverse=True)
    ends = [times[cap - 1] + span for span, cap in PIN_CAPS if len(times) >= cap and times[cap - 1] + span > at]
    return max(ends, default=None)


def may_send_pin(sent: Iterable[datetime], at: datetime) -> None:
    """Refuses (``pin_too_many``, ``at``: when it ends) while a cap per hour or day is reached."""
    free_at = next_pin_at(sent, at)
    if free_at is not None:
        raise TooMany("pin_too_many", at=free_at)


def why_no_pin(*, sent: bool, spent: bool, expires_at: datetime | None, at: datetime) -> Refusal:
    """Why a PIN could not be tried: none was sent, it has opened the message, it is too old, or its tries are used up."""
    if not sent:
        return Refusal("pin_none")
    if spent:
        return Refusal("pin_spent")
    if expires_at is not None and expires_at <= at:
        return Refusal("pin_expired")
    return Refusal("pin_used_up")


def _joined(text: str) -> str:
    if len(text) > _LONGEST_TYPED:
        return "?"
    return "".join(one_line(text).replace("-", " ").split())


def _are_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
