"""An order whose codes have been mailed, as every test of this room begins."""

from collections.abc import Callable

import pytest
from flask import Flask, Response

from certportal.answers import allow
from certportal.identifiers import Language
from tests.browsing import BrowsingClient
from tests.far_ends import SmsFarEnd, SmtpFarEnd
from tests.messages.steps import Phone, Post, posted


def _stand_in(**_values: object) -> Response:
    return Response(
        "<!doctype html><html lang=en><title>Stand-in</title><h1>Stand-in</h1></html>", mimetype="text/html"
    )


@pytest.fixture
def app(app: Flask) -> Flask:
    """The house; where a room above this one is missing, its doors that are linked to from here lead somewhere."""
    doors = {
        "orders.show": "/orders/<number>",
        "certificates.show": "/certificates/<int:certificate_id>",
        "certificates.contact_page": "/messages/<token>/certificate",
    }
    for endpoint, path in doors.items():
        if endpoint not in app.view_functions:
            app.add_url_rule(path, endpoint, allow("anonymous")(_stand_in))
    return app


@pytest.fixture
def post(app: Flask, deliver: Callable[[], int], smtp: SmtpFarEnd) -> Post:
    """Codes on their way to a contact who reads English; ``post.token`` came out of the mail."""
    return posted(deliver, smtp, language=Language.EN)


@pytest.fixture
def phone(deliver: Callable[[], int], sms: SmsFarEnd) -> Phone:
    """The contact's mobile."""
    return Phone(deliver, sms)


@pytest.fixture
def other_browser(client: BrowsingClient) -> BrowsingClient:
    """Another browser, somewhere else."""
    return BrowsingClient(client.app, "203.0.113.9")
