"""Preparing and signing: the request gives a public key and nothing else, and nothing is signed that was not checked again."""

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AttributeOID
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certportal.ca import (
    CLIENT,
    Environment,
    Issuer,
    IssueRefused,
    Profile,
    RequestRefused,
    describe,
    hierarchy,
    sign,
)
from certportal.ca.profile import key_identifier
from tests.ca.making import CRL, NOW, ORGANISATION, make_authority, prepared, serial
from tests.ca.openssl import make_request, openssl
from tests.no_skips import needs


def refusal(act: Callable[[], object]) -> tuple[str, object]:
    with pytest.raises(IssueRefused) as refused:
        act()
    return refused.value.code, refused.value.details.get("what")


@needs("openssl")
def test_openssl_verifies_what_every_kind_of_authority_issues_for_every_kind_of_key(
    any_issuer: Issuer, openssl_key: tuple[str, Path], tmp_path: Path
) -> None:
    description, key = openssl_key
    certificate = sign(any_issuer, prepared(any_issuer, make_request(key)).tbs)
    leaf, root, issuing = tmp_path / "leaf.pem", tmp_path / "root.pem", tmp_path / "issuing.pem"
    leaf.write_bytes(openssl("x509", "-inform", "DER", stdin=certificate))
    root.write_bytes(any_issuer.chain[1].public_bytes(Encoding.PEM))
    issuing.write_bytes(any_issuer.chain[0].public_bytes(Encoding.PEM))
    chain = ["-x509_strict", "-CAfile", root, "-untrusted", issuing, "-attime", str(int(NOW.timestamp()))]
    assert openssl("verify", *chain, "-purpose", "sslclient", leaf).decode().endswith("OK\n")
    assert b"unsuitable certificate purpose" in openssl("verify", *chain, "-purpose", "sslserver", leaf, succeeds=False)
    assert openssl("x509", "-in", leaf, "-pubkey", "-noout") == openssl("pkey", "-in", key, "-pubout")
    assert describe(certificate).key == description


def test_the_certificate_holds_the_profile_and_nothing_more(production: Issuer, request_pem: bytes) -> None:
    ready = prepared(production, request_pem)
    certificate = x509.load_der_x509_certificate(sign(production, ready.tbs))
    found = {extension.oid._name: (extension.critical, extension.value) for extension in certificate.extensions}
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(CRL)], None, None, None)
    assert found == {
        "basicConstraints": (True, x509.BasicConstraints(ca=False, path_length=None)),
        "keyUsage": (True, x509.KeyUsage(True, *[False] * 8)),
        "extendedKeyUsage": (False, x509.ExtendedKeyUsage([Purpose.CLIENT_AUTH])),
        "subjectKeyIdentifier": (False, x509.SubjectKeyIdentifier(key_identifier(ready.request.public_key_der))),
        "authorityKeyIdentifier": (False, x509.AuthorityKeyIdentifier(production.key_identifier, None, None)),
        "cRLDistributionPoints": (False, x509.CRLDistributionPoints([point])),
    }
    assert certificate.version is x509.Version.v3
    assert certificate.subject == ORGANISATION.name()
    assert certificate.issuer == production.certificate.subject
    assert (certificate.serial_number, ready.serial) == (serial(), serial())


def test_the_validity_is_two_years_and_an_hour(production: Issuer, request_pem: bytes) -> None:
    """failures.md F11: valid an hour before it was issued; the end is counted from the moment of issue."""
    ready = prepared(production, request_pem)
    certificate = x509.load_der_x509_certificate(sign(production, ready.tbs))
    assert certificate.not_valid_before_utc == ready.not_before == datetime(2026, 12, 1, 7, 30, 15, tzinfo=UTC)
    assert certificate.not_valid_after_utc == ready.not_after == datetime(2028, 12, 1, 8, 30, 15, tzinfo=UTC)


def test_preparing_needs_no_private_key(ca_folder: Path, production: Issuer, request_pem: bytes) -> None:
    authority = hierarchy.read(ca_folder, Environment.PRODUCTION)
    assert not hasattr(authority, "key")
    assert prepared(authority, request_pem) == prepared(production, request_pem)  # type: ignore[arg-type]


