"""Decisions about orders, as pure functions."""

from dataclasses import dataclass
from datetime import date

import pytest

from certportal.identifiers import Environment
from certportal.orders import rules
from certportal.refusals import Conflict, Refusal

DAY = date(2026, 12, 1)


@dataclass
class Offered:
    closed: bool = False
    environments: frozenset[Environment] = frozenset(Environment)

    def is_closed(self, on: date) -> bool:
        return self.closed

    def has(self, environment: Environment) -> bool:
        return environment in self.environments


def test_production_needs_a_right_and_test_needs_none() -> None:
    rules.orderable(Offered(), Environment.PRODUCTION, has_right=True, on=DAY)
    rules.orderable(Offered(), Environment.TEST, has_right=False, on=DAY)
    with pytest.raises(Refusal, match="no_access_right"):
        rules.orderable(Offered(), Environment.PRODUCTION, has_right=False, on=DAY)


def test_a_closed_channel_and_an_environment_that_it_lacks_are_refused() -> None:
    with pytest.raises(Refusal, match="channel_closed"):
        rules.orderable(Offered(closed=True), Environment.TEST, has_right=True, on=DAY)
    only_test = Offered(environments=frozenset({Environment.TEST}))
    with pytest.raises(Refusal, match="environment_not_offered"):
        rules.orderable(only_test, Environment.PRODUCTION, has_right=True, on=DAY)


def test_what_has_been_ordered_or_issued_needs_environment_and_right_and_no_open_channel() -> None:
    rules.usable(Offered(closed=True), Environment.PRODUCTION, has_right=True)
    rules.usable(Offered(closed=True), Environment.TEST, has_right=False)
    with pytest.raises(Refusal, match="no_access_right"):
        rules.usable(Offered(), Environment.PRODUCTION, has_right=False)
    with pytest.raises(Refusal, match="renewal_needs_right"):
        rules.usable(Offered(), Environment.PRODUCTION, has_right=False, replaces=True)
    only_test = Offered(environments=frozenset({Environment.TEST}))
    with pytest.raises(Refusal, match="environment_not_offered"):
        rules.usable(only_test, Environment.PRODUCTION, has_right=True)


def test_a_description_is_needed_only_beside_others() -> None:
    rules.described("", others=False)
    rules.described("Mallilön 6", others=True)
    with pytest.raises(Refusal, match="description_needed"):
        rules.described("  ", others=True)


@pytest.mark.parametrize(("state", "code"), [("collected", "order_collected"), ("cancelled", "order_cancelled")])
def test_what_is_done_is_not_changed(state: str, code: str) -> None:
    rules.open_for_change("open")
    with pytest.raises(Conflict, match=code):
        rules.open_for_change(state)


def test_nothing_is_voided_under_a_certificate_that_is_being_made() -> None:
    rules.not_being_collected(["live", "void", "locked"])
    with pytest.raises(Conflict, match="codes_in_use"):
        rules.not_being_collected(["void", "taken"])


@dataclass
class Old:
    channel_id: int
    environment: Environment


def test_production_and_test_never_replace_each_other_nor_one_channel_another() -> None:
    rules.successor_fits(1, Environment.TEST, Old(1, Environment.TEST))
    with pytest.raises(Refusal, match="replaces_other_environment"):
        rules.successor_fits(1, Environment.TEST, Old(1, Environment.PRODUCTION))
    with pytest.raises(Refusal, match="replaces_other_channel"):
        rules.successor_fits(1, Environment.TEST, Old(2, Environment.TEST))


def test_codes_of_the_first_of_december_are_reminded_of_on_the_eleventh() -> None:
    assert not rules.reminder_due(DAY, date(2026, 12, 10), 10)
    assert rules.reminder_due(DAY, date(2026, 12, 11), 10)
    assert rules.reminder_due(DAY, date(2026, 12, 24), 10)


def test_an_order_number_has_the_year_and_six_digits() -> None:
    assert rules.order_number(2026, 417) == "2026-000417"
