"""Operators are mailed when something waits: at most hourly, and again after two working days."""

from collections.abc import Callable

import pytest

from certportal import runs
from certportal.access import service
from certportal.extensions import transaction
from certportal.identifiers import BusinessId, EmailAddress, Language, PhoneNumber
from certportal.registry import admissions
from certportal.registry.models import Operator
from certportal.registry.rules import AdmissionKind, Asked
from tests import builders
from tests.access.steps import House, granted, owed, sent
from tests.builders import COMMAND, OPERATOR
from tests.conftest import FakeClock
from tests.signin.steps import Mailbox

OLLI = "olli@service.example"


@pytest.fixture
def remind(house: House) -> Callable[[], int]:
    """Run the job as the scheduler does; answers how many mails have been owed in all."""

    def ten_minutes_have_passed() -> int:
        assert runs.run("remind-operators", service.remind_operators)
        return len(owed("operators_waiting"))

    return ten_minutes_have_passed


@pytest.fixture
def olli(house: House) -> Operator:
    return builders.operator(OLLI, language=Language.EN)


def somebody_asks(email: str = "maija@mallila.example") -> None:
    admissions.ask(
        Asked(
            kind=AdmissionKind.NEW_ORGANISATION,
            organisation_name="Mallila Oy",
            business_id=BusinessId.parse("9900003-4", "FI"),
            name="Maija Mallila",
            email=EmailAddress.parse(email),
            phone=PhoneNumber.parse("045 7000 009", "FI"),
            role="toimitusjohtaja",
            language=Language.FI,
        ),
        COMMAND,
    )


def test_operators_are_mailed_when_an_application_waits(
    house: House, olli: Operator, remind: Callable[[], int], mailbox: Mailbox
):
    sent(house, house.earnings)

    assert remind() == 1
    [letter] = mailbox.to(OLLI)
    assert "Mallilön Ab" in letter
    assert "Earnings payment data – Web Service" in letter
    assert "http://localhost/desk" in letter


def test_a_request_to_be_let_in_counts_too(olli: Operator, remind: Callable[[], int], mailbox: Mailbox):
    somebody_asks()

    assert remind() == 1
    assert "Maija Mallila" in mailbox.to(OLLI)[0]


def test_every_operator_in_office_is_mailed(house: House, olli: Operator, remind: Callable[[], int]):
    builders.operator("outi@service.example", "Outi")
    builders.operator("former@service.example", "Former", disabled_at=olli.created_at)
    sent(house, house.earnings)

    assert remind() == 2


def test_nobody_is_mailed_when_nothing_waits(house: House, olli: Operator, remind: Callable[[], int]):
    sent(house, house.benefits)

    assert remind() == 0


def test_the_same_is_not_told_twice_within_two_working_days(
    house: House, olli: Operator, remind: Callable[[], int], clock: FakeClock
):
    sent(house, house.earnings)
    assert remind() == 1
    clock.move(hours=47)
    assert remind() == 1
    clock.move(hours=1)
    assert remind() == 2


def test_what_comes_within_the_hour_waits_for_its_end_and_is_not_forgotten(
    house: House, olli: Operator, remind: Callable[[], int], clock: FakeClock
):
    sent(house, house.earnings)
    assert remind() == 1
    clock.move(minutes=10)
    somebody_asks()
    assert remind() == 1
    clock.move(minutes=50)
    assert remind() == 2
    clock.move(hours=1)
    assert remind() == 2


def test_a_weekend_does_not_count(house: House, olli: Operator, remind: Callable[[], int], clock: FakeClock):
    clock.move(days=3)  # Friday
    sent(house, house.earnings)
    assert remind() == 1
    clock.move(days=3)
    assert remind() == 1
    clock.move(days=1)
    assert remind() == 2


def test_what_was_decided_before_the_mail_went_out_is_not_mailed(
    house: House, olli: Operator, remind: Callable[[], int], mailbox: Mailbox
):
    application = sent(house, house.earnings)
    assert remind() == 1
    service.decide(application.id, granted(house.earnings), OPERATOR)

    assert mailbox.to(OLLI) == []


def test_an_operator_who_comes_later_is_told_of_what_nobody_has_been_told(house: House, remind: Callable[[], int]):
    """Without operators the mail is still owed."""
    sent(house, house.earnings)
    assert remind() == 0
    builders.operator()

    assert remind() == 1


def test_a_run_that_was_missed_is_caught_up(house: House, olli: Operator, remind: Callable[[], int], clock: FakeClock):
    sent(house, house.earnings)
    clock.move(days=30)

    assert remind() == 1
    assert remind() == 1


def test_an_operator_who_has_left_gets_no_mail_that_was_owed(
    house: House, olli: Operator, remind: Callable[[], int], mailbox: Mailbox, clock: FakeClock
):
    sent(house, house.earnings)
    remind()
    with transaction():
        olli.disabled_at = clock.at

    assert mailbox.to(OLLI) == []
