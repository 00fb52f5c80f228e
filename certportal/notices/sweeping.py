"""The sweep: owe what is due, and one letter for each person to whom something is owed. Safe to run twice, late, or in two
processes: the rows are unique, and a letter takes only lines that no letter has."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import and_, func, insert, literal, select, update

from certportal import clock
from certportal.extensions import UtcDateTime, changed, db, transaction, within_transaction
from certportal.notices import owing
from certportal.notices.models import Notice, NoticeState
from certportal.notices.rules import windows
from certportal.outbox.addresses import message_id
from certportal.outbox.models import Medium, OutboxRow, RowState
from certportal.runs import Lease
from certportal.settings import current_settings

KIND = "expiry_notice"
LETTERS = 5_000


def sweep(lease: Lease) -> str:
    """A job: answers how many notices were due and how many letters they make."""
    for window in windows(current_settings().notice_days, clock.now()):
        for batch in owing.batches(window):
            with transaction():
                owing.owe(window, batch)
                lease.renew_within()
    with transaction():
        owing.tidy_owed()
        lease.renew_within()
    due = letters = 0
    while True:
        with transaction():
            lines, made = _write_letters()
            lease.renew_within()
        due, letters = due + lines, letters + made
        if made < LETTERS:
            return f"{due} due, {letters} letters"


def due_at(moment: datetime) -> int:
    """How many technical contacts' notices would be due at a moment: a dry run."""
    return owing.count_due(windows(current_settings().notice_days, moment))


def _write_letters() -> tuple[int, int]:
    """A step: one outbox row for each of up to 5,000 people, and their lines tied to it. Answers lines and letters."""
    within_transaction()
    owed = and_(Notice.state == NoticeState.OWED, Notice.outbox_row_id.is_(None))
    last = db.session.scalar(
        select(Notice.recipient_key).where(owed).group_by(Notice.recipient_key)
        .order_by(Notice.recipient_key).offset(LETTERS - 1).limit(1)
    )  # fmt: skip
    these = owed if last is None else and_(owed, Notice.recipient_key <= last)
    before = db.session.scalar(select(func.max(OutboxRow.id))) or 0
    db.session.execute(_rows(these, before))
    letter = OutboxRow.__table__
    first = _first_line()
    tied = (
        select(letter.c.id.label("row_id"), first.c.recipient_key.label("key"))
        .select_from(letter.join(first, letter.c.subject == _subject(first.c.id, before)))
        .where(letter.c.id > before)
        .subquery()
    )
    lines = (
        update(Notice)
        .where(these, Notice.recipient_key == tied.c.key)
        .values(outbox_row_id=tied.c.row_id)
        .execution_options(synchronize_session=False)
    )
    tied_lines = _count(db.session.execute(lines))
    waiting = and_(Notice.state == NoticeState.OWED, Notice.outbox_row_id > before)
    changed(update(Notice).where(waiting).values(state=NoticeState.QUEUED))
    made = db.session.scalar(select(func.count(OutboxRow.id)).where(OutboxRow.id > before)) or 0
    return tied_lines, made


def _count(result: sa.Result[tuple[object, ...]]) -> int:
    return int(getattr(result, "rowcount", 0))


def _first_line() -> Any:
    """The notice that gives a letter its number: the first of its lines."""
    return Notice.__table__.alias("first_line")


def _subject(number: sa.ColumnElement[int], before: int) -> sa.ColumnElement[str]:
    return literal("notices:").concat(sa.cast(number, sa.String)).concat(f":{before}")


def _rows(these: sa.ColumnElement[bool], before: int) -> sa.Insert:
    """INSERT … SELECT of one letter a person. Its Message-ID comes from its first line, so that it is stable."""
    machine, now = literal(clock.machine(), UtcDateTime()), literal(clock.now(), UtcDateTime())
    first = func.min(Notice.id)
    head, tail = message_id("notices.0", current_settings().base_url).split("0", 1)
    columns = {
        "kind": literal(KIND),
        "medium": literal(Medium.MAIL, OutboxRow.medium.type),
        "reference": literal({}, OutboxRow.reference.type),
        "subject": _subject(first, before),
        "state": literal(RowState.QUEUED, OutboxRow.state.type),
        "had_secret": sa.false(),
        "machine_deadline": sa.false(),
        "send_before": func.min(Notice.send_before),
        "created_at": now,
        "not_before": machine,
        "attempts": literal(0),
        "message_id": literal(head).concat(sa.cast(first, sa.String)).concat(f".{before}{tail}"),
        "address": literal(""),
        "reply": literal(""),
    }
    chosen = select(*columns.values()).where(these).group_by(Notice.recipient_key)
    return insert(OutboxRow).from_select(list(columns), chosen, include_defaults=False)
