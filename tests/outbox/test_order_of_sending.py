"""Codes that somebody waits for go out before letters that can wait, and text messages do not wait for the mail server."""

from collections.abc import Iterator

import pytest
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader
from sqlalchemy import func, select

from certportal import clock as time
from certportal import scheduler
from certportal.extensions import db, transaction
from certportal.identifiers import Language
from certportal.outbox import service as outbox
from certportal.outbox.delivery import BATCH, deliver
from certportal.outbox.kinds import KINDS, Letter, kind
from certportal.outbox.models import Medium, OutboxRow, RowState
from certportal.settings import Settings
from tests.far_ends import SmsFarEnd, SmtpFarEnd

PARTS = ("subject.txt", "body.txt", "body.html")
TEMPLATES = {f"mail/{name}/{part}": name for name in ("slow_news", "quick_code") for part in PARTS} | {
    "sms/quick_text.txt": "Text",
    "sms/slow_text.txt": "Text",
}


@pytest.fixture(autouse=True)
def kinds(app: Flask) -> Iterator[None]:
    own = app.jinja_loader
    assert own is not None
    app.jinja_loader = ChoiceLoader([DictLoader(TEMPLATES), own])
    before = dict(KINDS)
    for name, medium, waited_for in (
        ("slow_news", Medium.MAIL, False),
        ("quick_code", Medium.MAIL, True),
        ("quick_text", Medium.SMS, True),
        ("slow_text", Medium.SMS, False),
    ):
        kind(name, medium, machine_deadline=waited_for)(
            lambda reference, now: Letter(reference["to"], "Erik", Language.SV)
        )
    yield
    KINDS.clear()
    KINDS.update(before)


def queue(name: str, *to: str) -> None:
    with transaction():
        for each in to:
            outbox.queue(name, {"to": each}, send_before=None)


def letters(name: str, many: int) -> None:
    queue(name, *(f"{name}{number}@contact.example" for number in range(many)))


def tried() -> int:
    return db.session.scalar(select(func.count(OutboxRow.id)).where(OutboxRow.attempts > 0)) or 0


def test_a_code_that_somebody_waits_for_goes_before_fifty_older_letters(smtp: SmtpFarEnd) -> None:
    letters("slow_news", BATCH)
    queue("quick_code", "anna@mallilon.example")
    deliver()
    assert smtp.messages[0].recipient == "anna@mallilon.example"
    assert len(smtp.messages) == BATCH


def test_a_text_message_goes_out_although_400_letters_wait_for_a_dead_mail_server(
    smtp: SmtpFarEnd, sms: SmsFarEnd
) -> None:
    letters("slow_news", 400)
    queue("quick_text", "+358457000003")
    smtp.always("connect", "554 No service today")
    deliver()
    assert [each.to for each in sms.messages] == ["+358457000003"]


@pytest.mark.parametrize("text", ["quick_text", "slow_text"])
def test_text_messages_behind_a_whole_batch_of_letters_go_out_too(smtp: SmtpFarEnd, sms: SmsFarEnd, text: str) -> None:
    letters("quick_code", BATCH + 5)
    queue(text, "+358457000003", "+358457000004")
    smtp.always("connect", "554 No service today")
    deliver()
    assert [each.to for each in sms.messages] == ["+358457000003", "+358457000004"]


def test_in_one_batch_the_text_messages_after_the_failed_letter_go_out(smtp: SmtpFarEnd, sms: SmsFarEnd) -> None:
    queue("slow_news", "erik@contact.example")
    queue("slow_text", "+358457000003")
    queue("slow_news", "maja@contact.example")
    queue("slow_text", "+358457000004")
    smtp.always("connect", "554 No service today")
    deliver()
    assert len(sms.messages) == 2
    assert tried() == 3
    waiting = select(OutboxRow.not_before).where(OutboxRow.state == RowState.QUEUED)
    assert all(moment > time.machine() for moment in db.session.scalars(waiting))


def test_a_run_of_the_job_asks_a_dead_mail_server_once(app: Flask, settings: Settings, smtp: SmtpFarEnd) -> None:
    letters("slow_news", 3 * BATCH)
    smtp.always("connect", "554 No service today")
    job = next(each for each in scheduler.jobs(settings) if each.name == scheduler.DELIVER)
    assert scheduler.run_now(job)
    assert tried() == 1
