"""The portal behind nginx as docs/est.md has it, both as people run them, and who calls it."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from certportal import ca, create_app
from certportal.certificates import authorities
from certportal.extensions import db, transaction
from certportal.identifiers import Environment
from certportal.settings import Settings
from tests.ca.openssl import openssl
from tests.certificates.steps import Codes, Kit
from tests.conformance.nginx import Nginx, running_nginx
from tests.conftest import FakeClock
from tests.far_ends import SmsFarEnd, SmtpFarEnd
from tests.orders.steps import housed
from tests.running import Served, command, environment, free_port, serving

GUIDE = Path(__file__).parents[2] / "docs" / "est.md"
OLD = 4
"""How many certificates of long ago there are, each for one test."""
LONG_AGO = timedelta(days=700)
"""What was issued so long ago for two years can be renewed today."""


def blocks(language: str) -> list[str]:
    """The blocks of one language in docs/est.md, in order."""
    return re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)


@dataclass
class Portal:
    """Running behind nginx at ``address``. Orders are placed, and certificates of long ago issued, in this process."""

    folder: Path
    address: str
    kit: Kit
    clock: FakeClock
    served: Served
    nginx: Nginx
    old: list[Path]

    @property
    def tls_ca(self) -> Path:
        return self.folder / "site.pem"

    def codes(self, environment: Environment = Environment.PRODUCTION) -> Codes:
        self.clock.at = datetime.now(UTC)
        return self.kit.codes(self.kit.order(environment=environment))

    def of_long_ago(self, folder: Path, name: str = "my") -> None:
        """Into the folder: key and certificate of one that can be renewed today. Each is given once."""
        from_here = self.old.pop()
        for ending in (".key", ".pem"):
            shutil.copyfile(from_here.with_suffix(ending), folder / f"{name}{ending}")

    def chain(self, folder: Path, environment: Environment = Environment.PRODUCTION) -> Path:
        """The authorities as the portal's own files have them, not as EST hands them out."""
        path = folder / f"{environment.value.lower()}-chain.pem"
        path.write_bytes(chain_of(environment))
        return path

    def shell(self, script: str, folder: Path, codes: Codes | None = None) -> subprocess.CompletedProcess[str]:
        """What somebody types, in a folder of theirs."""
        told = {"PORTAL": self.address, "TLS_CA": str(self.tls_ca), "CURL_CA_BUNDLE": str(self.tls_ca)}
        if codes is not None:
            told |= {"TRANSFER_ID": codes.transfer_id, "TRANSFER_PASSWORD": codes.password.reveal()}
        return subprocess.run(
            ["bash", "-e", "-u", "-o", "pipefail", "-c", script],
            cwd=folder, env=os.environ | told, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip


def chain_of(environment: Environment) -> bytes:
    return ca.chain_pem(authorities.authority(environment).chain)


def verify(certificate: Path, chain: Path) -> x509.Certificate:
    """As the other side of a TLS connection would, by openssl."""
    openssl("verify", "-CAfile", chain, "-purpose", "sslclient", certificate)
    return x509.load_pem_x509_certificate(certificate.read_bytes())


@contextmanager
def portal(
    folder: Path, settings: Settings, smtp: SmtpFarEnd, sms: SmsFarEnd, servers: str, **more: str
) -> Iterator[Portal]:
    """The portal of ``settings`` behind nginx with these ``server`` blocks, in which ports and paths are still the guide's."""
    clock, port, secure = FakeClock(datetime.now(UTC) - LONG_AGO), free_port(), free_port()
    environ = environment(
        folder, port, smtp, sms, **{
            "BASE_URL": "https://localhost", "SECRET_KEY": settings.secret_key.decode(),
            "CA_PASSPHRASE": settings.ca_passphrase.decode(), "TRUSTED_PROXIES": "127.0.0.1",
            "CLIENT_CERTIFICATE_HEADER": "x-ssl-client-cert", "SCHEDULER": "off",
        } | more,
    )  # fmt: skip
    app = create_app(replace(settings, base_url="https://localhost"), clock)
    with app.app_context():
        for each in Environment:
            authorities.initialise(each)
        house = housed()
        with transaction():
            house.terms.in_force_from = clock.at.date()
        kit = Kit(house, folder)
        old = [_issued(kit, folder / f"old-{number}") for number in range(OLD)]
        done = command(environ, "init")
        assert done.returncode == 0, done.stderr
        configured = _configured(folder, servers, port, secure)
        with serving(environ, port) as served, running_nginx(folder, configured, secure) as nginx:
            yield Portal(folder, f"https://localhost:{secure}", kit, clock, served, nginx, old)
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


def _issued(kit: Kit, place: Path) -> Path:
    """A key and its certificate, issued now, beside each other in .key and .pem."""
    key, certificate = place.with_suffix(".key"), place.with_suffix(".pem")
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
    issued = kit.certificate(sent=openssl("req", "-new", "-key", key, "-subj", "/CN=any"))
    certificate.write_bytes(ca.as_pem(issued.der or b""))
    return place


def _configured(folder: Path, servers: str, port: int, secure: int) -> str:
    key, certificate, trusted = folder / "site.key", folder / "site.pem", folder / "chains.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "30"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    trusted.write_bytes(b"".join(map(chain_of, Environment)))
    changes = {
        "443 ssl": f"127.0.0.1:{secure} ssl",
        "certificates.example.org;": "localhost;",
        "/etc/ssl/private/certificates.example.org.key": str(key),
        "/etc/ssl/certificates.example.org.pem": str(certificate),
        "/etc/nginx/certportal-chains.pem": str(trusted),
        "/var/lib/certportal-crl/": f"{folder}/crl/",
        "127.0.0.1:8000": f"127.0.0.1:{port}",
    }
    for before, after in changes.items():
        assert before in servers, f"the guide no longer has {before}"
        servers = servers.replace(before, after)
    return servers
