"""References to keys in tokens: written so that other programs read them, read as other programs write them (RFC 7512)."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certportal.ca.reference import KeyReference, is_reference, read_reference

WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


@given(token=WORDS, label=WORDS | st.none(), octets=st.binary(min_size=1, max_size=20), serial=WORDS | st.none())
def test_what_is_written_is_read_again(token: str, label: str | None, octets: bytes, serial: str | None) -> None:
    reference = KeyReference(token, label, octets, serial)
    assert read_reference(reference.uri()) == reference
    assert is_reference(reference.uri().encode())
    assert len(reference.uri().splitlines()) == 1


def test_it_is_written_as_rfc_7512_says() -> None:
    reference = KeyReference("My token", "issuing; 2", b"\x01a\xff")
    assert reference.uri() == "pkcs11:token=My%20token;object=issuing%3B%202;id=%01%61%FF;type=private"


def test_a_line_of_p11tool_is_read() -> None:
    line = (
        "pkcs11:model=SoftHSM%20v2;manufacturer=SoftHSM%20project;serial=d0e8157138aa17db;token=portal;"
        "id=%AB%CD;object=production%20issuing;type=private\n"
    )
    assert read_reference(line) == KeyReference("portal", "production issuing", b"\xab\xcd", "d0e8157138aa17db")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "pkcs11:",
        "pkcs11:token=portal",
        "pkcs11:object=a",
        "pkcs11:token=portal;object=a?pin-value=1234",
        "pkcs11:token=portal;object=a?module-path=/usr/lib/x.so",
        "pkcs11:token=portal;object=a;pin-value=1234",
        "pkcs11:token=portal;object=a;slot-id=3",
        "pkcs11:token=portal;object=a;type=cert",
        "pkcs11:token=portal;token=other;object=a",
        "pkcs11:token=portal;object=a b",
        "pkcs11:token=portal;object=%zz",
        "pkcs11:token=portal;object=%FF",
        "pkcs11:token=portal;object=",
        "PKCS11:token=portal;object=a",
        "-----BEGIN PRIVATE KEY-----",
    ],
)
def test_anything_else_is_no_reference(line: str) -> None:
    with pytest.raises(ValueError):
        read_reference(line)


@given(line=st.text(max_size=80) | st.text("pkcs11:token=object;id%?&2f", max_size=80).map("pkcs11:token=a;".__add__))
def test_any_line_is_a_reference_or_a_value_error(line: str) -> None:
    with contextlib.suppress(ValueError):
        assert read_reference(line).token
