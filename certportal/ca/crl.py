"""Certificate revocation lists (RFC 5280 5), of any length at a cost that grows with it and no faster."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography import x509

from certportal.ca import der, unsigned
from certportal.ca.authority import Authority, Issuer
from certportal.ca.errors import CaRefused
from certportal.ca.profile import SERIAL_BITS, whole_seconds


class Reason(StrEnum):
    """Why a certificate is revoked, in the portal's words."""

    KEY_LOST = "key_lost"
    KEY_SUSPECTED = "key_suspected"
    UNNECESSARY = "unnecessary"
    ORGANISATION_ENDED = "organisation_ended"
    AGREEMENT_ENDED = "agreement_ended"
    MISUSE = "misuse"
    UNSPECIFIED = "unspecified"

    @property
    def rfc_code(self) -> int:
        """CRLReason of RFC 5280 5.3.1."""
        return _RFC_CODES[self]

    @property
    def by_issuer(self) -> bool:
        """Whether the reason is the issuer's to give: the agreement ended, or the certificate was misused."""
        return self in {Reason.AGREEMENT_ENDED, Reason.MISUSE}

    @property
    def distrusts_key(self) -> bool:
        """Whether the key itself must never be certified again."""
        return self.rfc_code == _KEY_COMPROMISE


_KEY_COMPROMISE = 1
_RFC_CODES = {
    Reason.KEY_LOST: _KEY_COMPROMISE,  # lost or disclosed: out of its owner's hands either way
    Reason.KEY_SUSPECTED: _KEY_COMPROMISE,  # "known or suspected", says X.509
    Reason.UNNECESSARY: 5,  # cessationOfOperation: no longer needed for what it was issued for
    Reason.ORGANISATION_ENDED: 3,  # affiliationChanged: the subject named is no more, or is another now
    Reason.AGREEMENT_ENDED: 9,  # privilegeWithdrawn
    Reason.MISUSE: 9,
    Reason.UNSPECIFIED: 0,
}


@dataclass(frozen=True, slots=True)
class Revoked:
    """One line of the list: the serial number, the moment of revocation (aware), the reason."""

    serial: int
    at: datetime
    reason: Reason


def build_crl(
    issuer: Issuer, entries: Iterable[Revoked], *, number: int, this_update: datetime, next_update: datetime
) -> bytes:
    """The whole list of one issuer in DER, signed, read back and verified.

    ``number`` is the CRLNumber: each list's is higher than the one before (5.2.3). There is no issuingDistributionPoint: it would
    only narrow a list, and this one holds every certificate of its issuer (5.2.5). The entries' order is kept; they are encoded
    here because adding them to cryptography's builder one by one costs their number squared. Moments are aware.
    Raises ValueError for a serial, number or span that no CRL can have, and for a serial that comes twice.
    """
    begins, ends = whole_seconds(this_update), whole_seconds(next_update)
    if begins >= ends or not 0 <= number < 1 << SERIAL_BITS:
        raise ValueError("next_update must follow this_update, and the number fit 20 octets")
    header = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(begins)
        .next_update(ends)
        .add_extension(x509.AuthorityKeyIdentifier(issuer.key_identifier, None, None), critical=False)
        .add_extension(x509.CRLNumber(number), critical=False)
    )
    crl = unsigned.signed(issuer, _with_entries(unsigned.crl_bytes(header, issuer), entries))
    if not x509.load_der_x509_crl(crl).is_signature_valid(issuer.public_key):
        raise ValueError("the list does not verify")
    return crl


@dataclass(frozen=True, slots=True)
class ReadList:
    """What a published list says of itself. Moments are aware."""

    number: int
    this_update: datetime
    next_update: datetime
    entries: int


def read_crl(authority: Authority, crl: bytes) -> ReadList:
    """A list of this authority, in DER, verified. Raises CaRefused crl_refused for any other."""
    try:
        read = x509.load_der_x509_crl(crl)
        number = read.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        pointed_to = read.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
        good = read.is_signature_valid(authority.public_key)
    except (ValueError, TypeError, x509.ExtensionNotFound, x509.DuplicateExtension):
        raise CaRefused("crl_refused", name=authority.name) from None
    is_its_own = read.issuer.public_bytes() == authority.name_der and pointed_to == authority.key_identifier
    if not good or not is_its_own or read.next_update_utc is None:
        raise CaRefused("crl_refused", name=authority.name)
    return ReadList(number, read.last_update_utc, read.next_update_utc, len(read))


def crl_as_pem(crl: bytes) -> bytes:
    """A list in PEM (RFC 7468 7), from its DER, which is not read."""
    text = base64.b64encode(crl)
    lines = (text[start : start + 64] for start in range(0, len(text), 64))
    return b"\n".join((b"-----BEGIN X509 CRL-----", *lines, b"-----END X509 CRL-----", b""))


def _with_entries(empty: bytes, entries: Iterable[Revoked]) -> bytes:
    """A TBSCertList with revokedCertificates put where 5.1 has them, after nextUpdate; left out when there are none (5.1.2.6)."""
    lines = list(entries)
    if len({line.serial for line in lines}) != len(lines):
        raise ValueError("a certificate is revoked once")
    *before, extensions = (part.encoded for part in der.children(empty))
    revoked = der.encode(der.SEQUENCE, *map(_line, lines)) if lines else b""
    return der.encode(der.SEQUENCE, *before, revoked, extensions)


def _line(revoked: Revoked) -> bytes:
    """userCertificate, revocationDate, and reasonCode unless unspecified, which 5.3.1 wants left out."""
    if not 0 < revoked.serial < 1 << SERIAL_BITS:
        raise ValueError("no certificate has this serial number")
    serial = revoked.serial.to_bytes(revoked.serial.bit_length() // 8 + 1, "big")
    body = bytes((der.INTEGER, len(serial))) + serial + der.time(revoked.at) + _REASON_CODES[revoked.reason]
    return (
        bytes((der.SEQUENCE, len(body))) + body
    )  # 21 + 17 + 14 octets at most: short lengths, written without a call each


def _reason_code(code: int) -> bytes:
    """crlEntryExtensions with reasonCode alone, not critical (5.3.1)."""
    reason = der.encode(der.OCTET_STRING, der.encode(_ENUMERATED, bytes((code,))))
    return der.encode(der.SEQUENCE, der.encode(der.SEQUENCE, _REASON_CODE_OID, reason)) if code else b""


_ENUMERATED = 0x0A
_REASON_CODE_OID = bytes.fromhex("0603551d15")
_REASON_CODES = {reason: _reason_code(code) for reason, code in _RFC_CODES.items()}
