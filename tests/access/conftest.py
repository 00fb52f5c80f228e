"""An organisation that may apply, its signatory at a browser, and doors to rooms that may be missing."""

from collections.abc import Callable

import pytest
from flask import Flask, Response

from certportal.answers import allow
from certportal.certificates import authorities
from certportal.identifiers import Environment
from certportal.outbox.kinds import KINDS, Silence, kind
from tests.access.steps import House, housed
from tests.browsing import BrowsingClient
from tests.far_ends import SmtpFarEnd
from tests.orders.steps import browsing
from tests.signin.steps import Mailbox


def _stand_in(**_values: object) -> Response:
    return Response(
        "<!doctype html><html lang=en><title>Stand-in</title><h1>Stand-in</h1></html>", mimetype="text/html"
    )


@pytest.fixture
def app(app: Flask) -> Flask:
    """The house; where a room above this one is missing, its doors that are linked to from here lead somewhere."""
    doors = {
        "certificates.show": "/certificates/<int:certificate_id>",
        "certificates.index": "/certificates",
        "console.queue": "/desk/queue",
        "home.start": "/",
    }
    for endpoint, path in doors.items():
        if endpoint not in app.view_functions:
            app.add_url_rule(path, endpoint, allow("anonymous")(_stand_in))
    return app


@pytest.fixture(autouse=True)
def certificates_can_be_mailed_about(app: Flask) -> None:
    for name in (
        "certificate_issued_contact",
        "certificate_issued_signatory",
        "certificate_revoked_contact",
        "certificate_revoked_signatory",
    ):
        if name not in KINDS:
            kind(name)(lambda reference, now: Silence("a stand-in"))


@pytest.fixture
def house(app: Flask) -> House:
    return housed()


@pytest.fixture
def browser(app: Flask, house: House) -> BrowsingClient:
    """The signatory, who reads English."""
    return browsing(app, house.person, house.organisation)


@pytest.fixture
def authority(app: Flask) -> None:
    """Both environments can issue."""
    authorities.initialise(Environment.TEST)
    authorities.initialise(Environment.PRODUCTION)


@pytest.fixture
def mailbox(smtp: SmtpFarEnd, deliver: Callable[[], int]) -> Mailbox:
    return Mailbox(smtp, deliver)
