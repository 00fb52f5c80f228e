"""GET and HEAD change nothing: not on any address, not for any reader, with htmx or without."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import BuildError, Rule

from certportal.extensions import db
from certportal.settings import Settings
from tests.browsing import BrowsingClient
from tests.far_ends import SmsFarEnd, SmtpFarEnd
from tests.meta.world import World, world

HTMX = {"HX-Request": "true"}
WHERE_ELSE = {
    # shown only in a state that this world is not in; their own room's tests walk there
    "home.brand_css",  # an installation with a colour of its own
    "home.logo",  # and a picture
    "signin.authenticator",
    "signin.code",
    "signin.desk_code",
    "wellness.healthz",  # whose answer is that nothing has swept this world yet
}


@pytest.fixture
def house(app: Flask, deliver: Callable[[], int], smtp: SmtpFarEnd, sms: SmsFarEnd) -> World:
    return world(app, deliver, smtp, sms)


@dataclass
class Watch:
    """Looks at the database from outside: ``version`` differs as soon as anybody has written to it."""

    connection: sqlite3.Connection

    @property
    def version(self) -> int:
        return self.connection.execute("PRAGMA data_version").fetchone()[0]


@pytest.fixture
def watch(settings: Settings) -> Iterator[Watch]:
    path = Path(settings.database_url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path)) as connection:
        yield Watch(connection)


def readable(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and rule.endpoint != "static"]


def address(app: Flask, rule: Rule, parts: dict[str, object]) -> str:
    """The rule with a value for every part of it: the endpoint's own, its blueprint's, or one for all."""
    blueprint = rule.endpoint.partition(".")[0]
    values = {
        name: parts.get(f"{rule.endpoint}.{name}", parts.get(f"{blueprint}.{name}", parts.get(name)))
        for name in rule.arguments
    }
    assert None not in values.values(), f"the world has no {sorted(n for n, v in values.items() if v is None)}: {rule}"
    built = app.url_map.bind("localhost").build(rule.endpoint, values, append_unknown=False)
    assert built, rule
    return built


def test_a_write_is_seen_by_the_watch(house: World, watch: Watch) -> None:
    before = watch.version
    house.readers["signatory"].get("/").browser.post("/sign-out")
    assert watch.version > before


def test_every_address_has_a_value_for_its_parts(app: Flask, house: World) -> None:
    for rule in readable(app):
        try:
            address(app, rule, house.parts)
        except BuildError as error:
            raise AssertionError(f"{rule}: {error}") from error


def read(browser: BrowsingClient, path: str, watch: Watch) -> Iterator[tuple[str, bool]]:
    """Open an address in every way that reads; answers what went wrong, or nothing, and whether this reader may read."""
    for method, headers in (("GET", {}), ("HEAD", {}), ("GET", HTMX)):
        before = watch.version
        db.session.remove()
        answer = browser.http.open(path, method=method, headers=headers, environ_overrides=browser.environ)
        status = answer.status_code
        wrote = "wrote to the database" if watch.version != before else ""
        failed = f"answered {status}" if status >= 500 and path != "/healthz" else ""
        sent_away = "/sign-in" in answer.headers.get("Location", answer.headers.get("HX-Redirect", ""))
        yield " and ".join(filter(None, (wrote, failed))), status < 400 and not sent_away


def test_reading_changes_nothing_and_every_page_is_read_by_somebody(app: Flask, house: World, watch: Watch) -> None:
    shown: set[str] = set()
    wrong: list[str] = []
    for rule in readable(app):
        path = address(app, rule, house.parts)
        for who, browser in house.readers.items():
            for fault, may_read in read(browser, path, watch):
                wrong += [f"{path} read by the {who} {fault}"] if fault else []
                shown |= {rule.endpoint} if may_read else set()
    assert not wrong, "\n".join(wrong)
    never = {rule.endpoint for rule in readable(app)} - shown - WHERE_ELSE
    assert not never, f"nobody in tests/meta/world.py can see {sorted(never)}"
