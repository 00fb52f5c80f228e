"""A closed channel takes no new orders; what has been ordered and issued there goes on."""

import pytest
from flask import Flask

from certportal.certificates import service
from certportal.extensions import transaction
from certportal.identifiers import Environment
from certportal.orders import service as orders
from certportal.refusals import Refusal
from certportal.registry import service as registry
from certportal.registry.models import Channel
from tests.browsing import BrowsingClient
from tests.certificates.steps import PROGRAM, Kit, certificates, days_before_the_end, renewable, request, row_of
from tests.conftest import FakeClock
from tests.orders.steps import House, answers, browsing
from tests.orders.steps import orders as all_orders


def close(house: House) -> None:
    """It can no longer be applied for."""
    with transaction() as session:
        session.get_one(Channel, house.channel.id).closed_on = registry.today()


def test_codes_that_were_sent_are_redeemed_and_sent_again(kit: Kit, house: House) -> None:
    codes, order = kit.codes(), kit.order()
    close(house)
    assert service.enrol(codes.transfer_id, codes.password, request(), PROGRAM).der
    orders.send_again(order.id, order.version, house.actor)
    fresh = kit.codes(order)
    assert service.enrol(fresh.transfer_id, fresh.password, request(), PROGRAM).der


def test_a_certificate_is_renewed_by_its_contact(kit: Kit, house: House, clock: FakeClock) -> None:
    old = renewable(kit, clock)
    close(house)
    assert row_of(service.renew(old.id, request(), PROGRAM)).successor_of_id == old.id


def test_a_certificate_is_renewed_by_who_may_sign(app: Flask, kit: Kit, house: House, clock: FakeClock) -> None:
    old = kit.certificate()
    days_before_the_end(clock, old, 30)
    close(house)
    browser = browsing(app, house.person, house.organisation)
    browser.get(f"/orders/renewal/{old.id}", expect=200).submit("Send new transfer codes", terms="y")
    assert all_orders()[-1].replaces_certificate_id == old.id


def test_what_has_ended_is_applied_for_anew(app: Flask, kit: Kit, house: House, clock: FakeClock) -> None:
    old = kit.certificate()
    days_before_the_end(clock, old, -1)
    close(house)
    browser = browsing(app, house.person, house.organisation)
    page = browser.get(f"/orders/new?replaces={old.id}", expect=200).submit("Check your answers", terms="y")
    page.submit("Send the application")
    assert all_orders()[-1].replaces_certificate_id == old.id


def test_an_order_that_failed_is_placed_again(kit: Kit, house: House, browser: BrowsingClient) -> None:
    failed = kit.order()
    close(house)
    page = browser.get(f"/orders/new?earlier={failed.number}", expect=200).submit("Check your answers", terms="y")
    page.submit("Send the application")
    assert all_orders()[-1].earlier_order_id == failed.id


def test_additional_certificates_are_refused(kit: Kit, house: House, browser: BrowsingClient) -> None:
    failed = kit.order(channel_id=house.other.id, environment=Environment.TEST)
    close(house)
    for more in ({}, {"reason": "retrieval_failed", "earlier_order_id": failed.id}):
        with pytest.raises(Refusal, match="channel_closed"):
            kit.order(**more)
    page = browser.get("/orders/application", expect=200)
    page = browser.post("/orders/application", answers(house), expect=422)
    assert page.errors
    assert certificates() == []
