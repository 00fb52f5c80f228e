"""A signatory renews what ends soon on one page: filled in, changeable there, sent with one press."""

from datetime import timedelta
from typing import Any

import pytest

from certportal import clock as service_clock
from certportal.extensions import db, transaction
from certportal.identifiers import Environment
from certportal.messages.models import CodesState
from certportal.orders.models import OrderDraft, OrderReason
from certportal.registry import service as registry
from certportal.registry.models import RightState
from tests import builders
from tests.browsing import BrowsingClient, Page
from tests.conftest import FakeClock
from tests.notices.steps import Register
from tests.orders.steps import Certificates, House, codes_of, orders

SEND = "Send new transfer codes"


@pytest.fixture
def ending(certificates: Certificates, house: House) -> Any:
    """A certificate that ends in twenty days, and its contact."""
    contact = builders.contact(house.organisation)
    return certificates.add(house, contact.id, service_clock.now() + timedelta(days=20))


def opened(browser: BrowsingClient, ending: Any) -> Page:
    return browser.get(f"/orders/renewal/{ending.id}", expect=200)


def test_the_page_is_filled_in_with_contact_and_description(browser: BrowsingClient, ending: Any) -> None:
    page = opened(browser, ending)
    assert page.h1 == "Renew the certificate"
    assert page.field("description") == "Mallilön 4"
    assert page.field("who") == f"contact-{ending.contact_id}"
    assert page.field("contact_may_renew") == "y"
    assert "20 days left" in page.text
    assert "Earnings payment data – Web Service" in page.text
    assert orders() == []


def test_one_press_sends_new_codes_for_a_successor(browser: BrowsingClient, ending: Any, house: House) -> None:
    page = opened(browser, ending).submit(SEND, terms="y")
    [order] = orders()
    assert page.path == f"/orders/{order.number}"
    assert "The secure e-mail is on its way to Sami Salminen." in (page.soup.get_text(" "))
    assert (order.reason, order.replaces_certificate_id) == (OrderReason.REPLACES, ending.id)
    assert (order.channel_id, order.environment) == (house.channel.id, Environment.PRODUCTION)
    assert (order.contact_id, order.description, order.contact_may_renew) == (ending.contact_id, "Mallilön 4", True)
    assert codes_of(order).state is CodesState.LIVE


def test_description_and_contact_can_be_changed_on_the_same_page(browser: BrowsingClient, ending: Any) -> None:
    changed = {"description": "Mallilön 7", "who": "new", "name": "Erik Exempelsson", "mobile": "040 123 4567",
               "email": "erik@taksi.example", "language": "sv", "terms": "y", "contact_may_renew": "n"}  # fmt: skip
    opened(browser, ending).submit(SEND, **changed)
    [order] = orders()
    assert (order.description, order.contact.name, order.contact_may_renew) == ("Mallilön 7", "Erik Exempelsson", False)
    assert order.replaces_certificate_id == ending.id


def test_after_an_error_nothing_typed_is_lost(browser: BrowsingClient, ending: Any) -> None:
    typed = {"description": "Mallilön 7", "who": "new", "name": "Erik", "mobile": "09 123", "email": "erik@taksi.example",
             "language": "sv", "contact_may_renew": "n"}  # fmt: skip
    page = opened(browser, ending).submit(SEND, **typed)
    assert page.status == 422
    assert len(page.errors) == 2  # the number, and the terms
    for name in ("description", "who", "name", "mobile", "email", "language"):
        assert page.field(name) == typed[name], name
    assert page.field("contact_may_renew") == "n"
    assert orders() == []
    page = page.submit(SEND, mobile="040 123 4567", terms="y")
    assert page.status == 200
    assert orders()[0].contact.name == "Erik"


def test_a_second_press_of_the_same_page_shows_the_same_order(browser: BrowsingClient, ending: Any) -> None:
    page = opened(browser, ending)
    first, second = page.submit(SEND, terms="y"), page.submit(SEND, terms="y")
    assert first.path == second.path
    assert len(orders()) == 1


def test_two_who_renew_at_the_same_time_send_one_order(browser: BrowsingClient, ending: Any) -> None:
    mine, hers = opened(browser, ending), opened(browser, ending)
    sent = mine.submit(SEND, terms="y")
    page = hers.submit(SEND, terms="y", description="Hers")
    assert page.status == 409
    assert "ordered in this one’s place already" in page.errors[0]
    assert page.field("description") == "Hers"
    assert opened(browser, ending).path == sent.path
    assert len(orders()) == 1


def test_what_does_not_end_soon_is_applied_for(
    browser: BrowsingClient, certificates: Certificates, house: House
) -> None:
    contact = builders.contact(house.organisation)
    for state in ("valid", "expired", "revoked"):
        other = certificates.add(house, contact.id, service_clock.now() + timedelta(days=400), state=state)
        page = browser.get(f"/orders/renewal/{other.id}", expect=200)
        assert page.h1 == "Apply for a certificate"
        assert page.field("replaces") == str(other.id)


