"""A phone number gets the PIN: it is read with care, refused by name, and shown as it will be dialled."""

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from certportal.identifiers import PhoneNumber
from certportal.refusals import Refusal
from tests.identifiers.refusing import any_text, refusal

dialled = st.text("0123456789+ ()-–/.\u00a0", max_size=24)
regions = st.sampled_from(["FI", "AX", "SE", "EE", "NO", "DK", "DE", "GB", "US", "IT"])


@pytest.mark.parametrize(
    "typed",
    [
        "040 123 4567",
        "0401234567",
        "+358401234567",
        "+358 (0)40 123 4567",
        "+358 ( 0 ) 40 1234567",
        "(+358) 40 1234567",
        "00358 40 123 4567",
        "00 358 40 123 4567",
        "358401234567",
        "40 123 4567",
        "(040) 1234567",
        "040–123–4567",
        "040\u2011123\u22124567",
        "040\u00a0123\u20094567",
        "040/123 45 67",
        "040.123.4567",
        "tel:+358-40-123-4567",
        "\u202a+358 40 123 4567\u202c",
        "٠٤٠ ١٢٣ ٤٥٦٧",
        "＋３５８ ４０ １２３ ４５６７",
        "040 123 4567\r\n",
    ],
)
@pytest.mark.parametrize("country", ["FI", "AX", "fi"])
def test_every_way_of_typing_one_number_gives_the_same_value(typed: str, country: str) -> None:
    assert PhoneNumber.parse(typed, country) == PhoneNumber("+358401234567")


@pytest.mark.parametrize(
    ("e164", "grouped", "national", "country"),
    [
        ("+358401234567", "+358 40 123 4567", "040 123 4567", "FI"),
        ("+3585012345678", "+358 50 1234 5678", "050 1234 5678", "FI"),
        ("+35840123456", "+358 40 123 456", "040 123 456", "FI"),
        ("+3584012345", "+358 40 123 45", "040 123 45", "FI"),
        ("+358401234", "+358 40 1234", "040 1234", "FI"),
        ("+3584573421234", "+358 457 342 1234", "0457 342 1234", "FI"),
        ("+46701234567", "+46 70 123 45 67", "070-123 45 67", "SE"),
        ("+37255512345", "+372 5551 2345", "5551 2345", "EE"),
        ("+447400123456", "+44 7400 123456", "07400 123456", "GB"),
        ("+12042345678", "+1 204-234-5678", "(204) 234-5678", "CA"),
    ],
)
def test_a_number_is_shown_in_the_groups_of_its_country(e164: str, grouped: str, national: str, country: str) -> None:
    number = PhoneNumber(e164)
    assert (number.grouped, number.national, number.country, str(number)) == (grouped, national, country, e164)


def test_a_mask_shows_the_last_two_digits() -> None:
    number = PhoneNumber("+358401234567")
    assert (number.last_two, number.masked) == ("67", "•• 67")


def test_a_swedish_number_typed_as_at_home_is_offered_with_its_country_code() -> None:
    refused = refusal(lambda: PhoneNumber.parse("070-123 45 67", "FI"))
    assert refused.code == "phone_needs_country_code"
    assert refused.details == {
        "typed": "070-123 45 67",
        "suggestion": PhoneNumber("+46701234567"),
        "country": "SE",
    }


@pytest.mark.parametrize(
    ("typed", "country", "meant"),
    [
        ("076-123 45 67", "FI", "+46761234567"),
        ("070-123 45 67", "AX", "+46701234567"),
        ("0171 1234567", "FI", "+491711234567"),
        ("07400 123456", "FI", "+447400123456"),
        ("46701234567", "FI", "+46701234567"),
        ("046701234567", "FI", "+46701234567"),
        ("0358401234567", "FI", "+358401234567"),
        ("050 123 4567", "EE", "+358501234567"),
    ],
)
def test_a_mobile_number_of_elsewhere_is_offered(typed: str, country: str, meant: str) -> None:
    refused = refusal(lambda: PhoneNumber.parse(typed, country))
    assert (refused.code, refused.details["suggestion"]) == ("phone_needs_country_code", PhoneNumber(meant))


@pytest.mark.parametrize(
    ("typed", "country", "place"),
    [
        ("09 123 45", "FI", ("FI", "9")),
        ("018 12345", "FI", ("FI", "18")),
        ("019 123 4567", "AX", ("FI", "19")),
        ("+46 8 123 456 78", "FI", ("SE", "")),
    ],
)
def test_a_landline_is_named_as_one_with_its_place(typed: str, country: str, place: tuple[str, str]) -> None:
    refused = refusal(lambda: PhoneNumber.parse(typed, country))
    assert refused.code == "phone_landline"
    assert (refused.details["country"], refused.details["area"]) == place
    assert refused.details["suggestion"] is None


