"""The little DER that the authority reads and writes itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certportal.ca import der


@pytest.mark.parametrize("length", [0, 1, 127, 128, 255, 256, 65_535, 65_536, 100_000])
def test_lengths_are_written_in_their_shortest_form_and_read_back(length: int) -> None:
    encoded = der.encode(der.OCTET_STRING, bytes(length))
    assert len(encoded) - length == 2 + sum(length > limit for limit in (127, 255, 65_535))
    assert der.first(encoded + b"more") == der.Element(der.OCTET_STRING, bytes(length), encoded)


BROKEN = [b"", b"0", b"\x30\x80", b"\x30\x81", b"\x30\x85\x01\x01\x01\x01\x01", b"\x30\x01", b"\x3f\x01\x00"]


@pytest.mark.parametrize("broken", BROKEN)
def test_what_der_does_not_have_is_a_mistake(broken: bytes) -> None:
    with pytest.raises(ValueError, match=r"element|length"):
        der.first(broken)


@given(parts=st.lists(st.binary(max_size=200), max_size=8))
def test_what_was_put_together_comes_apart_again(parts: list[bytes]) -> None:
    whole = der.encode(der.SEQUENCE, *(der.encode(der.OCTET_STRING, part) for part in parts))
    assert [element.contents for element in der.children(whole)] == parts
    for place, part in enumerate(parts):
        assert der.child(whole, place).contents == part
    with pytest.raises(ValueError, match="no element"):
        der.child(whole, len(parts))


@given(garbage=st.binary(max_size=60))
def test_garbage_is_a_mistake_or_lies_inside_what_was_given(garbage: bytes) -> None:
    try:
        elements = list(der.children(garbage))
    except ValueError:
        return
    assert sum(len(element.encoded) for element in elements) < len(garbage)


@given(value=st.integers(-(2**200), 2**200))
def test_integers_are_read(value: int) -> None:
    contents = value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)
    assert der.integer_of(der.first(der.encode(der.INTEGER, contents))) == value
