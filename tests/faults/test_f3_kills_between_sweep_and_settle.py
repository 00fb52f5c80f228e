"""F3: mail sent and then recorded, or the reverse, and a crash in between.

Two hundred SIGKILLs at random moments between sweep, claim and settle. Half of the children kill themselves at a call drawn at
random among all the calls, Python's and C's, that the work makes; the other half are killed from outside after a random time.
"""

import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask

from certportal import runs
from certportal.certificates.models import Certificate
from certportal.extensions import db
from certportal.notices import owing, sweeping
from certportal.notices.models import NoticeState
from certportal.notices.service import ledger, sweep
from certportal.outbox import delivery
from certportal.outbox.models import RowState
from certportal.registry.models import TechnicalContact
from certportal.settings import current_settings
from tests import builders
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd
from tests.faults.processes import answered, at_once, killed_within
from tests.notices.steps import Register, letters, notices

KILLS, EPISODES = 200, 8
PEOPLE = 4


def sweep_and_deliver() -> None:
    """What a worker does in an hour: the sweep under its lease, then delivery until nothing is due."""
    runs.run("sweep", sweep)
    while delivery.deliver(3):
        pass


def counting(work: Callable[[], None], at: int | None = None) -> int:
    """Do the work and count the calls it makes; at call number ``at`` this process dies."""
    calls = 0

    def count(_frame: Any, event: str, _arg: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")
        if calls == at:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)
    work()
    sys.setprofile(None)
    return calls


@dataclass
class Killings:
    """An organisation's month under a bad star: certificates come due, and the workers that should tell of it die."""

    register: Register
    clock: FakeClock
    chance: random.Random
    people: list[TechnicalContact]
    kills: int = 0
    due: list[int] = field(default_factory=list)
    calls: int = 0
    seconds: float = 0.0

    def more_comes_due(self) -> None:
        for _ in range(self.chance.randint(1, 4)):
            contact = self.chance.choice(self.people)
            self.due.append(self.register.certificate(self.chance.uniform(31, 60), contact=contact).id)

    def measure(self) -> None:
        """How many calls a whole run makes, and how long it takes."""
        self.more_comes_due()
        self.calls = int(answered(lambda: str(counting(sweep_and_deliver))))
        self.more_comes_due()
        began = time.monotonic()
        at_once(sweep_and_deliver)
        self.seconds = time.monotonic() - began

    def kill(self) -> None:
        """One worker that is killed, if it has not done all its work before; then its lease and its claims run out."""
        if self.kills % 2:
            died = killed_within(self.chance.uniform(0, self.seconds), sweep_and_deliver)
        else:
            fatal = self.chance.randrange(self.calls)
            died = killed_within(20.0, lambda: counting(sweep_and_deliver, fatal) and None)
        self.kills += died
        if not died:
            self.more_comes_due()
        self.recovery_time()

    def recovery_time(self) -> None:
        settings = current_settings()
        self.clock.move(seconds=max(settings.claim_seconds, settings.lease_seconds) + 1)

    def recover(self) -> None:
        """Workers that live."""
        for _ in range(3):
            sweep_and_deliver()
            self.recovery_time()


@pytest.mark.parametrize("episode", range(EPISODES))
def test_f3_after_random_kills_every_notice_is_told_once_none_is_lost_and_unknown_ones_are_shown(
    app: Flask,
    register: Register,
    smtp: SmtpFarEnd,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    episode: int,
) -> None:
    monkeypatch.setattr(owing, "BATCH", 3)
    monkeypatch.setattr(sweeping, "LETTERS", 2)
    people = [
        builders.contact(register.organisation, f"Sami {number}", f"sami{number}@ohjelmisto.example")
        for number in range(PEOPLE)
    ]
    killings = Killings(register, clock, random.Random(episode), people)
    killings.measure()
    while killings.kills < KILLS // EPISODES:
        killings.more_comes_due()
        killings.kill()
    killings.recover()
    nothing_is_lost_or_told_twice(killings, smtp)


def nothing_is_lost_or_told_twice(killings: Killings, smtp: SmtpFarEnd) -> None:
    told = notices()
    assert Counter(each.certificate_id for each in told) == Counter(killings.due)
    assert {each.state for each in told} == {NoticeState.QUEUED}
    rows = {row.id: row for row in letters()}
    assert {each.outbox_row_id for each in told} == set(rows), "a letter without lines, or a line without a letter"
    assert {row.state for row in rows.values()} <= {RowState.ACCEPTED, RowState.UNKNOWN}
    arrived = Counter(str(mail.parsed["Message-ID"]) for mail in smtp.messages)
    for row in rows.values():
        assert arrived[row.message_id] == 1 if row.state is RowState.ACCEPTED else arrived[row.message_id] <= 1
    assert set(arrived) <= {row.message_id for row in rows.values()}
    for each in told:
        [line] = ledger(db.session.get_one(Certificate, each.certificate_id)).lines
        assert line.state == rows[each.outbox_row_id or 0].state.value
