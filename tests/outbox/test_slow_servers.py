"""A conversation that outlasts its claim: another run calls the letter unknown, and whoever holds it knows better."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader

from certportal.extensions import db, transaction
from certportal.identifiers import Actor, ActorKind, Language
from certportal.outbox import service as outbox
from certportal.outbox.delivery import Run, deliver
from certportal.outbox.kinds import KINDS, Letter, kind
from certportal.outbox.models import OutboxRow, RowState
from certportal.secrecy import Secret
from certportal.settings import Settings
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd
from tests.far_ends.script import DROP

ERIK = "erik@contact.example"
OPERATOR = Actor(ActorKind.OPERATOR, 1, "Olli", None)
TEMPLATES = {f"mail/greeting/{name}": "Hello {{ secret }}" for name in ("subject.txt", "body.txt", "body.html")}


@pytest.fixture(autouse=True)
def greeting(app: Flask) -> Iterator[None]:
    own = app.jinja_loader
    assert own is not None
    app.jinja_loader = ChoiceLoader([DictLoader(TEMPLATES), own])
    kind("greeting")(lambda reference, now: Letter(ERIK, "Erik", Language.SV))
    yield
    del KINDS["greeting"]


def queue(secret: Secret | None = None) -> OutboxRow:
    with transaction():
        return outbox.queue("greeting", {}, send_before=None, secret=secret)


def look(row: OutboxRow) -> OutboxRow:
    db.session.rollback()
    return db.session.get_one(OutboxRow, row.id, populate_existing=True)


@contextmanager
def slow_conversation(row: OutboxRow, clock: FakeClock, settings: Settings) -> Iterator[None]:
    """One run talks for longer than a claim lasts; a second one runs meanwhile, and then what is inside happens."""
    run = Run("the first")
    [claimed] = run.claim(1)
    with run.line() as line:
        run.attempt(claimed, line)
        clock.move(seconds=settings.claim_seconds + 1)
        deliver()
        assert look(row).state is RowState.UNKNOWN
        yield


@pytest.mark.parametrize("secret", [None, Secret("Password1")], ids=["plain", "with a secret"])
def test_what_the_server_took_is_accepted_and_sent_once(
    smtp: SmtpFarEnd, clock: FakeClock, settings: Settings, secret: Secret | None
) -> None:
    row = queue(secret)
    with slow_conversation(row, clock, settings):
        pass
    assert (look(row).state, look(row).reply[:3], look(row).secret) == (RowState.ACCEPTED, "250", None)
    deliver()
    assert len(smtp.messages) == 1


def test_what_the_server_refused_is_refused_and_marks_the_address(
    smtp: SmtpFarEnd, clock: FakeClock, settings: Settings
) -> None:
    smtp.refuse(ERIK)
    row = queue(Secret("Password1"))
    with slow_conversation(row, clock, settings):
        pass
    assert look(row).state is RowState.REFUSED
    assert outbox.marked(ERIK) is not None


def test_what_the_server_put_off_stays_unknown_when_its_secret_is_gone(
    smtp: SmtpFarEnd, clock: FakeClock, settings: Settings
) -> None:
    smtp.script("rcpt", "451 4.3.0 Come back later")
    row = queue(Secret("Password1"))
    with slow_conversation(row, clock, settings):
        pass
    assert (look(row).state, look(row).reply) == (RowState.UNKNOWN, "451 4.3.0 Come back later")
    clock.move(hours=1)
    deliver()
    assert smtp.messages == []


def test_what_the_server_put_off_waits_again_when_it_had_no_secret(
    smtp: SmtpFarEnd, clock: FakeClock, settings: Settings
) -> None:
    smtp.script("rcpt", "451 4.3.0 Come back later")
    row = queue()
    with slow_conversation(row, clock, settings):
        pass
    assert (look(row).state, look(row).settled_at) == (RowState.QUEUED, None)
    clock.move(hours=1)
    deliver()
    assert look(row).state is RowState.ACCEPTED
    assert len(smtp.messages) == 1


def test_what_an_operator_has_sent_again_meanwhile_is_not_sent_twice(
    smtp: SmtpFarEnd, clock: FakeClock, settings: Settings
) -> None:
    smtp.script("rcpt", "451 4.3.0 Come back later")
    row = queue()
    with slow_conversation(row, clock, settings):
        again = outbox.send_again(row.id, OPERATOR)
    clock.move(hours=1)
    deliver()
    assert (look(row).state, look(again).state) == (RowState.UNKNOWN, RowState.ACCEPTED)
    assert len(smtp.messages) == 1


def test_a_letter_of_which_the_holder_knows_no_more_stays_unknown(
    smtp: SmtpFarEnd, clock: FakeClock, settings: Settings
) -> None:
    smtp.script("dot", DROP)
    row = queue()
    with slow_conversation(row, clock, settings):
        pass
    clock.move(hours=1)
    deliver()
    assert look(row).state is RowState.UNKNOWN
    assert len(smtp.messages) == 1
