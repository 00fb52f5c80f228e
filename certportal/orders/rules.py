"""Decisions about orders: what may be ordered, what a form gives, when the signatory is reminded."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from certportal.identifiers import Environment
from certportal.refusals import Conflict, Refusal
from certportal.registry.rules import ContactDetails


class IssuedFor(Protocol):
    """What the rules look at in a channel that is in use."""

    def has(self, environment: Environment) -> bool: ...


class OfferedChannel(IssuedFor, Protocol):
    """What they look at in one that is to be used."""

    def is_closed(self, on: date) -> bool: ...


@dataclass(frozen=True, slots=True)
class ContactChoice:
    """The technical contact that was chosen: an earlier one by its id, or details of a new one or of the orderer."""

    contact_id: int | None
    details: ContactDetails | None

    def __post_init__(self) -> None:
        if (self.contact_id is None) == (self.details is None):
            raise ValueError("either an earlier contact or details")


@dataclass(frozen=True, slots=True)
class OrderAnswers:
    """What a sent application asks for, parsed. ``reason`` is a value of OrderReason."""

    channel_id: int
    environment: Environment
    description: str
    contact: ContactChoice
    terms_id: int
    reason: str = "additional"
    replaces_certificate_id: int | None = None
    earlier_order_id: int | None = None
    contact_may_renew: bool = True


def orderable(channel: OfferedChannel, environment: Environment, *, has_right: bool, on: date) -> None:
    """What an additional certificate needs: a channel that can be applied for that day, and what is ``usable``.

    Refusals: channel_closed, those of ``usable``.
    """
    if channel.is_closed(on):
        raise Refusal("channel_closed")
    usable(channel, environment, has_right=has_right)


def usable(channel: IssuedFor, environment: Environment, *, has_right: bool, replaces: bool = False) -> None:
    """Refuses a channel that lacks the environment, or, in PRODUCTION, to which no right holds. A closed channel goes on for what
    has been ordered and issued: it is collected, sent anew, renewed and replaced.

    A test certificate needs no right (domain.md, section 3): only a signed-in signatory.
    Refusals: environment_not_offered, no_access_right (renewal_needs_right for one that ``replaces`` another).
    """
    if not channel.has(environment):
        raise Refusal("environment_not_offered")
    if environment is Environment.PRODUCTION and not has_right:
        raise Refusal("renewal_needs_right" if replaces else "no_access_right")


def described(description: str, *, others: bool) -> None:
    """A description is required when the channel already has a certificate or an open order: people must tell them apart.

    Refusals: description_needed.
    """
    if others and not description.strip():
        raise Refusal("description_needed")


def open_for_change(state: str) -> None:
    """Only an open order can be corrected, sent anew or cancelled. Refusals: order_collected, order_cancelled."""
    if state == "collected":
        raise Conflict("order_collected")
    if state == "cancelled":
        raise Conflict("order_cancelled")


def not_being_collected(codes_states: Iterable[str]) -> None:
    """Once a program has presented the codes with its key, the certificate is being made: nothing is voided under it.

    Refusals: codes_in_use (conflict).
    """
    if "taken" in codes_states:
        raise Conflict("codes_in_use")


class Replaced(Protocol):
    """What the rules look at in a certificate that a new one takes the place of."""

    @property
    def channel_id(self) -> int: ...

    @property
    def environment(self) -> Environment: ...


def successor_fits(channel_id: int, environment: Environment, replaced: Replaced) -> None:
    """A certificate replaces one for the same channel and environment: else the old one's notices would stop too early.

    Refusals: replaces_other_environment, replaces_other_channel.
    """
    if environment is not replaced.environment:
        raise Refusal("replaces_other_environment")
    if channel_id != replaced.channel_id:
        raise Refusal("replaces_other_channel")


def renewed_by_order(state: str | None) -> None:
    """A signatory's press renews what ends within sixty days; None: there is no such certificate, or nothing to replace.

    Refusals: renewal_not_now (conflict).
    """
    if state != "expires_soon":
        raise Conflict("renewal_not_now")


def order_number(year: int, sequence: int) -> str:
    """2026-000417."""
    return f"{year}-{sequence:06d}"


def reminder_due(issued_on: date, today: date, reminder_day: int) -> bool:
    """From day 10 (11 December for codes of 1 December) the signatory is told that nobody has collected."""
    return issued_on <= due_since(today, reminder_day)


def due_since(today: date, reminder_day: int) -> date:
    """Codes sent on this day, or before it, are due a reminder today."""
    return today - timedelta(days=reminder_day)
