"""Transfer codes from issue to end."""

import re
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from certportal import clock as service_clock
from certportal.audit import AuditEntry
from certportal.extensions import db, transaction
from certportal.formats import last_minute
from certportal.identifiers import Actor, ActorKind
from certportal.messages import service
from certportal.messages.models import CodesState, MessageEnd, Opening, PinSent, SecureMessage, TransferCodes
from certportal.outbox.models import OutboxRow, RowState
from certportal.secrecy import Secret
from tests import builders
from tests.browsing import BrowsingClient
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd
from tests.messages.steps import Phone, Post, issued, open_with_pin, password_on, token_in


def verified(transfer_id: str, password: str) -> int | None:
    """What a program is told: the codes' id, or nothing. Looking without counting says the same."""
    looked_at = service.right_codes(transfer_id, Secret(password))
    with transaction():
        codes = service.verify_codes(transfer_id, Secret(password))
    assert codes == (looked_at.id if looked_at is not None else None)
    return codes


def taken(codes_id: int, key: str = "a" * 64) -> bool:
    with transaction():
        return service.take_codes(codes_id, key)


def voided(post: Post, because: MessageEnd) -> int:
    order_id = post.codes.order_id
    with transaction():
        return service.void_codes(order_id, because)


@pytest.fixture
def password(client: BrowsingClient, post: Post, phone: Phone) -> str:
    """The password, as the contact reads it on the page: the only place that ever shows it."""
    return password_on(open_with_pin(client, post, phone))


def test_the_codes_have_the_form_that_programs_accept(post: Post, password: str) -> None:
    assert re.fullmatch(r"[0-9]{12}", post.codes.transfer_id)
    assert re.fullmatch(r"[A-HJ-NP-Za-kmnp-z2-9]{16}", password)