def test_signed_again_after_a_crash_the_certificate_differs_in_the_signature_alone(
    any_issuer: Issuer, request_pem: bytes
) -> None:
    tbs = prepared(any_issuer, request_pem).tbs
    first, second = (x509.load_der_x509_certificate(sign(any_issuer, tbs)) for _ in range(2))
    assert first.tbs_certificate_bytes == second.tbs_certificate_bytes == tbs
    for certificate in (first, second):
        certificate.verify_directly_issued_by(any_issuer.certificate)


def names() -> st.SearchStrategy[x509.Name]:
    oids = x509.NameOID
    kinds = st.sampled_from(
        [oids.COMMON_NAME, oids.ORGANIZATION_NAME, oids.ORGANIZATION_IDENTIFIER, oids.LOCALITY_NAME]
    )
    text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
    text = text.filter(lambda value: len(value.encode()) <= 64)  # octets: more than cryptography puts into a name
    return st.lists(st.builds(x509.NameAttribute, kinds, text), max_size=4).map(x509.Name)


SMUGGLED: list[x509.ExtensionType] = [
    x509.BasicConstraints(ca=True, path_length=None),
    x509.KeyUsage(*[True] * 9),
    x509.ExtendedKeyUsage([Purpose.SERVER_AUTH, Purpose.OCSP_SIGNING, Purpose.ANY_EXTENDED_KEY_USAGE]),
    x509.SubjectAlternativeName([x509.DNSName("www.example.org"), x509.RFC822Name("a@example.org")]),
    x509.SubjectKeyIdentifier(b"\x00" * 20),
    x509.NameConstraints([x509.DNSName("example.org")], None),
    x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("2.5.29.32.0"), None)]),
    x509.AuthorityInformationAccess(
        [
            x509.AccessDescription(
                x509.AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://evil.example")
            )
        ]
    ),
    x509.OCSPNoCheck(),
    x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"),
]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=names(),
    wanted=st.lists(st.sampled_from(SMUGGLED), unique_by=lambda extension: extension.oid, max_size=6),
    critical=st.booleans(),
    password=st.text(min_size=1, max_size=40) | st.none(),
    digest=st.sampled_from([hashes.SHA256(), hashes.SHA384(), hashes.SHA512()]),
    armoured=st.booleans(),
)
def test_nothing_but_the_public_key_of_a_request_changes_what_is_issued(
    name: x509.Name,
    wanted: list[x509.ExtensionType],
    critical: bool,
    password: str | None,
    digest: hashes.SHA256 | hashes.SHA384 | hashes.SHA512,
    armoured: bool,
    production: Issuer,
    request_pem: bytes,
    ec_key: ec.EllipticCurvePrivateKey,
) -> None:
    """failures.md F12: for any request of one key, the bytes to be signed are the same, octet for octet."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    for extension in wanted:
        builder = builder.add_extension(extension, critical=critical)
    if password is not None:
        builder = builder.add_attribute(AttributeOID.CHALLENGE_PASSWORD, password.encode())
    hostile = builder.sign(ec_key, digest).public_bytes(Encoding.PEM if armoured else Encoding.DER)
    assert prepared(production, hostile) == prepared(production, request_pem)


@needs("openssl")
def test_an_authoritys_request_made_by_openssl_becomes_an_ordinary_certificate(
    openssl_key: tuple[str, Path], production: Issuer
) -> None:
    """failures.md F12, with the program that a smuggler would use."""
    _, key = openssl_key
    wishes = ["basicConstraints=critical,CA:TRUE", "keyUsage=keyCertSign,cRLSign", "extendedKeyUsage=serverAuth"]
    wishes += ["subjectAltName=DNS:www.example.org"]
    hostile = make_request(key, *[part for wish in wishes for part in ("-addext", wish)])
    assert prepared(production, hostile) == prepared(production, make_request(key))


def test_a_bad_request_is_refused_here_too(production: Issuer, request_pem: bytes) -> None:
    """The caller has read the request already; the authority reads it again."""
    sent = bytearray(base64.b64decode(b"".join(request_pem.splitlines()[1:-1])))
    sent[-1] ^= 1
    with pytest.raises(RequestRefused, match="csr_bad_signature"):
        prepared(production, bytes(sent))


def test_an_order_for_test_is_never_prepared_by_production(
    production: Issuer, other_environment: Issuer, request_pem: bytes
) -> None:
    for issuer, environment in ((production, Environment.TEST), (other_environment, Environment.PRODUCTION)):
        assert (
            refusal(lambda i=issuer, e=environment: prepared(i, request_pem, environment=e))[0]
            == "ca_environment_differs"
        )


def test_bytes_prepared_by_one_environment_are_not_signed_by_the_other(
    production: Issuer, other_environment: Issuer, request_pem: bytes
) -> None:
    tbs = prepared(production, request_pem).tbs
    assert refusal(lambda: sign(other_environment, tbs)) == ("certificate_refused", "issuer")


def test_a_certificate_that_would_outlive_its_authority_is_refused(tmp_path: Path, request_pem: bytes) -> None:
    """failures.md F13: the issuing authority lasts ten years, so it issues for eight."""
    issuer = make_authority(tmp_path, Environment.PRODUCTION)
    last = issuer.not_after.replace(year=issuer.not_after.year - 2)
    assert sign(issuer, prepared(issuer, request_pem, now=last).tbs)
    assert refusal(lambda: prepared(issuer, request_pem, now=last + timedelta(seconds=1)))[0] == "ca_ends_first"


def test_a_certificate_older_than_its_authority_is_refused(production: Issuer, request_pem: bytes) -> None:
    before = production.not_before + timedelta(minutes=59)
    assert refusal(lambda: prepared(production, request_pem, now=before))[0] == "ca_not_yet_valid"


@pytest.mark.parametrize("number", [1, 2**63 - 1, 2**159])
def test_a_serial_number_that_was_not_drawn_is_refused(number: int, production: Issuer, request_pem: bytes) -> None:
    with pytest.raises((IssueRefused, ValueError)):
        prepared(production, request_pem, serial=number)


@pytest.mark.parametrize(
    "address", ["", "portal.example/ca.crl", "ldap://portal.example", "http://a b", "http://å.example/x", "http://"]
)
def test_an_address_that_no_program_can_fetch_is_refused(address: str, production: Issuer, request_pem: bytes) -> None:
    assert refusal(lambda: prepared(production, request_pem, crl_url=address))[0] == "certificate_refused"


def test_the_authoritys_own_key_gets_no_certificate(production: Issuer) -> None:
    own = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(production.key, hashes.SHA384())
    answer = refusal(lambda: prepared(production, own.public_bytes(Encoding.DER)))
    assert answer == ("certificate_refused", "subjectPublicKeyInfo")


def test_another_profile_is_another_certificate(production: Issuer, request_pem: bytes) -> None:
    year = Profile("year", years=1, purposes=(Purpose.CLIENT_AUTH,))
    tbs = prepared(production, request_pem, profile=year).tbs
    assert describe(sign(production, tbs, year)).not_after == datetime(2027, 12, 1, 8, 30, 15, tzinfo=UTC)
    assert refusal(lambda: sign(production, tbs)) == ("certificate_refused", "validity")
    assert replace(year, years=2).validity(NOW) == CLIENT.validity(NOW)


def test_nothing_of_the_throw_away_key_is_in_the_certificate(production: Issuer, request_pem: bytes) -> None:
    certificate = x509.load_der_x509_certificate(sign(production, prepared(production, request_pem).tbs))
    certificate.verify_directly_issued_by(production.certificate)
    stranger = ec.generate_private_key(ec.SECP384R1()).public_key()
    with pytest.raises(InvalidSignature):
        stranger.verify(certificate.signature, certificate.tbs_certificate_bytes, ec.ECDSA(hashes.SHA384()))
