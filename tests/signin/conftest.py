"""People, doors to come to, and a mailbox."""

from collections.abc import Callable

import pytest
from flask import Flask, Response

from certportal.answers import allow
from certportal.registry.models import Operator, Organisation, Person
from certportal.signin import guard
from tests import builders
from tests.browsing import BrowsingClient
from tests.far_ends import SmtpFarEnd
from tests.signin.steps import AINO, OLLI, Mailbox, english


def _say(text: str) -> Response:
    return Response(text, mimetype="text/plain")


@pytest.fixture
def app(app: Flask) -> Flask:
    """The house, with rooms of the test's own behind the guard, and one that forgot to say who may come in."""

    @app.route("/rooms/signatory", endpoint="rooms.signatory", methods=["GET", "POST"])
    @allow("signatory")
    def signatory() -> Response:
        acting = guard.acting()
        return _say(f"{acting.person.name} acts for {acting.organisation.name}")

    @app.get("/rooms/operator", endpoint="rooms.operator")
    @allow("operator")
    def operator() -> Response:
        return _say(f"{guard.operator().name} is at the desk")

    @app.get("/rooms/anybody", endpoint="rooms.anybody")
    @allow("anonymous")
    def anybody() -> Response:
        actor = guard.signed_in() or guard.visitor()
        return _say(f"{actor} from {actor.address}")

    @app.get("/rooms/program", endpoint="rooms.program")
    @allow("program")
    def program() -> Response:
        return _say("machine")

    @app.get("/rooms/unmarked", endpoint="rooms.unmarked")
    def unmarked() -> Response:
        return _say("open to the world")

    if "console.start" not in app.view_functions:
        app.add_url_rule("/desk", "console.start", allow("operator")(lambda: _say("the desk")))
    return app


@pytest.fixture
def exempelholm(app: Flask) -> Organisation:
    return builders.organisation("Exempelholm Bygg Ab", "9900001-8")


@pytest.fixture
def leipomo(app: Flask) -> Organisation:
    return builders.organisation("Esimerkkilän Leipomo Oy", "9900002-6")


@pytest.fixture
def aino(exempelholm: Organisation) -> Person:
    """She signs for Exempelholm alone."""
    return builders.signatory(exempelholm, AINO, "Aino Aaltonen")


@pytest.fixture
def olli(app: Flask) -> Operator:
    return builders.operator(OLLI, "Olli Operaattori")


@pytest.fixture
def mailbox(smtp: SmtpFarEnd, deliver: Callable[[], int]) -> Mailbox:
    return Mailbox(smtp, deliver)


@pytest.fixture
def browser(app: Flask) -> BrowsingClient:
    return english(app)