def test_the_time_may_run_out_while_the_page_is_open(
    browser: BrowsingClient, ending: Any, certificates: Certificates
) -> None:
    page = opened(browser, ending)
    certificates.known[0] = type(ending)(
        **{name: getattr(ending, name) for name in ending.__slots__} | {"state": "expired"}
    )
    page = page.submit(SEND, terms="y")
    assert page.status == 409
    assert "cannot be renewed now" in page.errors[0]
    assert orders() == []


def the_right_ends(house: House) -> None:
    with transaction():
        right = registry.right_to(house.organisation.id, house.channel.id, registry.today())
        assert right is not None
        registry.end_right(right, registry.today() - timedelta(days=1), builders.OPERATOR)


def test_without_the_right_nothing_is_sent_and_it_is_said(browser: BrowsingClient, ending: Any, house: House) -> None:
    page = opened(browser, ending)
    the_right_ends(house)
    page = page.submit(SEND, terms="y")
    assert page.status == 422
    [error] = page.errors
    assert "Apply for the right first" in error
    assert "test" not in error
    assert page.link("Apply for the access right") == "/interface/apply"
    assert orders() == []


def test_without_the_right_the_page_leads_to_the_application(
    browser: BrowsingClient, ending: Any, house: House
) -> None:
    the_right_ends(house)
    page = opened(browser, ending)
    assert page.h1 == "Renew the certificate"
    assert page.link("Apply for the access right") == "/interface/apply"
    assert not page.soup.select("main form")
    builders.access_right(house.organisation, house.channel, state=RightState.APPLIED, valid_from=None)
    page = opened(browser, ending)
    assert "The access right waits for its decision" in page.text
    assert not page.soup.select("main form")


def test_a_test_certificate_is_renewed_without_a_right(
    browser: BrowsingClient, certificates: Certificates, house: House
) -> None:
    contact = builders.contact(house.organisation)
    for_test = certificates.add(house, contact.id, service_clock.now(), environment=Environment.TEST)
    the_right_ends(house)
    assert opened(browser, for_test).field("description") == "Mallilön 4"


@pytest.mark.parametrize("name", ["channel", "environment", "replaces", "reason"])
def test_what_is_fixed_cannot_be_changed_by_the_form(
    browser: BrowsingClient, ending: Any, house: House, name: str
) -> None:
    page = opened(browser, ending)
    forged = {"channel": str(house.other.id), "environment": "TEST", "replaces": "77", "reason": "additional"}
    page.submit(SEND, terms="y", **{name: forged[name]})
    [order] = orders()
    assert (order.channel_id, order.environment, order.replaces_certificate_id) == (
        house.channel.id,
        Environment.PRODUCTION,
        ending.id,
    )


def test_once_renewed_a_kept_link_says_so_on_the_certificates_page(browser: BrowsingClient, house: House) -> None:
    contact = builders.contact(house.organisation)
    register = Register(house.organisation, house.person, house.channel, house.terms, contact)
    old = register.certificate(20)
    page = browser.get(f"/orders/renewal/{old.id}", expect=200)
    register.certificate(700, successor_of_id=old.id)
    for told in (page.submit(SEND), browser.get(f"/orders/renewal/{old.id}", expect=200)):
        assert (told.status, told.path) == (200, f"/certificates/{old.id}")
        assert "a new one has taken its place" in told.soup.get_text(" ")
    assert len(orders()) == 2


@pytest.mark.parametrize("number", ["0", "77", "99999999999", "x"])
def test_what_is_not_the_organisations_own_is_not_found(browser: BrowsingClient, ending: Any, number: str) -> None:
    assert browser.get(f"/orders/renewal/{number}").status == 404
    assert browser.post(f"/orders/renewal/{number}", {"terms": "y"}).status in (404, 405)
    assert orders() == []


def test_opening_the_page_changes_nothing(browser: BrowsingClient, ending: Any) -> None:
    opened(browser, ending)
    assert db.session.query(OrderDraft).count() == 0


def test_the_applications_form_asks_who_may_renew_and_remembers_no(
    browser: BrowsingClient, house: House, clock: FakeClock
) -> None:
    from tests.orders.steps import filled_in

    page = browser.get("/orders/application", expect=200)
    assert page.field("contact_may_renew") == "y"
    page = filled_in(page, house, contact_may_renew="n")
    assert "Only those who may sign renew it" in page.text
    back = page.follow("Back to the form")
    assert back.field("contact_may_renew") == "n"
    page.submit("Send the application")
    assert orders()[0].contact_may_renew is False
