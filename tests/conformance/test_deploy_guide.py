"""The nginx configuration of docs/deploy.md, run as it stands but for ports and paths: it hands out the revocation lists while
the portal is down."""

import ssl
import subprocess
from collections.abc import Iterator

import pytest
from cryptography import x509

from certportal.settings import Settings
from tests.conformance.conftest import Holder
from tests.conformance.nginx import Nginx, asked_for, blocks_of_guide, running_nginx
from tests.no_skips import needs
from tests.running import free_port

pytestmark = needs("nginx", "nginx-light")


@pytest.fixture(params=["EC P-256"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def ports() -> tuple[int, int]:
    return free_port(), free_port()


@pytest.fixture
def nginx(holder: Holder, settings: Settings, ports: tuple[int, int]) -> Iterator[Nginx]:
    folder, (secure, plain) = holder.folder, ports
    key, certificate = folder / "site.key", folder / "site.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "30"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    servers = blocks_of_guide()[0]
    changes = {
        "443 ssl": f"127.0.0.1:{secure} ssl",
        "listen 80": f"listen 127.0.0.1:{plain}",
        "/etc/ssl/private/certificates.example.org.key": str(key),
        "/etc/ssl/certificates.example.org.pem": str(certificate),
        "/var/lib/certportal-crl/": f"{settings.crl_dir}/",
        "127.0.0.1:8000": f"127.0.0.1:{free_port()}",
    }
    for before, after in changes.items():
        assert before in servers, f"the guide no longer has {before}"
        servers = servers.replace(before, after)
    settings.crl_dir.chmod(0o755)
    with running_nginx(folder, servers, secure) as running:
        yield running


@pytest.mark.usefixtures("nginx")
@pytest.mark.parametrize("over", ["https", "http"])
def test_revocation_lists_are_handed_out_while_the_portal_is_down(
    holder: Holder, ports: tuple[int, int], over: str
) -> None:
    trusting = ssl.create_default_context(cafile=str(holder.folder / "site.pem")) if over == "https" else None
    status, kind, body = asked_for(ports[0] if trusting else ports[1], trusting, "/crl/production.crl")
    assert (status, kind) == (200, "application/pkix-crl")
    crl = x509.load_der_x509_crl(body)
    issuing = x509.load_pem_x509_certificates(holder.chain.read_bytes())[0]
    assert crl.issuer == issuing.subject
    assert crl.is_signature_valid(issuing.public_key())  # type: ignore[arg-type]
    assert asked_for(ports[0] if trusting else ports[1], trusting, "/sign-in")[0] == (502 if trusting else 301)
