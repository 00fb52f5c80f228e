"""Making an environment's authorities: a root that signs itself, and below it those that the plan names.

Root → intermediate → issuing authorities and one for the service's own certificates; or, in a smaller plan, without the
intermediate. Nothing here touches a file: keys come in, certificates go out.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import AuthorityInformationAccessOID

from certportal.ca import keypolicy, keys
from certportal.ca.authority import Environment, Issuer
from certportal.ca.errors import CaRefused, CeremonyRefused, RequestRefused
from certportal.ca.keys import SigningKey, VerifyingKey
from certportal.ca.plan import Plan
from certportal.ca.profile import key_identifier, key_usage, whole_seconds, years_after

_UNSAFE = re.compile(r"""["$`\\!]|[^ -~\w]""")
"""What a name may not hold that is to be typed in quotes: a stranger's request does not say what is typed at the root."""
EARLIER = timedelta(days=1)  # an authority is valid before the first certificate it issues, which begins an hour early


@dataclass(frozen=True, slots=True)
class Below:
    """What stands below another authority: its label and common name, for how long, and how many authorities fit below it."""

    label: str
    common_name: str
    years: int
    authorities_below: int


def make_root(environment: Environment, plan: Plan, key: SigningKey, *, now: datetime, serial: int) -> Issuer:
    """The root's self-signed certificate, without a limit on the length of paths below."""
    start, name = whole_seconds(now), plan.name(plan.root)
    builder = _authority(name, key.public_key(), path_length=None).issuer_name(name).serial_number(serial)
    builder = _valid(builder, start, years_after(start, plan.root_years))
    builder = builder.add_extension(_pointing_to(_identifier_of(key.public_key())), critical=False)
    certificate = builder.sign(key, keys.digest_for(key.public_key()))
    return Issuer(environment, (certificate,), key)


def make_below(
    above: Issuer, plan: Plan, what: Below, key: SigningKey, *, above_label: str, now: datetime, serial: int
) -> Issuer:
    """An authority's certificate under another authority, which it does not outlive."""
    certificate = sign_below(above, plan, what, key.public_key(), above_label=above_label, now=now, serial=serial)
    return Issuer(above.environment, (certificate, *above.chain), key)


def request_for(plan: Plan, common_name: str, key: SigningKey) -> bytes:
    """The signing request (PKCS #10, PEM) by which an offline root is asked for an authority's certificate."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(plan.name(common_name))
    request = builder.sign(key, keys.digest_for(key.public_key()))
    return keys.pem_of(request)


def read_request(plan: Plan, common_name: str, request: bytes) -> VerifyingKey:
    """The key in such a request.

    Raises CaRefused: ca_request_refused (no request, a bad signature, others' name); CeremonyRefused: ca_request_named
    (it differs in the common name alone), ca_key_refused.
    """
    try:
        read = x509.load_pem_x509_csr(request)
        good = read.is_signature_valid
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        raise CaRefused("ca_request_refused", what="unreadable") from None
    if not good:
        raise CaRefused("ca_request_refused", what="signature")
    wanted = plan.name(common_name)
    if read.subject != wanted:
        asked, others = _common_names(read.subject)
        if others == _common_names(wanted)[1] and len(asked) == 1 and not _UNSAFE.search(asked[0]):
            raise CeremonyRefused("ca_request_named", name=asked[0], wanted=common_name)
        raise CaRefused("ca_request_refused", what=read.subject.rfc4514_string())
    return good_key(read.public_key(), common_name)


def _common_names(name: x509.Name) -> tuple[list[str], list[x509.NameAttribute[str | bytes]]]:
    """The common names in a name, and what else is in it."""
    common = name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return [str(each.value) for each in common], [each for each in name if each not in common]


def good_key(key: CertificatePublicKeyTypes, common_name: str) -> VerifyingKey:
    """The same key, if it is one that certificates are issued for. Raises CeremonyRefused ca_key_refused."""
    try:
        keypolicy.accept(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    except RequestRefused as refused:
        bits = f"RSA {refused.details.get('bits', '')}".strip()
        raise CeremonyRefused("ca_key_refused", name=common_name, found=refused.details.get("found", bits)) from None
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise TypeError("the policy accepts RSA and EC alone")
    return key


def sign_below(
    above: Issuer, plan: Plan, what: Below, key: VerifyingKey, *, above_label: str, now: datetime, serial: int
) -> x509.Certificate:
    """The certificate that an authority gives for the key of one below it, which does not outlive it."""
    start = whole_seconds(now)
    end = min(years_after(start, what.years), above.not_after)
    builder = _authority(plan.name(what.common_name), key, path_length=what.authorities_below).serial_number(serial)
    builder = _valid(builder.issuer_name(above.certificate.subject), start, end)
    builder = builder.add_extension(_pointing_to(above.key_identifier), critical=False)
    if plan.crl_url is not None:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(plan.crl_url(above_label))], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    if plan.certificate_url is not None:
        where = x509.UniformResourceIdentifier(plan.certificate_url(above_label))
        access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, where)
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    return builder.sign(above.key, keys.digest_for(above.public_key))


def _authority(name: x509.Name, key: VerifyingKey, *, path_length: int | None) -> x509.CertificateBuilder:
    """An authority's certificate (RFC 5280 4.2.1.9: CA TRUE, critical; 4.2.1.3: keyCertSign and cRLSign, critical)."""
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .public_key(key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier(_identifier_of(key)), critical=False)
    )


def _identifier_of(key: VerifyingKey) -> bytes:
    return key_identifier(keys.public_key_info(key))


def _valid(builder: x509.CertificateBuilder, start: datetime, end: datetime) -> x509.CertificateBuilder:
    return builder.not_valid_before(start - EARLIER).not_valid_after(end)


def _pointing_to(identifier: bytes) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier(identifier, None, None)
