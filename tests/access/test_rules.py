"""What changes, what is still as shown, and when operators are told: pure decisions."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certportal.access import rules
from certportal.access.rules import Decision
from certportal.refusals import Conflict, Refusal

HELSINKI = ZoneInfo("Europe/Helsinki")
CHANNELS = st.lists(st.integers(1, 8), unique=True)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HELSINKI)


def test_what_is_not_chosen_again_is_given_up_and_what_is_new_is_added():
    changed = rules.difference(valid=[1, 2], waiting=[3, 4], chosen=[1, 3, 5])

    assert changed == rules.Difference(added=(5,), given_up=(2,), kept=(1,), still_waiting=(3,), taken_back=(4,))
    assert changed.changes


def test_the_same_choices_again_change_nothing():
    assert not rules.difference(valid=[1], waiting=[2], chosen=[2, 1]).changes


@given(CHANNELS, CHANNELS, CHANNELS)
def test_no_channel_is_ever_forgotten(valid: list[int], waiting: list[int], chosen: list[int]):
    """Everything that was held, waited or was chosen stands in a group, and what is chosen is never lost."""
    changed = rules.difference(valid, waiting, chosen)

    assert {*changed.kept, *changed.still_waiting, *changed.added} == set(chosen)
    assert {*changed.kept, *changed.given_up} == set(valid)
    assert {*changed.still_waiting, *changed.taken_back} == set(waiting)


def test_the_mark_tells_one_difference_from_another_and_what_it_affects_too():
    one = rules.difference([1, 2], [], [1])
    other = rules.difference([1, 2], [], [2])

    stated = rules.difference(["own", "others"], [], ["own", "others"])
    dropped = rules.difference(["own", "others"], [], ["own"])

    assert rules.mark(one, stated, []) != rules.mark(other, stated, [])
    assert rules.mark(one, stated, []) != rules.mark(one, dropped, [])
    assert rules.mark(one, stated, ["certificate:7"]) != rules.mark(one, stated, ["certificate:8"])
    several = ["order:1", "certificate:7"]
    assert rules.mark(one, stated, several) == rules.mark(one, stated, several[::-1])


def test_what_is_sent_is_what_was_shown():
    rules.still_as_shown("a", "a")
    with pytest.raises(Conflict, match="rights_changed"):
        rules.still_as_shown("a", "b")


def test_a_channel_can_be_asked_for_until_the_day_it_closes():
    day = date(2026, 12, 1)
    rules.may_be_asked_for(None, day)
    rules.may_be_asked_for(date(2026, 12, 2), day)
    with pytest.raises(Refusal, match="channel_closed_to_new"):
        rules.may_be_asked_for(day, day)


def test_only_a_refusal_needs_a_reason():
    rules.reasoned(Decision(granted=True))
    rules.reasoned(Decision(granted=False, reason="No agreement."))
    with pytest.raises(Refusal, match="decision_reason_missing"):
        rules.reasoned(Decision(granted=False, reason=" \n"))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-12-01T09:00", "2026-12-03T09:00"),  # Tuesday → Thursday
        ("2026-12-03T09:00", "2026-12-07T09:00"),  # Thursday → Monday
        ("2026-12-04T16:00", "2026-12-08T16:00"),  # Friday → Tuesday
        ("2026-12-05T12:00", "2026-12-08T12:00"),  # Saturday → Tuesday
        ("2026-12-06T12:00", "2026-12-08T12:00"),  # Sunday → Tuesday
        ("2026-10-23T09:00", "2026-10-27T09:00"),  # over the end of summer time: the same time of day
    ],
)
def test_two_working_days_later_weekends_do_not_count(start: str, end: str):
    assert rules.working_days_later(at(start), 2) == at(end)


def test_operators_are_told_at_once_of_what_they_have_not_been_told():
    assert rules.operators_are_told(["application:1"], [], None, at("2026-12-01T09:00"))


def test_nobody_is_told_when_nothing_waits():
    assert not rules.operators_are_told([], ["application:1"], at("2026-11-02T09:00"), at("2026-12-01T09:00"))


@pytest.mark.parametrize(("minutes", "told"), [("09:00", False), ("09:59", False), ("10:00", True)])
def test_operators_are_told_of_something_new_at_most_hourly(minutes: str, told: bool):
    new = ["application:1", "admission:2"]
    assert rules.operators_are_told(new, ["application:1"], at("2026-12-01T09:00"), at(f"2026-12-01T{minutes}")) is told


@pytest.mark.parametrize(
    ("now", "told"), [("2026-12-02T09:00", False), ("2026-12-03T08:59", False), ("2026-12-03T09:00", True)]
)
def test_operators_are_told_again_when_it_still_waits_after_two_working_days(now: str, told: bool):
    same = ["application:1"]
    assert rules.operators_are_told(same, same, at("2026-12-01T09:00"), at(now)) is told
