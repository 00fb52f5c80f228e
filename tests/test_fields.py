"""Fields give parsed values, say in the reader's language what is wrong, and keep what was typed."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from flask_babel import force_locale
from flask_wtf.csrf import generate_csrf
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from werkzeug.datastructures import MultiDict

from certportal import create_app
from certportal.fields import (
    BusinessIdField,
    ChoiceField,
    ChoicesField,
    ConsentField,
    CountryField,
    DateField,
    EmailAddressField,
    Form,
    LanguageField,
    PhoneNumberField,
    PlainTextField,
)
from certportal.identifiers import BusinessId, EmailAddress, Language, PhoneNumber
from tests.conftest import FakeClock, settings_in
from tests.far_ends import SmsFarEnd, SmtpFarEnd
from tests.identifiers.refusing import any_text


class EveryQuestion(Form):
    country = CountryField("Country")
    business_id = BusinessIdField("Business ID", country=lambda form: form.country.data)
    name = PlainTextField("Full name", limit=64, missing="Enter the contact’s full name")
    company = PlainTextField("Company", limit=64, required=False)
    reason = PlainTextField("Reason", limit=200, keep_lines=True, required=False)
    mobile = PhoneNumberField("Mobile number", country=lambda form: form.country.data)
    email = EmailAddressField("E-mail address")
    second = EmailAddressField("Second address", required=False)
    language = LanguageField("Language")
    channel = ChoiceField("Channel", choices=[(1, "Earnings"), (2, "Benefits")], coerce=int)
    purposes = ChoicesField("Purposes", choices=[("own", "Own"), ("other", "Other")])
    until = DateField("Until", required=False)
    terms = ConsentField("I accept the terms of use")


ANSWERS = {
    "country": "FI",
    "business_id": "fi 9900001–8",
    "name": "  Erik   Exempelsson ",
    "company": "",
    "reason": "First\r\nsecond",
    "mobile": "040-123 45 67",
    "email": "Erik@Taksi.example",
    "second": "",
    "language": "sv",
    "channel": "2",
    "purposes": ["other", "own"],
    "until": "4.12.2026",
    "terms": "y",
}


@pytest.fixture
def app(tmp_path: Path, smtp: SmtpFarEnd, sms: SmsFarEnd, clock: FakeClock) -> Iterator[Flask]:
    """The house without a copied database: nothing here reads one."""
    made = create_app(settings_in(tmp_path, smtp, sms), clock)
    with made.app_context():
        yield made


@pytest.fixture
def request_open(app: Flask) -> Iterator[None]:
    with app.test_request_context("/", method="POST"):
        yield


def posted(**changes: str | list[str] | None) -> EveryQuestion:
    """The form as posted with ANSWERS and `changes`; None leaves a field out of the post altogether."""
    answers = {name: answer for name, answer in (ANSWERS | changes).items() if answer is not None}
    return EveryQuestion(formdata=MultiDict({**answers, "csrf_token": generate_csrf()}))


def message(name: str, typed: str, locale: str = "en_GB") -> str:
    with force_locale(locale):
        form = posted(**{name: typed})
        assert not form.validate()
        assert list(form.errors) == [name]
        return str(form.errors[name][0])


pytestmark = pytest.mark.usefixtures("request_open")


def test_every_answer_comes_out_as_a_value_of_its_own_type() -> None:
    form = posted()
    assert form.validate(), form.errors
    assert {name: field.data for name, field in form._fields.items() if name != "csrf_token"} == {
        "country": "FI",
        "business_id": BusinessId("9900001-8", "FI"),
        "name": "Erik Exempelsson",
        "company": None,
        "reason": "First\nsecond",
        "mobile": PhoneNumber("+358401234567"),
        "email": EmailAddress("Erik@taksi.example"),
        "second": None,
        "language": Language.SV,
        "channel": 2,
        "purposes": ["own", "other"],
        "until": date(2026, 12, 4),
        "terms": True,
    }


def test_an_empty_post_names_each_question_that_must_be_answered_once() -> None:
    with force_locale("en_GB"):
        form = posted(**dict.fromkeys(ANSWERS))
        assert not form.validate()
        errors = form.error_list()
    required = ["country", "business_id", "name", "mobile", "email", "language", "channel", "purposes", "terms"]
    assert [error.field_id for error in errors] == required
    assert all(error.message for error in errors)
    assert errors[2].label == "Full name"
    assert errors[2].message == "Enter the contact’s full name"


def test_only_a_question_that_must_be_answered_is_marked_required() -> None:
    assert [field.name for field in posted() if not field.flags.required] == [
        "company",
        "reason",
        "second",
        "until",
        "csrf_token",
    ]


def test_what_was_typed_stays_for_the_page_to_show_again() -> None:
    form = posted(mobile="09 123 45", email="erik@taksi", name="x" * 70, until="31.2.2026")
    assert not form.validate()
    assert [form[name]._value() for name in ("mobile", "email", "name", "until")] == [
        "09 123 45",
        "erik@taksi",
        "x" * 70,
        "31.2.2026",
    ]
    assert [form[name].data for name in ("mobile", "email", "name", "until")] == [None] * 4


def test_what_a_page_cannot_hold_is_left_out_when_it_is_shown_again() -> None:
    form = posted(name="Erik\x00\x1b\ufffe <b>", reason="a\nb\x07")
    assert not form.validate()
    assert (form.name._value(), form.reason._value()) == ("Erik <b>", "a\nb")


def test_known_values_are_shown_as_they_could_have_been_typed() -> None:
    form = EveryQuestion(
        formdata=None,
        data={
            "mobile": PhoneNumber("+358401234567"),
            "business_id": BusinessId("9900001-8", "FI"),
            "until": date(2026, 12, 4),
            "email": EmailAddress("erik@åland.example"),
        },
    )
    assert [form[name]._value() for name in ("mobile", "business_id", "until", "email", "name")] == [
        "+358 40 123 4567",
        "9900001-8",
        "2026-12-04",
        "erik@åland.example",
        "",
    ]
    assert form.country.data == "FI"


def test_a_draft_gives_back_what_was_typed_right_or_wrong() -> None:
    form = EveryQuestion(formdata=None, data={"mobile": "09 123 45", "email": "erik@taksi.example"})
    assert (form.mobile.data, form.mobile._value()) == (None, "09 123 45")
    assert form.email.data == EmailAddress("erik@taksi.example")


def test_a_number_is_read_back_as_it_will_be_dialled_with_its_country_in_the_readers_language() -> None:
    for locale, country in (("fi", "Suomi"), ("sv", "Finland"), ("en_GB", "Finland")):
        with force_locale(locale):
            mobile = posted().mobile
            assert (mobile.readback_number, mobile.readback_country) == ("+358 40 123 4567", country)
            assert mobile.suggestion is None
            assert f'<strong class="num">+358 40 123 4567</strong> ({country})' in str(mobile.readback)


def test_a_swedish_number_is_offered_by_a_button_whose_press_is_an_answer() -> None:
    with force_locale("en_GB"):
        form = posted(mobile="070-123 45 67")
        assert not form.validate()
        offer = form.mobile.suggestion
        assert offer is not None
        assert offer == (
            "mobile_suggested",
            "+46701234567",
            "Did you mean +46 70 123 45 67 (Sweden)?",
            "+46 70 123 45 67",
            "Sweden",
        )
        assert form.mobile.readback is None
        pressed = posted(mobile="070-123 45 67", **{offer.name: offer.value})
        assert pressed.validate(), pressed.errors
    assert pressed.mobile.data == PhoneNumber("+46701234567")
    assert pressed.mobile._value() == "+46 70 123 45 67"


@pytest.mark.parametrize("forged", ["+35891234567", "<b>", "", "070-123 45 67\x00"])
def test_a_forged_press_is_read_like_anything_typed(forged: str) -> None:
    form = posted(mobile="09 123 45", mobile_suggested=forged)
    assert not form.validate()
    assert form.mobile.data is None


def test_the_forms_own_country_decides_how_a_number_is_read() -> None:
    form = posted(country="SE", business_id="5566778899", mobile="070-123 45 67")
    assert form.validate(), form.errors
    assert form.mobile.data == PhoneNumber("+46701234567")
    assert form.business_id.data == BusinessId("556677-8899", "SE")


def test_a_country_that_is_none_is_refused_and_the_installations_own_is_read_with() -> None:
    form = posted(country="XX")
    assert not form.validate()
    assert list(form.errors) == ["country"]
    assert form.mobile.data == PhoneNumber("+358401234567")


def test_one_field_can_be_checked_alone() -> None:
    form = posted(email="erik@taksi", mobile="09 123 45")
    assert not form.mobile.validate(form)
    assert form.mobile.errors
    assert not form.email.errors


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("mobile", "09 123 45", "09 123 45 is a landline number (Helsinki). "),
        ("mobile", "+46 8 123 456 78", "+46 8 123 456 78 is a landline number (Sweden). "),
        ("mobile", "070-123 45 67", "070-123 45 67 needs its country code, such as +46 70 123 45 67 (Sweden)"),
        ("email", "erik.exempelsson@taksi", "‘taksi’ is missing its ending, such as .fi"),
        ("business_id", "9900001-7", "‘9900001-7’ has a typing mistake"),
        ("name", "x" * 65, "Shorten the answer to 64 characters. It has 65 now."),
    ],
)
def test_an_error_names_what_is_wrong_with_this_very_answer(name: str, typed: str, sentence: str) -> None:
    assert message(name, typed).startswith(sentence)


@pytest.mark.parametrize("name", ["business_id", "name", "company", "reason", "mobile", "email", "second", "until"])
@pytest.mark.parametrize(
    "typed", ["9" * 10_000, "a\x00b", "\ud800", "\u202e<script>alert(1)</script>\u2066", "=1+1\x1b"]
)
@pytest.mark.parametrize("locale", ["fi", "sv", "en_GB"])
def test_hostile_answers_get_one_plain_sentence(name: str, typed: str, locale: str) -> None:
    sentence = message(name, typed, locale)
    assert sentence.isprintable()
    assert len(sentence) < 200
    assert "<script>" not in render_template_string("{{ sentence }}", sentence=sentence)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"channel": "3"}, "channel"),
        ({"channel": "x"}, "channel"),
        ({"language": "de"}, "language"),
        ({"purposes": ["own", "none of these"]}, "purposes"),
    ],
)
def test_a_forged_choice_is_refused(changes: dict[str, str | list[str]], name: str) -> None:
    with force_locale("en_GB"):
        form = posted(**changes)
        assert not form.validate()
        assert form.errors == {name: ["That choice is no longer here. Choose one of these"]}


def test_choices_may_be_given_after_the_form_is_made() -> None:
    form = posted(channel="7")
    form.channel.choices = [(7, "New"), (8, "Newer")]
    assert form.validate(), form.errors
    assert form.channel.data == 7
    assert [(choice[0], choice[2]) for choice in form.channel.iter_choices()] == [(7, True), (8, False)]


def test_countries_are_listed_by_name_with_the_neighbours_first_and_the_alphabet_of_the_reader() -> None:
    with force_locale("sv"):
        names = [choice[1] for choice in posted().country.iter_choices()]
    assert names[:3] == ["Finland", "Åland", "Sverige"]
    assert names.index("Zimbabwe") < names.index("Österrike")
    with force_locale("en_GB"):
        assert ("SE", "Sweden", False) in [tuple(choice)[:3] for choice in posted().country.iter_choices()]


def test_a_form_without_its_token_is_refused() -> None:
    form = EveryQuestion(formdata=MultiDict(ANSWERS))
    assert not form.validate()
    assert list(form.errors) == ["csrf_token"]


@given(any_text)
@example("\ud800")
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
def test_any_text_in_every_field_is_answered(text: str) -> None:
    form = posted(**dict.fromkeys(ANSWERS, text))
    form.validate()
    for field in form:
        if hasattr(field, "_value") and field.name != "csrf_token":
            field._value().encode()
    for error in form.error_list():
        error.message.encode()
