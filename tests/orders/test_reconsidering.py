"""A draft's reason can be changed; when what was to give way is gone, it is said, and the draft can be sent all the same."""

from datetime import timedelta

import pytest

from certportal import clock as service_clock
from certportal.extensions import transaction
from certportal.orders import service
from certportal.orders.models import OrderReason
from tests import builders
from tests.browsing import BrowsingClient, Page
from tests.orders.steps import Certificates, House, filled_in, order_placed, orders

GONE = "The old certificate can no longer be replaced"
SEND = "Send the application"


@pytest.fixture
def checked(browser: BrowsingClient, house: House, certificates: Certificates) -> Page:
    """Check your answers of an application that replaces a certificate."""
    contact = builders.contact(house.organisation)
    certificates.add(house, contact.id, service_clock.now() + timedelta(days=30))
    page = browser.get("/orders/new?replaces=1").submit("Check your answers", terms="y")
    assert page.h1 == "Check your answers"
    return page


def test_the_reason_is_shown_and_can_be_changed_while_the_other_answers_are_kept(checked: Page) -> None:
    assert "It replaces a certificate that is ending, has ended or was revoked" in checked.text
    why = checked.follow("Change the reason")
    assert (why.h1, why.field("reason"), why.field("replaces")) == ("Change the reason", "replaces", "1")
    page = why.submit("Continue", reason="additional")
    assert page.h1 == "Check your answers"
    assert "I need an additional certificate" in page.text
    assert "Mallilön 4" in page.text
    page.submit(SEND)
    [order] = orders()
    assert (order.reason, order.replaces_certificate_id) == (OrderReason.ADDITIONAL, None)
    assert (order.description, order.contact.name) == ("Mallilön 4", "Sami Salminen")


def test_an_additional_one_may_become_one_that_replaces(browser: BrowsingClient, checked: Page, house: House) -> None:
    page = filled_in(browser.get("/orders/application"), house, environment="TEST").follow("Change the reason")
    refused = page.submit("Continue", reason="replaces")
    assert (refused.status, refused.errors) == (
        422,
        ["Which certificate does it replace? Choose the certificate that it replaces"],
    )
    refused.submit("Continue", reason="replaces", replaces="1").submit(SEND)
    [order] = orders()
    assert (order.reason, order.replaces_certificate_id) == (OrderReason.REPLACES, 1)
    assert (order.environment, order.description, order.contact.name) == (
        "PRODUCTION",
        "Mallilön 6",
        "Erik Exempelsson",
    )


def test_a_change_made_in_another_window_is_not_overwritten(checked: Page) -> None:
    first, second = checked.follow("Change the reason"), checked.follow("Change the reason")
    first.submit("Continue", reason="additional")
    page = second.submit("Continue", reason="replaces", replaces="1")
    assert "changed in another window" in page.soup.get_text(" ")
    assert "I need an additional certificate" in page.text


def test_when_the_old_certificate_has_a_successor_the_draft_says_so_and_can_be_sent(
    browser: BrowsingClient, checked: Page, certificates: Certificates
) -> None:
    certificates.succeed(certificates.known[0])
    page = checked.submit(SEND)
    assert (page.status, orders()) == (409, [])
    for shown in (page, browser.get("/orders/drafts/1"), browser.get("/orders/drafts/1/check")):
        assert GONE in shown.text
        assert shown.link("Change the reason") == "/orders/drafts/1/why"
    assert "I need an additional certificate" in page.text
    page.submit(SEND)
    [order] = orders()
    assert (order.reason, order.replaces_certificate_id) == (OrderReason.ADDITIONAL, None)


def test_when_the_earlier_order_has_been_collected_the_draft_says_so_and_can_be_sent(
    browser: BrowsingClient, house: House
) -> None:
    failed = order_placed(house)
    page = browser.get(f"/orders/new?earlier={failed.number}").submit("Check your answers", terms="y")
    with transaction():
        service.collected(failed.id)
    page = page.submit(SEND)
    assert page.status == 409
    assert "has been collected meanwhile" in page.text
    page.submit(SEND)
    assert (orders()[-1].reason, orders()[-1].earlier_order_id) == (OrderReason.ADDITIONAL, None)


def test_a_kept_link_to_replace_what_has_a_successor_says_so_at_once(
    browser: BrowsingClient, checked: Page, certificates: Certificates, house: House
) -> None:
    certificates.succeed(certificates.known[0])
    page = browser.get("/orders/new?replaces=1", expect=200)
    assert GONE in page.text
    assert page.field("reason") == "additional"
    filled_in(page, house).submit(SEND)
    assert orders()[0].reason is OrderReason.ADDITIONAL


def test_a_draft_that_was_sent_has_no_reason_to_change(browser: BrowsingClient, checked: Page) -> None:
    why = checked.follow("Change the reason")
    checked.submit(SEND)
    [order] = orders()
    assert why.submit("Continue", reason="additional").path == f"/orders/{order.number}"
    assert browser.get("/orders/drafts/1/why").path == f"/orders/{order.number}"
    browser.get("/orders/drafts/77/why", expect=404)
