"""On day 10 and when codes lapse, the signatory is told once, whatever the jobs do."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from certportal import runs
from certportal.audit import AuditEntry
from certportal.extensions import db, transaction
from certportal.identifiers import ActorKind, Language
from certportal.orders import reminders, service
from certportal.orders.letters import correct_url
from certportal.orders.models import Order
from certportal.outbox.models import OutboxRow
from certportal.registry import service as registry
from certportal.registry.service import today
from certportal.runs import Lease
from tests import builders
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd
from tests.orders.steps import House, being_collected, order_placed

HELSINKI = ZoneInfo("Europe/Helsinki")
Deliver = Callable[[], int]


@pytest.fixture
def order(house: House, deliver: Deliver, smtp: SmtpFarEnd) -> Order:
    """Ordered on 1 December; the contact's mail has gone out and is out of the way."""
    made = order_placed(house)
    deliver()
    smtp.messages.clear()
    return made


@pytest.fixture
def sweep(deliver: Deliver) -> Callable[[], None]:
    """The job under its lease, then delivery."""

    def run() -> None:
        assert runs.run("remind-uncollected", service.remind_uncollected)
        deliver()

    return run


def at(clock: FakeClock, day: int, hour: int, minute: int = 0) -> None:
    clock.at = datetime(2026, 12, day, hour, minute, tzinfo=HELSINKI)


Sweep = Callable[[], None]


def test_on_day_ten_the_signatory_is_told_and_correcting_is_one_press_away(
    app: Flask, house: House, order: Order, sweep: Sweep, clock: FakeClock, smtp: SmtpFarEnd
) -> None:
    at(clock, 10, 23, 59)
    sweep()
    assert smtp.messages == []
    at(clock, 11, 0, 1)
    sweep()
    [mail] = smtp.messages
    assert mail.recipient == house.person.email
    assert order.number in mail.subject
    with app.test_request_context():
        assert correct_url(order.number) in mail.text
    assert f"http://localhost/orders/{order.number}" in mail.html
    assert "erik.exempelsson@taksi.example" in mail.text
    sweep()
    assert len(smtp.messages) == 1


def test_the_lapse_is_told_once(order: Order, sweep: Sweep, clock: FakeClock, smtp: SmtpFarEnd) -> None:
    at(clock, 12, 12)
    sweep()
    at(clock, 15, 23, 59)
    sweep()
    assert len(smtp.messages) == 1
    at(clock, 16, 0, 0)
    sweep()
    sweep()
    assert len(smtp.messages) == 2
    assert order.number in smtp.messages[1].subject


def test_a_job_that_was_away_for_a_month_tells_of_the_lapse_alone(
    order: Order, sweep: Sweep, clock: FakeClock, smtp: SmtpFarEnd
) -> None:
    clock.move(days=40)
    sweep()
    assert len(smtp.messages) == 1
    assert db.session.query(OutboxRow).filter_by(kind="codes_uncollected").count() == 0


def test_what_is_collected_cancelled_or_sent_anew_is_no_longer_told(
    house: House, order: Order, sweep: Sweep, clock: FakeClock, smtp: SmtpFarEnd, deliver: Deliver
) -> None:
    cancelled, taken = order_placed(house, description="B"), order_placed(house, description="C")
    service.cancel_order(cancelled.id, house.actor)
    being_collected(taken)
    clock.move(days=5)
    service.send_again(order.id, order.version, house.actor)
    deliver()
    smtp.messages.clear()
    clock.move(days=6)
    sweep()
    assert smtp.messages == []
    clock.move(days=5)
    sweep()
    assert [order.number in mail.subject for mail in smtp.messages] == [True]


def test_a_reminder_that_has_not_left_is_not_sent_after_all_when_the_order_is_cancelled(
    house: House, order: Order, clock: FakeClock, smtp: SmtpFarEnd, deliver: Deliver
) -> None:
    clock.move(days=10)
    assert runs.run("remind-uncollected", service.remind_uncollected)
    service.cancel_order(order.id, house.actor)
    deliver()
    assert [mail.recipient for mail in smtp.messages] == ["erik.exempelsson@taksi.example"]


