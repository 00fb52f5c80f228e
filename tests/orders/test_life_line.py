"""The order's page tells facts: what became of mail, PIN and codes, what is wrong now, and what can be done about it."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from certportal import audit
from certportal.answers import allow
from certportal.extensions import db, transaction
from certportal.identifiers import Actor, ActorKind
from certportal.messages import service as messages
from certportal.messages.models import CodesState
from certportal.orders import service
from certportal.orders.models import Order, OrderState
from certportal.refusals import Conflict, Refusal
from certportal.registry import service as registry
from certportal.registry.service import today
from certportal.secrecy import Secret
from tests import builders
from tests.browsing import BrowsingClient, Page
from tests.conftest import FakeClock
from tests.far_ends import SmsFarEnd, SmtpFarEnd
from tests.far_ends.script import DROP
from tests.orders.steps import House, being_collected, browsing, codes_of, order_placed, orders

CONTACT = Actor(ActorKind.ANONYMOUS, None, "", "203.0.113.5")
PROGRAM = Actor(ActorKind.PROGRAM, None, "PKI web service", "203.0.113.6")
Deliver = Callable[[], int]


@pytest.fixture
def order(house: House) -> Order:
    return order_placed(house, mobile="040 123 4567")


@pytest.fixture
def token(order: Order, deliver: Deliver, smtp: SmtpFarEnd) -> str:
    """The link of the secure e-mail, which has arrived."""
    deliver()
    found = re.search(r"/messages/([\w-]{43})", smtp.messages[-1].text)
    assert found
    return found[1]


def shown(browser: BrowsingClient, order: Order) -> Page:
    return browser.get(f"/orders/{order.number}", expect=200)


def stages(page: Page) -> list[tuple[str, str]]:
    return [(str(line["class"][0]), line.h3.text.strip()) for line in page.soup.select(".life > li") if line.h3]


def problem(page: Page) -> str:
    found = page.soup.select_one("#life .note h2")
    return found.text if found else ""


def test_a_mail_that_waits_is_asked_about_until_it_has_left(
    browser: BrowsingClient, order: Order, deliver: Deliver
) -> None:
    page = shown(browser, order)
    assert stages(page) == [("next", "The secure e-mail is waiting to be sent"), ("next", "Transfer codes used")]
    assert "14 days left" in page.text
    asking = page.soup.select_one("#life[hx-get]")
    assert asking is not None
    assert browser.get(str(asking["hx-get"]), htmx=True).status == 204
    deliver()
    answer = browser.get(str(asking["hx-get"]), htmx=True, expect=200)
    assert stages(answer)[:2] == [("done", "Secure e-mail sent"), ("done", "The mail server accepted the message")]
    [root] = answer.soup.find_all(recursive=False)
    assert root["id"] == "life"
    assert not root.has_attr("hx-get")
    assert browser.get(str(asking["hx-get"])).path == f"/orders/{order.number}"


def test_a_refused_address_is_on_top_with_one_press_to_correct_it(
    app: Flask, browser: BrowsingClient, order: Order, deliver: Deliver, smtp: SmtpFarEnd
) -> None:
    if "contacts.correct" not in app.view_functions:
        app.add_url_rule("/contacts/orders/<number>", "contacts.correct", allow("signatory")(lambda number: number))
    smtp.refuse("erik.exempelsson@taksi.example")
    deliver()
    page = shown(browser, order)
    assert problem(page) == "The e-mail did not arrive"
    assert stages(page)[1] == ("bad", "The mail server refused the message")
    assert "550 5.1.1 No such user here" in page.text
    assert page.link("Correct the contact and send new codes").endswith(order.number)


def test_a_mail_whose_fate_is_unknown_is_not_repeated_by_itself(
    browser: BrowsingClient, order: Order, deliver: Deliver, smtp: SmtpFarEnd
) -> None:
    smtp.script("dot", DROP)
    deliver()
    page = shown(browser, order)
    assert problem(page) == "The e-mail may not have arrived"
    assert stages(page)[0] == ("bad", "It is not known whether the secure e-mail arrived")
    assert not page.soup.select("#life[hx-get]")


def test_a_mail_server_that_is_down_is_shown_with_its_answer(
    browser: BrowsingClient, order: Order, deliver: Deliver, smtp: SmtpFarEnd
) -> None:
    smtp.script("rcpt", "450 4.2.1 Try later")
    deliver()
    page = shown(browser, order)
    assert stages(page)[0] == ("next", "The secure e-mail has not gone out yet, we keep trying")
    assert "1 try. The answer was: 450 4.2.1 Try later" in page.text
    assert problem(page) == ""


def test_the_pin_and_the_opening_are_shown(
    browser: BrowsingClient, order: Order, token: str, deliver: Deliver, sms: SmsFarEnd
) -> None:
    messages.send_pin(token, CONTACT)
    assert stages(shown(browser, order))[2:4] == [("done", "Link opened"), ("next", "The PIN code is on its way")]
    deliver()
    assert stages(shown(browser, order))[3] == ("done", "PIN code sent")
    pin = re.search(r"\b(\d{3}) ?(\d{3})\b", sms.messages[-1].text)
    assert pin
    messages.enter_pin(token, pin[1] + pin[2], CONTACT)
    page = shown(browser, order)
    assert stages(page)[4] == ("done", "Message opened with the PIN code")
    assert problem(page) == ""


def test_a_text_message_that_cannot_be_delivered_is_shown_with_the_gateways_answer(
    browser: BrowsingClient, order: Order, token: str, deliver: Deliver, sms: SmsFarEnd, clock: FakeClock
) -> None:
    sms.always("503 Service Unavailable")
    messages.send_pin(token, CONTACT)
    deliver()
    page = shown(browser, order)
    assert stages(page)[3] == ("bad", "The PIN code has not been delivered yet, we keep trying")
    assert problem(page) == "The PIN code did not arrive"
    clock.move(minutes=11)
    deliver()
    assert stages(shown(browser, order))[3] == ("bad", "PIN code sent, not delivered")


def test_somebody_elses_number_is_the_first_thing_on_the_page(
    browser: BrowsingClient, order: Order, token: str
) -> None:
    messages.report_wrong_number(token, CONTACT)
    page = shown(browser, order)
    assert problem(page) == "The mobile number is wrong"
    assert "+358 40 123 4567 is not theirs" in page.text
    assert ("bad", "“This is not my number”") in stages(page)
    messages.take_back_wrong_number(token, CONTACT)
    page = shown(browser, order)
    assert problem(page) != "The mobile number is wrong"
    assert ("bad", "“This is not my number”") not in stages(page)


def test_a_program_is_told_of_beside_a_person_and_again_with_new_codes(
    house: House, browser: BrowsingClient, order: Order
) -> None:
    """From the same address, and within a day."""

    def tried(by: Actor) -> None:
        transfer_id = codes_of(order).transfer_id
        with transaction():
            messages.verify_codes(transfer_id, Secret("wrong"), replace(by, address="203.0.113.7"))

    tried(CONTACT)
    tried(PROGRAM)
    assert "A program tried with a wrong password 2 times" in shown(browser, order).text
    service.send_again(order.id, order.version, house.acting.actor)
    tried(PROGRAM)
    assert "A program tried with a wrong password 1 time." in shown(browser, order).text


@pytest.mark.parametrize(
    ("by", "told"),
    [(CONTACT, "Wrong one-time passwords tried"), (PROGRAM, "A program tried with a wrong password")],
    ids=["typed", "by a program"],
)
def test_wrong_passwords_are_counted_and_lock(
    browser: BrowsingClient, order: Order, token: str, by: Actor, told: str
) -> None:
    transfer_id = codes_of(order).transfer_id
    for tried in range(10):
        with transaction():
            messages.verify_codes(transfer_id, Secret("wrong"), by)
        if tried == 2:
            page = shown(browser, order)
            assert f"{told} 3 times. After 10 the codes are locked." in page.text
    page = shown(browser, order)
    assert problem(page) == "The transfer codes are locked"
    assert stages(page)[-1] == ("bad", "The transfer codes are locked")


def test_the_line_that_asks_for_itself_keeps_nobody_signed_in(
    app: Flask, house: House, order: Order, clock: FakeClock
) -> None:
    browser = browsing(app, house.person, house.organisation)
    assert shown(browser, order).status == 200
    for _ in range(3):
        clock.move(minutes=25)
        polled = browser.get(f"/orders/{order.number}/life-line", htmx=True)
    assert "HX-Redirect" in polled.headers
    assert shown(browser, order).h1 == "Sign in"


@pytest.mark.parametrize("ending", ["used", "lapsed"])
def test_wrong_passwords_stay_on_the_line_when_the_codes_have_ended(
    app: Flask, house: House, browser: BrowsingClient, order: Order, token: str, clock: FakeClock, ending: str
) -> None:
    clock.move(hours=3)
    codes = codes_of(order)
    codes_id, transfer_id = codes.id, codes.transfer_id
    with transaction():
        messages.verify_codes(transfer_id, Secret("wrong"), CONTACT)
    clock.move(days=1)
    if ending == "used":
        being_collected(order)
        with transaction():
            messages.spend_codes(codes_id)
            service.collected(order.id)
    else:
        clock.move(days=14)
    page = shown(browsing(app, house.person, house.organisation), order)
    assert "Wrong one-time passwords tried 1 time. 1 December 2026, 13:00" in page.text
    assert "are locked" not in page.text


def test_codes_that_had_lapsed_before_new_ones_were_sent_are_said_to_have_lapsed(
    app: Flask, house: House, order: Order, token: str, clock: FakeClock
) -> None:
    clock.move(days=16)
    page = shown(browsing(app, house.person, house.organisation), order)
    page = page.submit("Send new codes to the same contact")
    assert "Earlier transfer codes" in page.text
    assert "taksi.example: lapsed" in page.text
    assert "void, because new codes were sent" not in page.text


def test_used_codes_end_the_line_and_lead_to_the_certificate(
    app: Flask, house: House, browser: BrowsingClient, order: Order, token: str
) -> None:
    if "certificates.of_order" not in app.view_functions:
        app.add_url_rule(
            "/certificates/of/<number>", "certificates.of_order", allow("signatory")(lambda number: number)
        )
    being_collected(order)
    assert stages(shown(browser, order))[-1] == ("next", "The certificate is being made")
    with transaction():
        messages.spend_codes(messages.codes_of(order.id)[0].id)
        service.collected(order.id)
    page = shown(browser, order)
    assert stages(page)[-1] == ("done", "Transfer codes used")
    assert "Collected" in page.text
    assert order.number in page.link("Open the certificate")
    assert "Other actions" not in page.text


def test_lapsed_codes_say_so_and_new_ones_are_one_press_away(
    house: House, browser: BrowsingClient, order: Order, token: str, clock: FakeClock, deliver: Deliver
) -> None:
    clock.move(days=14, hours=13)
    assert "0 days left" not in shown(browsing(browser.app, house.person, house.organisation), order).text
    assert problem(shown(browsing(browser.app, house.person, house.organisation), order)) == ""
    clock.move(hours=2)
    page = shown(browsing(browser.app, house.person, house.organisation), order)
    assert problem(page) == "The transfer codes lapsed before anybody used them"
    assert "The last day was 15 December 2026" in page.text
    page = page.submit("Send new codes to the same contact")
    assert "New transfer codes are on their way to Erik Exempelsson" in page.text
    assert problem(page) == ""
    assert "14 days left" in page.text


def test_new_codes_void_the_earlier_ones_which_stay_on_the_page(
    browser: BrowsingClient, order: Order, token: str, deliver: Deliver, smtp: SmtpFarEnd
) -> None:
    first = codes_of(order)
    page = shown(browser, order).submit("Send new codes to the same contact")
    second = codes_of(order)
    assert second.id != first.id
    assert (db.session.get_one(type(first), first.id).state, second.state) == (CodesState.VOID, CodesState.LIVE)
    assert "Earlier transfer codes" in page.text
    assert "void, because new codes were sent" in page.text
    deliver()
    assert len(smtp.messages) == 2


def test_a_second_press_on_send_again_sends_nothing_more(browser: BrowsingClient, order: Order, token: str) -> None:
    page = shown(browser, order)
    page.submit("Send new codes to the same contact")
    again = page.submit("Send new codes to the same contact")
    assert (again.status, len(messages.codes_of(order.id))) == (409, 2)
    assert "Nothing was sent: the order has changed" in again.text
    assert browser.get(f"/orders/{order.number}/send-again").path == f"/orders/{order.number}"


def test_nothing_is_sent_anew_that_nobody_could_use(house: House, browser: BrowsingClient, order: Order) -> None:
    page = shown(browser, order)
    with transaction() as session:
        [right] = registry.valid_rights(house.organisation.id, today())
        registry.end_right(session.merge(right), today() - timedelta(days=1), builders.OPERATOR)
    again = page.submit("Send new codes to the same contact")
    assert (again.status, len(messages.codes_of(order.id))) == (422, 1)


def test_cancelling_is_explained_then_done_and_the_contact_is_told(
    browser: BrowsingClient, order: Order, token: str, deliver: Deliver, smtp: SmtpFarEnd
) -> None:
    page = shown(browser, order).follow("Cancel the order")
    assert "The transfer codes stop working at once" in page.text
    assert orders()[0].state is OrderState.OPEN
    page = page.submit("Cancel the order")
    assert "The order is cancelled. Its transfer codes no longer work." in page.text
    assert stages(page)[-1] == ("bad", "The order is cancelled")
    assert (orders()[0].state, codes_of(order).state) == (OrderState.CANCELLED, CodesState.VOID)
    deliver()
    mail = smtp.messages[-1]
    assert mail.recipient == "erik.exempelsson@taksi.example"
    assert order.number in mail.subject
    assert browser.get(f"/orders/{order.number}/cancel").path == f"/orders/{order.number}"
    again = browser.post(f"/orders/{order.number}/cancel")
    assert (again.status, "has been cancelled" in again.text) == (409, True)


def test_a_contact_who_never_got_the_codes_is_not_told_that_they_are_void(
    house: House, order: Order, deliver: Deliver, smtp: SmtpFarEnd
) -> None:
    service.cancel_order(order.id, house.actor)
    deliver()
    assert smtp.messages == []


@pytest.mark.parametrize("path", ["", "/cancel", "/life-line"])
def test_another_organisations_order_is_not_there(app: Flask, order: Order, path: str) -> None:
    stranger = builders.organisation("Annan Ab", "9900002-6")
    other = browsing(app, builders.signatory(stranger, "bo@annan.example", "Bo Främling"), stranger)
    other.get(f"/orders/{order.number}{path}", expect=404)
    for verb in ("send-again", "cancel"):
        other.post(f"/orders/{order.number}/{verb}", {"version": "1"}, expect=404)
    assert (orders()[0].state, codes_of(order).state) == (OrderState.OPEN, CodesState.LIVE)


def test_what_is_being_collected_is_neither_cancelled_nor_sent_anew(house: House, order: Order) -> None:
    being_collected(order)
    for verb in (
        lambda: service.cancel_order(order.id, house.actor),
        lambda: service.send_again(order.id, 1, house.actor),
    ):
        with pytest.raises(Conflict, match="codes_in_use"):
            verb()


def test_a_collected_order_is_done(house: House, order: Order) -> None:
    with transaction():
        service.collected(order.id)
    for verb in (
        lambda: service.cancel_order(order.id, house.actor),
        lambda: service.send_again(order.id, order.version, house.actor),
    ):
        with pytest.raises(Refusal, match="order_collected"):
            verb()


def test_every_step_of_an_order_is_recorded(house: House, order: Order) -> None:
    service.send_again(order.id, order.version, house.actor)
    service.cancel_order(order.id, house.actor)
    entries = db.session.query(audit.AuditEntry).filter_by(subject=f"order:{order.id}").all()
    assert [entry.verb for entry in entries] == ["order_placed", "codes_sent_anew", "order_cancelled"]
    assert {entry.organisation_id for entry in entries} == {house.organisation.id}


def test_moments_of_the_machine_are_shown_in_the_services_time(
    house: House, browser: BrowsingClient, clock: FakeClock, deliver: Deliver
) -> None:
    """In the demo the service's time runs ahead; a mail is not shown as sent before it was written."""
    clock.ahead = timedelta(days=30)
    order = order_placed(house)
    deliver()
    clock.ahead = timedelta(days=31)
    page = shown(browser, order)
    assert "The mail server accepted the message The answer was: 250 2.0.0 Kept 31 December 2026, 10:00" in page.text
