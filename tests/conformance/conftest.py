"""A certificate as the portal hands it out today, and the files that go with it, for other people's programs."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from flask import Flask

from certportal import create_app
from certportal.ca import Reason
from certportal.certificates import authorities, service
from certportal.identifiers import Environment
from certportal.settings import Settings
from tests import running
from tests.ca.openssl import KEYS, make_key, make_request
from tests.certificates.steps import PROGRAM, Kit
from tests.conformance.served import Portal, codes_of, environment_of
from tests.conftest import FakeClock, settings_in
from tests.far_ends import SmsFarEnd, SmtpFarEnd
from tests.lived_in import clock_of_today
from tests.orders.steps import housed


@pytest.fixture(scope="session")
def made_authorities_of_today(
    tmp_path_factory: pytest.TempPathFactory, smtp_server: SmtpFarEnd, sms_server: SmsFarEnd
) -> Path:
    """The authorities of production, valid from today on."""
    directory = tmp_path_factory.mktemp("today")
    app = create_app(settings_in(directory, smtp_server, sms_server), clock_of_today())
    with app.app_context():
        authorities.initialise(Environment.PRODUCTION)
    return directory / "ca"


@pytest.fixture
def settings(settings: Settings, made_authorities_of_today: Path) -> Settings:
    shutil.copytree(made_authorities_of_today, settings.ca_dir)
    return settings


@pytest.fixture
def clock() -> FakeClock:
    """Other people's programs look at the machine's own clock."""
    return clock_of_today()


@dataclass(frozen=True)
class Holder:
    """Who has a certificate: the key's file, what was downloaded, and how to revoke it."""

    folder: Path
    key: Path
    certificate: Path
    chain: Path
    number: int

    @property
    def parsed(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.certificate.read_bytes())

    def revoke(self) -> None:
        service.revoke(self.number, Reason.KEY_LOST, PROGRAM)


@pytest.fixture(params=["EC P-256", "RSA 3072"])
def kind(request: pytest.FixtureRequest) -> str:
    """Of key."""
    return request.param


@pytest.fixture
def holder(app: Flask, kind: str, tmp_path: Path) -> Holder:
    """A certificate for a key that openssl made, with the files that its page offers."""
    kit = Kit(housed(), tmp_path)
    key = make_key(tmp_path, *KEYS[kind])
    order = kit.order()
    issued = kit.certificate(order, make_request(key))
    service.publish_all(Environment.PRODUCTION)
    files = {}
    for name in ("certificate.pem", "chain.pem"):
        answer = app.test_client().get(f"/retrieve/{issued.retrieval_id}/{name}")
        assert answer.status_code == 200
        files[name] = tmp_path / name
        files[name].write_bytes(answer.data)
    return Holder(tmp_path, key, files["certificate.pem"], files["chain.pem"], issued.id)


@pytest.fixture
def kit(app: Flask, tmp_path: Path) -> Kit:
    return Kit(housed(), tmp_path)


@pytest.fixture
def portal(kit: Kit, settings: Settings, smtp: SmtpFarEnd, sms: SmsFarEnd) -> Iterator[Portal]:
    """``certportal serve`` on the same files, in a process of its own."""
    port = running.free_port()
    with running.serving(environment_of(settings, port, smtp, sms), port) as served:
        yield Portal(served, codes_of(kit))
