"""The authority trusts nobody: what is about to be signed is read back and held against the profile."""

from datetime import datetime
from functools import lru_cache

from cryptography import x509

from certportal.ca import der, keypolicy, keys, unsigned
from certportal.ca.authority import Authority
from certportal.ca.errors import IssueRefused, RequestRefused
from certportal.ca.profile import Profile, access_of, is_serial


def require_issuable(authority: Authority, profile: Profile, to_be_signed: bytes) -> None:
    """Read a TBSCertificate back and refuse it unless this authority would have prepared it by this profile.

    The same octets are read once, for issuing asks twice; a refusal is never kept. Raises IssueRefused: certificate_refused
    (``what`` names the part), subject_refused, ca_not_yet_valid, ca_ends_first.
    """
    _judge(authority.without_key, profile, to_be_signed)


@lru_cache(maxsize=64)
def _judge(authority: Authority, profile: Profile, to_be_signed: bytes) -> None:
    try:
        version, serial, algorithm, issuer, _, _, public_key_info, extensions = der.children(to_be_signed)
        _require_same("version", version, unsigned.VERSION_3)
        _require_same("issuer", issuer, authority.name_der)
        _require_same("signature", algorithm, keys.algorithm_identifier(authority.public_key))
        certificate = x509.load_der_x509_certificate(unsigned.assemble(authority, to_be_signed, signature=b""))
        if certificate.tbs_certificate_bytes != to_be_signed:
            raise IssueRefused("certificate_refused", what="encoding")
        if not is_serial(der.integer_of(serial)):
            raise IssueRefused("certificate_refused", what="serialNumber")
        if not profile.matches(certificate.not_valid_before_utc, certificate.not_valid_after_utc):
            raise IssueRefused("certificate_refused", what="validity")
        require_inside(authority, certificate.not_valid_before_utc, certificate.not_valid_after_utc)
        profile.reads(certificate.subject)
        _require_key(authority, public_key_info.encoded)
        of_these = (authority, public_key_info.encoded, _crl_address(certificate), access_of(certificate.extensions))
        if extensions.encoded != unsigned.extensions_field(profile.encoded_extensions(*of_these)):
            raise IssueRefused("certificate_refused", what=_odd(profile.extensions(*of_these), certificate))
    except (ValueError, TypeError, x509.InvalidVersion, x509.DuplicateExtension):
        raise IssueRefused("certificate_refused", what="encoding") from None


def require_inside(authority: Authority, not_before: datetime, not_after: datetime) -> None:
    """Nothing is valid before or after everything above it, and nothing ends before it begins: what outlives its authority cannot
    be verified, nor revoked."""
    if not_before >= not_after:
        raise IssueRefused("certificate_refused", what="validity")
    if not_before < authority.not_before:
        raise IssueRefused("ca_not_yet_valid", name=authority.name, since=authority.not_before)
    if not_after > authority.not_after:
        raise IssueRefused("ca_ends_first", name=authority.name, until=authority.not_after)


def _require_same(what: str, field: der.Element, ours: bytes) -> None:
    """Octet for octet."""
    if field.encoded != ours:
        raise IssueRefused("certificate_refused", what=what)


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


def _odd(wanted: list[x509.Extension[x509.ExtensionType]], certificate: x509.Certificate) -> str:
    """The first extension that is not one of the profile's, with its value and criticality; or the first of them, where one is
    missing, or written otherwise."""
    odd = [extension for extension in certificate.extensions if extension not in wanted] or wanted
    return odd[0].oid.dotted_string
