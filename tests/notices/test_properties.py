"""Whatever certificates there are and whenever sweeps come: the newest rung is told by the next sweep, and nothing twice."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from certportal.certificates.models import Certificate
from certportal.extensions import transaction
from certportal.notices import owing, sweeping
from certportal.notices.models import Notice, NoticeRole, NoticeState
from certportal.notices.rules import roles
from certportal.orders.models import Order
from certportal.outbox.models import OutboxRow, RowState
from certportal.runs import JobRun
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd
from tests.notices.steps import Register, change, letters, notices, swept

START = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
LADDER = (60, 30, 14, 7, 1, 0)
SECONDS = st.integers(0, 100 * 86400)
# Sweeps that fall on the very second of a rung are the ones to look at, so many distances are whole days.
DISTANCES = SECONDS | st.integers(0, 100).map(lambda days: days * 86400)


@dataclass(frozen=True)
class Made:
    """A certificate: when it ends, and when it was issued, in seconds from the start."""

    ends: int
    issued: int


MADE = st.builds(lambda ends, age: Made(ends, ends - age), DISTANCES, DISTANCES)


def told_by(sweeps: list[int], made: Made) -> set[int]:
    """The rungs that its contact is told of, reckoned one sweep and one rung at a time."""
    told: set[int] = set()
    for at in sweeps:
        passed = [rung for rung in LADDER if made.ends - rung * 86400 <= at]
        if not passed or at >= made.ends + 30 * 86400:
            continue
        newest = min(passed)
        if made.issued <= made.ends - newest * 86400:
            told.add(newest)
    return told


def nothing_yet() -> None:
    with transaction() as session:
        for table in (Notice, OutboxRow, Certificate, Order, JobRun):
            session.execute(delete(table))


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owing, "BATCH", 2)
    monkeypatch.setattr(sweeping, "LETTERS", 2)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    certificates=st.lists(MADE, min_size=1, max_size=6),
    sweeps=st.lists(DISTANCES, min_size=1, max_size=6).map(sorted),
)
def test_each_notice_is_owed_at_most_once_and_the_newest_rung_by_the_next_sweep(
    register: Register, clock: FakeClock, small_batches: None, certificates: list[Made], sweeps: list[int]
) -> None:
    nothing_yet()
    register.made.clear()
    ids = {
        register.certificate(
            ends=START + timedelta(seconds=each.ends), issued_at=START + timedelta(seconds=each.issued)
        ).id: each
        for each in certificates
    }
    for at in sweeps:
        clock.at = START + timedelta(seconds=at)
        swept()
    everything = Counter((each.certificate_id, each.rung, each.role, each.person_id) for each in notices())
    assert not everything or set(everything.values()) == {1}
    queued = [each for each in notices() if each.state is NoticeState.QUEUED]
    assert len(queued) == sum(1 for each in notices() if each.outbox_row_id is not None)
    for number, made in ids.items():
        expected = {
            (rung, NoticeRole(role))
            for rung in told_by(sweeps, made)
            for role in roles(rung)
            if role != NoticeRole.SECOND_ADDRESS  # the contact has none
        }
        assert {(each.rung, each.role) for each in queued if each.certificate_id == number} == expected


HOLDERS = st.sampled_from(["sami@ohjelmisto.example", "erik@uusi.example", "anna.andersson@mallilon.example"])
HAPPENINGS = st.lists(st.sampled_from(["sweep", "deliver", "day", "silence", "care"]) | HOLDERS, max_size=14)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happenings=HAPPENINGS)
def test_whatever_happens_in_between_a_notice_ends_told_once_or_overtaken(
    register: Register, clock: FakeClock, smtp: SmtpFarEnd, deliver: Callable[[], int], happenings: list[str]
) -> None:
    nothing_yet()
    register.made.clear()
    clock.at = START
    change(register.contact, email="sami@ohjelmisto.example", email_key="sami@ohjelmisto.example")
    certificates = [register.certificate(days) for days in (14, 8, 31)]
    smtp.messages.clear()
    for happening in [*happenings, "care", "sweep", "deliver", "sweep", "deliver"]:
        match happening:
            case "sweep":
                swept()
            case "deliver":
                deliver()
            case "day":
                clock.move(days=1)
            case "silence":
                change(certificates[0], will_not_be_renewed_at=clock.machine())
            case "care":
                change(certificates[0], will_not_be_renewed_at=None)
            case _:
                change(register.contact, email=happening, email_key=happening)
    rows = {row.id: row for row in letters()}
    for each in notices():
        assert each.state in (NoticeState.QUEUED, NoticeState.SUPERSEDED)
        if each.state is NoticeState.QUEUED:
            assert rows[each.outbox_row_id or 0].state is RowState.ACCEPTED
    accepted = [row for row in rows.values() if row.state is RowState.ACCEPTED]
    assert len(smtp.messages) == len(accepted)
    assert {each.outbox_row_id for each in notices() if each.state is NoticeState.QUEUED} == {
        row.id for row in accepted
    }
