"""A refusal becomes a sentence in the reader's language; no detail, missing or strange, ever breaks it."""

import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale

from certportal import create_app
from certportal.identifiers import PhoneNumber
from certportal.refusals import Conflict, Forbidden, NotFound, Refusal, TooMany
from certportal.sentences import SENTENCES, sentence
from tests.conftest import FakeClock, settings_in
from tests.far_ends import SmsFarEnd, SmtpFarEnd

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def app(tmp_path: Path, smtp: SmtpFarEnd, sms: SmsFarEnd, clock: FakeClock) -> Iterator[Flask]:
    """The house without a copied database: nothing here reads one."""
    made = create_app(settings_in(tmp_path, smtp, sms), clock)
    with made.app_context():
        yield made


@pytest.mark.parametrize("code", sorted(SENTENCES))
@pytest.mark.parametrize("locale", ["fi", "sv", "en_GB"])
def test_a_refusal_without_its_details_still_speaks(code: str, locale: str) -> None:
    with force_locale(locale):
        text = sentence(Refusal(code))
    assert text
    assert "%(" not in text


@pytest.mark.parametrize(
    ("detail", "locale", "written"),
    [
        (PhoneNumber("+46701234567"), "fi", "+46 70 123 45 67"),
        (date(2026, 12, 4), "fi", "4.12.2026"),
        (date(2026, 12, 4), "en_GB", "4 December 2026"),
        (datetime(2026, 12, 4, 10, 5, tzinfo=UTC), "sv", "4.12.2026 kl. 12.05"),
        (700, "en_GB", "700"),
    ],
)
def test_details_are_written_as_people_read_them(detail: object, locale: str, written: str) -> None:
    with force_locale(locale):
        assert written in sentence(Refusal("email_no_at", typed=detail))


def test_a_place_is_a_finnish_area_or_else_a_country() -> None:
    with force_locale("sv"):
        assert "Sverige" in sentence(Refusal("phone_landline", typed="+46 8 1", country="SE", area=""))
    with force_locale("en_GB"):
        assert "(Joensuu)" in sentence(Refusal("phone_landline", typed="013 1", country="FI", area="13"))


def test_a_per_cent_sign_in_what_was_typed_is_only_a_character() -> None:
    assert "100%(typed)s %d" in sentence(Refusal("email_no_at", typed="100%(typed)s %d"))


def test_a_code_without_a_sentence_is_logged_and_answered_in_words(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "certportal.sentences"), force_locale("en_GB"):
        assert sentence(Refusal("no_such_code")).startswith("This cannot be done now.")
    assert "no_such_code" in caplog.text


def test_a_refusal_prints_its_code_and_never_what_was_typed() -> None:
    refusal = Conflict("order_taken", typed="secret@company.example")
    assert (str(refusal), repr(refusal)) == ("order_taken", "Conflict('order_taken')")
    with pytest.raises(TypeError):
        refusal.details["typed"] = "another"  # type: ignore[index]


def test_kinds_are_words_that_stay() -> None:
    assert [kind.kind for kind in (Refusal, Conflict, NotFound, Forbidden, TooMany)] == [
        "refusal",
        "conflict",
        "not_found",
        "forbidden",
        "too_many",
    ]
