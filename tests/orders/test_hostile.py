"""Whatever is typed, there is a clear answer, nothing is executed and nothing is lost."""

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certportal.orders import service
from tests.browsing import BrowsingClient
from tests.orders.steps import House, answers, browsing, orders

TYPED = ("description", "name", "company", "mobile", "email", "second_email")
CHOSEN = (
    "channel",
    "environment",
    "who",
    "language",
    "reason",
    "replaces",
    "earlier",
    "terms_version",
    "version",
    "key",
)
HOSTILE = {
    "ten kilobytes": "å" * 5_120,
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "template": "{{ config }}{% raw %}%(name)s %s",
    "control characters": "Erik\x00\x1b[31m\x7f",
    "right to left": "Erik\u202egnp.exe",
    "line breaks": "Erik\r\nBcc: a@b.example",
    "half an emoji": "\ud83d".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
}


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_a_hostile_answer_gets_a_clear_one_and_stays_on_the_page(
    app: Flask, house: House, what: str, language: str
) -> None:
    typed = HOSTILE[what]
    browser = browsing(app, house.person, house.organisation, language)
    browser.get("/orders/application")
    page = browser.post("/orders/application", answers(house, **dict.fromkeys(TYPED, typed)), expect=422)
    assert not page.soup.select("main script, main img")
    assert page.errors
    assert not any("%(" in line or "{{" in line for line in page.errors if what != "template")
    draft = service.drafts_of(house.organisation.id)[0]
    assert draft.answers["description"] == typed
    again = browser.get(f"/orders/drafts/{draft.id}")
    if what in {"ten kilobytes", "markup", "template"}:
        assert again.field("description") == typed


@pytest.mark.parametrize("name", CHOSEN)
def test_a_hostile_choice_is_refused_or_left_aside(house: House, browser: BrowsingClient, name: str) -> None:
    browser.get("/orders/application")
    for typed in HOSTILE.values():
        page = browser.post("/orders/application", answers(house) | {"terms_version": "1", name: typed})
        assert page.status in (200, 422)
    assert orders() == []
    browser.get("/orders/drafts", expect=200)


@pytest.mark.parametrize("what", HOSTILE)
def test_a_single_answer_is_checked_as_safely(house: House, browser: BrowsingClient, what: str) -> None:
    browser.get("/orders/application")
    for name in TYPED:
        part = browser.post(f"/orders/check/{name}", {name: HOSTILE[what]}, htmx=True)
        assert part.status in (200, 422)
        assert not part.soup.select("script, img")


@pytest.mark.parametrize("address", ["2026-000001'--", "%00", "..%2f..", "<b>", "x" * 2000, "ö"])
def test_an_order_that_is_none_is_not_found(house: House, browser: BrowsingClient, address: str) -> None:
    assert browser.get(f"/orders/{address}").status == 404


@pytest.mark.parametrize("number", ["9" * 30, "-1", "0"])
def test_a_draft_or_a_channel_that_no_database_can_number_is_none(
    house: House, browser: BrowsingClient, number: str
) -> None:
    assert browser.get(f"/orders/drafts/{number}").status == 404
    assert browser.get(f"/orders/application?channel={number}&replaces={number}&reason=replaces").status == 200
    browser.get("/orders/application")
    assert browser.post("/orders/others", {"channel": number, "environment": "TEST"}, htmx=True).text == ""
    assert browser.post("/orders/application", answers(house, channel=number)).errors == [
        "Which channel is it for? That choice is no longer here. Choose one of these",
        "I accept the terms of use: There is a new version of the terms of use. Read it and accept it to go on",
    ]


@pytest.mark.parametrize("version", ["", "-1", "x", "9" * 30, "1.0"])
def test_a_version_that_is_none_is_another_windows(house: House, browser: BrowsingClient, version: str) -> None:
    browser.get("/orders/application").submit("Finish later", description="Here")
    page = browser.post("/orders/drafts/1", answers(house) | {"version": version})
    assert (page.status, page.field("description")) == (409, "Mallilön 6")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.dictionaries(st.sampled_from([*TYPED, *CHOSEN, "my_mobile", "terms", "mobile_suggested"]), st.text()))
def test_any_form_gets_an_answer(house: House, browser: BrowsingClient, typed: dict[str, str]) -> None:
    if not browser.csrf_token:
        browser.get("/orders/application")
    clean = {name: value.encode("utf-8", "replace").decode() for name, value in typed.items()}
    page = browser.post("/orders/application", answers(house) | clean)
    assert page.status in (200, 404, 409, 422)
    assert page.h1
