"""What is clear before MAIL FROM is settled too: a server that is away puts the letter off, with its words kept."""

from collections.abc import Iterator

import pytest
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader
from sqlalchemy import select

from certportal import clock
from certportal.audit import AuditEntry
from certportal.extensions import db, transaction
from certportal.identifiers import ActorKind, Language
from certportal.outbox import service as outbox
from certportal.outbox.delivery import deliver
from certportal.outbox.kinds import KINDS, Letter, kind
from certportal.outbox.models import OutboxRow, RowState
from tests.far_ends import SmtpFarEnd

TEMPLATES = {f"mail/greeting/{name}": "Hello" for name in ("subject.txt", "body.txt", "body.html")}


@pytest.fixture
def greeting(app: Flask) -> Iterator[None]:
    own = app.jinja_loader
    assert own is not None
    app.jinja_loader = ChoiceLoader([DictLoader(TEMPLATES), own])
    kind("greeting")(lambda reference, now: Letter(reference["to"], "Erik", Language.SV))
    yield
    del KINDS["greeting"]


def queue(*addresses: str) -> list[OutboxRow]:
    with transaction():
        return [outbox.queue("greeting", {"to": address}, send_before=None) for address in addresses]


def states(rows: list[OutboxRow]) -> list[RowState]:
    for row in rows:
        db.session.refresh(row)
    return [row.state for row in rows]


@pytest.mark.usefixtures("greeting")
def test_a_server_that_is_away_puts_the_letter_off_and_its_words_are_kept(smtp: SmtpFarEnd) -> None:
    rows = queue("erik@contact.example")
    smtp.script("connect", "554 5.3.2 Closed today")
    deliver()
    assert states(rows) == [RowState.QUEUED]
    assert (rows[0].attempts, rows[0].reply) == (1, "554 5.3.2 Closed today")
    assert rows[0].not_before > clock.machine()


@pytest.mark.usefixtures("greeting")
def test_an_address_that_the_server_cannot_carry_is_refused_and_the_letter_before_it_is_settled(
    smtp: SmtpFarEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "smtputf8", False)
    rows = queue("erik@contact.example", "åke@contact.example", "maja@contact.example")
    deliver()
    assert states(rows) == [RowState.ACCEPTED, RowState.REFUSED, RowState.ACCEPTED]
    assert "SMTPUTF8" in rows[1].reply
    assert len(smtp.messages) == 2


@pytest.mark.usefixtures("greeting")
def test_a_server_that_goes_away_amid_letters_leaves_none_in_doubt(smtp: SmtpFarEnd) -> None:
    rows = queue("erik@contact.example", "åke@contact.example", "maja@contact.example")
    smtp.refuse("åke@contact.example", "421 4.3.2 Shutting down")
    deliver()
    assert states(rows) == [RowState.ACCEPTED, RowState.QUEUED, RowState.QUEUED]
    assert [row.attempts for row in rows] == [1, 1, 0]
    assert [mail.recipient for mail in smtp.messages] == ["erik@contact.example"]


@pytest.mark.usefixtures("greeting")
def test_an_address_that_a_server_refuses_is_in_the_record_once_while_it_is_marked(smtp: SmtpFarEnd) -> None:
    smtp.refuse("erik@contact.example", "550 5.1.1 No such user")
    with transaction():
        for _ in range(2):
            outbox.queue(
                "greeting", {"to": "erik@contact.example"}, subject="order:7", send_before=None, organisation_id=3
            )
    deliver()
    db.session.rollback()
    [entry] = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "address_refused"))
    assert (entry.actor_kind, entry.actor_name, entry.organisation_id) == (ActorKind.JOB, "deliver", 3)
    assert (entry.subject, entry.details["address"]) == ("order:7", "erik@contact.example")
