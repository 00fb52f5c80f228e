"""The openssl and curl commands exactly as the page gives them, for each kind of key, against a server that listens."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from werkzeug.serving import make_server

from certportal import ca
from certportal.certificates.models import CertificateState
from certportal.settings import Settings
from tests.browsing import BrowsingClient
from tests.ca.openssl import KEYS, make_key, make_request
from tests.certificates.steps import Kit, certificates
from tests.no_skips import needs
from tests.orders.steps import housed
from tests.running import free_port

pytestmark = [needs("openssl"), needs("curl")]


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(params=["EC P-256", "EC P-384", "RSA 2048", "RSA 4096"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def settings(settings: Settings, port: int) -> Settings:
    return replace(settings, base_url=f"http://127.0.0.1:{port}")


@pytest.fixture
def listening(app: Flask, port: int) -> Iterator[None]:
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def bench(app: Flask, kind: str, tmp_path: Path) -> Path:
    """A folder with key and certificate under the names that the commands have, and Windows' name for curl."""
    folder = tmp_path / "bench"
    (folder / "bin").mkdir(parents=True)
    key = make_key(tmp_path, *KEYS[kind]).rename(folder / "private.key")
    issued = Kit(housed(), tmp_path).certificate(sent=make_request(key))
    (folder / "certificate.pem").write_bytes(ca.as_pem(issued.der or b""))
    curl = shutil.which("curl")
    assert curl is not None
    (folder / "bin/curl.exe").symlink_to(curl)
    return folder


def shell(folder: Path, commands: str) -> str:
    path = {"PATH": f"{folder}/bin:{os.environ['PATH']}", "no_proxy": "*"}
    done = subprocess.run(["sh", "-ec", commands], cwd=folder, env=path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def commands(app: Flask, port: int, serial: str) -> dict[str, str]:
    """What stands in the page's boxes, by their ids."""
    browser = BrowsingClient(app)
    answer = browser.http.get("/revocations", query_string={"serial": serial}, base_url=f"http://127.0.0.1:{port}")
    soup = BeautifulSoup(answer.get_data(as_text=True), "html.parser")
    boxes = {str(box["id"]): box.get_text() for box in soup.select("[id]")}
    return {name: boxes[name] for name in ("sign-posix", "send-posix", "sign-windows", "send-windows")}


@pytest.mark.usefixtures("listening")
@pytest.mark.parametrize("system", ["posix", "windows"])
def test_the_commands_of_the_page_revoke(app: Flask, bench: Path, port: int, system: str) -> None:
    serial = shell(bench, "openssl x509 -in certificate.pem -noout -serial").strip()
    given = commands(app, port, serial)
    shell(bench, given[f"sign-{system}"])
    assert shell(bench, given[f"send-{system}"]) == f"revoked {certificates()[0].serial}\n"
    assert certificates()[0].state is CertificateState.REVOKED
    assert shell(bench, given[f"send-{system}"]).startswith("certificate_revoked: ")


@pytest.mark.usefixtures("listening")
def test_what_openssl_sends_by_itself_is_taken_too(app: Flask, bench: Path, port: int) -> None:
    """Without one option but those that it cannot do without: an S/MIME message, detached, its text with CRLF."""
    given = commands(app, port, certificates()[0].serial)
    shell(bench, given["sign-posix"])
    [text] = bench.glob("revoke-*.txt")
    shell(
        bench,
        f"echo >> {text.name}; openssl cms -sign -in {text.name} -signer certificate.pem -inkey private.key -out m",
    )
    said = shell(bench, f"curl --silent --data-binary @m http://127.0.0.1:{port}/revocations?reason=unnecessary")
    assert said.startswith("revoked ")
    assert certificates()[0].revocation_reason == "unnecessary"


@pytest.mark.usefixtures("listening")
def test_another_key_does_not_revoke(app: Flask, bench: Path, port: int) -> None:
    shell(
        bench, "openssl req -x509 -newkey rsa:2048 -nodes -keyout private.key -out certificate.pem -subj /CN=x -days 1"
    )
    given = commands(app, port, certificates()[0].serial)
    shell(bench, given["sign-posix"])
    assert shell(bench, given["send-posix"]).startswith("proof_certificate_unknown: ")
    assert certificates()[0].state is CertificateState.ISSUED
