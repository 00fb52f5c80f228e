"""The sweep: owe what is due, and one letter for each person to whom something is owed. Safe to run twice, late, or in two
processes: the rows are unique, and a letter takes only lines that no letter has."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import and_, func, insert, literal, select, update

from certportal import clock
from certportal.extensions import UtcDateTime, db, transaction, within_transaction
from certportal.notices import owing
from certportal.notices.models import Notice, NoticeState
from certportal.notices.rules import windows
from certportal.outbox.addresses import message_id
from certportal.outbox.models import Medium, OutboxRow, RowState
from certportal.runs import Lease
from certportal.settings import current_settings

LETTERS = 5_000
OWED = Notice.in_state(NoticeState.OWED)


def sweep(lease: Lease) -> str:
    """A job: answers how many notices were due and how many letters they make."""
    with transaction():
        lease.renew_within()  # first: where rows are locked one by one, it makes a second sweep wait here
        owing.tidy_owed()
    for window in windows(current_settings().notice_days, clock.now()):
        for number, batch in enumerate(owing.batches(window), start=1):
            with transaction():
                lease.renew_within()
                owing.owe(window, batch)
            lease.tell(f"{window.rung} days before: batch {number}")
    due = letters = 0
    while True:
        with transaction():
            lease.renew_within()
            lines, made = write_letters()
        due, letters = due + lines, letters + made
        lease.tell(f"{due} due, {letters} letters")
        if made < LETTERS:
            return f"{due} due, {letters} letters"


def due_at(moment: datetime) -> int:
    """How many technical contacts' notices would be due at a moment: a dry run."""
    return owing.count_due(windows(current_settings().notice_days, moment))


def write_letters() -> tuple[int, int]:
    """A step: one outbox row for each of up to 5,000 people, and their lines tied to it. Answers lines and letters."""
    within_transaction()
    last = db.session.scalar(
        select(Notice.recipient_key).where(OWED).group_by(Notice.recipient_key)
        .order_by(Notice.recipient_key).offset(LETTERS - 1).limit(1)
    )  # fmt: skip
    these = OWED if last is None else and_(OWED, Notice.recipient_key <= last)
    drawn = clock.random_text(12)
    made = owing.row_count(_rows(these, drawn))
    return (owing.row_count(_lines(these, drawn)), made) if made else (0, 0)


def _message_id(first: sa.ColumnElement[int], drawn: str) -> sa.ColumnElement[str]:
    """Of the letter whose first line this is. ``drawn`` tells it from an earlier letter that this line was taken out of."""
    head, tail = message_id(f"notices.0.{drawn}", current_settings().base_url).split("0", 1)
    return literal(head).concat(sa.cast(first, sa.String)).concat(literal(tail))


def _rows(these: sa.ColumnElement[bool], drawn: str) -> sa.Insert:
    """INSERT … SELECT of one letter a person."""
    first = func.min(Notice.id)
    columns = {
        "kind": literal(owing.KIND),
        "medium": literal(Medium.MAIL, OutboxRow.medium.type),
        "reference": literal({}, OutboxRow.reference.type),
        "subject": literal("notices:").concat(sa.cast(first, sa.String)),
        "state": literal(RowState.QUEUED, OutboxRow.state.type),
        "had_secret": sa.false(),
        "machine_deadline": sa.false(),
        "send_before": func.min(Notice.send_before),
        "created_at": literal(clock.now(), UtcDateTime()),
        "not_before": literal(clock.machine(), UtcDateTime()),
        "attempts": literal(0),
        "message_id": _message_id(first, drawn),
        "address": literal(""),
        "reply": literal(""),
        "fault": literal(""),
    }
    chosen = select(*columns.values()).where(these).group_by(Notice.recipient_key)
    return insert(OutboxRow).from_select(list(columns), chosen, include_defaults=False)


def _lines(these: sa.ColumnElement[bool], drawn: str) -> Any:
    """UPDATE … FROM that ties each line to its person's letter."""
    first = func.min(Notice.id).label("first")
    people = select(Notice.recipient_key, first).where(these).group_by(Notice.recipient_key).subquery()
    letters = (
        select(OutboxRow.id, people.c.recipient_key)
        .join(people, OutboxRow.message_id == _message_id(people.c.first, drawn))
        .subquery()
    )
    return (
        update(Notice)
        .where(OWED, Notice.recipient_key == letters.c.recipient_key)
        .values(outbox_row_id=letters.c.id, state=NoticeState.QUEUED)
    )
