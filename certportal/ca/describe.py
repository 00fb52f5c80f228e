"""A certificate in words and in files: what pages show and people compare, and the forms in which it is handed out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

_SHORT_NAMES = {
    x509.NameOID.COMMON_NAME: "CN",
    x509.NameOID.COUNTRY_NAME: "C",
    x509.NameOID.ORGANIZATION_IDENTIFIER: "organizationIdentifier",
    x509.NameOID.ORGANIZATION_NAME: "O",
}


@dataclass(frozen=True, slots=True)
class Description:
    """A certificate for people.

    ``subject`` is (short name, value) in the certificate's order; ``issuer`` the issuer's common name; ``serial`` and
    ``fingerprint`` (SHA-256 over the DER) lower-case hexadecimal without groups: ``pairs`` and ``fours`` make them readable.
    """

    subject: tuple[tuple[str, str], ...]
    issuer: str
    serial: str
    fingerprint: str
    key: str
    not_before: datetime
    not_after: datetime


def describe(certificate: bytes) -> Description:
    """Read a certificate in DER. Raises ValueError for anything else."""
    parsed = x509.load_der_x509_certificate(certificate)
    issuers = parsed.issuer.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return Description(
        subject=tuple((_SHORT_NAMES.get(a.oid, a.rfc4514_attribute_name), str(a.value)) for a in parsed.subject),
        issuer=str(issuers[0].value) if issuers else parsed.issuer.rfc4514_string(),
        serial=serial_hex(parsed.serial_number),
        fingerprint=parsed.fingerprint(hashes.SHA256()).hex(),
        key=key_in_words(parsed.public_key()),
        not_before=parsed.not_valid_before_utc,
        not_after=parsed.not_valid_after_utc,
    )


def key_in_words(public_key: object) -> str:
    """The kind of a key: ``RSA 3072``, ``EC P-384``."""
    match public_key:
        case rsa.RSAPublicKey() as key:
            return f"RSA {key.key_size}"
        case ec.EllipticCurvePublicKey() as key:
            return key.curve.name.replace("secp256r1", "EC P-256").replace("secp384r1", "EC P-384")
        case key:
            return type(key).__name__.removesuffix("PublicKey")


def serial_hex(serial: int) -> str:
    """A serial number in lower-case hexadecimal, whole octets, as openssl prints it but for the case."""
    digits = f"{serial:x}"
    return digits if len(digits) % 2 == 0 else f"0{digits}"


def pairs(hexadecimal: str) -> str:
    """``2f 91 0c``: for serial numbers."""
    return " ".join(re.findall("..?", hexadecimal))


def fours(hexadecimal: str) -> str:
    """``9c41 e07a``: for fingerprints."""
    return " ".join(re.findall("..?.?.?", hexadecimal))


def as_pem(certificate: bytes) -> bytes:
    """A certificate in PEM, from its DER."""
    return x509.load_der_x509_certificate(certificate).public_bytes(Encoding.PEM)


def chain_pem(certificates: Sequence[x509.Certificate]) -> bytes:
    """Certificates in PEM one after another, in the order given."""
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def chain_p7b(certificates: Sequence[x509.Certificate]) -> bytes:
    """Certificates as a certs-only PKCS #7 in DER (RFC 5652 5, degenerate SignedData): a whole chain in one binary file."""
    return pkcs7.serialize_certificates(list(certificates), Encoding.DER)
