"""F9: the PIN is guessed: tries that are not counted, counters that start anew elsewhere, several PINs alive at once."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask

from certportal.audit import AuditEntry
from certportal.extensions import db
from certportal.messages import service
from certportal.messages.models import MessageEnd, Opening, PinSent
from certportal.refusals import Conflict, TooMany
from tests.browsing import BrowsingClient
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd
from tests.messages.steps import VISITOR, Phone, Post, count, refused, sent, together


def test_f9_a_wrong_pin_is_counted_although_it_is_refused(post: Post, phone: Phone) -> None:
    sent(post)
    wrong = phone.other_than_pin()
    assert [refused(post, wrong).details.get("left") for _ in range(4)] == [4, 3, 2, 1]
    assert (post.message.pin_tries, post.message.wrong_pins) == (4, 4)


def test_f9_after_five_wrong_tries_the_right_pin_does_not_open_it_either(post: Post, phone: Phone) -> None:
    sent(post)
    for _ in range(5):
        refused(post, phone.other_than_pin())
    assert refused(post, phone.pin()).code == "pin_used_up"
    assert (post.message.pin_tries, post.message.wrong_pins) == (5, 5)
    assert count(Opening) == 0


def test_f9_a_new_pin_brings_new_tries_and_ends_the_old_one(post: Post, phone: Phone) -> None:
    sent(post)
    old = phone.pin()
    for _ in range(5):
        refused(post, phone.other_than_pin())
    sent(post)
    new = phone.pin()
    if old != new:
        assert refused(post, old).code == "pin_wrong"
    service.enter_pin(post.token, new, VISITOR)


def test_f9_fifty_presses_at_once_send_at_most_five_pins(app: Flask, post: Post, phone: Phone) -> None:
    together(app, 50, lambda _: sent(post))
    assert count(PinSent) == 5
    assert len(phone.messages) == 1, "those that another has replaced are not sent"
    service.enter_pin(post.token, phone.pin(), VISITOR)


def test_f9_fifty_wrong_guesses_at_once_are_five_tries(app: Flask, post: Post, phone: Phone) -> None:
    sent(post)
    wrong = phone.other_than_pin()
    raised = together(app, 50, lambda _: service.enter_pin(post.token, wrong, VISITOR))
    assert len(raised) == 50
    assert (post.message.pin_tries, post.message.wrong_pins) == (5, 5)
    assert refused(post, phone.pin()).code == "pin_used_up"


def test_f9_fifty_right_pins_at_once_open_the_message_once(app: Flask, post: Post, phone: Phone) -> None:
    sent(post)
    pin = phone.pin()
    raised = together(app, 50, lambda _: service.enter_pin(post.token, pin, VISITOR))
    assert len(raised) == 49
    assert count(Opening) == 1


def test_f9_fifty_browsers_that_guess_at_once_get_five_tries_between_them(app: Flask, post: Post, phone: Phone) -> None:
    sent(post)
    wrong = phone.other_than_pin()
    pages = [BrowsingClient(app, f"203.0.113.{number}").get(f"{post.path}/pin") for number in range(50)]
    answers: list[int] = []
    together(app, 50, lambda number: answers.append(pages[number].submit("Show the message", pin=wrong).status))
    assert answers == [422] * 50
    assert (post.message.pin_tries, post.message.wrong_pins) == (5, 5)


def test_f9_a_hundred_wrong_pins_in_its_life_lock_the_message_and_the_signatory_is_told(
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


def test_f9_the_organisations_text_messages_of_a_day_are_limited(
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
