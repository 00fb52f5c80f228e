"""Links in mails lead a person who signs for two organisations to the choice of the right one; a stranger's are not found."""

import pytest
from flask import Flask

from certportal.certificates.models import Certificate
from certportal.extensions import db
from certportal.orders.models import OrderDraft
from certportal.registry.models import Organisation
from tests import builders
from tests.browsing import BrowsingClient
from tests.notices.steps import Register
from tests.orders.steps import House, answers, browsing, order_placed


@pytest.fixture
def second(house: House) -> Organisation:
    """Another organisation that the same person signs for."""
    second = builders.organisation("Annan Ab", "9900002-6")
    builders.right_to_sign(house.person, second)
    return second


@pytest.fixture
def elsewhere(app: Flask, house: House, second: Organisation) -> BrowsingClient:
    """The person's browser, acting for the other one."""
    return browsing(app, house.person, second)


@pytest.fixture
def stranger(app: Flask) -> BrowsingClient:
    theirs = builders.organisation("Tredje Ab", "9900003-4")
    return browsing(app, builders.signatory(theirs, "bo@tredje.example", "Bo Främling"), theirs)


def certificate_of(house: House, days: float) -> Certificate:
    contact = builders.contact(house.organisation)
    register = Register(house.organisation, house.person, house.channel, house.terms, contact)
    return register.certificate(days)


def chosen(browser: BrowsingClient, path: str, house: House, what: str) -> str:
    """Where a link leads after the choice; ``what`` is said of the thing on the way."""
    page = browser.get(path, expect=200)
    assert page.h1 == "Choose the organisation"
    assert f"The {what} belongs to Mallilön Ab" in page.soup.get_text(" ")
    page = page.submit("Mallilön Ab")
    assert page.status == 200
    return page.path


@pytest.mark.parametrize("end", ["", "/cancel"])
def test_an_order(elsewhere: BrowsingClient, stranger: BrowsingClient, house: House, end: str) -> None:
    path = f"/orders/{order_placed(house).number}{end}"
    stranger.get(path, expect=404)
    assert chosen(elsewhere, path, house, "order") == path


@pytest.mark.parametrize("end", ["send-again", "cancel"])
def test_a_form_about_an_order_comes_back_to_its_page(elsewhere: BrowsingClient, house: House, end: str) -> None:
    order = order_placed(house)
    elsewhere.get("/orders/drafts", expect=200)
    page = elsewhere.post(f"/orders/{order.number}/{end}", {"version": "1"}, expect=200)
    assert page.submit("Mallilön Ab").path == f"/orders/{order.number}"


def test_a_renewal(elsewhere: BrowsingClient, stranger: BrowsingClient, house: House) -> None:
    path = f"/orders/renewal/{certificate_of(house, 20).id}"
    stranger.get(path, expect=404)
    assert chosen(elsewhere, path, house, "certificate") == path


def test_an_application_in_place_of_a_certificate_that_ended(elsewhere: BrowsingClient, house: House) -> None:
    ended = certificate_of(house, -1)
    path = chosen(elsewhere, f"/orders/new?replaces={ended.id}", house, "certificate")
    assert elsewhere.get(path).field("replaces") == str(ended.id)


def test_a_draft(elsewhere: BrowsingClient, stranger: BrowsingClient, browser: BrowsingClient, house: House) -> None:
    browser.get("/orders/application").submit("Check your answers", **answers(house))
    for path in ("/orders/drafts/1", "/orders/drafts/1/check"):
        stranger.get(path, expect=404)
        assert (
            chosen(browsing(elsewhere.app, house.person, db.session.get_one(Organisation, 2)), path, house, "draft")
            == path
        )
    assert db.session.query(OrderDraft).count() == 1


def test_what_there_is_not_is_not_found(elsewhere: BrowsingClient) -> None:
    for path in ("/orders/2026-000077", "/orders/renewal/77", "/orders/drafts/77", "/orders/drafts/77/check"):
        elsewhere.get(path, expect=404)
