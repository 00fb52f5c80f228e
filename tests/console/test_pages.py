"""Every page of the desk, on an empty service and on one in use, in three languages; and for nobody but operators."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from certportal.registry.models import Operator
from tests.browsing import BrowsingClient
from tests.console.steps import at_desk
from tests.far_ends import SmsFarEnd, SmtpFarEnd
from tests.meta.world import World, world
from tests.orders.steps import browsing

LISTS = ("/desk", "/desk/queue", "/desk/organisations", "/desk/organisations/people", "/desk/orders",
         "/desk/orders/certificates", "/desk/messages", "/desk/messages/addresses", "/desk/channels", "/desk/record",
         "/desk/health", "/desk/set-up")  # fmt: skip


@pytest.fixture
def house_in_use(app: Flask, deliver: Callable[[], int], smtp: SmtpFarEnd, sms: SmsFarEnd) -> World:
    return world(app, deliver, smtp, sms)


def pages(app: Flask) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("console.") and "GET" in (rule.methods or ()):
            yield rule


def address(app: Flask, rule: Rule, parts: dict[str, Any]) -> str:
    values = {
        name: parts.get(f"{rule.endpoint}.{name}", parts.get(f"console.{name}", parts.get(name)))
        for name in rule.arguments
    }
    return str(app.url_map.bind("localhost").build(rule.endpoint, values))


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
@pytest.mark.parametrize("path", LISTS)
def test_an_empty_service_has_every_list(app: Flask, olli: Operator, path: str, language: str) -> None:
    page = at_desk(app, olli, language).get(path, expect=200)
    assert page.soup.html["lang"] == language


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_every_page_of_a_service_in_use_is_valid(
    app: Flask, house_in_use: World, olli2: Operator, language: str
) -> None:
    browser = at_desk(app, olli2, language)
    seen = 0
    for rule in pages(app):
        page = browser.get(address(app, rule, house_in_use.parts), expect=200)
        assert page.soup.html["lang"] == language
        assert "%(" not in page.text, rule
        seen += 1
    assert seen > 30


@pytest.fixture
def olli2(app: Flask) -> Operator:
    from tests import builders

    return builders.operator("ulla@service.example", "Ulla Ylläpitäjä")


def test_nobody_but_operators_comes_in(app: Flask, house_in_use: World, client: BrowsingClient) -> None:
    for rule in pages(app):
        path = address(app, rule, house_in_use.parts)
        assert client.http.get(path).status_code == 303, path
        assert house_in_use.readers["signatory"].get(path).status == 403, path


@pytest.mark.parametrize("path", [
    "/desk/organisations/999", "/desk/organisations/999/edit", "/desk/organisations/people/999", "/desk/orders/2026-999999",
    "/desk/orders/certificates/999", "/desk/orders/certificates/999/revoke", "/desk/messages/999", "/desk/channels/999",
    "/desk/channels/purposes/999", "/desk/channels/terms/999", "/desk/queue/applications/999", "/desk/queue/admissions/999",
    "/desk/organisations/1/signatories/9", "/desk/organisations/1/access-rights/9/end", "/desk/organisations/99999999999999999",
])  # fmt: skip
def test_what_is_not_there_is_not_found(desk: BrowsingClient, path: str) -> None:
    assert desk.get(path).status == 404


STRANGE = ("page=0", "page=-1", "page=x", "page=99999999999999999999", "words=%00%22<b>", "state=x&environment=x", "kind=x",
           "medium=x", "before=x", "before=-1", "before=99999999999999999999999", "first=x&last=31.2.2026", "verb=x",
           "subject=order:x", "subject=x:1", "subject=order:99999999999999999999")  # fmt: skip


@pytest.mark.parametrize("path", LISTS)
def test_a_strange_question_gets_a_page(desk: BrowsingClient, house: Any, path: str) -> None:
    for query in STRANGE:
        desk.get(f"{path}?{query}", expect=200)
    desk.get(f"{path}?{STRANGE[4]}", htmx=True, expect=200)


def test_the_navigation_knows_every_place(desk: BrowsingClient) -> None:
    page = desk.get("/desk/queue")
    entries = [tag.get_text() for tag in page.soup.select(".nav-wide a")]
    assert entries == ["Desk", "Queue", "Orders and certificates", "Organisations", "Messages", "Channels and terms",
                       "Record", "Health"]  # fmt: skip
    assert [tag.get_text() for tag in page.soup.select(".nav-wide [aria-current]")] == ["Queue"]


def test_pages_of_a_signatory_are_not_the_operators(app: Flask, desk: BrowsingClient, house: Any) -> None:
    assert browsing(app, house.person, house.organisation).get("/desk").status == 403
