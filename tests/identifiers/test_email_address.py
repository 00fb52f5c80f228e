"""An e-mail address is read as people paste it; what could write a header of its own never passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certportal.identifiers import EmailAddress
from certportal.refusals import Refusal
from tests.identifiers.refusing import any_text, refusal

addressy = st.text('abÅz09.@-_+<>,;:" \r\n\t\u200b.', max_size=40)


@pytest.mark.parametrize(
    "typed",
    [
        "Erik.Example@Taksi.example",
        " Erik.Example@taksi.example\r\n",
        "mailto:Erik.Example@taksi.example",
        "MAILTO:Erik.Example@taksi.example?subject=Hello",
        "Erik Example <Erik.Example@taksi.example>",
        '"Example, Erik" <Erik.Example@taksi.example>;',
        "<Erik.Example@TAKSI.EXAMPLE>",
        "Erik.Example@taksi.example.",
        "Erik.Example@taksi.example,",
        "\u200bErik.Example@taksi.example\ufeff",
        "Erik.Example@ｔａｋｓｉ.example",
    ],
)
def test_every_way_of_pasting_one_address_gives_the_same_value(typed: str) -> None:
    assert EmailAddress.parse(typed) == EmailAddress("Erik.Example@taksi.example")


def test_two_spellings_of_one_address_share_their_key() -> None:
    spellings = ["ERIK@Åland.example", "erik@åland.example", "erik@A\u030aLAND.example", "erik@xn--land-poa.example"]
    assert {EmailAddress.parse(spelling).key for spelling in spellings} == {"erik@xn--land-poa.example"}


def test_an_international_domain_is_shown_in_its_own_script_and_sent_in_ascii() -> None:
    address = EmailAddress.parse("Erik@xn--land-poa.example")
    assert (address.text, address.ascii) == ("Erik@åland.example", "Erik@xn--land-poa.example")
    assert (address.domain, str(address)) == ("åland.example", "Erik@åland.example")


@pytest.mark.parametrize(
    "domain", ["firma.example", "firma.test", "mail.localhost", "firma.local", "example", "a-b.co.uk"]
)
def test_reserved_domains_are_domains_and_nothing_is_looked_up(domain: str) -> None:
    if "." in domain:
        assert EmailAddress.parse(f"a@{domain}").domain == domain
    else:
        assert refusal(lambda: EmailAddress.parse(f"a@{domain}")).code == "email_missing_ending"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "email_missing"),
        (" \t\u200b", "email_missing"),
        ("<>", "email_missing"),
        ("erik.taksi.example", "email_no_at"),
        ("erik@taksi", "email_missing_ending"),
        ("erik@taksi.e", "email_missing_ending"),
        ("erik@192.0.2.1", "email_missing_ending"),
        ("jörg@taksi.example", "email_letters_before_at"),
        ("jo\u0308rg@taksi.example", "email_letters_before_at"),
        ("@taksi.example", "email_unreadable"),
        ("erik@", "email_unreadable"),
        ("erik@@taksi.example", "email_unreadable"),
        ("erik exempel@taksi.example", "email_unreadable"),
        ("erik@taksi,example", "email_unreadable"),
        ("erik@taksi.example, aino@taksi.example", "email_unreadable"),
        ("erik..e@taksi.example", "email_unreadable"),
        ("erik@taksi..example", "email_unreadable"),
        ("erik@-taksi.example", "email_unreadable"),
        ("erik@[192.0.2.1]", "email_unreadable"),
        ('"erik e"@taksi.example', "email_unreadable"),
        ("erik@taksi.invalid", "email_unreadable"),
        ("erik@taksi.example\r\nBcc: all@taksi.example", "email_unreadable"),
        ("erik\r\n@taksi.example", "email_unreadable"),
        ("erik\x00@taksi.example", "email_unreadable"),
        ("erik@taksi\ud800.example", "email_unreadable"),
        ("<script>@taksi.example", "email_unreadable"),
        ("e" * 65 + "@taksi.example", "email_too_long"),
        ("e@" + "taksi." * 45 + "example", "email_too_long"),
        ("e@" + "å." * 60 + "example", "email_unreadable"),
        ("e" * 10_000, "email_too_long"),
        ("e@taksi.example" * 1_000, "email_too_long"),
    ],
)
def test_what_is_no_address_is_refused_by_name(typed: str, code: str) -> None:
    refused = refusal(lambda: EmailAddress.parse(typed))
    assert refused.code == code
    assert all(len(str(detail)) <= 40 for detail in refused.details.values())


def test_a_missing_ending_is_named_with_the_domain_that_misses_it() -> None:
    assert refusal(lambda: EmailAddress.parse("erik@Taksi")).details["domain"] == "Taksi"


def test_the_letters_that_cannot_stand_before_the_at_are_named_once() -> None:
    assert refusal(lambda: EmailAddress.parse("äö.ä@taksi.example")).details["letters"] == "äö"


@pytest.mark.parametrize("text", ["", "erik", "@", "a@", "@b", "a@b\r\nBcc: c@d", "a b@c", "a@b\u202e", "a@b\n"])
def test_nothing_that_could_break_a_header_becomes_a_value_without_being_read(text: str) -> None:
    with pytest.raises(ValueError, match="e-mail address"):
        EmailAddress(text)


@given(any_text | addressy | st.emails())
def test_any_text_is_an_address_that_reads_back_the_same_or_is_refused(text: str) -> None:
    try:
        value = EmailAddress.parse(text)
    except Refusal:
        return
    assert EmailAddress.parse(value.text) == value
    assert EmailAddress.parse(value.key).key == EmailAddress.parse(value.ascii).key == value.key
    assert value.ascii.isascii()
    assert value.text.isprintable()
    assert not set(value.text) & set(' \r\n,;:<>"')
    assert len(value.ascii) <= 254
