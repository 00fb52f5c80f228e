"""As much of DER (X.690) as the authority needs to take signed structures apart and put them together.

Everything that is parsed for its meaning is parsed by cryptography; this only finds where elements begin and end.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06
GENERALIZED_TIME = 0x18
SEQUENCE = 0x30
TAG_0, TAG_1, TAG_2, TAG_3 = 0xA0, 0xA1, 0xA2, 0xA3  # [0] to [3], around whole elements


class Element(NamedTuple):
    """One element: its tag, its contents, and ``encoded``, the whole of it with tag and length."""

    tag: int
    contents: bytes
    encoded: bytes


def encode(tag: int, *contents: bytes) -> bytes:
    """Tag, definite length in its shortest form, and the contents one after another."""
    body = b"".join(contents)
    length = len(body)
    if length < 0x80:
        return bytes((tag, length)) + body
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + body


def bit_string(contents: bytes) -> bytes:
    """A BIT STRING of whole octets."""
    return encode(BIT_STRING, b"\x00", contents)


def integer(value: int) -> bytes:
    """An INTEGER of zero or more."""
    return encode(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def object_identifier(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER from its numbers with dots between them (X.690 8.19)."""
    one, two, *others = map(int, dotted.split("."))
    return encode(OBJECT_IDENTIFIER, *(_in_sevens(number) for number in (40 * one + two, *others)))


def _in_sevens(number: int) -> bytes:
    """Seven bits to an octet, the highest first; each octet but the last says that more follow."""
    octets = [number & 0x7F]
    while number := number >> 7:
        octets.append(0x80 | number & 0x7F)
    return bytes(reversed(octets))


def time(moment: datetime) -> bytes:
    """A time of a certificate or a CRL, whole seconds: UTCTime up to 2049, then GeneralizedTime (RFC 5280 4.1.2.5, 5.1.2.6).

    ``moment`` is aware. Written without a call for each part: a list may have a hundred thousand.
    """
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    clock = f"{utc.month:02}{utc.day:02}{utc.hour:02}{utc.minute:02}{utc.second:02}Z"
    if utc.year < 2050:
        return b"\x17\x0d" + f"{utc.year % 100:02}{clock}".encode()
    return b"\x18\x0f" + f"{utc.year}{clock}".encode()


def first(encoded: bytes, at: int = 0) -> Element:
    """The element that begins at ``at``; what follows it is left alone.

    Raises ValueError for a tag of several octets, an indefinite length and an element cut short.
    """
    try:
        tag, length = encoded[at], encoded[at + 1]
    except IndexError:
        raise ValueError("no element here") from None
    if tag & 0x1F == 0x1F:
        raise ValueError("an element whose tag has several octets")
    start = at + 2
    if length & 0x80:
        start += length & 0x7F
        if length == 0x80 or start > at + 6 or start > len(encoded):
            raise ValueError("a length that DER does not have, or over 4 GB")
        length = int.from_bytes(encoded[at + 2 : start], "big")
    end = start + length
    if end > len(encoded):
        raise ValueError("an element cut short")
    return Element(tag, encoded[start:end], encoded[at:end])


def children(encoded: bytes) -> Iterator[Element]:
    """The elements inside the constructed element that ``encoded`` begins with, one by one. Raises ValueError."""
    inside = first(encoded).contents
    at, end = 0, len(inside)
    while at < end:
        element = first(inside, at)
        yield element
        at += len(element.encoded)


def child(encoded: bytes, place: int) -> Element:
    """The element in that place, from 0, inside the constructed element that ``encoded`` begins with. Raises ValueError."""
    found = next(islice(children(encoded), place, None), None)
    if found is None:
        raise ValueError("no element in that place")
    return found


def octets_of(bits: Element) -> bytes:
    """The octets of a BIT STRING without unused bits. Raises ValueError."""
    if bits.tag != BIT_STRING or not bits.contents or bits.contents[0] != 0:
        raise ValueError("not a BIT STRING of whole octets")
    return bits.contents[1:]


def integer_of(element: Element) -> int:
    """The value of an INTEGER. Raises ValueError."""
    if element.tag != INTEGER or not element.contents:
        raise ValueError("not an INTEGER")
    return int.from_bytes(element.contents, "big", signed=True)
