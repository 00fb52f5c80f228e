"""The decisions about a contact's change, one by one."""

import pytest

from certportal.contacts import rules
from certportal.identifiers import EmailAddress, Language, PhoneNumber
from certportal.refusals import Conflict, Refusal
from tests.contacts.steps import erik


def test_nothing_changed_is_no_difference() -> None:
    found = rules.difference(erik(), erik())
    assert (found.anything, found.reach, found.perhaps_another_person) == (False, False, False)


def test_another_address_or_number_is_another_reach() -> None:
    assert rules.difference(erik(), erik(email=EmailAddress("e@x.example"))).reach
    assert rules.difference(erik(), erik(phone=PhoneNumber("+358457000001"))).reach


def test_an_address_written_in_capitals_is_the_same_address() -> None:
    found = rules.difference(erik(), erik(email=EmailAddress("Erik@taksi.example")))
    assert (found.anything, found.email, found.reach) == (True, False, False)


@pytest.mark.parametrize(
    "change",
    [{"company": ""}, {"language": Language.FI}, {"second_email": EmailAddress("team@taksi.example")}],
)
def test_what_reaches_nobody_else_ends_nothing(change: dict[str, object]) -> None:
    found = rules.difference(erik(), erik(**change))
    assert (found.anything, found.reach, found.perhaps_another_person) == (True, False, False)


def test_another_name_or_address_may_be_another_person_and_another_number_alone_is_not() -> None:
    assert rules.difference(erik(), erik(name="Sami Salminen")).perhaps_another_person
    assert rules.difference(erik(), erik(email=EmailAddress("e@x.example"))).perhaps_another_person
    assert not rules.difference(erik(), erik(phone=PhoneNumber("+358457000001"))).perhaps_another_person


def test_an_operator_gives_a_reason_and_a_signatory_need_not() -> None:
    rules.reason_given("", by_operator=False)
    rules.reason_given("They called", by_operator=True)
    with pytest.raises(Refusal, match="correction_reason_missing"):
        rules.reason_given("  ", by_operator=True)


def test_nothing_is_done_to_a_contact_whose_place_is_taken() -> None:
    rules.in_use(replaced=False)
    with pytest.raises(Conflict, match="contact_gone"):
        rules.in_use(replaced=True)


@pytest.mark.parametrize(("certificates", "orders"), [(1, 0), (0, 1)])
def test_a_contact_that_looks_after_something_stays(certificates: int, orders: int) -> None:
    rules.removable(0, 0)
    with pytest.raises(Conflict, match="contact_looks_after"):
        rules.removable(certificates, orders)
