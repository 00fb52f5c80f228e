"""Whatever is typed into a contact's forms, there is a clear answer, nothing is executed and nothing is lost."""

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certportal.registry.models import TechnicalContact
from tests.browsing import BrowsingClient
from tests.certificates.steps import Kit
from tests.contacts.steps import NEW, SAMI, now
from tests.orders.steps import House, browsing
from tests.orders.test_hostile import HOSTILE

TYPED = ("name", "company", "mobile", "email", "second_email")
CHOSEN = ("language", "scope", "version", "next", "mobile_suggested")


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_a_hostile_answer_gets_a_clear_one_and_stays_on_the_page(
    app: Flask, house: House, kit: Kit, sami: TechnicalContact, what: str, language: str
) -> None:
    order = kit.order()
    browser = browsing(app, house.person, house.organisation, language)
    browser.get("/contacts")
    for path in (f"/contacts/{sami.id}/edit", f"/contacts/for-order/{order.number}"):
        page = browser.post(path, NEW | dict.fromkeys(TYPED, HOSTILE[what]), expect=422)
        assert not page.soup.select("main script, main img")
        assert page.errors
        assert not any("%(" in line or "{{" in line for line in page.errors if what != "template")
        if what in {"ten kilobytes", "markup", "template"}:
            assert page.field("name") == HOSTILE[what]
    assert now(sami).email == SAMI


@pytest.mark.parametrize("name", CHOSEN)
def test_a_hostile_choice_is_refused_or_left_aside(
    browser: BrowsingClient, kit: Kit, sami: TechnicalContact, name: str
) -> None:
    kit.certificate()
    order = kit.order(description="Mallilön 7")
    browser.get("/contacts")
    for typed in HOSTILE.values():
        for path in (f"/contacts/{sami.id}/edit", f"/contacts/for-order/{order.number}"):
            page = browser.post(path, NEW | {"version": "0", name: typed})
            assert page.status in (409, 422)
    assert now(sami).email == SAMI


@pytest.mark.parametrize("what", HOSTILE)
def test_a_single_answer_is_checked_as_safely(browser: BrowsingClient, what: str) -> None:
    browser.get("/contacts")
    for name in TYPED:
        part = browser.post(f"/contacts/check/{name}", {name: HOSTILE[what]}, htmx=True)
        assert part.status in (200, 422)
        assert not part.soup.select("script, img")


@pytest.mark.parametrize("number", ["9" * 30, "-1", "0", "x", "%00"])
def test_a_contact_that_no_database_can_number_is_not_found(browser: BrowsingClient, number: str) -> None:
    for path in ("", "/edit", "/changed"):
        assert browser.get(f"/contacts/{number}{path}").status == 404
    assert browser.get(f"/contacts/for-order/{number}").status == 404
    assert browser.get(f"/contacts?page={number}").status == 200


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.dictionaries(st.sampled_from([*TYPED, *CHOSEN]), st.text()))
def test_any_form_gets_an_answer(
    browser: BrowsingClient, kit: Kit, sami: TechnicalContact, typed: dict[str, str]
) -> None:
    if not browser.csrf_token:
        kit.order()
        browser.get("/contacts")
    clean = {name: value.encode("utf-8", "replace").decode() for name, value in typed.items()}
    for path in (f"/contacts/{sami.id}/edit", "/contacts/for-order/2026-000001"):
        page = browser.post(path, NEW | clean)
        assert page.status in (200, 409, 422)
        assert page.h1
