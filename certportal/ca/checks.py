"""The authority trusts nobody: what is about to be signed is read back and held against the profile."""

from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from certportal.ca import der, keypolicy, keys, unsigned
from certportal.ca.authority import Authority
from certportal.ca.errors import IssueRefused, RequestRefused
from certportal.ca.profile import Profile, access_of, is_serial

_SERIAL_NUMBER = 1
_PUBLIC_KEY_INFO = 6  # places in TBSCertificate: version, serial, algorithm, issuer, validity, subject, key


def require_issuable(authority: Authority, profile: Profile, to_be_signed: bytes) -> None:
    """Read a TBSCertificate back and refuse it unless this authority would have prepared it by this profile.

    The same octets are read once, for issuing asks twice; a refusal is never kept. Raises IssueRefused: certificate_refused
    (``what`` names the part), subject_refused, ca_not_yet_valid, ca_ends_first.
    """
    _judge(authority.without_key, profile, to_be_signed)


@lru_cache(maxsize=64)
def _judge(authority: Authority, profile: Profile, to_be_signed: bytes) -> None:
    try:
        fields = [*der.children(to_be_signed)]
        if len(fields) <= _PUBLIC_KEY_INFO:
            raise IssueRefused("certificate_refused", what="encoding")
        if not is_serial(der.integer_of(fields[_SERIAL_NUMBER])):
            raise IssueRefused("certificate_refused", what="serialNumber")
        certificate = x509.load_der_x509_certificate(unsigned.assemble(to_be_signed, signature=b""))
        if certificate.tbs_certificate_bytes != to_be_signed:
            raise IssueRefused("certificate_refused", what="encoding")
        public_key_info = fields[_PUBLIC_KEY_INFO].encoded
        _require_issuer(authority, certificate)
        if not profile.matches(certificate.not_valid_before_utc, certificate.not_valid_after_utc):
            raise IssueRefused("certificate_refused", what="validity")
        require_inside(authority, certificate.not_valid_before_utc, certificate.not_valid_after_utc)
        profile.reads(certificate.subject)
        _require_key(authority, public_key_info)
        access = access_of(certificate.extensions)
        wanted = profile.extensions(authority, public_key_info, _crl_address(certificate), access)
        _require_extensions(wanted, certificate)
    except (ValueError, TypeError, x509.InvalidVersion, x509.DuplicateExtension):
        raise IssueRefused("certificate_refused", what="encoding") from None


def require_inside(authority: Authority, not_before: datetime, not_after: datetime) -> None:
    """Nothing is valid before or after everything above it: what outlives its authority cannot be verified, nor revoked."""
    if not_before < authority.not_before:
        raise IssueRefused("ca_not_yet_valid", name=authority.name, since=authority.not_before)
    if not_after > authority.not_after:
        raise IssueRefused("ca_ends_first", name=authority.name, until=authority.not_after)


def _require_issuer(authority: Authority, certificate: x509.Certificate) -> None:
    """RFC 5280 4.1: version 3, the issuer's name octet for octet, the algorithm of its key."""
    if certificate.version is not x509.Version.v3:
        raise IssueRefused("certificate_refused", what="version")
    if certificate.issuer.public_bytes() != authority.name_der:
        raise IssueRefused("certificate_refused", what="issuer")
    if certificate.signature_algorithm_oid != _algorithm_of(authority.public_key):
        raise IssueRefused("certificate_refused", what="signature")


def _algorithm_of(key: keys.VerifyingKey) -> x509.ObjectIdentifier:
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return x509.SignatureAlgorithmOID.RSA_WITH_SHA256
    strong = keys.digest_for(key).digest_size > 32
    return x509.SignatureAlgorithmOID.ECDSA_WITH_SHA384 if strong else x509.SignatureAlgorithmOID.ECDSA_WITH_SHA256


def _require_key(authority: Authority, public_key_info: bytes) -> None:
    """A key that the policy accepts, in the one encoding we write, and never the authority's own."""
    try:
        accepted = keypolicy.accept(public_key_info)
    except RequestRefused:
        raise IssueRefused("certificate_refused", what="subjectPublicKeyInfo") from None
    if accepted.der != public_key_info or accepted.der == authority.public_key_info:
        raise IssueRefused("certificate_refused", what="subjectPublicKeyInfo")


def _crl_address(certificate: x509.Certificate) -> str:
    """The one address in the CRL distribution points; "" where there is none, or another number of them than one."""
    try:
        points = list(certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value)
    except x509.ExtensionNotFound:
        return ""
    match points[0].full_name if points else None:
        case [x509.UniformResourceIdentifier() as name]:
            return name.value
        case _:
            return ""


def _require_extensions(wanted: list[x509.Extension[x509.ExtensionType]], certificate: x509.Certificate) -> None:
    """Exactly the profile's extensions: none more, none fewer, in its order, with its values and criticality."""
    if list(certificate.extensions) != wanted:
        known = [extension for extension in wanted if extension in list(certificate.extensions)]
        odd = [extension for extension in certificate.extensions if extension not in known] or wanted
        raise IssueRefused("certificate_refused", what=odd[0].oid.dotted_string)
