"""The application form: what it offers, what it asks, how it is checked, and what becomes of it."""

from collections.abc import Callable

import pytest
from flask import Flask

from certportal.extensions import transaction
from certportal.identifiers import Environment, Language
from certportal.orders.models import OrderReason
from certportal.registry.models import RightState
from certportal.registry.service import today
from tests import builders
from tests.browsing import BrowsingClient, Page
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd
from tests.orders.steps import Certificates, House, answers, browsing, filled_in, housed, order_placed, orders


@pytest.fixture
def form(browser: BrowsingClient) -> Page:
    """The first application of an organisation, which asks for no reason."""
    return browser.get("/orders/new", expect=200)


def test_the_first_application_goes_straight_to_the_form(form: Page) -> None:
    assert form.h1 == "Apply for a certificate"
    assert form.path.startswith("/orders/application")


def test_an_application_is_checked_sent_and_mailed(
    form: Page, house: House, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    check = filled_in(form, house)
    assert check.h1 == "Check your answers"
    assert "Nothing has been sent yet" in check.text
    assert "+358 40 123 4567" in check.text
    assert "to the end of 15 December 2026" in check.text
    page = check.submit("Send the application")
    [order] = orders()
    assert page.path == f"/orders/{order.number}"
    assert page.h1 == "Mallilön 6"
    assert (order.environment, order.reason) == (Environment.PRODUCTION, OrderReason.ADDITIONAL)
    assert (order.contact.company, order.contact.language) == ("Taksi-Ohjelmat Esimerkki Oy", Language.SV)
    assert (order.placed_by, order.terms_id) == (house.person.id, house.terms.id)
    deliver()
    assert [mail.recipient for mail in smtp.messages] == ["erik.exempelsson@taksi.example"]


def test_channels_without_a_right_are_offered_for_test_alone(form: Page, house: House) -> None:
    assert "Benefits – Web Service For test only" in form.text
    refused = filled_in(form, house, channel=str(house.other.id))
    assert refused.status == 422
    assert refused.errors == [
        (
            "Which channel is it for? The organisation has no valid access right to this channel. "
            "Apply for the right first, or choose test"
        )
    ]
    sent = refused.submit("Check your answers", environment="TEST").submit("Send the application")
    assert sent.status == 200
    assert [order.environment for order in orders()] == [Environment.TEST]


def test_a_channel_without_a_right_and_without_test_is_not_offered(house: House, browser: BrowsingClient) -> None:
    builders.channel("pensions", name_en="Pensions", test=False)
    assert "Pensions" not in browser.get("/orders/new").text


def test_an_environment_that_the_channel_lacks_is_named(house: House, browser: BrowsingClient) -> None:
    only_production = builders.channel("pensions", name_en="Pensions", test=False)
    builders.access_right(house.organisation, only_production)
    page = filled_in(browser.get("/orders/new"), house, channel=str(only_production.id), environment="TEST")
    assert page.errors == ["Environment: This channel has no certificates for that environment. Choose the other one"]


def test_an_empty_form_says_what_is_missing_and_keeps_the_draft(form: Page) -> None:
    page = form.submit("Check your answers")
    assert page.status == 422
    assert page.errors == [
        "Which channel is it for? Choose one of these",
        "Environment: Choose one of these",
        "Who is it? Choose one of these",
        "I accept the terms of use: Tick the box to go on",
    ]
    assert page.soup.title is not None
    assert page.soup.title.text.startswith("Error: ")


def test_a_new_contact_needs_name_number_address_and_language(form: Page, house: House) -> None:
    page = filled_in(form, house, name="", mobile="09 123 45", email="erik@taksi", language="")
    assert page.errors == [
        "Full name: Enter the contact person’s name",
        "Mobile number: 09 123 45 is a landline number (Helsinki). Text messages do not reach it: enter a mobile number",
        "E-mail address: ‘taksi’ is missing its ending, such as .fi",
        "Which language do they read? Choose one of these",
    ]
    assert page.field("mobile") == "09 123 45"


def test_another_language_on_the_page_of_errors_loses_nothing(form: Page, house: House) -> None:
    """What was typed is a draft by then, and the language leads to what is missing in it."""
    refused = filled_in(form, house, mobile="09 123 45")
    assert refused.status == 422
    swedish = refused.submit("SV")
    assert swedish.h1 == "Ansök om ett certifikat"
    assert swedish.field("mobile") == "09 123 45"
    assert swedish.field("name") == refused.field("name") != ""
    assert len(swedish.errors) == len(refused.errors) == 1


def test_a_swedish_number_without_its_country_code_is_offered_by_a_button(form: Page, house: House) -> None:
    page = filled_in(form, house, mobile="070-123 45 67")
    assert page.status == 422
    check = page.submit("Did you mean +46 70 123 45 67 (Sweden)?")
    assert check.h1 == "Check your answers"
    assert "+46 70 123 45 67 Sweden" in check.text


def test_the_signatory_may_be_the_contact(form: Page, house: House) -> None:
    filled_in(form, house, who="myself").submit("Send the application")
    contact = orders()[0].contact
    assert (contact.name, contact.email, contact.phone) == (house.person.name, house.person.email, house.person.phone)


def test_a_signatory_without_a_number_is_asked_for_one(app: Flask) -> None:
    house = housed(phone="")
    page = browsing(app, house.person, house.organisation).get("/orders/new")
    page = filled_in(page, house, who="myself")
    assert page.errors == ["Your mobile number: Enter your mobile number: the PIN code is sent there"]
    page.submit("Check your answers", my_mobile="045 700 0009").submit("Send the application")
    assert orders()[0].contact.phone == "+358457000009"


def test_an_earlier_contact_is_chosen_by_one_press(
    house: House, browser: BrowsingClient, certificates: Certificates, clock: FakeClock
) -> None:
    earlier = builders.contact(house.organisation)
    certificates.add(house, earlier.id, clock.at)
    page = browser.get("/orders/application")
    assert "Sami Salminen, Ohjelmisto Oy Looks after one of your certificates" in page.text
    filled_in(page, house, who=f"contact-{earlier.id}").submit("Send the application")
    assert orders()[0].contact_id == earlier.id


def test_what_is_wrong_with_an_earlier_contact_is_said(house: House, browser: BrowsingClient, clock: FakeClock) -> None:
    builders.contact(house.organisation, wrong_number_at=clock.at)
    assert "the number was said to be wrong on 1 December 2026" in browser.get("/orders/application").text


def test_an_earlier_contact_with_the_signatorys_address_is_the_signatory(house: House, browser: BrowsingClient) -> None:
    builders.contact(house.organisation, name="A. Andersson", email=house.person.email)
    page = browser.get("/orders/application")
    assert "Myself, A. Andersson" in page.text
    assert "Myself, Anna Andersson" not in page.text


def test_another_organisations_contact_is_not_a_choice(form: Page, house: House) -> None:
    foreign = builders.contact(builders.organisation("Annan Ab", "9900002-6"))
    page = filled_in(form, house, who=f"contact-{foreign.id}")
    assert page.errors == ["Who is it? That choice is no longer here. Choose one of these"]


def test_beside_others_a_description_is_needed_and_the_others_are_shown(
    house: House, browser: BrowsingClient, certificates: Certificates, clock: FakeClock
) -> None:
    certificates.add(house, builders.contact(house.organisation).id, clock.at)
    page = filled_in(browser.get("/orders/application"), house, description="")
    assert page.status == 422
    assert page.errors[0].startswith("Certificate description: Describe what this certificate is for")
    assert "Mallilön 4, valid until 1 December 2026" in page.text
    assert filled_in(page, house, description="", environment="TEST").h1 == "Check your answers"


def test_ended_certificates_are_no_reason_to_describe(
    house: House, browser: BrowsingClient, certificates: Certificates, clock: FakeClock
) -> None:
    certificates.add(house, builders.contact(house.organisation).id, clock.at, state="expired")
    assert filled_in(browser.get("/orders/application"), house, description="").h1 == "Check your answers"


def test_new_terms_are_accepted_anew(form: Page, house: House) -> None:
    check = filled_in(form, house)
    builders.terms(2)
    page = check.submit("Send the application")
    assert page.status == 422
    assert page.errors == [
        "I accept the terms of use: There is a new version of the terms of use. Read it and accept it to go on"
    ]
    assert page.submit("Check your answers", terms="y").submit("Send the application").status == 200
    assert orders()[0].terms.version == 2


def test_without_terms_nothing_can_be_sent_and_that_is_said(house: House, browser: BrowsingClient) -> None:
    with transaction() as session:
        session.merge(house.terms).in_force_from = today().replace(year=2030)
    page = browser.get("/orders/application")
    given = answers(house)
    del given["terms"]
    assert (
        page.submit("Check your answers", **given)
        .errors[-1]
        .startswith("I accept the terms of use: There are no terms of use to accept yet")
    )


def test_a_waiting_right_keeps_the_application_as_a_draft(house: House, browser: BrowsingClient) -> None:
    waiting = builders.access_right(house.organisation, house.other, state=RightState.APPLIED, valid_from=None)
    page = browser.get("/orders/application")
    assert "The access right waits for its decision" in page.text
    check = filled_in(page, house, channel=str(house.other.id))
    assert check.h1 == "Check your answers"
    assert "For production this can be sent when the organisation’s access right" in check.text
    assert not check.soup.find("button", string="Send the application")
    forged = browser.post(check.path.replace("/check", "/send"), {"version": "1"})
    assert (forged.status, orders()) == (422, [])
    assert "no valid access right" in forged.text
    with transaction() as session:
        right = session.merge(waiting)
        right.state, right.valid_from = RightState.VALID, today()
    assert browser.get(check.path).submit("Send the application").status == 200
    assert len(orders()) == 1


@pytest.mark.parametrize(
    ("field", "typed", "status", "said"),
    [
        ("mobile", "040 1234567", 200, "Text messages go to +358 40 123 4567 (Finland)"),
        ("mobile", "070-123 45 67", 422, "Did you mean +46 70 123 45 67 (Sweden)?"),
        ("mobile", "09 123 4567", 422, "landline number (Helsinki)"),
        ("my_mobile", "", 422, "Enter your mobile number"),
        ("email", "erik@taksi", 422, "missing its ending"),
        ("second_email", "", 200, "Second address"),
        ("name", " ", 422, "Enter the contact person’s name"),
        ("description", "x" * 101, 422, "Shorten the answer to 100 characters"),
    ],
)
def test_an_answer_is_checked_as_it_is_given(form: Page, field: str, typed: str, status: int, said: str) -> None:
    part = form.browser.post(f"/orders/check/{field}", {field: typed}, htmx=True, expect=status)
    assert said in part.text
    assert len(part.soup.find_all(recursive=False)) == 1
    assert part.soup.find(id=f"{field}-field") is not None


def test_only_the_forms_own_answers_are_checked(form: Page) -> None:
    form.browser.post("/orders/check/terms_version", {}, htmx=True, expect=404)


def test_a_description_is_checked_against_what_is_on_the_channel(house: House, browser: BrowsingClient) -> None:
    order_placed(house)
    browser.get("/orders/application")
    there = {"channel": str(house.channel.id), "environment": "PRODUCTION", "description": ""}
    assert "Describe what" in browser.post("/orders/check/description", there, htmx=True, expect=422).text


def test_choosing_a_channel_shows_what_is_there(house: House, browser: BrowsingClient) -> None:
    order = order_placed(house)
    browser.get("/orders/application")
    chosen = {"channel": house.channel.id, "environment": "PRODUCTION"}
    part = browser.post("/orders/others", chosen, htmx=True)
    assert f"Mallilön 6, order {order.number}, not collected yet" in part.text
    nothing = browser.post("/orders/others", {"channel": "x", "environment": ""}, htmx=True)
    assert nothing.text == ""


@pytest.mark.parametrize("path", ["/orders/others", "/orders/drafts/1/later", "/orders/drafts/1/delete"])
def test_addresses_for_htmx_and_posts_lead_somewhere_when_they_are_opened(browser: BrowsingClient, path: str) -> None:
    assert browser.get(path).status in (200, 404)