def test_a_transfer_id_that_was_ever_used_is_never_drawn_again(
    app: Flask, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = iter([post.codes.transfer_id, post.codes.transfer_id, "111111111111"])
    voided(post, MessageEnd.CANCELLED)
    monkeypatch.setattr(service_clock, "random_digits", lambda _count: next(drawn))
    assert issued(post.organisation, post.orderer, post.contact, order_id=2).transfer_id == "111111111111"


@pytest.mark.parametrize(
    ("queued", "usable_until", "shown"),
    [
        (datetime(2026, 12, 1, 8, 0, tzinfo=UTC), datetime(2026, 12, 15, 22, 0, tzinfo=UTC), "15.12.2026 klo 23.59"),
        (datetime(2026, 12, 1, 21, 59, tzinfo=UTC), datetime(2026, 12, 15, 22, 0, tzinfo=UTC), "15.12.2026 klo 23.59"),
        (datetime(2026, 12, 1, 22, 1, tzinfo=UTC), datetime(2026, 12, 16, 22, 0, tzinfo=UTC), "16.12.2026 klo 23.59"),
        (datetime(2027, 3, 20, 8, 0, tzinfo=UTC), datetime(2027, 4, 3, 21, 0, tzinfo=UTC), "3.4.2027 klo 23.59"),
        (datetime(2027, 3, 14, 8, 0, tzinfo=UTC), datetime(2027, 3, 28, 21, 0, tzinfo=UTC), "28.3.2027 klo 23.59"),
        (datetime(2026, 10, 11, 8, 0, tzinfo=UTC), datetime(2026, 10, 25, 22, 0, tzinfo=UTC), "25.10.2026 klo 23.59"),
        (datetime(2026, 10, 20, 20, 30, tzinfo=UTC), datetime(2026, 11, 3, 22, 0, tzinfo=UTC), "3.11.2026 klo 23.59"),
    ],
)
def test_fourteen_days_end_at_midnight_local_time_also_over_a_change_of_the_clocks(
    app: Flask, clock: FakeClock, queued: datetime, usable_until: datetime, shown: str
) -> None:
    clock.at = queued
    organisation = builders.organisation()
    codes = issued(organisation, builders.signatory(organisation), builders.contact(organisation))
    assert codes.usable_until == usable_until
    with app.test_request_context(headers={"Accept-Language": "fi"}):
        assert last_minute(codes.usable_until) == shown


def test_a_mail_that_leaves_late_does_not_lengthen_the_codes(
    app: Flask, clock: FakeClock, smtp: SmtpFarEnd, deliver: Callable[[], int]
) -> None:
    organisation = builders.organisation()
    codes = issued(organisation, builders.signatory(organisation), builders.contact(organisation))
    until = codes.usable_until
    clock.move(days=5)
    deliver()
    assert "15.12.2026 klo 23.59" in smtp.messages[-1].text
    db.session.refresh(codes)
    assert codes.usable_until == until


def test_a_mail_that_could_not_leave_until_the_last_day_is_never_sent(
    app: Flask, clock: FakeClock, smtp: SmtpFarEnd, deliver: Callable[[], int]
) -> None:
    organisation = builders.organisation()
    codes = issued(organisation, builders.signatory(organisation), builders.contact(organisation))
    clock.at = codes.usable_until
    deliver()
    assert not smtp.messages
    assert db.session.scalars(sa.select(OutboxRow.state)).all() == [RowState.LAPSED]


def test_the_right_codes_are_recognised_also_with_spaces_around_them(post: Post, password: str) -> None:
    assert verified(post.codes.transfer_id, password) == post.codes_id
    assert verified(f" {post.codes.transfer_id} ", f" {password}\n") == post.codes_id
    assert post.codes.wrong_tries == 0


def test_unknown_wrong_lapsed_and_void_codes_answer_alike(post: Post, password: str, clock: FakeClock) -> None:
    transfer_id = post.codes.transfer_id
    assert verified("000000000000", password) is None
    assert verified("", "") is None
    assert verified("1' OR '1'='1", password) is None
    assert verified(transfer_id, "wrong" * 2000) is None
    assert verified(transfer_id, password.swapcase()) is None
    assert verified(transfer_id, "\ud800") is None
    clock.at = post.codes.usable_until - timedelta(seconds=1)
    assert verified(transfer_id, password) == post.codes_id
    clock.at = post.codes.usable_until
    assert verified(transfer_id, password) is None


def test_an_unknown_transfer_id_costs_the_same_work_as_a_known_one(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    from certportal.messages import verifying

    compared: list[str] = []
    same = verifying.same

    def counting(left: str, right: str) -> bool:
        compared.append(right)
        return same(left, right)

    monkeypatch.setattr(verifying, "same", counting)
    verified("000000000000", "wrong")
    verified(post.codes.transfer_id, "wrong")
    assert [len(hashed) for hashed in compared] == [64] * 4


def test_the_tenth_wrong_password_locks_the_codes_and_the_signatory_is_told(
    post: Post, password: str, smtp: SmtpFarEnd, deliver: Callable[[], int]
) -> None:
    for _ in range(9):
        assert verified(post.codes.transfer_id, "wrong") is None
    assert post.codes.state is CodesState.LIVE
    assert verified(post.codes.transfer_id, "wrong") is None
    assert (post.codes.state, post.codes.wrong_tries) == (CodesState.LOCKED, 10)
    assert verified(post.codes.transfer_id, password) is None
    deliver()
    told = smtp.messages[-1]
    assert told.recipient == "anna.andersson@mallilon.example"
    assert "2026-000417" in told.subject
    assert "http://localhost/orders/2026-000417" in told.text
    assert post.message.ended_because is MessageEnd.LOCKED
    assert post.message.sealed is None


def test_the_first_wrong_password_of_a_day_from_an_address_is_in_the_record(post: Post, clock: FakeClock) -> None:
    transfer_id = post.codes.transfer_id

    def tried(address: str) -> None:
        with transaction():
            by = Actor(ActorKind.PROGRAM, None, "", address)
            assert service.verify_codes(transfer_id, Secret("wrong"), by) is None

    for address in ("198.51.100.7", "203.0.113.9", "198.51.100.7"):
        tried(address)
    clock.move(hours=25)
    tried("203.0.113.9")
    db.session.rollback()
    entries = list(db.session.scalars(sa.select(AuditEntry).where(AuditEntry.verb == "wrong_transfer_password")))
    assert [entry.client_address for entry in entries] == ["198.51.100.7", "203.0.113.9", "203.0.113.9"]
    assert {(entry.subject, entry.details["transfer_id"]) for entry in entries} == {
        (f"order:{post.codes.order_id}", post.codes.transfer_id)
    }


def test_a_right_password_in_between_does_not_forgive_the_wrong_ones(post: Post, password: str) -> None:
    for _ in range(9):
        verified(post.codes.transfer_id, "wrong")
    assert verified(post.codes.transfer_id, password) == post.codes_id
    assert post.codes.wrong_tries == 9
    assert verified(post.codes.transfer_id, "wrong") is None
    assert post.codes.state is CodesState.LOCKED


def test_fifty_wrong_passwords_at_once_are_ten_tries_one_lock_and_one_mail(
    app: Flask, post: Post, smtp: SmtpFarEnd, deliver: Callable[[], int]
) -> None:
    transfer_id, start = post.codes.transfer_id, threading.Barrier(50)

    def guess() -> None:
        with app.app_context():
            start.wait()
            assert verified(transfer_id, "wrong") is None

    db.session.rollback()
    guessers = [threading.Thread(target=guess) for _ in range(50)]
    for guesser in guessers:
        guesser.start()
    for guesser in guessers:
        guesser.join()
    assert (post.codes.state, post.codes.wrong_tries) == (CodesState.LOCKED, 10)
    locks = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.verb == "codes_locked")).all()
    assert len(locks) == 1
    deliver()
    assert Counter(mail.recipient for mail in smtp.messages)["anna.andersson@mallilon.example"] == 1


