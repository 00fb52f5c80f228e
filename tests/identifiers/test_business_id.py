"""A business ID is read as people type it, and kept as its register writes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.fi import ytunnus

from certportal.identifiers import BusinessId
from certportal.identifiers.business_id import finnish_check_digit
from certportal.refusals import Refusal
from tests.identifiers.refusing import any_text, refusal

seven_digits = st.from_regex(r"[0-9]{7}", fullmatch=True)
countries = st.sampled_from(["FI", "AX", "SE", "EE", "NO", "DK", "LV", "FR", "BE", "CH", "IS", "ES", "PT", "DE", "PL"])


@pytest.mark.parametrize("text", ["9900001-8", "9900002-6", "9900003-4"])
def test_the_made_up_organisations_of_demo_and_tests_have_valid_ids(text: str) -> None:
    assert BusinessId.parse(text, "FI") == BusinessId(text, "FI")


@pytest.mark.parametrize(
    "typed",
    [
        "99000018",
        " 9900001-8 ",
        "9900001–8",
        "9900001 - 8",
        "9900001\u00a0-\u00a08",
        "9900001\u22128",
        "FI99000018",
        "fi 9900001-8",
        "\u200e9900001-8\u200e",
        "9900001-8\r\n",
        "٩٩٠٠٠٠١-٨",
        "９９００００１－８",
    ],
)
def test_every_way_of_typing_one_id_gives_the_same_value(typed: str) -> None:
    assert BusinessId.parse(typed, "FI").text == "9900001-8"


def test_an_id_from_the_time_of_six_digits_is_padded() -> None:
    check = finnish_check_digit("0201256")
    assert BusinessId.parse(f"201256-{check}", "FI").text == f"0201256-{check}"


def test_seven_digits_without_a_hyphen_are_a_forgotten_digit_and_no_old_id() -> None:
    check = finnish_check_digit("0201256")
    assert refusal(lambda: BusinessId.parse(f"201256{check}", "FI")).code == "business_id_form"


@pytest.mark.parametrize("check", "012345679")
def test_a_wrong_check_digit_is_a_typing_mistake_and_is_said_so(check: str) -> None:
    refused = refusal(lambda: BusinessId.parse(f"9900001{check}", "FI"))
    assert (refused.code, refused.details["typed"]) == ("business_id_check_digit", f"9900001-{check}")


@given(seven_digits)
def test_the_check_digit_agrees_with_python_stdnum(digits: str) -> None:
    check = finnish_check_digit(digits)
    agreed = [str(last) for last in range(10) if ytunnus.is_valid(f"{digits}{last}")]
    assert agreed == ([] if check is None else [check])


@given(seven_digits, st.integers(0, 6), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(digits: str, place: int, by: int) -> None:
    check = finnish_check_digit(digits)
    wrong = digits[:place] + str((int(digits[place]) + by) % 10) + digits[place + 1 :]
    if check is not None:
        assert refusal(lambda: BusinessId.parse(f"{wrong}-{check}", "FI")).code == "business_id_check_digit"


def test_seven_digits_whose_remainder_is_one_have_no_valid_id() -> None:
    never = next(f"{number:07}" for number in range(9900000, 9900100) if finnish_check_digit(f"{number:07}") is None)
    for last in "0123456789":
        assert refusal(lambda last=last: BusinessId.parse(f"{never}-{last}", "FI")).code == "business_id_check_digit"


@pytest.mark.parametrize(
    ("typed", "country", "kept"),
    [
        ("556677 8899", "SE", "556677-8899"),
        ("16556677-8899", "SE", "556677-8899"),
        ("SE556677889901", "SE", "556677-8899"),
        ("12345678", "EE", "12345678"),
        ("NO 923 609 016 MVA", "NO", "923609016"),
        ("DK 13 58 56 28", "DK", "13585628"),
        ("BE 0428.759.497", "BE", "0428759497"),
        ("hrb 12345 b", "DE", "HRB12345B"),
        ("ABC-123", "PL", "ABC-123"),
    ],
)
def test_other_countries_numbers_are_kept_as_their_register_writes_them(typed: str, country: str, kept: str) -> None:
    assert BusinessId.parse(typed, country) == BusinessId(kept, country)


@pytest.mark.parametrize(
    ("typed", "country"),
    [
        ("556677-8898", "SE"),
        ("12345679", "EE"),
        ("923609017", "NO"),
        ("-", "DE"),
        ("ABC", "PL"),
        ("A" * 19 + "12", "PL"),
    ],
)
def test_a_number_that_its_country_cannot_have_is_refused_with_the_country_named(typed: str, country: str) -> None:
    refused = refusal(lambda: BusinessId.parse(typed, country))
    assert (refused.code, refused.details["country"]) == ("business_id_unreadable", country)


@pytest.mark.parametrize(
    ("business_id", "written"),
    [
        (BusinessId("9900001-8", "FI"), "NTRFI-9900001-8"),
        (BusinessId("9900001-8", "AX"), "NTRFI-9900001-8"),
        (BusinessId("556677-8899", "SE"), "NTRSE-556677-8899"),
    ],
)
def test_a_certificate_names_the_register_that_holds_the_number(business_id: BusinessId, written: str) -> None:
    assert business_id.organization_identifier == written


@pytest.mark.parametrize("nothing", ["", " ", "\u200b", "\n\t"])
@pytest.mark.parametrize("country", ["FI", "SE", "DE"])
def test_nothing_typed_is_missing(nothing: str, country: str) -> None:
    assert refusal(lambda: BusinessId.parse(nothing, country)).code == "business_id_missing"


@pytest.mark.parametrize("country", ["FI", "SE", "DE"])
@pytest.mark.parametrize("typed", ["9" * 10_000, "9900001-8" + "0" * 10_000, "\x009900001-8", "9900001-8\ud800", "<b>"])
def test_hostile_texts_are_refused_and_quoted_short(typed: str, country: str) -> None:
    refused = refusal(lambda: BusinessId.parse(typed, country))
    assert refused.code in {"business_id_form", "business_id_unreadable"}
    assert len(str(refused.details["typed"])) <= 40


@pytest.mark.parametrize("country", ["XX", "Finland", "F", "\x00\x00", "F\nI"])
def test_a_country_that_does_not_exist_is_refused(country: str) -> None:
    assert refusal(lambda: BusinessId.parse("9900001-8", country)).code == "country_unknown"


@given(any_text | st.from_regex(r"[A-Z0-9 .-]{1,24}", fullmatch=True), countries)
def test_any_text_is_a_plain_value_that_reads_back_the_same_or_is_refused(text: str, country: str) -> None:
    try:
        value = BusinessId.parse(text, country)
    except Refusal:
        return
    assert BusinessId.parse(value.text, country) == value
    assert value.text.isascii()
    assert value.text.replace("-", "").isalnum()
    assert 2 <= len(value.text) <= 20


@given(any_text)
def test_any_text_as_a_country_is_one_or_is_refused(country: str) -> None:
    try:
        BusinessId.parse("9900001-8", country)
    except Refusal:
        return
