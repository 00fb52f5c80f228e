"""The subject comes from the order: C, O, organizationIdentifier, CN."""

import unicodedata

import pytest
from cryptography import x509
from hypothesis import example, given, settings
from hypothesis import strategies as st

from certportal.ca import IssueRefused, Subject
from certportal.ca.names import short_organisation_name, subject_of


def rows(subject: Subject) -> list[tuple[str, str, str]]:
    return [(a.rfc4514_attribute_name, str(a.value), a._type.name) for a in subject.name()]


def test_the_subject_names_the_organisation_and_its_business_id() -> None:
    assert rows(Subject("9900001-8", "FI", "Malliyritys Oy")) == [
        ("C", "FI", "PrintableString"),
        ("O", "Malliyritys Oy", "UTF8String"),
        ("2.5.4.97", "NTRFI-9900001-8", "UTF8String"),
        ("CN", "9900001-8", "UTF8String"),
    ]


def test_an_organisation_on_aland_stands_in_finlands_register() -> None:
    assert rows(Subject("9900002-6", "AX", "Modellföretaget Ab"))[0][1] == "FI"
    assert rows(Subject("9900002-6", "AX", "Modellföretaget Ab"))[2][1] == "NTRFI-9900002-6"


def test_another_countrys_identifier_names_its_register() -> None:
    assert rows(Subject("556677-8899", "SE", "Exempel AB"))[2][1] == "NTRSE-556677-8899"


@pytest.mark.parametrize(
    ("business_id", "country", "name", "field"),
    [
        ("", "FI", "Oy", "business_id"),
        ("9900001-8\n", "FI", "Oy", "business_id"),
        ("9900001-8, CN=root", "FI", "Oy", "business_id"),
        ("9" * 31, "FI", "Oy", "business_id"),
        ("9900001-8", "fi", "Oy", "country"),
        ("9900001-8", "FIN", "Oy", "country"),
        ("9900001-8", "", "Oy", "country"),
        ("9900001-8", "FI", "", "organisation_name"),
        ("9900001-8", "FI", " \t\n", "organisation_name"),
        ("9900001-8", "FI", "\u202e\u200d\x00", "organisation_name"),
    ],
)
def test_a_subject_that_names_nobody_is_refused(business_id: str, country: str, name: str, field: str) -> None:
    with pytest.raises(IssueRefused) as refused:
        Subject(business_id, country, name).name()
    assert (refused.value.code, refused.value.details["field"]) == ("subject_refused", field)


@pytest.mark.parametrize(
    ("full", "short"),
    [
        ("x" * 64, "x" * 64),
        ("x" * 65, "x" * 64),
        ("x" * 63 + " Oy", "x" * 63),
        ("  Malli \t yritys\r\nOy ", "Malli yritys Oy"),
        ("A\u030aland", "Åland"),
        ("x" * 63 + "q\u0323" + "y", "x" * 63),
        ("q\u0323" * 40, "q\u0323" * 32),
        ("x" * 62 + "👩\u200d👩", "x" * 62),
        ("\u202eOy\u2066 Malli\ufeff", "Oy Malli"),
        ("q" + "\u0323" * 90, "q" + "\u0323" * 63),
        ("Kauppa; O=Toinen, CN=9900002-6", "Kauppa; O=Toinen, CN=9900002-6"),
    ],
)
def test_a_name_is_cut_to_64_characters_and_never_inside_a_letter(full: str, short: str) -> None:
    assert short_organisation_name(full) == short


@settings(max_examples=500)
@given(full=st.text(max_size=150))
@example(full="\ud800" * 3)
def test_whatever_the_name_it_fits_or_is_refused(full: str) -> None:
    try:
        short = short_organisation_name(full)
    except IssueRefused:
        return
    assert 1 <= len(short) <= 64
    assert short == short_organisation_name(short)
    assert short == short.strip()
    assert not {unicodedata.category(c) for c in short} & {"Cc", "Cs", "Zl", "Zp"}
    subject = Subject("9900001-8", "FI", full)
    assert subject_of(subject.name()) == Subject("9900001-8", "FI", short)


def test_only_such_a_name_is_read_back() -> None:
    good = list(Subject("9900001-8", "FI", "Oy").name())
    extra = x509.NameAttribute(x509.NameOID.COMMON_NAME, "9900001-8")
    other = x509.NameAttribute(x509.NameOID.ORGANIZATION_IDENTIFIER, "NTRFI-9900002-6")
    for odd in (good[::-1], good[:3], [*good, extra], [*good[:2], other, good[3]], []):
        with pytest.raises(IssueRefused, match="subject_refused"):
            subject_of(x509.Name(odd))
