"""What a typed PIN is, and when the next one may be sent."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certportal.messages import rules
from certportal.refusals import Refusal, TooMany

NOON = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "typed",
    [
        "482105",
        " 482105 ",
        "482 105",
        "48-21-05",
        "４８２１０５",
        "٤٨٢١٠٥",
        "482\u00a0105",
        "\u200e482105",
        "4 8 2 1 0 5\n",
    ],
)
def test_a_pin_is_read_however_its_digits_were_typed(typed: str) -> None:
    assert rules.typed_pin(typed) == "482105"


@pytest.mark.parametrize("typed", ["", "   ", "\u200b", "- -"])
def test_nothing_typed_is_said_to_be_missing(typed: str) -> None:
    with pytest.raises(Refusal, match="pin_missing"):
        rules.typed_pin(typed)


@pytest.mark.parametrize(
    "typed", ["48210", "4821055", "48210O", "<b>482</b>", "²²²²²²", "\ud800" * 6, "1" * 10_240, " " * 10_240]
)
def test_what_cannot_be_a_pin_is_refused_before_it_counts_as_a_try(typed: str) -> None:
    with pytest.raises(Refusal, match="pin_form"):
        rules.typed_pin(typed)


@given(st.text(max_size=300))
def test_any_text_at_all_is_a_pin_or_a_refusal(typed: str) -> None:
    try:
        read = rules.typed_pin(typed)
    except Refusal as refusal:
        read = refusal.code
    assert read in ("pin_missing", "pin_form") or (len(read) == 6 and set(read) <= set("0123456789"))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("482905173664", "482905173664"),
        (" 4829 0517 3664 ", "482905173664"),
        ("48290517366", None),
        ("48290517366x", None),
    ],
)
def test_a_transfer_id_may_be_grouped(typed: str, read: str | None) -> None:
    assert rules.typed_transfer_id(typed) == read


def test_the_first_pin_may_be_sent_at_once() -> None:
    assert rules.next_pin_at([], NOON) is None


def test_after_five_pins_within_an_hour_the_next_waits_until_the_first_is_an_hour_old() -> None:
    sent = [NOON - timedelta(minutes=minutes) for minutes in (50, 40, 30, 20, 10)]
    assert rules.next_pin_at(sent, NOON) == NOON + timedelta(minutes=10)
    with pytest.raises(TooMany, match="pin_too_many") as refused:
        rules.may_send_pin(sent, NOON)
    assert refused.value.details["at"] == NOON + timedelta(minutes=10)
    rules.may_send_pin(sent, NOON + timedelta(minutes=10))


def test_after_ten_pins_within_a_day_the_next_waits_until_the_first_is_a_day_old() -> None:
    sent = [NOON - timedelta(hours=2 * hours) for hours in range(1, 11)]
    assert rules.next_pin_at(sent, NOON) == NOON + timedelta(hours=4)


@given(st.lists(st.integers(min_value=1, max_value=3 * 24 * 60), max_size=30))
def test_a_sender_who_waits_as_told_never_passes_a_cap(pauses: list[int]) -> None:
    sent: list[datetime] = []
    at = NOON
    for pause in pauses:
        at += timedelta(minutes=pause % 25)
        at = max(at, rules.next_pin_at(sent, at) or at)
        sent.append(at)
        assert sum(earlier > at - timedelta(hours=1) for earlier in sent) <= 5
        assert sum(earlier > at - timedelta(days=1) for earlier in sent) <= 10