def test_when_the_one_who_ordered_may_no_longer_sign_everybody_who_may_is_told(
    house: House, order: Order, sweep: Sweep, clock: FakeClock, smtp: SmtpFarEnd
) -> None:
    for name in ("aino", "bo"):
        builders.signatory(house.organisation, f"{name}@mallilon.example", name, language=Language.EN)
    with transaction() as session:
        [mine] = [r for r in registry.signing_rights(house.organisation.id) if r.person_id == house.person.id]
        session.merge(mine).valid_to = today() - timedelta(days=1)
    clock.move(days=10)
    sweep()
    assert {mail.recipient for mail in smtp.messages} == {"aino@mallilon.example", "bo@mallilon.example"}
    assert "A certificate has not been collected" in smtp.messages[0].text


@pytest.mark.parametrize("language", Language)
def test_the_mails_are_in_the_readers_language(
    house: House, order: Order, sweep: Sweep, clock: FakeClock, smtp: SmtpFarEnd, language: Language
) -> None:
    with transaction() as session:
        session.merge(house.person).language = language
    clock.move(days=10)
    sweep()
    clock.move(days=10)
    sweep()
    assert [f'lang="{language.value}"' in mail.html for mail in smtp.messages] == [True, True]
    for mail in smtp.messages:
        assert mail.parsed["Content-Language"] == language.value
        assert order.number in mail.html
        assert "15" in mail.text


def test_a_run_that_has_lost_its_lease_tells_nobody(order: Order, clock: FakeClock) -> None:
    clock.move(days=10)
    with pytest.raises(runs.LeaseLost):
        service.remind_uncollected(Lease("remind-uncollected", "somebody who is gone"))
    assert db.session.query(OutboxRow).filter_by(kind="codes_uncollected").count() == 0


def test_many_orders_are_told_in_batches(
    house: House, sweep: Sweep, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminders, "BATCH", 2)
    for name in "ABCDE":
        order_placed(house, description=name)
    clock.move(days=10)
    sweep()
    assert db.session.query(OutboxRow).filter_by(kind="codes_uncollected").count() == 5


def test_two_sweeps_at_once_tell_once(app: Flask, house: House, order: Order, clock: FakeClock) -> None:
    """The lease is an economy; the rows decide (failures F1)."""
    clock.move(days=10)
    at_once, answers = Barrier(2), list[str]()
    for holder in ("first", "second"):
        with transaction() as session:
            session.add(runs.JobRun(job=holder, holder=holder, lease_until=clock.at + timedelta(hours=1)))
    db.session.rollback()

    def run(holder: str) -> None:
        with app.app_context():
            at_once.wait()
            answers.append(service.remind_uncollected(Lease(holder, holder)))

    threads = [Thread(target=run, args=(holder,)) for holder in ("first", "second")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    db.session.rollback()
    assert sorted(answers) == ["0 reminded, 0 lapsed", "1 reminded, 0 lapsed"]
    assert db.session.query(OutboxRow).filter_by(kind="codes_uncollected").count() == 1


def test_a_right_that_ended_before_the_mail_left_is_followed(
    house: House, order: Order, deliver: Deliver, clock: FakeClock, smtp: SmtpFarEnd
) -> None:
    at(clock, 11, 0, 1)
    assert runs.run("remind-uncollected", service.remind_uncollected)
    builders.no_longer_signs(house.person)
    builders.signatory(house.organisation, "bengt@mallilon.example", "Bengt Berg")
    deliver()
    assert [mail.recipient for mail in smtp.messages] == ["bengt@mallilon.example"]
    assert order.number in smtp.messages[0].subject


def test_that_codes_lapsed_is_in_the_record_once(order: Order, sweep: Sweep, clock: FakeClock) -> None:
    at(clock, 16, 0, 0)
    sweep()
    sweep()
    db.session.rollback()
    [entry] = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "codes_lapsed"))
    assert (entry.actor_kind, entry.subject, entry.details["number"]) == (
        ActorKind.JOB,
        f"order:{order.id}",
        order.number,
    )
