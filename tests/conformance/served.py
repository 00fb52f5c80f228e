"""The portal as people run it, with an organisation that has ordered, for other people's programs to speak to."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from certportal.extensions import db
from certportal.identifiers import Environment
from certportal.settings import Settings
from tests import running
from tests.certificates.steps import Codes, Kit
from tests.far_ends import SmsFarEnd, SmtpFarEnd


@dataclass
class Portal:
    """Its address, its log, and codes that nobody has redeemed."""

    served: running.Served
    codes: Callable[..., Codes]

    @property
    def address(self) -> str:
        return f"http://localhost:{self.served.port}"


def environment_of(settings: Settings, port: int, smtp: SmtpFarEnd, sms: SmsFarEnd) -> dict[str, str]:
    """The same data directory with the same secrets."""
    secrets = {"SECRET_KEY": settings.secret_key.decode(), "CA_PASSPHRASE": settings.ca_passphrase.decode()}
    return running.environment(Path(settings.data_dir), port, smtp, sms, SCHEDULER="off", THREADS="8", **secrets)


def codes_of(kit: Kit) -> Callable[..., Codes]:
    """Of a new order each time; the connection is let go, for the server has the file too."""

    def ordered(environment: Environment = Environment.PRODUCTION) -> Codes:
        codes = kit.codes(kit.order(environment=environment))
        db.session.rollback()
        return codes

    return ordered
