"""The PIN: one alive, few tries, few sendings, and counters that many guesses at once cannot pass (failures F9)."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask

from certportal.audit import AuditEntry
from certportal.extensions import db
from certportal.identifiers import Actor, ActorKind
from certportal.messages import service
from certportal.messages.models import MessageEnd, Opening, PinSent
from certportal.outbox.models import Medium, OutboxRow, RowState
from certportal.refusals import Conflict, NotFound, Refusal, TooMany
from certportal.secrecy import Secret
from tests.browsing import BrowsingClient
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd
from tests.messages.steps import Phone, Post

VISITOR = Actor(ActorKind.ANONYMOUS, None, "", "198.51.100.7")


def sent(post: Post, after: str | None = None) -> None:
    service.send_pin(post.token, VISITOR, after)


def refused(post: Post, pin: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        service.enter_pin(post.token, pin, VISITOR)
    return caught.value


def count(table: type) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_the_right_pin_opens_the_message_once(post: Post, phone: Phone) -> None:
    sent(post)
    pin = phone.pin()
    opening = service.enter_pin(post.token, pin, VISITOR)
    found = service.opened(post.token, opening.reveal())
    assert found is not None
    assert found.message.id == post.message_id
    assert post.message.first_opened_at is not None
    assert refused(post, pin).code == "pin_spent"
    assert service.opened(post.token, "guessed") is None
    assert service.opened(post.token, None) is None


def test_a_wrong_pin_is_counted_although_it_is_refused(post: Post, phone: Phone) -> None:
    sent(post)
    wrong = phone.other_than_pin()
    assert [refused(post, wrong).details.get("left") for _ in range(4)] == [4, 3, 2, 1]
    assert (post.message.pin_tries, post.message.wrong_pins) == (4, 4)


def test_the_first_wrong_pin_of_a_day_from_an_address_is_in_the_record(
    post: Post, phone: Phone, clock: FakeClock
) -> None:
    elsewhere = replace(VISITOR, address="203.0.113.9")
    sent(post)
    wrong = phone.other_than_pin()
    for by in (VISITOR, VISITOR, elsewhere, VISITOR):
        with pytest.raises(Refusal):
            service.enter_pin(post.token, wrong, by)
    assert noted("wrong_pin", post) == ["198.51.100.7", "203.0.113.9"]
    clock.move(days=1, minutes=1)
    sent(post)
    refused(post, phone.other_than_pin())
    assert noted("wrong_pin", post) == ["198.51.100.7", "203.0.113.9", "198.51.100.7"]


def noted(verb: str, post: Post) -> list[str | None]:
    """The client addresses of what was recorded of the message's order."""
    mine = (AuditEntry.verb == verb) & (AuditEntry.subject == post.message.subject)
    return list(db.session.scalars(sa.select(AuditEntry.client_address).where(mine).order_by(AuditEntry.id)))


def test_after_five_wrong_tries_the_right_pin_does_not_open_it_either(post: Post, phone: Phone) -> None:
    sent(post)
    for _ in range(5):
        refused(post, phone.other_than_pin())
    assert refused(post, phone.pin()).code == "pin_used_up"
    assert (post.message.pin_tries, post.message.wrong_pins) == (5, 5)
    assert count(Opening) == 0


def test_a_new_pin_brings_new_tries_and_ends_the_old_one(post: Post, phone: Phone) -> None:
    sent(post)
    old = phone.pin()
    for _ in range(5):
        refused(post, phone.other_than_pin())
    sent(post)
    new = phone.pin()
    if old != new:
        assert refused(post, old).code == "pin_wrong"
    service.enter_pin(post.token, new, VISITOR)


def test_a_pin_works_for_ten_minutes_of_the_machines_time(post: Post, phone: Phone, clock: FakeClock) -> None:
    sent(post)
    clock.move(minutes=9, seconds=59)
    wrong = refused(post, phone.other_than_pin())
    assert wrong.code == "pin_wrong"
    clock.move(seconds=1)
    assert refused(post, phone.pin()).code == "pin_expired"


