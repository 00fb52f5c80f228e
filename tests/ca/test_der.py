"""The little DER that the authority reads and writes itself."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.der import encoder
from pyasn1.type import univ, useful

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


@given(value=st.integers(0, 2**200))
def test_integers_are_written_as_others_write_them(value: int) -> None:
    assert der.integer(value) == encoder.encode(univ.Integer(value))
    assert der.integer_of(der.first(der.integer(value))) == value


@given(first=st.tuples(st.integers(0, 1), st.integers(0, 39)), more=st.lists(st.integers(0, 2**70), max_size=8))
def test_object_identifiers_are_written_as_others_write_them(first: tuple[int, int], more: list[int]) -> None:
    dotted = ".".join(map(str, (*first, *more)))
    assert der.object_identifier(dotted) == encoder.encode(univ.ObjectIdentifier(dotted))


@given(moment=st.datetimes(datetime(1950, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_times_are_written_as_others_write_them(moment: datetime) -> None:
    """The year of a UTCTime has two figures: 2050 is the first that needs four (RFC 5280 4.1.2.5)."""
    written = f"{moment:%Y%m%d%H%M%S}Z"
    other = useful.UTCTime(written[2:]) if moment.year < 2050 else useful.GeneralizedTime(written)
    assert der.time(moment) == encoder.encode(other)
