"""What the demo begins with, played once: everything that its pages are to show is there, made by the service's own verbs."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from certportal import clock, create_app
from certportal.access import service as access
from certportal.certificates.lines import shown_state
from certportal.certificates.models import Certificate
from certportal.clock import ClockOffset
from certportal.demo import people, seeding
from certportal.demo.cast import AINO, KALLE, MAIJA, NIILO, TEST
from certportal.demo.inbox import Inbox
from certportal.extensions import db, transaction
from certportal.formats import days_between
from certportal.messages.models import SecureMessage, TransferCodes
from certportal.notices.service import due_at
from certportal.orders import service as orders
from certportal.orders.models import Order, OrderDraft
from certportal.outbox import service as outbox
from certportal.registry import admissions
from certportal.registry import service as registry
from certportal.registry.models import TechnicalContact
from certportal.settings import Settings
from tests import builders
from tests.browsing import BrowsingClient
from tests.conftest import settings_in
from tests.far_ends import SmsFarEnd, SmtpFarEnd


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, smtp_server: SmtpFarEnd, sms_server: SmsFarEnd
) -> tuple[Settings, list[int]]:
    """A demo that has been filled, and what it told of its progress."""
    directory = tmp_path_factory.mktemp("story")
    made = replace(settings_in(directory, smtp_server, sms_server), demo=True)
    told: list[int] = []
    seeding.fill(made, lambda done, of: told.append(100 * done // of))
    return made, told


@pytest.fixture
def demo(place: tuple[Settings, list[int]]) -> Iterator[Flask]:
    made = create_app(place[0])
    with made.app_context():
        yield made
        seeding.let_go()


@pytest.fixture
def inbox(place: tuple[Settings, list[int]]) -> Inbox:
    return Inbox.of(place[0].data_dir)


def states() -> dict[str, str]:
    """Certificate description → what its page says of it."""
    now = clock.now()
    return {each.description: shown_state(each, now) for each in db.session.scalars(select(Certificate))}


def lives() -> dict[str, orders.Life]:
    """Order description → its life line."""
    return {each.description: orders.life_of(each) for each in db.session.scalars(select(Order))}


def test_it_tells_how_far_it_has_come(place: tuple[Settings, list[int]]) -> None:
    told = place[1]
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0, 100)


def test_nothing_is_left_of_the_place_where_it_was_made(place: tuple[Settings, list[int]]) -> None:
    assert not (place[0].data_dir / seeding.BESIDE).exists()
    assert {path.name for path in Path(place[0].ca_dir).iterdir() if path.is_dir()} >= {"production", "test"}


def test_the_people_of_the_story_can_sign_in(demo: Flask) -> None:
    by_name = {seat.name: seat.organisations for seat in people.seats()}
    assert by_name["Aino Esimerkki"] == ("Exempelholm Bygg Ab", "Esimerkkilän Leipomo Oy")
    assert by_name["Olli Operaattori"] == ()
    assert people.contacts()[0] == ("Maija Mallikas", 3)


def test_certificates_are_in_every_state(demo: Flask) -> None:
    assert set(states().values()) == {"valid", "expires_soon", "expired", "revoked"}
    assert states()["Mallilön 5"] == "expires_soon"


def test_a_certificate_ends_in_twelve_days_and_two_notices_are_due_tomorrow(demo: Flask) -> None:
    ends = {
        each.description: days_between(clock.now(), each.not_after) for each in db.session.scalars(select(Certificate))
    }
    assert ends["Mallilön 5"] == 12
    tomorrow = clock.now() + timedelta(days=1)
    assert due_at(clock.now().isoformat()) == 0
    assert due_at(tomorrow.isoformat()) == 2


def test_orders_have_gone_wrong_in_every_manner(demo: Flask) -> None:
    found = {description: life.problem for description, life in lives().items()}
    assert found["Tidkort Exempel"] == "pin_failed"
    assert found["Förmånsmodell"] == "mail_refused"
    assert found["Holiday pay"] == "wrong_number"
    assert found["Leipomon työvuorot"] == "lapsed"
    assert found["Kassan palkat"] is None
    assert db.session.scalar(select(Order.state).where(Order.description == "Tidkort Prov")) == "cancelled"
    assert outbox.marked(KALLE.email.text) is not None


def test_a_message_waits_to_be_opened_and_another_has_been(demo: Flask) -> None:
    def opened(description: str) -> object:
        query = (
            select(SecureMessage.first_opened_at)
            .join(TransferCodes, TransferCodes.message_id == SecureMessage.id)
            .join(Order, Order.id == TransferCodes.order_id)
        )
        return db.session.scalar(query.where(Order.description == description))

    assert opened("Kassan palkat") is None
    assert opened("Payroll engine 4") is not None


def test_the_operator_has_something_to_decide(demo: Flask) -> None:
    assert len(access.waiting_applications()) == 3
    assert [each.admission.name for each in admissions.waiting_admissions()] == ["Tuomas Testaaja"]


def test_a_draft_waits_for_its_right(demo: Flask) -> None:
    builder = registry.organisation_by_business_id(AINO.business_id)
    assert builder is not None
    [draft] = db.session.scalars(select(OrderDraft).where(OrderDraft.order_id.is_(None)))
    assert orders.drafts_waiting_for(builder.id, int(draft.answers["channel"])) == [draft]


def test_a_contacts_number_was_changed_everywhere(demo: Flask) -> None:
    phones = set(db.session.scalars(select(TechnicalContact.phone).where(TechnicalContact.name == "Erik Exempelsson")))
    assert phones == {"+358457000021"}


def test_the_past_lies_in_the_past(demo: Flask) -> None:
    """Mail and text messages are dated by the service's time, as they were sent, and nothing is in the future."""
    life = lives()["Tidkort Exempel"]
    shown = [stage.at for stage in life.stages if stage.at is not None]
    assert shown == sorted(shown)
    assert shown[0] < clock.now() - timedelta(days=1)
    assert shown[-1] - shown[0] >= timedelta(minutes=18), "the link was opened later than the mail was sent"
    assert clock.ahead() == timedelta()


def test_the_inbox_holds_the_last_two_weeks(demo: Flask, inbox: Inbox) -> None:
    received = inbox.received()
    assert 10 < len(received) < 40
    to_maija = [each.subject for each in received if each.recipient == MAIJA.email.key]
    assert len(to_maija) == 1, "the secure e-mail that waits for her"
    recipients = set(inbox.recipients())
    assert KALLE.email.key not in recipients, "the mail server refused it"
    assert TEST.phone.e164 not in recipients, "the gateway refused it"
    assert NIILO.email.key in recipients


def test_every_page_of_the_bar_is_valid(demo: Flask, inbox: Inbox) -> None:
    browser = BrowsingClient(demo)
    for path in ("/demo/inbox", "/demo/signing-request", "/demo/start-over", f"/demo/inbox/{inbox.received()[0].id}"):
        browser.get(path, expect=200)


def test_starting_over_brings_the_beginning_back(demo: Flask, inbox: Inbox) -> None:
    with transaction() as session:
        session.add(ClockOffset(id=1, seconds=86_400 * 400))
    builders.organisation("Added Later Oy", "9900004-2")
    inbox.clear()
    browser = BrowsingClient(demo)
    browser.get("/sign-in").submit("Olli Operaattori")
    page = browser.get("/demo/start-over").submit("Aloita alusta")
    assert page.path.startswith("/sign-in"), "everybody is signed out"
    assert registry.organisation_by_business_id("9900004-2") is None
    assert clock.ahead() == timedelta()
    assert inbox.received()
    assert len(access.waiting_applications()) == 3