@pytest.mark.parametrize(
    ("typed", "country", "meant"),
    [("040 123 4567", "SE", "+358401234567"), ("5551 2345", "FI", "+37255512345")],
)
def test_a_landline_here_that_is_a_neighbours_mobile_number_comes_with_the_offer(
    typed: str, country: str, meant: str
) -> None:
    refused = refusal(lambda: PhoneNumber.parse(typed, country))
    assert (refused.code, refused.details["suggestion"]) == ("phone_landline", PhoneNumber(meant))


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "phone_missing"),
        (" \u200b\t", "phone_missing"),
        ("+", "phone_unreadable"),
        ("()", "phone_unreadable"),
        ("040VANITY", "phone_unreadable"),
        ("040 1234567 (work)", "phone_unreadable"),
        ("0401234567, 0501234567", "phone_unreadable"),
        ("+358+401234567", "phone_unreadable"),
        ("7", "phone_too_short"),
        ("00", "phone_too_short"),
        ("112", "phone_too_short"),
        ("040 123", "phone_too_short"),
        ("+46 70 123", "phone_too_short"),
        ("040 1234567890", "phone_too_long"),
        ("040 123 4567/050 123 4567", "phone_too_long"),
        ("040 123 4567 050 123 4567 044 123 4567", "phone_too_long"),
        ("0401234567 ext. 5", "phone_extension"),
        ("0401234567 alanumero 12", "phone_extension"),
        ("+358401234567x5", "phone_extension"),
        ("040-1234567;123", "phone_extension"),
        ("+999 12345", "phone_unknown_country_code"),
        ("+070 1234567", "phone_unknown_country_code"),
        ("029 123 45", "phone_not_sms"),
        ("0600 12345", "phone_not_sms"),
        ("0800 12345", "phone_not_sms"),
        ("+882 16 1234 5678", "phone_not_sms"),
        ("0" * 10_000, "phone_too_long"),
        ("x" * 10_000, "phone_unreadable"),
        ("040\x001234567", "phone_unreadable"),
        ("040\ud8001234567", "phone_unreadable"),
        ("040 1234567\r\nBcc: a", "phone_unreadable"),
        ("<script>", "phone_unreadable"),
    ],
)
def test_what_is_no_number_for_text_messages_is_refused_by_name(typed: str, code: str) -> None:
    refused = refusal(lambda: PhoneNumber.parse(typed, "FI"))
    assert refused.code == code
    assert len(str(refused.details.get("typed", ""))) <= 40


@pytest.mark.parametrize(
    "e164", ["", "0401234567", "+0401234567", "+358 40 1234567", "+358401234567\n", "+" + "1" * 16]
)
def test_nothing_but_e164_becomes_a_value_without_being_read(e164: str) -> None:
    with pytest.raises(ValueError, match=r"E\.164"):
        PhoneNumber(e164)


@given(any_text | dialled, regions)
@example("+1", "FI")
@example("+80012345678", "FI")
def test_any_text_is_a_number_that_reads_back_the_same_or_is_refused(text: str, country: str) -> None:
    try:
        value = PhoneNumber.parse(text, country)
    except Refusal:
        return
    for written in (value.e164, value.grouped):
        assert PhoneNumber.parse(written, "US" if country == "FI" else "FI") == value
    assert PhoneNumber.parse(value.national, value.country) == value
    assert value.masked == f"•• {value.e164[-2:]}"
    assert sum(character.isdigit() for character in value.masked) == 2


@given(st.integers(40_000_000, 50_999_999_999))
def test_whatever_is_accepted_in_finland_is_a_mobile_number_there(digits: int) -> None:
    try:
        value = PhoneNumber.parse(f"0{digits}", "FI")
    except Refusal:
        return
    number = phonenumbers.parse(value.e164, None)
    assert phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    assert value.e164.startswith("+358")


@given(dialled, regions)
def test_a_suggestion_is_a_mobile_number_that_is_accepted_when_pressed(text: str, country: str) -> None:
    try:
        PhoneNumber.parse(text, country)
    except Refusal as refused:
        suggestion = refused.details.get("suggestion")
        if suggestion is not None:
            assert isinstance(suggestion, PhoneNumber)
            assert PhoneNumber.parse(suggestion.e164, country) == suggestion
