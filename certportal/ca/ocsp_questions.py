"""Questions about certificates (OCSPRequest, RFC 6960 4.1), as bytes: ``ocsp`` hands on what is public here.

They are read here and not by cryptography, which is faster at it, but reads one certificate alone and hides the CertID's octets.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from urllib.parse import unquote

from certportal.ca import der
from certportal.ca.authority import Authority

ENUMERATED = 0x0A
LARGEST = 4096  # octets: a question is a hundred, or two thousand with a client's signature and certificate
MOST_CERTIFICATES = 16
LONGEST_NONCE = 128  # RFC 9654 2.1
LONGEST_SERIAL = 20  # RFC 5280 4.1.2.2

_HASHES = {  # AlgorithmIdentifiers, with NULL and without: clients write both (RFC 5754 2)
    bytes.fromhex(encoded): name
    for name, *forms in (
        ("sha1", "300906052b0e03021a0500", "300706052b0e03021a"),
        ("sha256", "300d06096086480165030402010500", "300b0609608648016503040201"),
    )
    for encoded in forms
}
NONCE_OID = bytes.fromhex("06092b0601050507300102")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*")


class Failure(Enum):
    """Answers without a signature: OCSPResponseStatus of RFC 6960 4.2.1."""

    MALFORMED_REQUEST = 1
    INTERNAL_ERROR = 2
    TRY_LATER = 3
    UNAUTHORIZED = 6  # nothing is known here of such certificates (RFC 5019 2.2.3)

    @property
    def encoded(self) -> bytes:
        """The whole answer in DER."""
        return der.encode(der.SEQUENCE, der.encode(ENUMERATED, bytes((self.value,))))


class Refused(Exception):
    """A question that gets no signed answer; ``failure`` is what it gets."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.name)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class CertId:
    """Which certificate is meant: its serial number, and its issuer by hashes of name and key. ``encoded`` is as it was sent."""

    hash_name: str
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial: int
    encoded: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client asks: for which certificates, and with which nonce."""

    cert_ids: tuple[CertId, ...]
    nonce: bytes | None


def read_request(sent: bytes) -> Asked:
    """Read an OCSPRequest (RFC 6960 4.1.1), 4 KB and 16 certificates at most, each by SHA-1 or SHA-256.

    A client's name and signature are passed over: everybody gets the same answers. An extension that is critical and not known
    here is refused, and so is a nonce that RFC 9654 2.1 does not allow. Several certificates in one question are answered in one
    answer (6960 4.2.2.3), though 5019 has clients ask for one.
    Raises Refused: MALFORMED_REQUEST; UNAUTHORIZED for a hash that is not used here. Nothing else, for whatever octets are sent.
    """
    if len(sent) > LARGEST:
        raise Refused(Failure.MALFORMED_REQUEST)
    try:
        return _request(sent)
    except ValueError:
        raise Refused(Failure.MALFORMED_REQUEST) from None


def decode_get(text: str) -> bytes:
    """The request in the path of a GET (RFC 6960 A.1: base64, then URL-encoded), as real clients write it.

    URL-encoded once, twice or not at all; "+" that became a space on the way; the URL-safe alphabet; with padding or without.
    What is not base64 raises Refused MALFORMED_REQUEST.
    """
    plain = text[: 4 * LARGEST].lstrip("/")
    for _ in range(2):
        plain = unquote(plain)
    digits = plain.replace(" ", "+").replace("-", "+").replace("_", "/").rstrip("=")
    if not _BASE64.fullmatch(digits):
        raise Refused(Failure.MALFORMED_REQUEST)
    try:
        return base64.b64decode(digits + "=" * (-len(digits) % 4))
    except binascii.Error:
        raise Refused(Failure.MALFORMED_REQUEST) from None


def request_about(cert_id: bytes) -> bytes:
    """The plainest OCSPRequest about one certificate (RFC 6960 4.1.1), from its CertID in DER."""
    encoded = cert_id
    for _ in range(4):  # Request, requestList, TBSRequest, OCSPRequest
        encoded = der.encode(der.SEQUENCE, encoded)
    return encoded


def matches(cert_id: CertId, authority: Authority) -> bool:
    """Whether the certificate asked about is one of this authority's."""
    hashed = issuer_hashes(authority, cert_id.hash_name)
    return hashed == (cert_id.issuer_name_hash, cert_id.issuer_key_hash)


def cert_id(authority: Authority, serial: int, hash_name: str) -> CertId:
    """The CertID of a certificate of this authority by "sha1" or "sha256", as most clients write it."""
    algorithm = next(encoded for encoded, name in _HASHES.items() if name == hash_name)
    return _made(hash_name, algorithm, *issuer_hashes(authority, hash_name), serial)


