"""A certificate's bytes to be signed are those that cryptography would write of the same certificate."""

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certportal.ca import CLIENT, Access, Issuer, Service, Subject, keys, serial_from, unsigned
from certportal.ca.names import short_organisation_name
from certportal.ca.profile import OCSP_RESPONDER, SERVICES, Profile
from tests.ca.making import CRL

ACCESS = Access("http://portal.example/ocsp", "http://portal.example/ca/production.cer")
NAMES = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=16).map(short_organisation_name)


@pytest.mark.parametrize("profile", [CLIENT, SERVICES, OCSP_RESPONDER], ids=lambda profile: profile.name)
@pytest.mark.parametrize("access", [None, ACCESS], ids=["without access", "with access"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    octets=st.binary(min_size=20, max_size=20).filter(lambda octets: any(octets[:8])),
    now=st.datetimes(datetime(2026, 1, 1), datetime(2051, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    name=NAMES,
    is_rsa=st.booleans(),
)
def test_they_are_what_cryptography_writes(
    any_issuer: Issuer,
    ec_key: ec.EllipticCurvePrivateKey,
    rsa_key: rsa.RSAPrivateKey,
    profile: Profile,
    access: Access | None,
    octets: bytes,
    now: datetime,
    name: str,
    is_rsa: bool,
) -> None:
    public_key, crl = (rsa_key if is_rsa else ec_key).public_key(), CRL if profile.on_lists else ""
    info, serial = keys.public_key_info(public_key), serial_from(octets)
    begins, ends = profile.validity(now)
    whom = Subject("9900001-8", "FI", name) if profile is CLIENT else Service(name)
    builder = (
        x509.CertificateBuilder()
        .issuer_name(any_issuer.certificate.subject)
        .subject_name(whom.name())
        .public_key(public_key)
        .serial_number(serial)
        .not_valid_before(begins)
        .not_valid_after(ends)
    )
    for extension in profile.extensions(any_issuer, info, crl, access):
        builder = builder.add_extension(extension.value, extension.critical)
    theirs = builder.sign(any_issuer.key, keys.digest_for(any_issuer.public_key))
    ours = unsigned.certificate_bytes(
        any_issuer,
        serial=serial,
        not_before=begins,
        not_after=ends,
        subject=whom.name(),
        public_key_info=info,
        extensions=profile.encoded_extensions(any_issuer, info, crl, access),
    )
    assert ours == theirs.tbs_certificate_bytes
