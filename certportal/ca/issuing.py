"""Issuing in two steps. ``prepare`` makes to-be-signed bytes, which are stored before anything is signed; ``sign`` signs them.

After a crash the stored bytes are signed again: the same certificate, but for an ECDSA signature's value.
"""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from certportal.ca import unsigned
from certportal.ca.authority import Authority, Environment, Issuer
from certportal.ca.checks import require_inside, require_issuable
from certportal.ca.errors import IssueRefused
from certportal.ca.lint import lint_certificate
from certportal.ca.names import Service, Subject
from certportal.ca.profile import CLIENT, Access, Profile
from certportal.ca.request import SigningRequest, read_signing_request


@dataclass(frozen=True, slots=True)
class Prepared:
    """A certificate that awaits its signature, and what the register wants to know of it before it exists.

    ``tbs`` is a DER TBSCertificate of one to two kilobytes, to be kept as it is; moments are UTC, whole seconds.
    """

    tbs: bytes
    serial: int
    not_before: datetime
    not_after: datetime
    request: SigningRequest


def prepare(
    authority: Authority,
    *,
    environment: Environment,
    subject: Subject | Service,
    request: bytes,
    serial: int,
    now: datetime,
    crl_url: str,
    access: Access | None = None,
    profile: Profile = CLIENT,
    lint: bool = True,
) -> Prepared:
    """Check everything, the signing request included, and make the bytes to be signed. Needs no key, so no token either.

    ``environment`` is the order's, ``request`` the signing request as it was sent, ``serial`` comes from ``serial_from``,
    ``now`` is aware. Only the public key is taken from the request. ``lint``: pkilint judges the bytes too. Raises
    RequestRefused, IssueRefused.
    """
    if authority.environment != environment:
        raise IssueRefused("ca_environment_differs", name=authority.name, environment=environment.value)
    read = read_signing_request(request)
    not_before, not_after = profile.validity(now)
    require_inside(authority, not_before, not_after)
    tbs = unsigned.certificate_bytes(
        authority,
        serial=serial,
        not_before=not_before,
        not_after=not_after,
        subject=subject.name(),
        public_key_info=read.public_key_der,
        extensions=profile.encoded_extensions(authority, read.public_key_der, crl_url, access),
    )
    require_issuable(authority, profile, tbs)
    if lint:
        lint_certificate(tbs, authority)
    return Prepared(tbs, serial, not_before, not_after, read)


def sign(issuer: Issuer, tbs: bytes, profile: Profile = CLIENT) -> bytes:
    """The certificate in DER: ``tbs`` checked anew, signed, read back and verified against the issuer's own certificate.

    May be called again with the same bytes. Raises IssueRefused where this issuer would not have prepared them, and whatever
    the key raises when it cannot be used.
    """
    require_issuable(issuer, profile, tbs)
    certificate = unsigned.signed(issuer, tbs)
    try:
        x509.load_der_x509_certificate(certificate).verify_directly_issued_by(issuer.certificate)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise IssueRefused("certificate_refused", what="signature") from error
    return certificate
