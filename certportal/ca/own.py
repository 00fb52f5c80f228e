"""Certificates of the portal's own keys, through the same door as everybody's: a signing request, the checks, the signature."""

from collections.abc import Callable
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certportal.ca import keys
from certportal.ca.authority import Issuer
from certportal.ca.issuing import prepare, sign
from certportal.ca.names import Service
from certportal.ca.profile import Profile


def certify(
    issuer: Issuer,
    key: keys.SigningKey,
    service: Service,
    profile: Profile,
    *,
    serial: int,
    now: datetime,
    crl_url: str = "",
    lint: bool = True,
    before_signing: Callable[[], None] = lambda: None,
) -> x509.Certificate:
    """The certificate of a service's key, by SERVICES (``crl_url`` is its issuer's) or OCSP_RESPONDER (none), or either of them
    ``replace``d by another validity. The key may be in a token. ``before_signing`` is called when everything has been checked.

    Raises IssueRefused, RequestRefused for a key that the policy refuses, and what the keys raise when they cannot be used.
    """
    request = x509.CertificateSigningRequestBuilder().subject_name(service.name())
    prepared = prepare(
        issuer,
        environment=issuer.environment,
        subject=service,
        request=request.sign(key, keys.digest_for(key.public_key())).public_bytes(Encoding.DER),
        serial=serial,
        now=now,
        crl_url=crl_url,
        profile=profile,
        lint=lint,
    )
    before_signing()
    return x509.load_der_x509_certificate(sign(issuer, prepared.tbs, profile))
