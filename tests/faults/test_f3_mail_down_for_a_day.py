"""F3: the mail server refuses for a day and then is well again: nothing that is still valid is lost, nothing goes twice."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Literal

import pytest

from certportal.notices.models import NoticeRole, NoticeState
from certportal.outbox.models import RowState
from tests import builders
from tests.conftest import FakeClock
from tests.far_ends import DROP, SmtpFarEnd
from tests.far_ends.script import Answer
from tests.notices.steps import Register, letters, notices, standing, swept

Deliver = Callable[[], int]
Step = Literal["connect", "mail", "rcpt", "data", "body"]


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("connect", "554 No service today"),
        ("connect", DROP),
        ("mail", "451 Try again later"),
        ("mail", "550 You may not send"),
        ("rcpt", "450 Mailbox busy"),
        ("data", "452 No room"),
    ],
)
def test_f3_after_a_day_of_refusals_everything_still_valid_arrives_once(
    register: Register, smtp: SmtpFarEnd, deliver: Deliver, clock: FakeClock, step: Step, answer: Answer
) -> None:
    ends_today = register.certificate(0.5, description="Ends today")
    for number in range(3):
        contact = builders.contact(register.organisation, f"Erik {number}", f"erik{number}@uusi.example")
        register.certificate(60, contact=contact, description=f"Program {number}")
    smtp.always(step, answer)
    for _ in range(24):
        swept()
        deliver()
        clock.move(hours=1)
    assert smtp.messages == []
    smtp.heal()
    for _ in range(4):
        swept()
        deliver()
        clock.move(hours=1)
    told = Counter(mail.recipient for mail in smtp.messages)
    assert set(told.values()) == {1}
    assert set(told) == {"anna.andersson@mallilon.example", "karin@mallilon.example", "sami@ohjelmisto.example"} | {
        f"erik{number}@uusi.example" for number in range(3)
    }
    mine = next(mail for mail in smtp.messages if mail.recipient == "sami@ohjelmisto.example")
    assert "Varmenne on vanhentunut" in mine.text
    of_contact = {(rung, state) for rung, role, state in standing(ends_today) if role is NoticeRole.CONTACT}
    assert {(1, NoticeState.SUPERSEDED), (0, NoticeState.QUEUED)} <= of_contact
    waiting = {each.outbox_row_id for each in notices() if each.state is NoticeState.QUEUED}
    assert {row.state for row in letters() if row.id in waiting} == {RowState.ACCEPTED}


def test_f3_a_line_lost_after_the_letter_began_is_unknown_and_never_repeated_by_itself(
    register: Register, smtp: SmtpFarEnd, deliver: Deliver, clock: FakeClock
) -> None:
    register.certificate(60)
    smtp.script("dot", DROP)
    for _ in range(24):
        swept()
        deliver()
        clock.move(hours=1)
    assert len(smtp.messages) == 1
    assert [row.state for row in letters()] == [RowState.UNKNOWN]


def test_f3_one_letter_that_cannot_be_made_or_is_refused_holds_nobody_else_up(
    register: Register, smtp: SmtpFarEnd, deliver: Deliver, clock: FakeClock
) -> None:
    for number in range(3):
        contact = builders.contact(register.organisation, f"Erik {number}", f"erik{number}@uusi.example")
        register.certificate(60, contact=contact)
    smtp.refuse("erik1@uusi.example")
    swept()
    deliver()
    clock.move(hours=1)
    deliver()
    assert sorted(mail.recipient for mail in smtp.messages) == ["erik0@uusi.example", "erik2@uusi.example"]
    assert sorted(row.state.value for row in letters()) == ["accepted", "accepted", "refused"]
    assert clock.machine() - timedelta(hours=1) <= max(row.settled_at for row in letters() if row.settled_at)
