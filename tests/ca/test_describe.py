"""What people see of a certificate is what openssl says of it."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from certportal.ca import Issuer, as_pem, chain_p7b, chain_pem, describe, fours, pairs, serial_hex, sign
from tests.ca.making import prepared, serial
from tests.ca.openssl import openssl
from tests.no_skips import needs


@pytest.fixture
def certificate(production: Issuer, request_pem: bytes) -> bytes:
    return sign(production, prepared(production, request_pem).tbs)


def test_a_certificate_is_described(certificate: bytes) -> None:
    described = describe(certificate)
    assert described.subject == (
        ("C", "FI"),
        ("O", "Malliyritys Oy"),
        ("organizationIdentifier", "NTRFI-9900001-8"),
        ("CN", "9900001-8"),
    )
    assert described.issuer == "Model Issuing CA (production)"
    assert described.key == "EC P-256"
    assert described.not_before == datetime(2026, 12, 1, 7, 30, 15, tzinfo=UTC)
    assert described.not_after == datetime(2028, 12, 1, 8, 30, 15, tzinfo=UTC)


@needs("openssl")
def test_serial_number_and_fingerprint_are_what_openssl_prints(certificate: bytes) -> None:
    printed = openssl(
        "x509", "-inform", "DER", "-noout", "-serial", "-fingerprint", "-sha256", stdin=certificate
    ).decode()
    number, fingerprint = (line.split("=")[1].lower() for line in printed.splitlines())
    assert describe(certificate).serial == number == serial_hex(serial())
    assert describe(certificate).fingerprint == fingerprint.replace(":", "")


@pytest.mark.parametrize(("number", "shown"), [(0x5, "05"), (0xABC, "0a bc"), (2**159 - 1, "7f" + " ff" * 19)])
def test_a_serial_number_is_shown_in_whole_octets(number: int, shown: str) -> None:
    assert pairs(serial_hex(number)) == shown


def test_a_fingerprint_is_shown_in_fours() -> None:
    assert fours("9c41e07a5d1388f2") == "9c41 e07a 5d13 88f2"


def test_an_authoritys_own_certificate_is_described_too(production: Issuer) -> None:
    described = describe(production.chain[1].public_bytes(Encoding.DER))
    assert described.subject == (("CN", "Model Root CA (production)"),)
    assert (described.issuer, described.key) == ("Model Root CA (production)", "EC P-384")


def test_what_is_no_certificate_is_not_described() -> None:
    with pytest.raises(ValueError, match="error parsing"):
        describe(b"0\x00")


@needs("openssl")
def test_openssl_reads_the_files_that_are_handed_out(certificate: bytes, production: Issuer) -> None:
    assert openssl("x509", "-outform", "DER", stdin=as_pem(certificate)) == certificate
    names = [b"Model Issuing CA (production)", b"Model Root CA (production)"]
    listed = openssl("pkcs7", "-inform", "DER", "-print_certs", "-noout", stdin=chain_p7b(production.chain))
    assert all(b"subject=CN = " + name in listed for name in names)
    pem = chain_pem(production.chain)
    assert pem.count(b"-----BEGIN CERTIFICATE-----") == 2
    assert openssl("x509", "-noout", "-subject", stdin=pem).strip() == b"subject=CN = " + names[0]
