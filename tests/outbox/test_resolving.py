"""Letters of one kind are found together just before they are sent; none is spoilt by another, and none is out of date."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader

from certportal import clock as service_clock
from certportal.extensions import db, transaction
from certportal.identifiers import Language
from certportal.outbox import service as outbox
from certportal.outbox.delivery import deliver
from certportal.outbox.kinds import KINDS, Letter, Silence, kind, kind_of_many
from certportal.outbox.models import OutboxRow, RowState
from certportal.outbox.resolving import TOGETHER
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd

TEMPLATES = {f"mail/greeting/{name}": "Hello" for name in ("subject.txt", "body.txt", "body.html")}
ERIK, MAJA, OLLE = "erik@contact.example", "maja@contact.example", "olle@contact.example"


@pytest.fixture
def asked(app: Flask, clock: FakeClock) -> Iterator[list[list[str]]]:
    """Whom the kind was asked about, each time. Sending one takes as long as was queued with it."""
    own = app.jinja_loader
    times: list[list[str]] = []
    assert own is not None

    def letter(reference: Mapping[str, Any]) -> Letter:
        on_sending = partial(clock.move, seconds=reference["takes"])
        return Letter(reference["to"], "Erik", Language.SV, on_sending=on_sending)

    app.jinja_loader = ChoiceLoader([DictLoader(TEMPLATES), own])

    @kind_of_many("greeting")
    def greetings(references: Sequence[Mapping[str, Any]], _now: datetime) -> list[Letter | Silence]:
        times.append([reference["to"] for reference in references])
        if any(reference.get("broken") for reference in references):
            raise LookupError("no such person")
        return [letter(reference) for reference in references]

    assert greetings
    yield times
    del KINDS["greeting"]


def queue(*addresses: str, broken: str = "", takes: float = 0) -> list[OutboxRow]:
    with transaction():
        about = [{"to": each, "broken": each == broken, "takes": takes} for each in addresses]
        return [outbox.queue("greeting", each, send_before=None) for each in about]


def states(rows: list[OutboxRow]) -> list[RowState]:
    for row in rows:
        db.session.refresh(row)
    return [row.state for row in rows]


def test_several_are_found_at_once_and_each_goes_to_its_own(asked: list[list[str]], smtp: SmtpFarEnd) -> None:
    rows = queue(ERIK, MAJA, OLLE)
    deliver()
    assert asked == [[ERIK, MAJA, OLLE]]
    assert [mail.recipient for mail in smtp.messages] == [ERIK, MAJA, OLLE]
    assert states(rows) == [RowState.ACCEPTED] * 3


def test_not_all_of_a_pass_are(asked: list[list[str]]) -> None:
    queue(*[f"erik{number}@contact.example" for number in range(TOGETHER + 2)])
    deliver()
    assert [len(each) for each in asked] == [TOGETHER, 2]


def test_one_that_cannot_be_found_is_put_off_alone(asked: list[list[str]], smtp: SmtpFarEnd) -> None:
    rows = queue(ERIK, MAJA, OLLE, broken=MAJA)
    deliver()
    assert states(rows) == [RowState.ACCEPTED, RowState.QUEUED, RowState.ACCEPTED]
    assert [mail.recipient for mail in smtp.messages] == [ERIK, OLLE]
    assert rows[1].attempts == 1
    assert asked[1] == [ERIK], "the first was looked for again, without the others"


def test_what_was_found_a_while_ago_is_found_again(asked: list[list[str]]) -> None:
    """A server that takes its time: what was true of the second letter may have changed."""
    queue(ERIK, MAJA, takes=2)
    deliver()
    assert asked == [[ERIK, MAJA], [MAJA]]


def test_a_kind_of_many_answers_for_one(asked: list[list[str]]) -> None:
    letter = KINDS["greeting"].resolve({"to": ERIK, "takes": 0, "row": 1}, service_clock.now())
    assert isinstance(letter, Letter)
    assert letter.address == ERIK
    assert asked == [[ERIK]]


def test_a_name_belongs_to_one_kind(asked: list[list[str]]) -> None:
    assert asked == []
    with pytest.raises(ValueError, match="registered twice"):
        kind("greeting")(lambda reference, now: Silence("nobody"))
