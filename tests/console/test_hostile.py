"""Whatever is sent to a form of the desk gets a clear answer; nothing is lost, nothing executed, nothing half done."""

import pytest
from flask import Flask

from certportal.registry import service as registry
from tests import builders
from tests.browsing import BrowsingClient, form_values
from tests.orders.steps import House, order_placed

HOSTILE = {
    "long": "x" * 10_000,
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&{{ 7*7 }}%(name)s%s",
    "control": "a\x00b\x1b[31m\x7f\u202eevil\ufffe",
    "lines": "one\r\nBcc: everybody@example.com\r\n\r\ntwo",
    "nothing": "",
    "spaces": " \u00a0\u200b ",
}
FORMS = (
    "/desk/organisations/new",
    "/desk/organisations/1/edit",
    "/desk/organisations/1/end",
    "/desk/organisations/1/signatories/new",
    "/desk/organisations/1/signatories/1",
    "/desk/organisations/1/signatories/1/end",
    "/desk/organisations/1/access-rights/new",
    "/desk/organisations/1/access-rights/1/end",
    "/desk/organisations/people/1/edit",
    "/desk/channels/new",
    "/desk/channels/1",
    "/desk/channels/purposes/new",
    "/desk/channels/terms/new",
    "/desk/orders/{number}/contact",
)


@pytest.fixture
def number(app: Flask, house: House) -> str:
    builders.purpose()
    return order_placed(house).number


@pytest.mark.parametrize("path", FORMS)
def test_a_form_answers_whatever_it_is_sent(desk: BrowsingClient, number: str, path: str) -> None:
    page = desk.get(path.format(number=number), expect=200)
    form = next(form for form in page.soup.select("main form") if form.select("input:not([type=hidden]), textarea"))
    action = str(form.get("action"))
    for kind, text in HOSTILE.items():
        values = {
            name: text if name not in ("csrf_token", "seen", "version") else value
            for name, value in (form_values(form) | {"seen": "x", "version": "1"}).items()
        }
        answer = desk.post(action, values, follow=False)
        assert answer.status in (303, 409, 422), f"{kind}: {answer.status}"
        html = str(answer.soup)
        assert "<script>alert" not in html
        assert "onerror=alert(1)>" not in html or "&lt;img" in html


@pytest.mark.parametrize("path", FORMS)
def test_a_form_that_is_sent_nothing_at_all_answers_and_changes_nothing(
    desk: BrowsingClient, number: str, house: House, path: str
) -> None:
    page = desk.get(path.format(number=number))
    form = next(form for form in page.soup.select("main form") if form.select("input:not([type=hidden]), textarea"))
    assert desk.post(str(form.get("action")), {}).status in (409, 422)
    found = registry.organisation(house.organisation.id)
    assert (found.name, found.ended_on) == ("Mallilön Ab", None)
