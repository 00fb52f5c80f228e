"""Nothing is signed because it was stored: whatever the bytes say, the authority reads them back and checks them."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certportal.ca import (
    CLIENT,
    Environment,
    Issuer,
    IssueRefused,
    KeyKind,
    sign,
    unsigned,
)
from tests.ca.making import CRL, NOW, ORGANISATION, make_authority, prepared, serial


def refusal(act: Callable[[], object]) -> tuple[str, object]:
    with pytest.raises(IssueRefused) as refused:
        act()
    return refused.value.code, refused.value.details.get("what")


def bytes_of(authority: Issuer, key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey, **changes: object) -> bytes:
    """To-be-signed bytes as a broken or hostile caller might have stored them: like ours but for ``changes``."""
    info = unsigned.keys.public_key_info(key)
    begins, ends = CLIENT.validity(NOW)
    wanted: dict[str, object] = {"issuer": authority.certificate.subject, "subject": ORGANISATION.name()}
    wanted |= {
        "extensions": CLIENT.extensions(authority, info, CRL),
        "serial": serial(),
        "begins": begins,
        "ends": ends,
        **changes,
    }
    builder = (
        x509.CertificateBuilder()
        .issuer_name(wanted["issuer"])  # type: ignore[arg-type]
        .subject_name(wanted["subject"])  # type: ignore[arg-type]
        .public_key(key)
        .serial_number(wanted["serial"])  # type: ignore[arg-type]
        .not_valid_before(wanted["begins"])  # type: ignore[arg-type]
        .not_valid_after(wanted["ends"])  # type: ignore[arg-type]
    )
    for extension in wanted["extensions"]:  # type: ignore[attr-defined]
        builder = builder.add_extension(extension.value, extension.critical)
    return builder.sign(authority.key, unsigned.keys.digest_for(authority.public_key)).tbs_certificate_bytes


def test_bytes_like_ours_are_signed(production: Issuer, ec_key: ec.EllipticCurvePrivateKey, request_pem: bytes) -> None:
    assert bytes_of(production, ec_key.public_key()) == prepared(production, request_pem).tbs


def with_extension(
    issuer: Issuer, key: ec.EllipticCurvePrivateKey, value: x509.ExtensionType, critical: bool
) -> list[object]:
    """Our extensions with one of them put in another's place, or added."""
    ours = CLIENT.extensions(issuer, unsigned.keys.public_key_info(key.public_key()), CRL)
    new = x509.Extension(value.oid, critical, value)
    return [new if e.oid == value.oid else e for e in ours] + ([] if value.oid in [e.oid for e in ours] else [new])


FORBIDDEN: list[tuple[x509.ExtensionType, bool]] = [
    (x509.BasicConstraints(ca=True, path_length=None), True),
    (x509.BasicConstraints(ca=False, path_length=None), False),
    (x509.KeyUsage(True, False, False, False, False, True, True, False, False), True),
    (x509.KeyUsage(True, *[False] * 8), False),
    (x509.ExtendedKeyUsage([Purpose.CLIENT_AUTH, Purpose.SERVER_AUTH]), False),
    (x509.ExtendedKeyUsage([Purpose.ANY_EXTENDED_KEY_USAGE]), False),
    (x509.ExtendedKeyUsage([Purpose.CLIENT_AUTH]), True),
    (x509.SubjectKeyIdentifier(b"\x01" * 20), False),
    (x509.AuthorityKeyIdentifier(b"\x01" * 20, None, None), False),
    (x509.CRLDistributionPoints([x509.DistributionPoint([x509.DNSName("portal.example")], None, None, None)]), False),
    (
        x509.CRLDistributionPoints(
            [x509.DistributionPoint([x509.UniformResourceIdentifier("ldap://x")], None, None, None)]
        ),
        False,
    ),
    (x509.SubjectAlternativeName([x509.DNSName("www.example.org")]), False),
    (x509.OCSPNoCheck(), False),
]