def test_codes_belong_to_the_first_public_key_that_takes_them(post: Post) -> None:
    assert taken(post.codes_id, "a" * 64)
    assert not taken(post.codes_id, "b" * 64)
    assert (post.codes.state, post.codes.public_key_hash) == (CodesState.TAKEN, "a" * 64)


def test_fifty_keys_at_once_take_the_codes_once(app: Flask, post: Post) -> None:
    codes_id, start = post.codes_id, threading.Barrier(50)
    won: list[str] = []

    def take(key: str) -> None:
        with app.app_context():
            start.wait()
            if taken(codes_id, key):
                won.append(key)

    db.session.rollback()
    takers = [threading.Thread(target=take, args=(f"{number:064x}",)) for number in range(50)]
    for taker in takers:
        taker.start()
    for taker in takers:
        taker.join()
    assert [post.codes.public_key_hash] == won


def test_codes_are_not_taken_after_their_last_day(post: Post, clock: FakeClock) -> None:
    clock.at = post.codes.usable_until
    assert not taken(post.codes_id)


def test_spent_codes_still_answer_the_same_program_until_their_last_day(
    post: Post, password: str, clock: FakeClock
) -> None:
    taken(post.codes_id)
    with transaction():
        assert service.spend_codes(post.codes_id)
        assert not service.spend_codes(post.codes_id)
    assert post.codes.state is CodesState.SPENT
    assert verified(post.codes.transfer_id, password) == post.codes_id
    clock.at = post.codes.usable_until
    assert verified(post.codes.transfer_id, password) is None


def test_guessing_at_spent_codes_ends_with_the_tenth_try_and_leaves_them_spent(post: Post, password: str) -> None:
    taken(post.codes_id)
    with transaction():
        service.spend_codes(post.codes_id)
    for _ in range(12):
        assert verified(post.codes.transfer_id, "wrong") is None
    assert verified(post.codes.transfer_id, password) is None
    assert (post.codes.state, post.codes.wrong_tries) == (CodesState.SPENT, 10)


def test_codes_that_nobody_has_taken_are_not_spent(post: Post) -> None:
    with transaction():
        assert not service.spend_codes(post.codes_id)
    assert post.codes.state is CodesState.LIVE


