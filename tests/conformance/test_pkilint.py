"""pkilint finds nothing to note in anything that an authority signs: certificates, chains, lists, answers."""

import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509

from certportal.ca import KeyKind, Reason, ocsp
from tests.ca.making import question, serial
from tests.certificates.steps import Kit
from tests.conformance.authorities import Signed, signed_by


@pytest.fixture(scope="module", params=[KeyKind.EC_P384, KeyKind.RSA_3072])
def signed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Signed:
    return signed_by(request.param, tmp_path_factory.mktemp("signed"))


def findings(program: str, *arguments: str | Path) -> str:
    """What one of pkilint's programs prints at NOTICE or worse; it ends with the number of findings."""
    command = [sys.executable, "-m", f"pkilint.bin.{program}", "lint", "-s", "NOTICE", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert "Traceback" not in done.stderr, done.stderr
    assert (done.returncode == 0) == (done.stdout.strip() == ""), done.stdout + done.stderr
    return done.stdout.strip()


CHAINS = {
    "leaf": "issuing",
    "responder": "issuing",
    "services": "services_issuing",
    "issuing": "intermediate",
    "services_issuing": "intermediate",
    "intermediate": "root",
    "root": "root",
}


@pytest.mark.parametrize("name", list(CHAINS))
def test_wire_3_pkilint_notes_nothing_in_certificates(name: str, signed: Signed) -> None:
    assert findings("lint_pkix_cert", signed.file(f"{name}.pem")) == ""


@pytest.mark.parametrize("name", list(CHAINS))
def test_wire_3_pkilint_notes_nothing_in_chains(name: str, signed: Signed) -> None:
    chain = signed.file(f"{CHAINS[name]}.pem"), signed.file(f"{name}.pem")
    assert findings("lint_pkix_signer_signee_cert_chain", *chain) == ""


def test_wire_3_pkilint_judges_a_leaf_that_says_all_that_the_portals_own_says(signed: Signed, kit: Kit) -> None:
    issued = x509.load_der_x509_certificate(kit.certificate().der or b"")
    judged = x509.load_pem_x509_certificate(signed.file("leaf.pem").read_bytes())
    assert [each.oid for each in judged.extensions] == [each.oid for each in issued.extensions]


@pytest.mark.parametrize("name", ["empty", "full", "services", "intermediate", "root"])
def test_wire_3_pkilint_notes_nothing_in_lists(name: str, signed: Signed) -> None:
    assert findings("lint_crl", "-t", "CRL", "-p", "PKIX", signed.file(f"{name}.crl")) == ""


@pytest.mark.parametrize("nonce", [None, b"n" * 32], ids=["no_nonce", "nonce"])
@pytest.mark.parametrize("hash_name", ["sha1", "sha256"])
@pytest.mark.parametrize("said", ["good", "unknown", "key_lost", "unspecified"])
def test_wire_3_pkilint_notes_nothing_in_answers(
    said: str, hash_name: str, nonce: bytes | None, signed: Signed
) -> None:
    if said in ("good", "unknown"):
        status: ocsp.Status = ocsp.Known(said)
    else:
        status = ocsp.Revocation(signed.now, Reason(said))
    answer = signed.answer(question(signed.issuer, serial(1), hash_name, nonce), status)
    assert (nonce is not None) == ((nonce or b"n" * 32) in answer.read_bytes())
    assert findings("lint_ocsp_response", answer) == ""


def test_wire_3_pkilint_does_see_faults(signed: Signed) -> None:
    """A chain that leaves out its middle is no chain."""
    wrong = signed.file("root.pem"), signed.file("leaf.pem")
    assert findings("lint_pkix_signer_signee_cert_chain", *wrong) != ""
