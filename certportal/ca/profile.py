"""What kind of certificate: how long, for what, and with which extensions (RFC 5280 4.2)."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from certportal.ca import der
from certportal.ca.authority import Authority
from certportal.ca.errors import IssueRefused
from certportal.ca.names import Service, Subject, service_of, subject_of

EARLIER = timedelta(hours=1)
SERIAL_BITS = 159

_ADDRESS = re.compile(r"https?://[!-~]{1,400}")


@dataclass(frozen=True, slots=True)
class Profile:
    """A kind of certificate for end entities.

    Its name, its validity in years and days, its extended key usages (none: no such extension), whom it may name, whether it says
    where to look for its revocation, whether it tells clients that there is nowhere to look (RFC 6960 4.2.2.2.1), and a moment
    that none outlasts.
    """

    name: str
    years: int
    purposes: tuple[x509.ObjectIdentifier, ...]
    days: int = 0
    reads: Callable[[x509.Name], Subject | Service] = subject_of
    on_lists: bool = True
    never_looked_up: bool = False
    latest: datetime | None = None

    def validity(self, now: datetime) -> tuple[datetime, datetime]:
        """notBefore and notAfter, UTC, whole seconds.

        notBefore is one hour early, for machines whose clock is late; notAfter is counted from ``now`` itself: the same date and
        time so many years on, 28 February for 29 February, and so many times 24 hours, or ``latest``. ``now`` is aware.
        """
        start = whole_seconds(now)
        ends = years_after(start, self.years) + timedelta(days=self.days)
        return start - EARLIER, min(ends, self.latest or ends)

    def matches(self, not_before: datetime, not_after: datetime) -> bool:
        """Whether a validity could have come from ``validity``."""
        return self.validity(not_before + EARLIER) == (not_before, not_after)

    def lasting(self, not_before: datetime, not_after: datetime) -> "Profile":
        """The same kind with the years of a validity that came from ``validity``, perhaps under other years than now."""
        years = not_after.year - (not_before + EARLIER).year
        return self if years == self.years else replace(self, years=years)

    def extensions(
        self, authority: Authority, public_key_info: bytes, crl_url: str, access: "Access | None" = None
    ) -> list[x509.Extension[x509.ExtensionType]]:
        """Every extension of the certificate, in order, each with its criticality.

        - basicConstraints, critical: CA FALSE, which DER writes as an empty sequence (4.2.1.9); clients look for it.
        - keyUsage, critical: digitalSignature alone (4.2.1.3: SHOULD be critical). No profile enciphers or agrees keys.
        - extKeyUsage, not critical: the extension may be either (4.2.1.12), and critical would only shut out programs that do not
          know it, while keyUsage already limits those that do not.
        - subjectKeyIdentifier: RFC 7093 2, method 1, so that no SHA-1 is needed here; 20 octets, as everybody expects.
        - authorityKeyIdentifier: the issuer's own subjectKeyIdentifier (4.2.1.1).
        - cRLDistributionPoints: one full name, http or https (4.2.1.13); or id-pkix-ocsp-nocheck (RFC 6960 4.2.2.2.1).

        - authorityInfoAccess: where OCSP is answered and the issuer's certificate lies (4.2.2.1), if ``access`` is given.

        Raises IssueRefused certificate_refused where ``crl_url`` is not such an address, or is one where none belongs.
        """
        before, after = _of_every_key(self, authority.key_identifier, crl_url, access)
        return [*before, _of_key(public_key_info), *after]

    def encoded_extensions(
        self, authority: Authority, public_key_info: bytes, crl_url: str, access: "Access | None" = None
    ) -> bytes:
        """The same in DER, one after another. Raises what ``extensions`` raises."""
        before, after = _of_every_key_encoded(self, authority.key_identifier, crl_url, access)
        return before + _of_key_encoded(public_key_info) + after


@dataclass(frozen=True, slots=True)
class Access:
    """Where a certificate's status is asked for, and where its issuer's certificate is found; http or https."""

    ocsp: str
    issuer: str

    def extension(self) -> x509.AuthorityInformationAccess:
        """OCSP first (RFC 5280 4.2.2.1). Raises IssueRefused certificate_refused for other addresses."""
        methods = (
            (AuthorityInformationAccessOID.OCSP, self.ocsp),
            (AuthorityInformationAccessOID.CA_ISSUERS, self.issuer),
        )
        if not all(_ADDRESS.fullmatch(address) for _, address in methods):
            raise IssueRefused("certificate_refused", what="authorityInfoAccess")
        named = [x509.AccessDescription(oid, x509.UniformResourceIdentifier(address)) for oid, address in methods]
        return x509.AuthorityInformationAccess(named)


def access_of(extensions: x509.Extensions) -> Access | None:
    """What ``Access.extension`` made, read back; None where there is none. Raises IssueRefused for any other."""
    try:
        found = list(extensions.get_extension_for_class(x509.AuthorityInformationAccess).value)
    except x509.ExtensionNotFound:
        return None
    match [(each.access_method, each.access_location) for each in found]:
        case [
            (AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier() as ocsp),
            (AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier() as issuer),
        ]:
            return Access(ocsp.value, issuer.value)
        case _:
            raise IssueRefused("certificate_refused", what="authorityInfoAccess")


@lru_cache(maxsize=64)
def _of_every_key(
    profile: Profile, authority_key_identifier: bytes, crl_url: str, access: Access | None
) -> tuple[list[x509.Extension[x509.ExtensionType]], list[x509.Extension[x509.ExtensionType]]]:
    """The extensions that are the same whatever the key: those before its identifier, and those after."""
    if not _ADDRESS.fullmatch(crl_url) if profile.on_lists else crl_url:
        raise IssueRefused("certificate_refused", what="cRLDistributionPoints")
    before = [
        _extension(x509.BasicConstraints(ca=False, path_length=None), critical=True),
        _extension(key_usage(digital_signature=True), critical=True),
        *([_extension(x509.ExtendedKeyUsage(profile.purposes), critical=False)] if profile.purposes else []),
    ]
    after = [_extension(x509.AuthorityKeyIdentifier(authority_key_identifier, None, None), critical=False)]
    if profile.on_lists:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(crl_url)], None, None, None)
        after.append(_extension(x509.CRLDistributionPoints([point]), critical=False))
    if access is not None:
        after.append(_extension(access.extension(), critical=False))
    if profile.never_looked_up:
        after.append(_extension(x509.OCSPNoCheck(), critical=False))
    return before, after


@lru_cache(maxsize=64)
def _of_every_key_encoded(
    profile: Profile, authority_key_identifier: bytes, crl_url: str, access: Access | None
) -> tuple[bytes, bytes]:
    before, after = _of_every_key(profile, authority_key_identifier, crl_url, access)
    return b"".join(map(_encoded, before)), b"".join(map(_encoded, after))


def _of_key(public_key_info: bytes) -> x509.Extension[x509.ExtensionType]:
    return _extension(x509.SubjectKeyIdentifier(key_identifier(public_key_info)), critical=False)


@lru_cache(maxsize=64)
def _of_key_encoded(public_key_info: bytes) -> bytes:
    return _encoded(_of_key(public_key_info))


def _encoded(extension: x509.Extension[x509.ExtensionType]) -> bytes:
    """An Extension in DER, which does not write FALSE, for that is the default (RFC 5280 4.1)."""
    critical = [der.encode(der.BOOLEAN, b"\xff")] if extension.critical else []
    value = der.encode(der.OCTET_STRING, extension.value.public_bytes())
    return der.encode(der.SEQUENCE, der.object_identifier(extension.oid.dotted_string), *critical, value)


CLIENT = Profile("client", years=2, purposes=(ExtendedKeyUsageOID.CLIENT_AUTH,))

# Signs the portal's replies to programs. No extended key usage: signing a message is none of those that RFC 5280 names.
SERVICES = Profile("services", years=2, purposes=(), reads=service_of)

# Answers for an authority about its certificates (RFC 6960 4.2.2.2): a month, for it cannot be revoked.
OCSP_RESPONDER = Profile(
    "OCSP responder",
    years=0,
    days=30,
    purposes=(ExtendedKeyUsageOID.OCSP_SIGNING,),
    reads=service_of,
    on_lists=False,
    never_looked_up=True,
)


def _extension(value: x509.ExtensionType, *, critical: bool) -> x509.Extension[x509.ExtensionType]:
    return x509.Extension(value.oid, critical, value)


def key_usage(*, digital_signature: bool = False, signs_certificates: bool = False) -> x509.KeyUsage:
    """digitalSignature for end entities; keyCertSign and cRLSign, always together, for authorities (RFC 5280 4.2.1.3)."""
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def key_identifier(public_key_info: bytes) -> bytes:
    """RFC 7093 2, method 1: the leftmost 160 bits of SHA-256 over the key's BIT STRING, without tag, length and unused bits."""
    _, bits = der.children(public_key_info)
    return hashlib.sha256(der.octets_of(bits)).digest()[:20]