def test_the_demos_clock_does_not_age_a_pin(post: Post, phone: Phone, clock: FakeClock) -> None:
    sent(post)
    pin = phone.pin()
    clock.ahead = post.codes.usable_until - clock.at - (post.codes.usable_until - clock.at) / 4
    service.enter_pin(post.token, pin, VISITOR)


def test_a_pin_that_could_not_be_sent_in_ten_minutes_is_not_sent_at_all(
    post: Post, phone: Phone, clock: FakeClock
) -> None:
    sent(post)
    clock.move(minutes=10)
    assert phone.messages == []


def test_there_is_no_pin_before_the_button_is_pressed(post: Post) -> None:
    assert refused(post, "000000").code == "pin_none"
    assert post.message.wrong_pins == 0


def test_the_same_button_pressed_twice_sends_one_pin(post: Post, phone: Phone) -> None:
    sent(post, after="")
    sent(post, after="")
    assert len(phone.messages) == 1
    sent(post, after=service.pin_mark(post.message))
    assert len(phone.messages) == 2


def test_a_button_from_an_older_page_still_sends_when_the_last_pin_is_dead(
    post: Post, phone: Phone, clock: FakeClock
) -> None:
    sent(post, after="")
    clock.move(minutes=11)
    sent(post, after="")
    assert len(phone.messages) == 1, "the first one lapsed unsent"


def test_five_pins_an_hour_and_ten_a_day(post: Post, clock: FakeClock) -> None:
    begin = clock.at
    for _ in range(5):
        sent(post)
        clock.move(minutes=1)
    with pytest.raises(TooMany, match="pin_too_many") as caught:
        sent(post)
    free_at = caught.value.details["at"]
    assert (free_at - begin).total_seconds() == 3600
    clock.at = free_at
    for _ in range(5):
        sent(post)
        clock.move(minutes=61)
    with pytest.raises(TooMany) as caught:
        sent(post)
    assert (caught.value.details["at"] - begin).total_seconds() == 24 * 3600
    assert count(PinSent) == 10


def test_a_refused_sending_leaves_the_living_pin_alone(post: Post, phone: Phone) -> None:
    for _ in range(5):
        sent(post)
    pin = phone.pin()
    with pytest.raises(TooMany):
        sent(post)
    service.enter_pin(post.token, pin, VISITOR)


def test_fifty_presses_at_once_send_at_most_five_pins(app: Flask, post: Post, phone: Phone) -> None:
    together(app, 50, lambda _: sent(post))
    assert count(PinSent) == 5
    assert len(phone.messages) == 1, "those that another has replaced are not sent"
    service.enter_pin(post.token, phone.pin(), VISITOR)


def together(app: Flask, many: int, act: Callable[[int], object]) -> list[Exception]:
    """Do it in ``many`` threads at the same moment; answers what was raised."""
    db.session.rollback()
    start, raised = threading.Barrier(many), []

    def one(number: int) -> None:
        with app.app_context():
            start.wait()
            try:
                act(number)
            except Refusal as refusal:
                raised.append(refusal)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_fifty_wrong_guesses_at_once_are_five_tries(app: Flask, post: Post, phone: Phone) -> None:
    sent(post)
    wrong = phone.other_than_pin()
    raised = together(app, 50, lambda _: service.enter_pin(post.token, wrong, VISITOR))
    assert len(raised) == 50
    assert (post.message.pin_tries, post.message.wrong_pins) == (5, 5)
    assert refused(post, phone.pin()).code == "pin_used_up"


def test_fifty_right_pins_at_once_open_the_message_once(app: Flask, post: Post, phone: Phone) -> None:
    sent(post)
    pin = phone.pin()
    raised = together(app, 50, lambda _: service.enter_pin(post.token, pin, VISITOR))
    assert len(raised) == 49
    assert count(Opening) == 1


