"""A call over mutual TLS to nginx, which trusts the published chain and looks into the published revocation lists, as
docs/deploy.md has it."""

import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.conformance.conftest import Holder
from tests.conformance.nginx import Nginx, asked, blocks_of_guide, running_nginx
from tests.no_skips import needs
from tests.running import free_port

pytestmark = needs("nginx", "nginx-light")
INTERFACE = """
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/server.pem;
        ssl_certificate_key {folder}/server.key;
        {guide}
        location / {{ return 200 "$ssl_client_s_dn"; }}
    }}
"""


@pytest.fixture(params=["EC P-256"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def port() -> int:
    return free_port()


def fetch_lists(app: Flask, folder: Path) -> None:
    """What is published for servers that check a whole chain: the lists of issuing authority and root, in PEM."""
    answer = app.test_client().get("/crl/production.pem")
    assert answer.status_code == 200
    (folder / "lists.pem").write_bytes(answer.data)


@pytest.fixture
def interface(app: Flask, holder: Holder, port: int) -> Iterator[Nginx]:
    folder = holder.folder
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "30"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(folder / "server.key")]
    subprocess.run([*command, "-out", str(folder / "server.pem")], check=True, capture_output=True)
    fetch_lists(app, folder)
    guide = blocks_of_guide()[1]
    for before, after in (("certportal-chain.pem", "chain.pem"), ("production.pem", "lists.pem")):
        assert f"/etc/nginx/{before}" in guide
        guide = guide.replace(f"/etc/nginx/{before}", str(folder / after))
    with running_nginx(folder, INTERFACE.format(port=port, folder=folder, guide=guide), port) as nginx:
        yield nginx


def caller(holder: Holder, *, presents: bool = True) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(holder.folder / "server.pem"))
    if presents:
        context.load_cert_chain(holder.certificate, holder.key)
    return context


def test_the_issued_certificate_opens_the_interface(interface: Nginx, holder: Holder, port: int) -> None:
    status, name = asked(port, caller(holder))
    assert status == 200, (name, interface.log)
    assert "CN=9900001-8" in name


def test_nobody_comes_in_without_a_certificate(interface: Nginx, holder: Holder, port: int) -> None:
    status, text = asked(port, caller(holder, presents=False))
    assert (status, "No required SSL certificate was sent" in text) == (400, True)


def test_a_revoked_certificate_no_longer_opens_it(app: Flask, interface: Nginx, holder: Holder, port: int) -> None:
    assert asked(port, caller(holder))[0] == 200
    holder.revoke()
    fetch_lists(app, holder.folder)
    interface.reload()
    status, text = asked(port, caller(holder))
    assert (status, "The SSL certificate error" in text) == (400, True)
    assert "certificate revoked" in interface.log
