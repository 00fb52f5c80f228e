"""What is looked at, and what is found: values, without a decision."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta


class Level(enum.IntEnum):
    """How bad it is."""

    GOOD = 0
    WARNING = 1
    BAD = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``code`` has its words in wording.py, which ``values`` fill."""

    subject: str
    code: str
    level: Level
    values: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Traffic:
    """Mail or text messages. ``oldest``: since when the one that has waited longest waits; ``held_since`` and ``reply``:
    of those whose last try failed by the fault of the far end, the oldest, and what it said; ``took``: how long each of the
    last accepted ones of an hour took.
    """

    waiting: int
    oldest: datetime | None
    held: int
    held_since: datetime | None
    reply: str
    accepted_at: datetime | None
    took: Sequence[timedelta] = ()


@dataclass(frozen=True, slots=True)
class Authority:
    """An environment's authority, the newest of its line.

    ``fault``: why it cannot be read (a refusal's code); None for ``ends``, then."""

    environment: str
    ends: datetime | None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class List:
    """The newest revocation list of one of an environment's authorities, or of its ``root``, and whether its file lies where
    a web server finds it. A root's key may be ``away``, where no list can be signed, by the operator's own choice.
    ``unlisted_since``: of the revocations that it does not tell of, when the oldest was made."""

    environment: str  # with the label of an authority that is neither the first shared one nor the root
    this_update: datetime | None
    next_update: datetime | None
    file_is_there: bool
    root: bool = False
    away: bool = False
    unlisted_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs answers about an authority's certificates (a responder), or an environment's ``replies``. ``ends`` None: missing;
    ``followed_from``: from when on the next one is made, None: it lasts as long as its authority."""

    environment: str  # as List's
    ends: datetime | None
    followed_from: datetime | None
    replies: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """How a job's runs went: when one last began, when one last ended well, how the last one ended."""

    job: str
    started_at: datetime | None
    finished_at: datetime | None
    good_at: datetime | None
    outcome: str

    @property
    def failed(self) -> bool:
        """Whether the last run that ended did not end well."""
        return self.finished_at is not None and (self.good_at is None or self.good_at < self.finished_at)


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found. ``now`` is the service's time, ``machine`` the machine's; ``validity``: of a new certificate."""

    now: datetime
    machine: datetime
    mail: Traffic
    sms: Traffic
    authorities: Sequence[Authority]
    unsigned_since: datetime | None
    lists: Sequence[List]
    deliver: Run | None
    sweep: Run | None
    look: Run | None
    others: Sequence[Run]
    clock_is_sound: bool
    free_bytes: int
    validity: timedelta
    undeclared_proxies: Sequence[str] = ()
    signers: Sequence[Signer] = ()
    answers_until: datetime | None = None
    """When the first of the answers about certificates lapses that have been signed ahead; None: there are none."""
    unanswered: int = 0
    unanswered_since: datetime | None = None
    """How many certificates have no such answer, and since when the one that has waited longest."""
