"""The house's fixtures: the production factory is the test factory, with a real SQLite file and real far ends."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from certportal import create_app, schema
from certportal.certificates import authorities, signers
from certportal.extensions import db
from certportal.identifiers import Environment
from certportal.settings import Settings
from tests.browsing import BrowsingClient
from tests.far_ends import SmsFarEnd, SmtpFarEnd

pytest_plugins = ["tests.no_skips", "tests.postgres"]

FIRST_OF_DECEMBER = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)


class FakeClock:
    """Stands still until moved. ``offset`` is the demo's: service time ahead of the machine's."""

    def __init__(self, at: datetime = FIRST_OF_DECEMBER) -> None:
        self.at = at
        self.ahead = timedelta()

    def machine(self) -> datetime:
        return self.at

    def offset(self) -> timedelta:
        return self.ahead

    def move(self, **how_long: float) -> None:
        """``clock.move(days=46)``: both times go on."""
        self.at += timedelta(**how_long)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def smtp_server() -> Iterator[SmtpFarEnd]:
    with SmtpFarEnd() as server:
        yield server


@pytest.fixture(scope="session")
def sms_server() -> Iterator[SmsFarEnd]:
    with SmsFarEnd() as server:
        yield server


@pytest.fixture
def smtp(smtp_server: SmtpFarEnd) -> SmtpFarEnd:
    smtp_server.reset()
    return smtp_server


@pytest.fixture
def sms(sms_server: SmsFarEnd) -> SmsFarEnd:
    sms_server.reset()
    return sms_server


def settings_in(data_dir: Path, smtp: SmtpFarEnd, sms: SmsFarEnd) -> Settings:
    return Settings(
        data_dir=data_dir,
        database_url=f"sqlite:///{data_dir / 'certportal.sqlite3'}",
        base_url="http://localhost",
        secret_key=b"only for tests, made up here, 32+",
        ca_passphrase=b"only for tests",
        support_phone="029 000 0000",
        support_email="support@service.example",
        provider_name="Example Service Centre",
        mail_server="127.0.0.1",
        mail_port=smtp.port,
        mail_tls="none",
        mail_sender="no-reply@service.example",
        mail_timeout_seconds=5,
        sms_url=sms.url_template,
        timezone=ZoneInfo("Europe/Helsinki"),
        scheduler=False,
    )


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory, smtp_server: SmtpFarEnd, sms_server: SmsFarEnd) -> Path:
    """A database with every table and nothing in it, made once and copied for each test."""
    directory = tmp_path_factory.mktemp("empty")
    app = create_app(settings_in(directory, smtp_server, sms_server), FakeClock())
    with app.app_context():
        schema.upgrade(app)
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
    return directory / "certportal.sqlite3"


@pytest.fixture(scope="session")
def made_authorities(tmp_path_factory: pytest.TempPathFactory, smtp_server: SmtpFarEnd, sms_server: SmsFarEnd) -> Path:
    """The folder of both environments' authorities and the portal's own signers, made once, to be copied to a test's
    ``settings.ca_dir``."""
    directory = tmp_path_factory.mktemp("authorities")
    app = create_app(settings_in(directory, smtp_server, sms_server), FakeClock())
    with app.app_context():
        schema.upgrade(app)
        for environment in Environment:
            authorities.initialise(environment)
            signers.reply_signer(environment)
            signers.keep_responder(environment, authorities.ISSUING)
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
    return directory / "ca"


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory, smtp_server: SmtpFarEnd, sms_server: SmsFarEnd) -> Path:
    """The folder of a portal with a past, to be copied (tests/lived_in.py)."""
    from tests.lived_in import played_story

    return played_story(tmp_path_factory, smtp_server, sms_server)


@pytest.fixture
def settings(tmp_path: Path, empty_database: Path, smtp: SmtpFarEnd, sms: SmsFarEnd) -> Settings:
    made = settings_in(tmp_path, smtp, sms)
    shutil.copyfile(empty_database, tmp_path / "certportal.sqlite3")
    return made


@pytest.fixture
def app(settings: Settings, clock: FakeClock) -> Iterator[Flask]:
    made = create_app(settings, clock)
    with made.app_context():
        yield made
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture
def client(app: Flask) -> BrowsingClient:
    return BrowsingClient(app)


@pytest.fixture
def deliver(app: Flask) -> Callable[[], int]:
    """Run the outbox until nothing waits; answers how many were settled."""
    from certportal.outbox.delivery import deliver as deliver_once

    def until_nothing_waits() -> int:
        settled = 0
        while count := deliver_once():
            settled += count
        return settled

    return until_nothing_waits
