"""The portal's own certificates are made through the same door, and neither kind passes for another."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose

from certportal.ca import CLIENT, Issuer, IssueRefused, keys, sign
from certportal.ca.names import Service, service_of
from certportal.ca.own import certify
from certportal.ca.profile import OCSP_RESPONDER, SERVICES, Profile, key_identifier
from tests.ca.making import CRL, NOW, ORGANISATION, plain_request, prepared, serial

REPLIES = Service("Certportal services", "Example Agency", "FI")
RESPONDER = Service("Certportal OCSP responder")


def refusal(act: Callable[[], object]) -> tuple[str, object]:
    with pytest.raises(IssueRefused) as refused:
        act()
    return refused.value.code, refused.value.details.get("what") or refused.value.details.get("field")


def made(issuer: Issuer, key: keys.SigningKey, service: Service, profile: Profile, crl: str) -> x509.Certificate:
    return certify(issuer, key, service, profile, serial=serial(), now=NOW, crl_url=crl)


def extensions(certificate: x509.Certificate) -> dict[str, object]:
    return {each.oid._name: (each.critical, each.value) for each in certificate.extensions}


def common(issuer: Issuer, key: keys.SigningKey) -> dict[str, object]:
    identifier = key_identifier(keys.public_key_info(key.public_key()))
    return {
        "basicConstraints": (True, x509.BasicConstraints(ca=False, path_length=None)),
        "keyUsage": (True, x509.KeyUsage(True, *[False] * 8)),
        "subjectKeyIdentifier": (False, x509.SubjectKeyIdentifier(identifier)),
        "authorityKeyIdentifier": (False, x509.AuthorityKeyIdentifier(issuer.key_identifier, None, None)),
    }


def test_the_certificate_that_signs_replies_holds_its_profile_and_no_more(
    any_issuer: Issuer, rsa_key: rsa.RSAPrivateKey
) -> None:
    certificate = made(any_issuer, rsa_key, REPLIES, SERVICES, CRL)
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(CRL)], None, None, None)
    lists = {"cRLDistributionPoints": (False, x509.CRLDistributionPoints([point]))}
    assert extensions(certificate) == common(any_issuer, rsa_key) | lists
    assert certificate.subject.rfc4514_string() == "CN=Certportal services,O=Example Agency,C=FI"
    assert service_of(certificate.subject) == REPLIES
    certificate.verify_directly_issued_by(any_issuer.certificate)


def test_the_responders_certificate_holds_its_profile_and_no_more(
    any_issuer: Issuer, ec_key: ec.EllipticCurvePrivateKey
) -> None:
    """RFC 6960 4.2.2.2: for OCSP signing alone, issued by the authority itself, and never looked up."""
    certificate = made(any_issuer, ec_key, RESPONDER, OCSP_RESPONDER, "")
    purpose = {"extendedKeyUsage": (False, x509.ExtendedKeyUsage([Purpose.OCSP_SIGNING]))}
    nowhere = {"OCSPNoCheck": (False, x509.OCSPNoCheck())}
    assert extensions(certificate) == common(any_issuer, ec_key) | purpose | nowhere
    assert certificate.not_valid_after_utc == NOW.replace(microsecond=0) + timedelta(days=30)
    certificate.verify_directly_issued_by(any_issuer.certificate)


def test_they_last_as_long_as_they_are_told(production: Issuer, ec_key: ec.EllipticCurvePrivateKey) -> None:
    week = replace(OCSP_RESPONDER, days=7)
    assert made(production, ec_key, RESPONDER, week, "").not_valid_after_utc == NOW.replace(microsecond=0, day=8)


def test_nothing_ends_before_it_begins(production: Issuer, ec_key: ec.EllipticCurvePrivateKey) -> None:
    """Without pkilint, which would say so too."""
    over = replace(OCSP_RESPONDER, latest=NOW.replace(microsecond=0) - timedelta(days=3))
    with pytest.raises(IssueRefused, match="certificate_refused") as refused:
        certify(production, ec_key, RESPONDER, over, serial=serial(), now=NOW, lint=False)
    assert refused.value.details == {"what": "validity"}


def test_bytes_of_one_kind_are_not_signed_as_another(
    production: Issuer, ec_key: ec.EllipticCurvePrivateKey, request_pem: bytes
) -> None:
    ready = {
        CLIENT: prepared(production, request_pem).tbs,
        SERVICES: prepared(production, request_pem, subject=REPLIES, profile=SERVICES).tbs,
        OCSP_RESPONDER: prepared(production, request_pem, subject=RESPONDER, profile=OCSP_RESPONDER, crl_url="").tbs,
    }
    for kind, tbs in ready.items():
        assert sign(production, tbs, kind)
        for other in ready.keys() - {kind}:
            with pytest.raises(IssueRefused):
                sign(production, tbs, other)


def test_an_organisation_gets_no_services_certificate_nor_the_reverse(production: Issuer, request_pem: bytes) -> None:
    for subject, profile in ((ORGANISATION, SERVICES), (REPLIES, CLIENT), (Service("9900001-8"), CLIENT)):
        answer = refusal(lambda s=subject, p=profile: prepared(production, request_pem, subject=s, profile=p))
        assert answer[0] == "subject_refused"


@pytest.mark.parametrize(
    "service",
    [
        Service(""),
        Service("x" * 65),
        Service("ä" * 33),
        Service("two\nlines"),
        Service("e\u0301"),
        Service("fine", "", "FI"),
        Service("fine", " spaced", "FI"),
        Service("fine", "Agency", "fi"),
        Service("fine", "Agency", "FIN"),
    ],
)
def test_a_name_that_a_certificate_would_not_hold_as_it_is_is_refused(service: Service) -> None:
    assert refusal(service.name)[0] == "subject_refused"


def test_a_name_of_more_or_other_parts_is_not_a_services(production: Issuer) -> None:
    oids = x509.NameOID
    more = [*REPLIES.name(), x509.NameAttribute(oids.ORGANIZATIONAL_UNIT_NAME, "x")]
    turned = list(REPLIES.name())[::-1]
    for name in (x509.Name(more), x509.Name(turned), x509.Name([]), ORGANISATION.name()):
        assert refusal(lambda name=name: service_of(name))[0] == "subject_refused"


def test_addresses_are_where_they_belong(production: Issuer, ec_key: ec.EllipticCurvePrivateKey) -> None:
    for service, profile, crl in ((REPLIES, SERVICES, ""), (RESPONDER, OCSP_RESPONDER, CRL)):
        answer = refusal(lambda s=service, p=profile, c=crl: made(production, ec_key, s, p, c))
        assert answer == ("certificate_refused", "cRLDistributionPoints")


def test_the_authoritys_own_key_gets_neither(production: Issuer) -> None:
    answer = refusal(lambda: made(production, production.key, REPLIES, SERVICES, CRL))
    assert answer == ("certificate_refused", "subjectPublicKeyInfo")


def test_a_request_for_a_client_says_nothing_here(production: Issuer, ec_key: ec.EllipticCurvePrivateKey) -> None:
    tbs = prepared(production, plain_request(ec_key).public_bytes(Encoding.DER), subject=REPLIES, profile=SERVICES).tbs
    assert x509.load_der_x509_certificate(sign(production, tbs, SERVICES)).subject == REPLIES.name()
