"""docs/client.md, run as it stands but for the values that its reader writes in."""

import re
import subprocess
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12

from tests.certificates.steps import Codes
from tests.conformance.served import Portal
from tests.meta.tree import ROOT
from tests.no_skips import needs

ASKS = 'read -r -s -p "TransferPassword: " TRANSFER_PASSWORD'


def blocks() -> list[str]:
    """openssl and curl, the one file; keytool before and after."""
    found = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "client.md").read_text("utf-8"), re.DOTALL)
    assert len(found) == 4
    return found


def filled_in(script: str, portal: Portal, codes: Codes) -> str:
    for before, after in (
        ("https://certificates.example.org", portal.address),
        ("123456789012", codes.transfer_id),
        (ASKS, f"TRANSFER_PASSWORD={codes.password.reveal()}"),
    ):
        assert before in script, f"the guide no longer has {before}"
        script = script.replace(before, after)
    return script


def run(script: str, folder: Path) -> str:
    command = ["bash", "-euo", "pipefail", "-c", script]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, input="changeit\n" * 4)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs("curl")
def test_openssl_and_curl_fetch_a_certificate_with_its_key_and_chain(portal: Portal, tmp_path: Path) -> None:
    fetch, one_file = blocks()[:2]
    one_file = one_file.replace("openssl pkcs12 -export", "openssl pkcs12 -export -passout pass:changeit")
    told = run(filled_in(fetch, portal, portal.codes()) + one_file, tmp_path)
    assert "certificate.pem: OK" in told
    certificate = x509.load_pem_x509_certificate((tmp_path / "certificate.pem").read_bytes())
    key = load_pem_private_key((tmp_path / "key.pem").read_bytes(), None)
    assert certificate.public_key() == key.public_key()
    assert "CN=9900001-8" in certificate.subject.rfc4514_string()
    assert pkcs12.load_pkcs12((tmp_path / "certificate.p12").read_bytes(), b"changeit").additional_certs
    assert not (tmp_path / "sign.xml").exists()


@needs("curl")
@needs("keytool", "default-jre-headless")
def test_keytool_makes_the_key_and_takes_the_certificate(portal: Portal, tmp_path: Path) -> None:
    fetch, _, before, after = blocks()
    values, rest = fetch.split("# 1. a key pair")
    asking = rest[rest.index("# 2. ask for") : rest.index("# 4. look at it")]
    quiet = 'keytool() { command keytool "$@" -storepass changeit; }\n'
    told = run(quiet + filled_in(values + before + asking + after, portal, portal.codes()), tmp_path)
    assert "CN=9900001-8" in told
    assert "Issuing CA" in told
    store = pkcs12.load_pkcs12((tmp_path / "interface.p12").read_bytes(), b"changeit")
    assert store.key is not None
    assert store.cert is not None
    assert store.cert.certificate.public_key() == store.key.public_key()