def test_fifty_browsers_that_guess_at_once_get_five_tries_between_them(app: Flask, post: Post, phone: Phone) -> None:
    sent(post)
    wrong = phone.other_than_pin()
    pages = [BrowsingClient(app, f"203.0.113.{number}").get(f"{post.path}/pin") for number in range(50)]
    answers: list[int] = []
    together(app, 50, lambda number: answers.append(pages[number].submit("Show the message", pin=wrong).status))
    assert answers == [422] * 50
    assert (post.message.pin_tries, post.message.wrong_pins) == (5, 5)


def test_a_hundred_wrong_pins_in_its_life_lock_the_message_and_the_signatory_is_told(
    app: Flask, post: Post, phone: Phone, clock: FakeClock, smtp: SmtpFarEnd, deliver: Callable[[], int]
) -> None:
    for number in range(20):
        sent(post)
        wrong = phone.other_than_pin()
        codes = [refused(post, wrong).code for _ in range(5)]
        assert codes[-1] == ("message_locked" if number == 19 else "pin_used_up")
        clock.move(hours=2.5)
    message = post.message
    assert (message.wrong_pins, message.ended_because) == (100, MessageEnd.LOCKED)
    assert (message.sealed, message.pin_hash) == (None, None)
    with pytest.raises(Conflict, match="message_over"):
        sent(post)
    deliver()
    told = smtp.messages[-1]
    assert told.recipient == "anna.andersson@mallilon.example"
    assert "2026-000417" in told.subject
    locks = db.session.scalars(sa.select(AuditEntry.subject).where(AuditEntry.verb == "message_locked")).all()
    assert locks == ["order:1"]


def test_the_organisations_text_messages_of_a_day_are_limited(
    app: Flask, post: Post, phone: Phone, clock: FakeClock
) -> None:
    app.extensions["certportal.settings"] = replace(app.extensions["certportal.settings"], sms_per_organisation_day=3)
    for _ in range(3):
        sent(post)
    with pytest.raises(TooMany, match="pin_budget_spent"):
        sent(post)
    service.enter_pin(post.token, phone.pin(), VISITOR)
    clock.move(hours=24, seconds=1)
    sent(post)


def test_the_pin_is_kept_nowhere_once_its_text_message_has_left(post: Post, phone: Phone) -> None:
    sent(post)
    pin = phone.pin()
    row = db.session.scalars(sa.select(OutboxRow).where(OutboxRow.medium == Medium.SMS)).one()
    assert (row.state, row.secret, row.subject) == (RowState.ACCEPTED, None, "order:1")
    assert pin not in repr(vars(post.message))
    assert pin not in repr([vars(entry) for entry in db.session.scalars(sa.select(AuditEntry))])


def test_an_opening_lasts_fifteen_minutes_and_belongs_to_one_message(
    post: Post, phone: Phone, clock: FakeClock
) -> None:
    sent(post)
    opening = service.enter_pin(post.token, phone.pin(), VISITOR).reveal()
    clock.move(minutes=14, seconds=59)
    assert service.opened(post.token, opening) is not None
    assert service.opened("another", opening) is None
    clock.move(seconds=1)
    assert service.opened(post.token, opening) is None


def test_a_message_that_ended_or_never_was_takes_no_pin(post: Post, clock: FakeClock) -> None:
    for act in (sent, lambda it: service.enter_pin(it.token, "000000", VISITOR)):
        clock.at = post.codes.usable_until
        with pytest.raises(Conflict, match="message_over"):
            act(post)
    with pytest.raises(NotFound, match="message_unknown"):
        service.send_pin("unknown", VISITOR)
    with pytest.raises(NotFound, match="message_unknown"):
        service.enter_pin("unknown", "000000", VISITOR)


def test_secrets_do_not_print(post: Post, phone: Phone) -> None:
    sent(post)
    opening = service.enter_pin(post.token, phone.pin(), VISITOR)
    assert isinstance(opening, Secret)
    assert opening.reveal() not in f"{opening!r} {opening}"
