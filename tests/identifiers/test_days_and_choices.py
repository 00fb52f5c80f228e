"""Days as people write them, and the few values that are chosen from a list."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certportal.identifiers import Actor, ActorKind, Environment, Language, country_code, parse_day
from certportal.refusals import Refusal
from tests.identifiers.refusing import any_text, refusal


@pytest.mark.parametrize(
    "typed",
    [
        "4.12.2026",
        "04.12.2026",
        " 4. 12. 2026 ",
        "4/12/2026",
        "4-12-2026",
        "2026-12-04",
        "2026–12–04",
        "4 December 2026",
        "4 dec. 2026",
        "4 december 2026",
        "4. joulukuuta 2026",
        "4 joulu 2026",
        "٤.١٢.٢٠٢٦",
    ],
)
def test_every_way_of_writing_one_day_gives_the_same_day(typed: str) -> None:
    assert parse_day(typed) == date(2026, 12, 4)


def test_march_is_march_and_marraskuu_is_november() -> None:
    assert [parse_day(f"1 {month} 2026").month for month in ("mars", "March", "maaliskuuta", "marraskuuta")] == [
        3,
        3,
        3,
        11,
    ]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "day_missing"),
        ("soon", "day_unreadable"),
        ("4.12.26", "day_unreadable"),
        ("4.12.", "day_unreadable"),
        ("4 foo 2026", "day_unreadable"),
        ("4.12.2026\x00", "day_unreadable"),
        ("9" * 10_000, "day_unreadable"),
        ("31.2.2026", "day_not_in_calendar"),
        ("12/31/2026", "day_not_in_calendar"),
        ("1.1.0000", "day_not_in_calendar"),
    ],
)
def test_what_is_no_day_is_refused_by_name(typed: str, code: str) -> None:
    assert refusal(lambda: parse_day(typed)).code == code


@given(st.dates())
def test_any_day_is_read_as_it_is_shown(day: date) -> None:
    assert parse_day(f"{day.day}.{day.month}.{day.year:04}") == parse_day(day.isoformat()) == day


@pytest.mark.parametrize("parse", [parse_day, Language.parse, Environment.parse, country_code])
@given(text=any_text)
def test_any_text_is_a_value_or_is_refused(parse: Callable[[str], object], text: str) -> None:
    try:
        parse(text)
    except Refusal:
        return


def test_chosen_values_are_read_whatever_their_case() -> None:
    assert (Language.parse(" SV"), Environment.parse("test"), country_code("ax")) == (
        Language.SV,
        Environment.TEST,
        "AX",
    )


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: Language.parse(""), "language_missing"),
        (lambda: Language.parse("de"), "language_unknown"),
        (lambda: Environment.parse(""), "environment_missing"),
        (lambda: Environment.parse("STAGING"), "environment_unknown"),
        (lambda: country_code(" "), "country_missing"),
        (lambda: country_code("ZZ"), "country_unknown"),
    ],
)
def test_values_outside_the_lists_are_refused(call: Callable[[], object], code: str) -> None:
    assert refusal(call).code == code


def test_an_actor_is_named_and_cannot_be_changed() -> None:
    actor = Actor(ActorKind.PERSON, 7, "Aino Esimerkki", "192.0.2.1")
    assert str(actor) == "Aino Esimerkki"
    assert str(Actor(ActorKind.JOB, None, "")) == "job"
    with pytest.raises(AttributeError):
        actor.name = "Somebody else"  # type: ignore[misc]
