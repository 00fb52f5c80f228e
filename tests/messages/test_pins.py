"""The PIN: one alive, few tries, few sendings. What guesses meet is in tests/faults (F9)."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from certportal.audit import AuditEntry
from certportal.extensions import db
from certportal.messages import service
from certportal.messages.models import PinSent
from certportal.outbox.models import Medium, OutboxRow, RowState
from certportal.refusals import Conflict, NotFound, Refusal, TooMany
from certportal.secrecy import Secret
from tests.conftest import FakeClock
from tests.messages.steps import VISITOR, Phone, Post, count, refused, sent


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