@pytest.mark.parametrize(("value", "critical"), FORBIDDEN, ids=lambda case: str(case)[1:50])
def test_stored_bytes_with_other_extensions_are_not_signed(
    value: x509.ExtensionType, critical: bool, production: Issuer, ec_key: ec.EllipticCurvePrivateKey
) -> None:
    tbs = bytes_of(production, ec_key.public_key(), extensions=with_extension(production, ec_key, value, critical))
    code, what = refusal(lambda: sign(production, tbs))
    assert (code, what) in {
        ("certificate_refused", value.oid.dotted_string),
        ("certificate_refused", "cRLDistributionPoints"),
    }


@pytest.mark.parametrize("missing", range(6))
def test_stored_bytes_without_one_of_the_extensions_are_not_signed(
    missing: int, production: Issuer, ec_key: ec.EllipticCurvePrivateKey
) -> None:
    ours = CLIENT.extensions(production, unsigned.keys.public_key_info(ec_key.public_key()), CRL)
    tbs = bytes_of(production, ec_key.public_key(), extensions=ours[:missing] + ours[missing + 1 :])
    assert refusal(lambda: sign(production, tbs))[0] == "certificate_refused"


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"issuer": x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Another Issuing CA")])}, "issuer"),
        ({"serial": 5}, "serialNumber"),
        ({"ends": CLIENT.validity(NOW)[1] + timedelta(days=1)}, "validity"),
        ({"ends": CLIENT.validity(NOW)[1] - timedelta(days=1)}, "validity"),
        ({"begins": NOW}, "validity"),
        ({"subject": x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "www.example.org")])}, None),
    ],
)
def test_stored_bytes_that_say_something_else_are_not_signed(
    changes: dict[str, object], what: str | None, production: Issuer, ec_key: ec.EllipticCurvePrivateKey
) -> None:
    tbs = bytes_of(production, ec_key.public_key(), **changes)
    expected = ("certificate_refused", what) if what else ("subject_refused", None)
    assert refusal(lambda: sign(production, tbs)) == expected


def test_stored_bytes_with_a_key_that_the_policy_refuses_are_not_signed(production: Issuer) -> None:
    for key in (rsa.generate_private_key(65537, 1024), ec.generate_private_key(ec.SECP521R1())):
        tbs = bytes_of(production, key.public_key())
        assert refusal(lambda tbs=tbs: sign(production, tbs)) == ("certificate_refused", "subjectPublicKeyInfo")


def test_bytes_for_another_algorithm_are_not_signed(
    production: Issuer, rsa_key: rsa.RSAPrivateKey, tmp_path: Path
) -> None:
    """An EC authority does not sign what announces an RSA signature, though name and key identifier are its own."""
    other = make_authority(tmp_path, Environment.PRODUCTION, KeyKind.RSA_3072)
    ours = CLIENT.extensions(production, unsigned.keys.public_key_info(rsa_key.public_key()), CRL)
    tbs = bytes_of(other, rsa_key.public_key(), extensions=ours)
    assert refusal(lambda: sign(production, tbs)) == ("certificate_refused", "signature")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 2000), change=st.integers(1, 255))
def test_no_flipped_octet_in_stored_bytes_yields_another_kind_of_certificate(
    place: int, change: int, production: Issuer, request_pem: bytes
) -> None:
    tbs = bytearray(prepared(production, request_pem).tbs)
    tbs[place % len(tbs)] ^= change
    try:
        certificate = x509.load_der_x509_certificate(sign(production, bytes(tbs)))
    except IssueRefused:
        return
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert constraints == x509.BasicConstraints(ca=False, path_length=None)
    assert certificate.tbs_certificate_bytes == bytes(tbs)


@given(garbage=st.binary(max_size=200))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_garbage_is_not_signed(garbage: bytes, production: Issuer) -> None:
    assert refusal(lambda: sign(production, garbage))[0] == "certificate_refused"


def test_a_token_that_signs_with_another_key_is_found_out(production: Issuer, request_pem: bytes) -> None:
    wrong = Issuer(production.environment, production.chain, production.key)
    object.__setattr__(wrong, "key", ec.generate_private_key(ec.SECP384R1()))
    assert refusal(lambda: sign(wrong, prepared(production, request_pem).tbs)) == ("certificate_refused", "signature")
