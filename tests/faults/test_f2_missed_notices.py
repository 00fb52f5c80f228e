"""F2: a day is missed, and the notice is lost for good."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from certportal.notices.models import NoticeRole, NoticeState
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd
from tests.notices.steps import Register, notices, standing, swept

Deliver = Callable[[], int]
CONTACT = NoticeRole.CONTACT


@pytest.mark.parametrize(
    ("slept", "rung", "missed"),
    [
        (3, 60, set()),
        (31, 30, {60}),
        (47, 14, {60, 30}),
        (54, 7, {60, 30, 14}),
        (59.5, 1, {60, 30, 14, 7}),
        (61, 0, {60, 30, 14, 7, 1}),
        (89, 0, {60, 30, 14, 7, 1}),
    ],
)
def test_f2_after_downtime_the_newest_missed_rung_goes_out_and_older_ones_are_marked_superseded(
    register: Register,
    smtp: SmtpFarEnd,
    deliver: Deliver,
    clock: FakeClock,
    slept: float,
    rung: int,
    missed: set[int],
) -> None:
    certificate = register.certificate(60)
    clock.move(days=slept)
    swept()
    deliver()
    of_contact = {(rung, state) for rung, role, state in standing(certificate) if role is CONTACT}
    assert of_contact == {(rung, NoticeState.QUEUED)} | {(each, NoticeState.SUPERSEDED) for each in missed}
    assert [mail.recipient for mail in smtp.messages].count("sami@ohjelmisto.example") == 1


def test_f2_after_the_end_the_expiry_rung_alone_is_told_for_thirty_days(
    register: Register, smtp: SmtpFarEnd, deliver: Deliver, clock: FakeClock
) -> None:
    certificate = register.certificate(60)
    clock.move(days=90)
    swept()
    deliver()
    assert notices(certificate) == []
    assert smtp.messages == []


def test_f2_a_rung_dated_before_the_certificate_was_issued_is_never_owed(register: Register, clock: FakeClock) -> None:
    now = clock.machine()
    short = register.certificate(20, issued_at=now - timedelta(days=1))
    swept()
    assert notices(short) == []
    clock.move(days=6)
    swept()
    assert {rung for rung, _, _ in standing(short)} == {14}


def test_f2_a_rung_at_the_very_moment_of_issue_is_owed(register: Register, clock: FakeClock) -> None:
    certificate = register.certificate(30, issued_at=clock.machine())
    swept()
    assert {rung for rung, _, _ in standing(certificate)} == {30}


def test_f2_letters_that_waited_through_a_rung_are_not_sent_beside_the_newer_one(
    register: Register, smtp: SmtpFarEnd, deliver: Deliver, clock: FakeClock
) -> None:
    certificate = register.certificate(60)
    swept()
    clock.move(days=30)
    swept()
    deliver()
    mine = [mail for mail in smtp.messages if mail.recipient == "sami@ohjelmisto.example"]
    assert len(mine) == 1
    assert "30 vuorokauden" in mine[0].text
    swept()
    assert (60, CONTACT, NoticeState.SUPERSEDED) in standing(certificate)