def whole_seconds(moment: datetime) -> datetime:
    """``moment`` in UTC without its fraction of a second, which certificates cannot hold (RFC 5280 4.1.2.5). It must be aware."""
    if moment.tzinfo is None:
        raise ValueError("an aware datetime is needed")
    return moment.astimezone(UTC).replace(microsecond=0)


def years_after(start: datetime, years: int) -> datetime:
    """The same date and time ``years`` later; 28 February where that year has no 29th."""
    try:
        return start.replace(year=start.year + years)
    except ValueError:
        return start.replace(year=start.year + years, day=28)


def serial_from(random_bytes: bytes) -> int:
    """A serial number of 159 random bits from 20 random octets: positive, and 20 octets at most when encoded (RFC 5280 4.1.2.2).

    Raises ValueError for another number of octets and for those that make no usable serial.
    """
    if len(random_bytes) != 20:
        raise ValueError("20 random octets make a serial number")
    serial = int.from_bytes(random_bytes, "big") >> 1
    if not is_serial(serial):
        raise ValueError("these octets were not drawn at random")
    return serial


def is_serial(serial: int) -> bool:
    """Whether a number can have come from ``serial_from``: at least 64 bits of it (one in 2**95 draws has fewer), at most 159."""
    return 64 <= serial.bit_length() <= SERIAL_BITS and serial > 0
