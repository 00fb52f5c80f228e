"""F15: a person named once keeps power after leaving."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from certportal.audit import AuditEntry
from certportal.extensions import db, transaction
from certportal.orders.models import OrderDraft
from certportal.registry import service as registry
from tests import builders
from tests.browsing import BrowsingClient
from tests.conftest import FakeClock
from tests.orders.steps import House, browsing

LEFT = "Your right to sign has ended"
PAGES = ["/", "/certificates", "/interface", "/orders/application", "/contacts", "/organisation", "/activity"]


@pytest.fixture
def browser(app: Flask, house: House) -> BrowsingClient:
    """The signatory, signed in, before they leave."""
    found = browsing(app, house.person, house.organisation)
    assert found.get("/").status == 200
    return found


def withdrawn(house: House) -> None:
    with transaction():
        registry.end_signing_right(registry.signing_rights(house.organisation.id)[0], None, builders.OPERATOR)


@pytest.mark.parametrize("page", PAGES)
def test_f15_a_right_that_is_withdrawn_ends_the_open_sign_in_at_the_next_request(
    browser: BrowsingClient, house: House, page: str
) -> None:
    withdrawn(house)
    assert browser.get(page).h1 == LEFT
    assert browser.get(page).h1 == "Sign in"


def test_f15_a_right_ends_with_its_last_day_without_anybody_doing_anything(
    app: Flask, house: House, clock: FakeClock
) -> None:
    aino = builders.person("aino@exempelholm.example", "Aino Aaltonen")
    builders.right_to_sign(aino, house.organisation, valid_to=registry.today())
    browser = browsing(app, aino, house.organisation)
    assert browser.get("/certificates").h1 == "Certificates"
    clock.ahead = timedelta(days=1)
    assert browser.get("/certificates").h1 == LEFT


def test_f15_a_form_that_was_open_when_the_right_ended_changes_nothing(browser: BrowsingClient, house: House) -> None:
    form = browser.get("/organisation/me", expect=200)
    withdrawn(house)
    acts = db.session.scalar(sa.select(sa.func.max(AuditEntry.id)))
    assert form.submit("Save", name="Somebody Else").h1 == LEFT
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.max(AuditEntry.id))) == acts
    assert db.session.scalars(sa.select(OrderDraft)).all() == []


def test_f15_an_organisation_that_ended_lets_nobody_act_for_it(browser: BrowsingClient, house: House) -> None:
    with transaction():
        registry.end_organisation(house.organisation, None, builders.OPERATOR)
    assert browser.get("/certificates").h1 == LEFT


def test_f15_a_right_given_back_does_not_wake_the_old_sign_in(
    app: Flask, browser: BrowsingClient, house: House
) -> None:
    withdrawn(house)
    assert browser.get("/").h1 == LEFT
    with transaction():
        registry.signing_rights(house.organisation.id)[0].valid_to = None
    assert browser.get("/").h1 == "Sign in"
    assert browsing(app, house.person, house.organisation).get("/").status == 200
