"""Reading a signing request (PKCS #10, RFC 2986). It gives a public key, and nothing else that it says is believed."""

from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from certportal.ca import armour, der, keypolicy
from certportal.ca.errors import RequestRefused

SMALLEST_DIGEST = 32  # SHA-256 or better

_UNREADABLE = (ValueError, TypeError, OverflowError, UnsupportedAlgorithm, x509.InvalidVersion)


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """What a signing request proves: that its sender holds the private key of this public key.

    ``public_key_der`` is the SubjectPublicKeyInfo, ``public_key_hash`` its SHA-256 in hexadecimal, and ``key_description`` is
    for people ("EC P-256", "RSA 3072").
    """

    public_key_der: bytes
    public_key_hash: str
    key_description: str


@lru_cache(maxsize=64)
def read_signing_request(sent: bytes) -> SigningRequest:
    """Read, verify and judge a signing request in any wrapping that armour.py knows, 64 KB at most.

    The key is judged before the signature is verified: verifying with an absurd key could take minutes. The same octets are
    read once, for issuing asks twice; a refusal is never kept.

    Raises RequestRefused, and nothing else, for whatever octets are sent.
    """
    found = armour.der_of_request(sent)
    try:
        request = x509.load_der_x509_csr(found)
        public_key_info = der.child(request.tbs_certrequest_bytes, 2).encoded
    except _UNREADABLE:
        _refuse_something_else(found)
        raise RequestRefused("csr_unreadable") from None
    key = keypolicy.accept(public_key_info)
    _require_strong_hash(request)
    _require_good_signature(request)
    return SigningRequest(key.der, key.hash, key.description)


def _require_strong_hash(request: x509.CertificateSigningRequest) -> None:
    try:
        algorithm = request.signature_hash_algorithm
    except _UNREADABLE:
        algorithm = None
    if algorithm is None or algorithm.digest_size < SMALLEST_DIGEST:
        raise RequestRefused("csr_weak_hash", found=algorithm.name.upper() if algorithm else "")


def _require_good_signature(request: x509.CertificateSigningRequest) -> None:
    """Proof of possession (RFC 2986 3): the request is signed with the key it carries."""
    try:
        good = request.is_signature_valid
    except (*_UNREADABLE, InvalidSignature):
        good = False
    if not good:
        raise RequestRefused("csr_bad_signature")


def _refuse_something_else(found: bytes) -> None:
    """Say what was sent instead of a signing request."""
    try:
        x509.load_der_x509_certificate(found)
    except _UNREADABLE:
        armour.refuse_by_shape(found)
    raise RequestRefused("csr_is_certificate")
