"""pkilint has a say before anything is signed: what it finds, and what it cannot judge, is not signed."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from certportal.ca import Issuer, IssueRefused, lint, unsigned
from certportal.ca.lint import lint_certificate
from tests.ca.making import plain_request, prepared, serial
from tests.ca.openssl import make_request
from tests.ca.test_checks import bytes_of, with_extension


def refusal(act: Callable[[], object]) -> object:
    with pytest.raises(IssueRefused) as refused:
        act()
    assert refused.value.code == "certificate_refused"
    return refused.value.details["what"]


def test_it_finds_nothing_in_what_we_issue_for_any_key(any_issuer: Issuer, openssl_key: tuple[str, Path]) -> None:
    lint_certificate(prepared(any_issuer, make_request(openssl_key[1]), lint=False).tbs, any_issuer)


def test_it_reads_the_very_bytes_that_will_be_signed(any_issuer: Issuer, request_pem: bytes) -> None:
    tbs = prepared(any_issuer, request_pem, lint=False).tbs
    twin = x509.load_der_x509_certificate(unsigned.twin(any_issuer, tbs))
    assert twin.tbs_certificate_bytes == tbs
    with pytest.raises(InvalidSignature):
        twin.verify_directly_issued_by(any_issuer.certificate)


@pytest.mark.parametrize("number", [-5, 2**168])
def test_what_it_finds_is_not_signed(number: int, production: Issuer) -> None:
    """Things that checks.py refuses too: here pkilint alone is asked."""
    sound = bytes_of(production, ec.generate_private_key(ec.SECP256R1()).public_key())
    octets = number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True)
    parts = [part.encoded for part in unsigned.der.children(sound)]
    parts[1] = unsigned.der.encode(unsigned.der.INTEGER, octets)
    odd = unsigned.der.encode(unsigned.der.SEQUENCE, *parts)
    assert refusal(lambda: lint_certificate(odd, production)) == "pkix.certificate_serial_number_out_of_range"


def test_a_notice_is_enough(production: Issuer, ec_key: ec.EllipticCurvePrivateKey) -> None:
    odd = with_extension(production, ec_key, x509.SubjectKeyIdentifier(b"\x01" * 20), critical=False)
    found = refusal(lambda: lint_certificate(bytes_of(production, ec_key.public_key(), extensions=odd), production))
    assert found == "pkix.unknown_subject_key_identifier_calculation_method"


@pytest.mark.parametrize("garbage", [b"", b"\x30\x00", b"\x30\x03\x02\x01\x05", b"not a certificate"])
def test_what_it_cannot_read_is_not_signed(garbage: bytes, production: Issuer) -> None:
    assert refusal(lambda: lint_certificate(garbage, production))


def test_when_it_breaks_nothing_is_prepared(
    production: Issuer, request_pem: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def validate(self, root: object) -> list[object]:
            raise RuntimeError("a fault in a new version")

    monkeypatch.setattr(lint, "_rules", Broken)
    assert refusal(lambda: prepared(production, request_pem)) == "pkilint: RuntimeError"
    assert prepared(production, request_pem, lint=False).tbs


def test_threads_ask_it_at_once(production: Issuer) -> None:
    requests = [plain_request(ec.generate_private_key(ec.SECP256R1())).public_bytes(Encoding.DER) for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda n: prepared(production, requests[n], serial=serial(n)), range(8)))
    assert len({each.tbs for each in made}) == 8


def test_it_is_imported_when_it_is_asked_or_warmed_and_not_before() -> None:
    code = "import sys; from certportal.ca import lint; cold = 'pkilint' in sys.modules; lint.warm(); "
    code += "sys.exit(cold or 'pkilint' not in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