@pytest.mark.parametrize("because", [MessageEnd.SUPERSEDED, MessageEnd.CANCELLED, MessageEnd.CONTACT_CHANGED])
def test_void_codes_end_with_everything_that_leads_to_them(
    client: BrowsingClient, post: Post, password: str, because: MessageEnd
) -> None:
    page = client.get(f"{post.path}/content")
    assert page.h1 == "Here are your transfer codes"
    assert voided(post, because) == 1
    assert (post.codes.state, post.codes.ended_because) == (CodesState.VOID, because)
    message = post.message
    assert (message.sealed, message.pin_hash, message.ended_because) == (None, None, because)
    assert db.session.scalar(sa.select(sa.func.count(Opening.id))) == 0
    assert verified(post.codes.transfer_id, password) is None
    assert "TransferPassword" not in client.get(f"{post.path}/content").text
    assert voided(post, because) == 0


def test_a_mail_and_a_pin_that_wait_are_not_sent_once_the_codes_are_void(
    client: BrowsingClient, post: Post, phone: Phone, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    client.get(post.path).submit("Send the PIN code")
    issued(post.organisation, post.orderer, post.contact)
    voided(post, MessageEnd.SUPERSEDED)
    mails = len(smtp.messages)
    deliver()
    assert len(smtp.messages) == mails
    assert phone.messages == []
    unsent = sa.select(OutboxRow).where(OutboxRow.state == RowState.LAPSED)
    assert [row.secret for row in db.session.scalars(unsent)] == [None, None]


def test_codes_that_a_key_has_taken_are_not_voided_any_more(post: Post) -> None:
    taken(post.codes_id)
    assert voided(post, MessageEnd.CANCELLED) == 0
    assert post.codes.state is CodesState.TAKEN
    assert post.message.ended_at is None


def test_new_codes_for_an_order_leave_the_old_ones_void_and_come_first(
    post: Post, deliver: Callable[[], int], smtp: SmtpFarEnd, client: BrowsingClient
) -> None:
    voided(post, MessageEnd.SUPERSEDED)
    newer = issued(post.organisation, post.orderer, post.contact)
    newer_id = newer.id
    deliver()
    db.session.rollback()
    assert [codes.id for codes in service.codes_of(1)] == [newer_id, post.codes_id]
    assert client.get(post.path).h1 == "A newer message has been sent"
    assert client.get(f"/messages/{token_in(smtp.messages[-1])}").h1 == "Secure message"


def test_lapsed_messages_are_forgotten_and_their_codes_stay_as_they_were(
    client: BrowsingClient, post: Post, phone: Phone, clock: FakeClock
) -> None:
    open_with_pin(client, post, phone)
    assert service.forget_lapsed() == 0
    clock.at = post.codes.usable_until
    assert service.forget_lapsed() == 1
    assert service.forget_lapsed() == 0
    message = post.message
    assert (message.sealed, message.ended_because) == (None, MessageEnd.LAPSED)
    assert post.codes.state is CodesState.LIVE
    for table in (Opening, PinSent):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(table)) == 0


def test_steps_run_only_inside_a_use_case(post: Post) -> None:
    contact = post.contact
    steps: list[Callable[[], object]] = [
        lambda: service.verify_codes("1", Secret("")),
        lambda: service.take_codes(1, ""),
        lambda: service.spend_codes(1),
        lambda: service.void_codes(1, MessageEnd.CANCELLED),
        lambda: issued_outside(post),
        lambda: service.end_pages(1, MessageEnd.CERTIFICATE_ENDED),
        lambda: service.new_page(
            certificate_id=1,
            organisation_id=1,
            contact=contact,
            cover={},
            usable_until=datetime(2026, 12, 1, tzinfo=UTC),
        ),
    ]
    for step in steps:
        with pytest.raises(RuntimeError, match="transaction"):
            step()


def issued_outside(post: Post) -> object:
    return service.issue_codes(
        order_id=1,
        organisation_id=post.organisation.id,
        environment=post.codes.environment,
        contact=post.contact,
        cover={},
    )


def test_a_message_is_never_found_by_anything_but_its_own_token(post: Post) -> None:
    hashed = db.session.scalar(sa.select(SecureMessage.token_hash).where(SecureMessage.id == post.message_id)) or ""
    assert service.behind(post.token) is not None
    assert service.behind(hashed) is None
    assert service.behind(post.token[:-1]) is None
    assert service.behind("") is None
    assert service.behind("x" * 10_240) is None
    assert isinstance(service.codes_behind(post.message), TransferCodes)
