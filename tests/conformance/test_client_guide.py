"""docs/client.md, run as it stands but for the values that its reader writes in."""

import re
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.request import Request

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


def filled_in(script: str, address: str, codes: Codes) -> str:
    for before, after in (
        ("https://certificates.example.org", address),
        ("123456789012", codes.transfer_id),
        (ASKS, f"TRANSFER_PASSWORD={codes.password.reveal()}"),
    ):
        assert before in script, f"the guide no longer has {before}"
        script = script.replace(before, after)
    return script


def tried(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """As somebody runs it who has saved it to a file."""
    (folder / "fetch.sh").write_text(script, "utf-8")
    command = ["bash", "fetch.sh"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, input="changeit\n" * 4)


def run(script: str, folder: Path) -> str:
    done = tried(script, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs("curl")
def test_openssl_and_curl_fetch_a_certificate_with_its_key_and_chain(portal: Portal, tmp_path: Path) -> None:
    fetch, one_file = blocks()[:2]
    one_file = one_file.replace("openssl pkcs12 -export", "openssl pkcs12 -export -passout pass:changeit")
    told = run(filled_in(fetch, portal.address, portal.codes()) + one_file, tmp_path)
    assert "certificate.pem: OK" in told
    certificate = x509.load_pem_x509_certificate((tmp_path / "certificate.pem").read_bytes())
    key = load_pem_private_key((tmp_path / "key.pem").read_bytes(), None)
    assert certificate.public_key() == key.public_key()
    assert "CN=9900001-8" in certificate.subject.rfc4514_string()
    assert pkcs12.load_pkcs12((tmp_path / "certificate.p12").read_bytes(), b"changeit").additional_certs
    assert not (tmp_path / "sign.xml").exists()


@contextmanager
def losing_answers(portal: Portal) -> Iterator[str]:
    """An address at which the portal hears what is sent, and nobody hears what it answers."""

    class Losing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"]))
            with urllib.request.urlopen(
                Request(portal.address + self.path, sent, {"Content-Type": "text/xml"})
            ) as answer:
                assert b"<Status>OK</Status>" in answer.read()
            self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Losing)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@needs("curl")
def test_repeated_after_a_lost_answer_it_fetches_the_certificate_of_the_same_key(
    portal: Portal, tmp_path: Path
) -> None:
    codes, fetch = portal.codes(), blocks()[0]
    with losing_answers(portal) as address:
        lost = tried(filled_in(fetch, address, codes), tmp_path)
    assert lost.returncode != 0
    assert "curl: " in lost.stderr
    key = (tmp_path / "key.pem").read_bytes()
    assert "certificate.pem: OK" in run(filled_in(fetch, portal.address, codes), tmp_path)
    assert (tmp_path / "key.pem").read_bytes() == key
    certificate = x509.load_pem_x509_certificate((tmp_path / "certificate.pem").read_bytes())
    assert certificate.public_key() == load_pem_private_key(key, None).public_key()


@needs("curl")
def test_a_refusal_is_told_and_ends_it(portal: Portal, tmp_path: Path) -> None:
    codes = portal.codes()
    script = filled_in(blocks()[0], portal.address, codes).replace(codes.password.reveal(), "wrongPassword123")
    refused = tried(script, tmp_path)
    assert refused.returncode == 1
    told = refused.stderr.splitlines()[-1]  # after the dots of openssl at work
    assert told.startswith("PKI020: The transfer codes are not right")
    assert "Could not" not in refused.stderr
    assert not (tmp_path / "certificate.pem").exists()
    assert not (tmp_path / "sign.xml").exists()


@needs("curl")
@needs("keytool", "default-jre-headless")
def test_keytool_makes_the_key_and_takes_the_certificate(portal: Portal, tmp_path: Path) -> None:
    fetch, _, before, after = blocks()
    start, end = fetch.index("# 1. a key pair"), fetch.index("# 2. ask for")
    script = fetch[:start] + before + fetch[end : fetch.index("# 4. look at it")] + after
    quiet = 'keytool() { command keytool "$@" -storepass changeit; }\n'
    told = run(quiet + filled_in(script, portal.address, portal.codes()), tmp_path)
    assert "CN=9900001-8" in told
    assert "Issuing CA" in told
    store = pkcs12.load_pkcs12((tmp_path / "interface.p12").read_bytes(), b"changeit")
    assert store.key is not None
    assert store.cert is not None
    assert store.cert.certificate.public_key() == store.key.public_key()
