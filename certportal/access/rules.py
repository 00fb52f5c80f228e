"""Decisions about access: what an application changes, what may be asked for and given, when operators are told.

domain.md, "Access rights": until a replacement application is decided the present rights stand; channels given up end when
it is sent; a refused new channel touches nothing else.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Generic, TypeVar

from certportal.refusals import Conflict, Refusal
from certportal.registry.rules import OrganisationContact

AT_MOST_EVERY = timedelta(hours=1)
"""Operators are mailed about what waits at most so often."""

AGAIN_AFTER_WORKING_DAYS = 2
"""And again when something has still not been decided so long after the last mail."""

LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class ApplicationAnswers:
    """What a sent application asks for, parsed. ``purposes`` are codes, ``channels`` ids, both in the page's order.

    ``gives_up_all``: neither is named, and that is meant; of a replacement application alone.
    """

    purposes: tuple[str, ...]
    channels: tuple[int, ...]
    contact: OrganisationContact
    terms_id: int
    gives_up_all: bool = False


@dataclass(frozen=True, slots=True)
class Sending:
    """How the application was sent: the mark of the difference that was shown, the channels given up whose certificates are to
    be revoked at once, and those whose certificates work to the end of a day and are revoked then."""

    seen: str
    revoked_channels: frozenset[int] = frozenset()
    planned_channels: Mapping[int, date] = field(default_factory=dict[int, date])


@dataclass(frozen=True, slots=True)
class Decision:
    """An operator's answer for one channel. ``reason`` is for the applicant to read."""

    granted: bool
    reason: str = ""


One = TypeVar("One", int, str)


@dataclass(frozen=True)
class Difference(Generic[One]):
    """What an application changes, as ids of channels or codes of purposes, each in one group and in the order they were given
    in."""

    added: tuple[One, ...]
    given_up: tuple[One, ...]
    kept: tuple[One, ...]
    still_waiting: tuple[One, ...]
    taken_back: tuple[One, ...]

    @property
    def changes(self) -> bool:
        """Whether anything is asked for or let go."""
        return bool(self.added or self.given_up or self.taken_back)


def difference(valid: Iterable[One], waiting: Iterable[One], chosen: Iterable[One]) -> Difference[One]:
    """What is added to, given up of and kept from what holds at present.

    What waits for its decision waits on when it is chosen again, and is taken back when it is not. A channel that holds
    and waits at once (an ending right applied for anew) is kept, or given up and taken back.
    """
    valid, waiting, chosen = tuple(valid), tuple(waiting), tuple(chosen)
    return Difference(
        added=tuple(each for each in chosen if each not in valid and each not in waiting),
        given_up=tuple(each for each in valid if each not in chosen),
        kept=tuple(each for each in valid if each in chosen),
        still_waiting=tuple(each for each in waiting if each in chosen),
        taken_back=tuple(each for each in waiting if each not in chosen),
    )


def mark(channels: Difference[int], purposes: Difference[str], affected: Iterable[str]) -> str:
    """Both differences and what they affect in one line, so that sending can tell whether it is still what was shown.

    ``affected``: names of what uses the channels given up (``certificate:7``, ``order:12``), in any order.
    """
    return "/".join([*_groups(channels), *_groups(purposes), *sorted(affected)])


def _groups(changed: Difference[One]) -> list[str]:
    groups = (changed.added, changed.given_up, changed.kept, changed.still_waiting, changed.taken_back)
    return [",".join(str(each) for each in sorted(group)) for group in groups]


def still_as_shown(shown: str, present: str) -> None:
    """Nothing is given up that the sender has not been shown. Refusals: rights_changed (conflict)."""
    if shown != present:
        raise Conflict("rights_changed")


def may_be_asked_for(closed_on: date | None, on: date) -> None:
    """A right that is not there yet can be asked for, and given, until the day its channel is closed.

    Refusals: channel_closed_to_new.
    """
    if closed_on is not None and closed_on <= on:
        raise Refusal("channel_closed_to_new")


def chosen(asked: ApplicationAnswers, known_purposes: Collection[str], *, replaces: bool) -> None:
    """An application names at least one channel and one purpose, and no purpose that is not offered; but one that replaces
    another may give up every channel, if it says so: nothing ticked alone is taken for a mistake.

    Refusals: choices_missing, choice_unknown, given_up_and_chosen.
    """
    channels, purposes = asked.channels, asked.purposes
    if asked.gives_up_all and (channels or purposes):
        raise Refusal("given_up_and_chosen")
    if asked.gives_up_all and replaces:
        return
    if not channels or not purposes:
        raise Refusal("choices_missing")
    if not set(purposes) <= set(known_purposes):
        raise Refusal("choice_unknown")


def reasoned(decision: Decision) -> None:
    """A refusal says why, in words that the applicant reads. Refusals: decision_reason_missing."""
    if not decision.granted and not decision.reason.strip():
        raise Refusal("decision_reason_missing")


def working_days_later(moment: datetime, days: int) -> datetime:
    """The same time of day so many working days later, in the moment's own zone.

    Working days are Monday to Friday. Public holidays are not known here: a mail may come on one.
    """
    while days:
        moment += timedelta(days=1)
        days -= moment.weekday() < 5
    return moment


def operators_are_told(
    waiting: Collection[str], told_of: Collection[str], told_at: datetime | None, now: datetime
) -> bool:
    """Whether operators are mailed now: something waits that they have not been told of, at most hourly; or something
    still waits two working days after the last mail.

    ``waiting`` and ``told_of`` are names of what waits (``application:3``); both times are in the operators' zone.
    """
    if not waiting:
        return False
    if told_at is None or now >= working_days_later(told_at, AGAIN_AFTER_WORKING_DAYS):
        return True
    return bool(set(waiting) - set(told_of)) and now - told_at >= AT_MOST_EVERY
