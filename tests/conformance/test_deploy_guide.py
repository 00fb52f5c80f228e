"""The nginx configuration of docs/deploy.md, run as it stands but for ports and paths: what certificates name is found over plain
HTTP, and the revocation lists are handed out while the portal is down."""

import base64
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID as Access

from certportal import runs, scheduler
from certportal.extensions import db
from certportal.settings import Settings
from tests import running
from tests.ca.openssl import openssl
from tests.conformance.conftest import Holder
from tests.conformance.nginx import asked_for, blocks_of_guide, running_nginx
from tests.conformance.served import environment_of
from tests.far_ends import SmsFarEnd, SmtpFarEnd
from tests.no_skips import needs
from tests.running import free_port

pytestmark = needs("nginx", "nginx-light")


@dataclass(frozen=True)
class Ports:
    """Where nginx listens for https and for http, and where it looks for the portal."""

    secure: int
    plain: int
    portal: int


@pytest.fixture(params=["EC P-256"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def ports() -> Ports:
    return Ports(free_port(), free_port(), free_port())


@pytest.fixture
def settings(settings: Settings, ports: Ports) -> Settings:
    """As the guide has them; what certificates name is nginx's plain port."""
    plain = f"http://localhost:{ports.plain}"
    named = {"public_crl_url": f"{plain}/crl", "public_ca_url": f"{plain}/ca", "public_ocsp_url": f"{plain}/ocsp"}
    return replace(settings, base_url="https://localhost", **named)


@pytest.fixture
def trusting(holder: Holder, settings: Settings, ports: Ports) -> Iterator[ssl.SSLContext]:
    """nginx, and what its https is trusted by."""
    folder = holder.folder
    key, certificate = folder / "site.key", folder / "site.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "30"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    servers = blocks_of_guide()[0]
    changes = {
        "443 ssl": f"127.0.0.1:{ports.secure} ssl",
        "listen 80": f"listen 127.0.0.1:{ports.plain}",
        "/etc/ssl/private/certificates.example.org.key": str(key),
        "/etc/ssl/certificates.example.org.pem": str(certificate),
        "/var/lib/certportal-crl/": f"{settings.crl_dir}/",
        "127.0.0.1:8000": f"127.0.0.1:{ports.portal}",
    }
    for before, after in changes.items():
        assert before in servers, f"the guide no longer has {before}"
        servers = servers.replace(before, after)
    settings.crl_dir.chmod(0o755)
    with running_nginx(folder, servers, ports.secure):
        yield ssl.create_default_context(cafile=str(certificate))


@pytest.fixture
def portal(
    holder: Holder, settings: Settings, ports: Ports, smtp: SmtpFarEnd, sms: SmsFarEnd
) -> Iterator[running.Served]:
    """``certportal serve`` behind nginx, with the answers about the certificate signed ahead."""
    for job in scheduler.jobs(settings):
        if job.name in (runs.PUBLISH, runs.ANSWERS):
            assert scheduler.run_now(job)
    db.session.rollback()
    environ = environment_of(settings, ports.portal, smtp, sms)
    named = {"CRL_URL": settings.crl_url, "CA_URL": settings.ca_url, "OCSP_URL": settings.ocsp_url}
    named |= {"BASE_URL": settings.base_url, "TRUSTED_PROXIES": "127.0.0.1"}
    environ |= {f"CERTPORTAL_{name}": value for name, value in named.items()}
    with running.serving(environ, ports.portal) as served:
        yield served


def named_by(certificate: x509.Certificate, method: x509.ObjectIdentifier) -> str:
    """Where a certificate says that its issuer or its status is found."""
    access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    [address] = [each.access_location.value for each in access if each.access_method == method]
    return str(address)


@pytest.mark.parametrize("over", ["https", "http"])
def test_revocation_lists_are_handed_out_while_the_portal_is_down(
    holder: Holder, trusting: ssl.SSLContext, ports: Ports, over: str
) -> None:
    port, context = (ports.secure, trusting) if over == "https" else (ports.plain, None)
    status, headers, body = asked_for(port, context, "/crl/production.crl")
    assert (status, headers["Content-Type"]) == (200, "application/pkix-crl")
    assert headers["Cache-Control"] == "public, max-age=30"
    crl = x509.load_der_x509_crl(body)
    issuing = x509.load_pem_x509_certificates(holder.chain.read_bytes())[0]
    assert crl.issuer == issuing.subject
    assert crl.is_signature_valid(issuing.public_key())  # type: ignore[arg-type]
    assert asked_for(port, context, "/sign-in")[0] == (502 if context else 301)


@pytest.mark.usefixtures("trusting", "portal")
def test_what_a_certificate_names_is_fetched_over_plain_http(holder: Holder, ports: Ports) -> None:
    """By programs that follow no redirect: its list, its issuer and so on up to the root."""
    certificate = holder.parsed
    above = x509.load_pem_x509_certificates(holder.chain.read_bytes())
    for issuer in above:
        [point] = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        assert point.full_name is not None
        status, headers, body = asked_for(ports.plain, None, urlsplit(point.full_name[0].value).path)
        assert (status, x509.load_der_x509_crl(body).issuer) == (200, issuer.subject)
        status, headers, body = asked_for(ports.plain, None, urlsplit(named_by(certificate, Access.CA_ISSUERS)).path)
        assert (status, headers["Content-Type"]) == (200, "application/pkix-cert")
        assert x509.load_der_x509_certificate(body) == issuer
        certificate = issuer
        if certificate.issuer == certificate.subject:
            return
    raise AssertionError("the chain has no root")


@pytest.mark.usefixtures("trusting", "portal")
def test_openssl_asks_over_plain_http_by_post_and_by_get(holder: Holder, ports: Ports, tmp_path: Path) -> None:
    address, question, answer = named_by(holder.parsed, Access.OCSP), tmp_path / "question.der", tmp_path / "answer.der"
    about = ("-issuer", _issuing(holder), "-cert", holder.certificate)
    told = openssl("ocsp", *about, "-CAfile", holder.chain, "-url", address).decode()
    assert f"{holder.certificate}: good" in told
    openssl("ocsp", *about, "-no_nonce", "-reqout", question)
    asked = quote(base64.b64encode(question.read_bytes()).decode(), safe="")
    status, headers, body = asked_for(ports.plain, None, f"{urlsplit(address).path}/{asked}")
    assert (status, headers["Content-Type"]) == (200, "application/ocsp-response")
    answer.write_bytes(body)
    told = openssl("ocsp", *about, "-CAfile", holder.chain, "-no_nonce", "-respin", answer).decode()
    assert f"{holder.certificate}: good" in told


def _issuing(holder: Holder) -> Path:
    path = holder.folder / "issuing.pem"
    path.write_text(
        holder.chain.read_text("ascii").partition("-----END CERTIFICATE-----\n")[0] + "-----END CERTIFICATE-----\n"
    )
    return path


@pytest.mark.usefixtures("portal")
def test_what_is_too_large_is_refused_by_the_portal_in_the_readers_language(
    trusting: ssl.SSLContext, ports: Ports
) -> None:
    """A file of some megabytes in place of a signing request, several times: an answer that is given before all of it has been
    read would be lost now and then, when the connection is closed on the rest."""
    head = b'--x\r\nContent-Disposition: form-data; name="request_file"; filename="a.pdf"\r\n\r\n'
    body, kind = head + b"x" * 7_500_000 + b"\r\n--x--\r\n", "multipart/form-data; boundary=x"
    for _ in range(12):
        status, _, page = asked_for(ports.secure, trusting, "/retrieve", body, kind)
        assert status == 413
        assert '<html lang="fi"' in page.decode()
        assert asked_for(ports.secure, trusting, "/.well-known/est/simpleenroll", body, kind)[0] == 401
        status, _, page = asked_for(ports.secure, trusting, "/2017/10/CertificateServices", body, "text/xml")
        assert status == 500
        assert b"Fault" in page
