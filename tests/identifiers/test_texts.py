"""A name or a description is kept tidy, and holds nothing that does not show."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certportal.identifiers import plain_text
from certportal.refusals import Refusal
from tests.identifiers.refusing import any_text, refusal


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Aino   Esimerkki ", "Aino Esimerkki"),
        ("Aino\t\u00a0Esimerkki\r\n", "Aino Esimerkki"),
        ("Aino\r\nEsimerkki", "Aino Esimerkki"),
        ("Aino\u2028Esimerkki", "Aino Esimerkki"),
        ("A\u030ake\u00adsson\u200b", "Åkesson"),
        ("\u200eAino\ufeff", "Aino"),
        ("A\u200b\u030a", "Å"),
        ("<b>O’Neill & “Söner”</b>", "<b>O’Neill & “Söner”</b>"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("محمد", "محمد"),
    ],
)
def test_a_line_is_kept_tidy(typed: str, kept: str) -> None:
    assert plain_text(typed, 60) == kept


def test_lines_stay_where_they_are_asked_for_with_one_empty_line_between_at_most() -> None:
    typed = "\n\n  First  line \r\n\r\n\r\n\r\nsecond\rthird\u2028 \n"
    assert plain_text(typed, 60, keep_lines=True) == "First line\n\nsecond\nthird"


@pytest.mark.parametrize("nothing", ["", " ", "\n\n", "\u200b", "\u200d", "\u00a0\u3000", "\ufeff\u200c \u200d"])
@pytest.mark.parametrize("keep_lines", [True, False])
def test_what_does_not_show_is_nothing(nothing: str, keep_lines: bool) -> None:
    assert refusal(lambda: plain_text(nothing, 60, keep_lines=keep_lines)).code == "text_missing"


@pytest.mark.parametrize(
    "character",
    "\x00\x07\x1b\x1c\x7f\x9f\u202e\u202a\u2066\u2069\ufff9\ufffe\ufdd0\U0001ffff\ud800\udfff\U000e0041",
)
def test_characters_that_steer_or_break_are_refused(character: str) -> None:
    assert refusal(lambda: plain_text(f"Aino{character}", 60)).code == "text_control_characters"


def test_a_text_of_the_limit_passes_and_one_more_character_does_not() -> None:
    assert plain_text("å" * 64, 64) == "å" * 64
    refused = refusal(lambda: plain_text("å" * 65, 64))
    assert (refused.code, dict(refused.details)) == ("text_too_long", {"limit": 64, "length": 65})


@pytest.mark.parametrize("text", ["x" * 10_000, " " * 10_000 + "x", "\x00" * 10_000, "\u200b" * 10_000])
def test_ten_thousand_characters_are_too_long_for_a_name_whatever_they_are(text: str) -> None:
    assert refusal(lambda: plain_text(text, 64)).code == "text_too_long"


@given(any_text, st.integers(1, 80), st.booleans())
def test_any_text_is_kept_such_that_it_reads_back_the_same_or_is_refused(
    text: str, limit: int, keep_lines: bool
) -> None:
    try:
        kept = plain_text(text, limit, keep_lines=keep_lines)
    except Refusal:
        return
    assert plain_text(kept, limit, keep_lines=keep_lines) == kept
    assert 0 < len(kept) <= limit
    assert unicodedata.is_normalized("NFC", kept)
    assert kept == kept.strip()
    assert "  " not in kept
    assert not set(kept) & set("\r\x00\u2028\u202e" if keep_lines else "\r\n\x00\u2028\u202e")
    kept.encode()