def issuer_hashes(authority: Authority, hash_name: str) -> tuple[bytes, bytes]:
    """issuerNameHash and issuerKeyHash (RFC 6960 4.1.1) by "sha1" or "sha256"."""
    return _hashes(authority.name_der, authority.public_key_info, hash_name)


@lru_cache(maxsize=64)
def _hashes(name: bytes, public_key_info: bytes, hash_name: str) -> tuple[bytes, bytes]:
    key = der.octets_of(der.child(public_key_info, 1))
    name_hash, key_hash = (hashlib.new(hash_name, part, usedforsecurity=False).digest() for part in (name, key))
    return name_hash, key_hash


@lru_cache(maxsize=512)
def _request(sent: bytes) -> Asked:
    """Kept for a while: those who look up a certificate ask the same again."""
    whole, *signature = der.children(_only(sent, der.SEQUENCE).encoded)
    if whole.tag != der.SEQUENCE or [part.tag for part in signature] not in ([], [der.TAG_0]):
        raise ValueError("tbsRequest, and perhaps a signature")
    parts = list(der.children(whole.encoded))
    if parts and parts[0].tag == der.TAG_0 and _only(parts.pop(0).contents, der.INTEGER).contents != b"\x00":
        raise ValueError("version 1 is the only one")
    if parts and parts[0].tag == der.TAG_1:
        parts.pop(0)  # requestorName
    tags = [part.tag for part in parts]
    if tags not in ([der.SEQUENCE], [der.SEQUENCE, der.TAG_2]):
        raise ValueError("requestList, and perhaps extensions")
    cert_ids = tuple(map(_cert_id, der.children(parts[0].encoded)))
    if not 0 < len(cert_ids) <= MOST_CERTIFICATES:
        raise ValueError("no certificate, or too many")
    return Asked(cert_ids, _nonce(parts[1].contents) if len(parts) == 2 else None)


def _cert_id(request: der.Element) -> CertId:
    cert_id, *extensions = der.children(_require(request, der.SEQUENCE).encoded)
    for each in extensions:
        _nonce(
            _require(each, der.TAG_0).contents
        )  # singleRequestExtensions: none is known here, so none may be critical
    algorithm, name_hash, key_hash, serial = der.children(_require(cert_id, der.SEQUENCE).encoded)
    hashed = _require(name_hash, der.OCTET_STRING).contents, _require(key_hash, der.OCTET_STRING).contents
    if len(serial.contents) > LONGEST_SERIAL + 1:
        raise ValueError("no serial number is so long")
    hash_name = _HASHES.get(_require(algorithm, der.SEQUENCE).encoded)
    if hash_name is None:
        raise Refused(Failure.UNAUTHORIZED)
    read = _made(hash_name, algorithm.encoded, *hashed, der.integer_of(serial))
    if read.encoded != cert_id.encoded:
        raise ValueError("not DER")  # the answer would repeat it
    return read


def _made(hash_name: str, algorithm: bytes, name_hash: bytes, key_hash: bytes, serial: int) -> CertId:
    octets = serial.to_bytes(serial.bit_length() // 8 + 1, "big", signed=True)
    parts = (der.encode(der.OCTET_STRING, name_hash), der.encode(der.OCTET_STRING, key_hash))
    encoded = der.encode(der.SEQUENCE, algorithm, *parts, der.encode(der.INTEGER, octets))
    return CertId(hash_name, name_hash, key_hash, serial, encoded)


def _nonce(extensions: bytes) -> bytes | None:
    """The nonce among Extensions. Raises ValueError for a critical extension that is none, and for a nonce out of bounds."""
    nonce: bytes | None = None
    for extension in der.children(_only(extensions, der.SEQUENCE).encoded):
        oid, *critical, value = der.children(_require(extension, der.SEQUENCE).encoded)
        octets = _require(value, der.OCTET_STRING).contents
        if oid.encoded == NONCE_OID:
            if nonce is not None:
                raise ValueError("one nonce")
            nonce = _only(octets, der.OCTET_STRING).contents
            if not 1 <= len(nonce) <= LONGEST_NONCE:
                raise ValueError("a nonce of 1 to 128 octets")
        elif any(each.contents != b"\x00" for each in critical):
            raise ValueError("a critical extension that is not known here")
    return nonce


def _only(encoded: bytes, tag: int) -> der.Element:
    """The one element that ``encoded`` is, with nothing after it."""
    element = der.first(encoded)
    if len(element.encoded) != len(encoded):
        raise ValueError("something follows")
    return _require(element, tag)


def _require(element: der.Element, tag: int) -> der.Element:
    if element.tag != tag:
        raise ValueError("another element")
    return element
