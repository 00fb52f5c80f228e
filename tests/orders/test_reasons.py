""" "Apply for a new certificate" asks why, fills in what gives way, and holds the channel rule against forged forms."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from certportal.extensions import transaction
from certportal.identifiers import Environment
from certportal.messages.models import CodesState
from certportal.orders import service
from certportal.orders.models import OrderReason, OrderState
from certportal.orders.rules import OrderAnswers
from certportal.refusals import Conflict, Refusal
from certportal.registry import service as registry
from certportal.registry.service import today
from tests import builders
from tests.browsing import BrowsingClient
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd
from tests.messages.steps import token_in
from tests.orders.steps import (
    Certificates,
    House,
    answers,
    being_collected,
    codes_of,
    filled_in,
    order_placed,
    orders,
    parsed,
)

ERIK = "erik.exempelsson@taksi.example"


def forged(house: House, **others: str) -> tuple[int, OrderAnswers]:
    """What a form that was made by hand would send, past every page."""
    typed = answers(house, terms_version="1", **others)
    draft = service.begin_draft("forged", typed, house.acting)
    earlier = service.order_by_number(others["earlier"]) if others.get("earlier") else None
    wanted = parsed(house, typed, earlier.id if earlier else None)
    return draft.id, wanted


def test_an_organisation_with_orders_is_asked_why(house: House, browser: BrowsingClient) -> None:
    order_placed(house)
    page = browser.get("/orders/new")
    assert page.h1 == "Apply for a new certificate"
    assert "It replaces a certificate" not in page.text
    assert page.submit("Continue").errors == ["Why do you need a new certificate? Choose one of these"]
    assert page.submit("Continue", reason="additional").h1 == "Apply for a certificate"


def test_a_reason_with_a_list_needs_a_choice_from_it(
    house: House, browser: BrowsingClient, certificates: Certificates, clock: FakeClock
) -> None:
    certificates.add(house, builders.contact(house.organisation).id, clock.at)
    order_placed(house)
    page = browser.get("/orders/new")
    replaces = page.submit("Continue", reason="replaces")
    assert (replaces.status, replaces.errors) == (
        422,
        ["Which certificate does it replace? Choose the certificate that it replaces"],
    )
    failed = page.submit("Continue", reason="retrieval_failed")
    assert (failed.status, failed.errors) == (
        422,
        ["Which order could not be collected? Choose the order that could not be collected"],
    )


def test_a_certificate_that_gives_way_is_filled_in_and_recorded(
    house: House, browser: BrowsingClient, certificates: Certificates, clock: FakeClock
) -> None:
    contact = builders.contact(house.organisation)
    certificates.add(house, contact.id, clock.at + timedelta(days=30))
    page = browser.get("/orders/new").submit("Continue", reason="replaces", replaces="1")
    assert "It replaces Mallilön 4" in page.text
    assert (page.field("channel"), page.field("environment")) == (str(house.channel.id), "PRODUCTION")
    assert (page.field("description"), page.field("who")) == ("Mallilön 4", f"contact-{contact.id}")
    check = page.submit("Check your answers", terms="y")
    assert "It replaces Mallilön 4" in check.text
    check.submit("Send the application")
    [order] = orders()
    assert (order.reason, order.replaces_certificate_id, order.contact_id) == (OrderReason.REPLACES, 1, contact.id)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("expires_soon", "It stays in use until it ends"),
        ("expired", "The old certificate ended on 1 November 2026 and cannot be used any more"),
        ("revoked", "The old certificate has been revoked and cannot be used any more"),
    ],
)
def test_of_the_one_that_gives_way_is_said_whether_it_is_still_in_use(
    house: House, browser: BrowsingClient, certificates: Certificates, clock: FakeClock, state: str, said: str
) -> None:
    ends = clock.at + timedelta(days=-30 if state == "expired" else 30)
    certificates.add(house, builders.contact(house.organisation).id, ends, state=state)
    page = browser.get("/orders/application?reason=replaces&replaces=1")
    assert said in page.text
    assert ("It stays in use" in page.text) == (state == "expires_soon")
    check = page.submit("Check your answers", terms="y").text
    shown = {"expires_soon": "Valid until", "expired": "Ended on 1 November 2026", "revoked": "Revoked"}
    assert [words for words in shown.values() if words in check] == [shown[state]]


def test_the_one_that_gives_way_asks_for_no_description(
    house: House, browser: BrowsingClient, certificates: Certificates, clock: FakeClock
) -> None:
    certificates.add(house, builders.contact(house.organisation).id, clock.at, description="")
    page = browser.get("/orders/application?reason=replaces&replaces=1")
    assert page.submit("Check your answers", terms="y").h1 == "Check your answers"


def test_a_contact_that_has_been_replaced_is_not_filled_in(
    house: House, browser: BrowsingClient, certificates: Certificates, clock: FakeClock
) -> None:
    gone = builders.contact(house.organisation, replaced_at=clock.at)
    certificates.add(house, gone.id, clock.at)
    assert browser.get("/orders/new?replaces=1").field("who") == ""


def test_an_order_that_failed_is_filled_in_for_correction_and_its_codes_are_void(
    house: House, browser: BrowsingClient
) -> None:
    failed = order_placed(house, mobile="045 700 0001")
    page = browser.get("/orders/new").submit("Continue", reason="retrieval_failed", earlier=failed.number)
    assert f"It takes the place of order {failed.number}" in page.text
    assert (page.field("who"), page.field("mobile")) == ("new", "+358 45 700 0001")
    assert (page.field("email"), page.field("description")) == ("erik.exempelsson@taksi.example", "Mallilön 6")
    check = page.submit("Check your answers", mobile="045 700 0002", terms="y")
    assert f"It takes the place of Order {failed.number}" in check.text
    assert codes_of(failed).state is CodesState.LIVE
    shown = check.submit("Send the application")
    first, second = orders()
    assert (first.state, codes_of(first).state) == (OrderState.CANCELLED, CodesState.VOID)
    assert (second.reason, second.earlier_order_id) == (OrderReason.RETRIEVAL_FAILED, first.id)
    assert second.contact.phone == "+358457000002"
    assert f"It takes the place of order {first.number}" in shown.text
    assert "A new application took the place of this order" in browser.get(f"/orders/{first.number}").text


@pytest.mark.parametrize(
    ("email", "heard", "old_page"),
    [
        ("maja@taksi.example", True, "The contact details have been changed"),
        ("Erik.Exempelsson@taksi.example", False, "A newer message has been sent"),
    ],
    ids=["another address", "the same address"],
)
def test_a_former_address_hears_that_its_codes_are_void(
    house: House,
    browser: BrowsingClient,
    deliver: Callable[[], int],
    smtp: SmtpFarEnd,
    email: str,
    heard: bool,
    old_page: str,
) -> None:
    failed = order_placed(house)
    deliver()
    old = token_in(smtp.messages[-1])
    page = browser.get(f"/orders/application?reason=retrieval_failed&earlier={failed.number}")
    page.submit("Check your answers", email=email, terms="y").submit("Send the application")
    deliver()
    told = [mail for mail in smtp.messages[1:] if mail.recipient == ERIK and "/messages/" not in mail.text]
    assert len(told) == heard
    assert all("använder inte längre den här adressen" in " ".join(mail.text.split()) for mail in told)
    assert browser.get(f"/messages/{old}").h1 == old_page


def test_a_former_address_that_mail_never_reached_hears_nothing(
    house: House, browser: BrowsingClient, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    smtp.refuse(ERIK)
    failed = order_placed(house)
    deliver()
    smtp.heal()
    page = browser.get(f"/orders/application?reason=retrieval_failed&earlier={failed.number}")
    page.submit("Check your answers", email="maja@taksi.example", terms="y").submit("Send the application")
    deliver()
    assert [mail.recipient for mail in smtp.messages] == ["maja@taksi.example"]


def test_what_the_failed_order_was_to_replace_is_replaced_by_the_new_one(
    house: House, browser: BrowsingClient, certificates: Certificates, clock: FakeClock
) -> None:
    certificates.add(house, builders.contact(house.organisation).id, clock.at)
    failed = order_placed(house)
    with transaction() as session:
        session.merge(failed).replaces_certificate_id = 1
    page = browser.get(f"/orders/application?reason=retrieval_failed&earlier={failed.number}")
    page.submit("Check your answers", terms="y").submit("Send the application")
    assert orders()[1].replaces_certificate_id == 1


def test_many_certificates_are_one_list_to_choose_from(
    house: House, browser: BrowsingClient, certificates: Certificates, clock: FakeClock
) -> None:
    contact = builders.contact(house.organisation)
    for number in range(163):
        certificates.add(house, contact.id, clock.at, description=f"Mallilön {number}")
    page = browser.get("/orders/new")
    assert len(page.soup.select("select[name=replaces] option")) == 164
    assert page.submit("Continue", reason="replaces").errors == [
        "Which certificate does it replace? Choose the certificate that it replaces"
    ]
    chosen = page.submit("Continue", reason="replaces", replaces="42")
    assert chosen.field("description") == "Mallilön 41"


def test_another_organisations_order_or_certificate_fills_in_nothing(house: House, browser: BrowsingClient) -> None:
    stranger = builders.organisation("Annan Ab", "9900002-6")
    foreign = order_placed(house)
    with transaction() as session:
        session.merge(foreign).organisation_id = stranger.id
    for query in (f"earlier={foreign.number}", "replaces=1", "replaces=x", "reason=nonsense", "earlier=2026-9"):
        page = browser.get(f"/orders/new?{query}")
        assert (page.status, page.field("description")) == (200, ""), query


REASONS = {
    "additional": {"reason": "additional"},
    "replaces": {"reason": "replaces", "replaces": "1"},
    "retrieval_failed": {"reason": "retrieval_failed"},
}


@pytest.mark.parametrize("reason", REASONS)
def test_production_needs_a_right_whatever_the_reason_and_however_the_form_was_made(
    house: House, certificates: Certificates, clock: FakeClock, reason: str
) -> None:
    certificates.add(house, builders.contact(house.organisation).id, clock.at)
    order = order_placed(house)
    named = {"earlier": order.number} if reason == "retrieval_failed" else {}
    draft_id, wanted = forged(house, **REASONS[reason], **named)
    with transaction() as session:
        [right] = registry.valid_rights(house.organisation.id, today())
        registry.end_right(session.merge(right), today() - timedelta(days=1), builders.OPERATOR)
    with pytest.raises(Refusal, match="renewal_needs_right" if reason == "replaces" else "no_access_right"):
        service.place_order(draft_id, 1, wanted, house.acting)
    assert len(orders()) == 1
    assert codes_of(order).state is CodesState.LIVE


@pytest.mark.parametrize("reason", REASONS)
def test_a_forged_post_for_a_channel_without_a_right_orders_nothing(
    house: House, browser: BrowsingClient, certificates: Certificates, clock: FakeClock, reason: str
) -> None:
    certificates.add(house, builders.contact(house.organisation).id, clock.at)
    order = order_placed(house)
    browser.get("/orders/new")
    typed = answers(house, channel=str(house.other.id), terms_version="1", earlier=order.number, **REASONS[reason])
    browser.post("/orders/application", typed, expect=422)
    draft = service.drafts_of(house.organisation.id)[0]
    browser.post(f"/orders/drafts/{draft.id}/send", {"version": "1"}, expect=422)
    assert orders() == [order]


def test_what_gives_way_must_still_be_there_when_it_is_sent(
    house: House, certificates: Certificates, clock: FakeClock
) -> None:
    certificates.add(house, builders.contact(house.organisation).id, clock.at)
    draft_id, wanted = forged(house, reason="replaces", replaces="1")
    certificates.known.clear()
    with pytest.raises(Refusal, match="certificate_unknown"):
        service.place_order(draft_id, 1, wanted, house.acting)


@pytest.mark.parametrize(
    ("changed", "words", "code"),
    [
        ({"channel": "other"}, "order it as an additional certificate", "replaces_other_channel"),
        ({"environment": "TEST"}, "Choose the environment of the old certificate", "replaces_other_environment"),
    ],
)
def test_a_certificate_replaces_only_one_for_the_same_channel_and_environment(
    house: House,
    browser: BrowsingClient,
    certificates: Certificates,
    clock: FakeClock,
    changed: dict[str, str],
    words: str,
    code: str,
) -> None:
    builders.access_right(house.organisation, house.other)
    certificates.add(house, builders.contact(house.organisation).id, clock.at)
    wish = {name: str(house.other.id) if value == "other" else value for name, value in changed.items()}
    page = browser.get("/orders/application?reason=replaces&replaces=1")
    again = filled_in(page, house, **wish)
    assert again.status == 422
    assert any(words in error for error in again.errors)
    draft_id, wanted = forged(house, reason="replaces", replaces="1", **wish)
    with pytest.raises(Refusal, match=code):
        service.place_order(draft_id, 1, wanted, house.acting)
    assert orders() == []


def test_an_order_that_was_collected_meanwhile_has_not_failed(house: House) -> None:
    order = order_placed(house)
    draft_id, wanted = forged(house, reason="retrieval_failed", earlier=order.number)
    with transaction():
        service.collected(order.id)
    with pytest.raises(Conflict, match="earlier_order_collected"):
        service.place_order(draft_id, 1, wanted, house.acting)


def test_an_order_that_is_being_collected_is_left_alone(house: House) -> None:
    order = order_placed(house)
    draft_id, wanted = forged(house, reason="retrieval_failed", earlier=order.number)
    being_collected(order)
    with pytest.raises(Conflict, match="codes_in_use"):
        service.place_order(draft_id, 1, wanted, house.acting)


def test_links_elsewhere_name_channel_and_environment(app: Flask, house: House, browser: BrowsingClient) -> None:
    page = browser.get(f"/orders/new?channel={house.other.id}&environment=TEST")
    assert (page.field("channel"), page.field("environment")) == (str(house.other.id), "TEST")
    assert filled_in(page, house, channel=str(house.other.id), environment="TEST").h1 == "Check your answers"
    order_placed(house)
    page = browser.get(f"/orders/new?channel={house.other.id}&environment=TEST").submit("Continue", reason="additional")
    assert (page.field("channel"), page.field("environment")) == (str(house.other.id), Environment.TEST.value)
