"""The ladder and a line's fate, as pure decisions."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certportal.notices import rules
from certportal.notices.models import NoticeRole
from certportal.notices.rules import Fate

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
DAYS = (60, 30, 14, 7, 1)
LADDERS = st.lists(st.integers(1, 400), min_size=1, max_size=8)
MOMENTS = st.integers(0, 2 * 365 * 86400).map(lambda seconds: NOW + timedelta(seconds=seconds))


def windows_of(end: datetime, days: tuple[int, ...] = DAYS, now: datetime = NOW) -> list[int]:
    return [each.rung for each in rules.windows(days, now) if each.after < end <= each.until]


def test_the_ladder_ends_on_expiry_whatever_order_the_setting_has() -> None:
    assert rules.ladder((7, 60, 1, 30, 14, 7)) == (60, 30, 14, 7, 1, 0)
    assert rules.ladder(()) == (0,)


@pytest.mark.parametrize(
    ("end", "rung"),
    [
        (timedelta(days=60, seconds=1), None),
        (timedelta(days=60), 60),
        (timedelta(days=30, seconds=1), 60),
        (timedelta(days=30), 30),
        (timedelta(days=14), 14),
        (timedelta(days=7), 7),
        (timedelta(days=1, seconds=1), 7),
        (timedelta(days=1), 1),
        (timedelta(seconds=1), 1),
        (timedelta(0), 0),
        (timedelta(days=-30, seconds=1), 0),
        (timedelta(days=-30), None),
    ],
)
def test_a_certificate_stands_on_the_newest_rung_that_it_has_passed_to_the_second(
    end: timedelta, rung: int | None
) -> None:
    assert windows_of(NOW + end) == ([] if rung is None else [rung])


@given(ladder=LADDERS, now=MOMENTS, end=MOMENTS)
def test_every_certificate_near_its_end_stands_on_one_rung_and_no_other_on_any(
    ladder: list[int], now: datetime, end: datetime
) -> None:
    near = now - timedelta(days=rules.AFTER_END) < end <= now + timedelta(days=max(ladder))
    assert len(windows_of(end, tuple(ladder), now)) == (1 if near else 0)


@given(ladder=LADDERS, now=MOMENTS)
def test_a_notice_lapses_at_the_moment_the_next_rung_begins(ladder: list[int], now: datetime) -> None:
    windows = rules.windows(ladder, now)
    assert [each.lapses for each in windows] == [*(each.rung for each in windows[1:]), -rules.AFTER_END]
    assert [each.after for each in windows[:-1]] == [each.until for each in windows[1:]]


def test_more_people_are_told_as_the_end_comes_near() -> None:
    assert rules.roles(60) == ("contact",)
    assert rules.roles(31) == ("contact",)
    assert rules.roles(30) == rules.roles(15) == ("contact", "second_address", "organisation_contact")
    assert set(rules.roles(14)) == set(rules.roles(0)) == {role.value for role in NoticeRole}


@pytest.mark.parametrize(("rung", "following"), [(60, 30), (45, 30), (1, 0), (0, None)])
def test_the_next_rung_is_the_next_lower_one(rung: int, following: int | None) -> None:
    assert rules.next_rung(DAYS, rung) == following


@pytest.mark.parametrize(
    ("left", "days"),
    [
        (timedelta(days=60), 60),
        (timedelta(days=59, hours=1), 60),
        (timedelta(days=59), 59),
        (timedelta(seconds=1), 1),
        (timedelta(0), 0),
        (timedelta(days=-3), 0),
    ],
)
def test_a_begun_day_is_counted_so_that_a_late_sweep_still_says_sixty(left: timedelta, days: int) -> None:
    assert rules.days_until(NOW + left, NOW) == days


@pytest.mark.parametrize(
    ("silent", "late", "holder", "fate"),
    [
        (False, False, "a@b|fi", Fate.TOLD),
        (False, False, "c@d|fi", Fate.MOVED),
        (False, False, "a@b|sv", Fate.MOVED),
        (False, False, None, Fate.DROPPED),
        (True, False, "a@b|fi", Fate.DROPPED),
        (False, True, "a@b|fi", Fate.OVERTAKEN),
        (True, True, None, Fate.OVERTAKEN),
    ],
)
def test_a_line_is_told_only_to_whom_it_was_written_and_while_it_is_news(
    silent: bool, late: bool, holder: str | None, fate: Fate
) -> None:
    assert rules.fate(silent=silent, late=late, written_to="a@b|fi", holder=holder) is fate
