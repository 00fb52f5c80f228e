"""Delivery: claim rows, resolve and render each, hand it over, settle it.

*sending* is committed for one row just before MAIL FROM, in the transaction that settles the row before it. So a kill at any
moment leaves a row *claimed* (nothing went out: it is queued again), or *sending* (it may have gone: it becomes unknown, is
shown, and is never repeated by itself).
"""

import logging
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select, update

from certportal import audit, clock, secrecy
from certportal.extensions import changed, db, transaction, within_transaction
from certportal.identifiers import Actor, ActorKind
from certportal.outbox.kinds import Letter, Silence
from certportal.outbox.letters import build, render_letter, render_sms
from certportal.outbox.models import AddressMark, Medium, OutboxRow, RowState
from certportal.outbox.outcomes import Accepted, Outcome, Refused, Temporary, Unknown
from certportal.outbox.resolving import Resolving
from certportal.outbox.service import outbox_key
from certportal.outbox.settling import Claimed, claimed, left_behind, living_mark, sending, settled, unmarked
from certportal.outbox.sms import sms_gateway
from certportal.outbox.smtp import Line, post
from certportal.runs import DELIVER
from certportal.settings import current_settings

log = logging.getLogger(__name__)
BATCH = 50
FIRST_WAIT = {Medium.MAIL: 30, Medium.SMS: 5}
LONGEST_WAIT = {Medium.MAIL: 3600, Medium.SMS: 60}
DELIVERY = Actor(ActorKind.JOB, None, DELIVER)
stopping = threading.Event()
"""Set at SIGTERM: the message in hand is finished, what else was claimed is given back."""


class NotOurs(Exception):
    """The claim has expired and another process may have the row: nothing is sent."""


def deliver(limit: int = BATCH) -> int:
    """Claim up to ``limit`` rows that are due and settle them. Answers how many were settled or put off.

    When the mail server turns out to be away, every text message that is due goes out all the same.
    """
    run = Run(clock.random_token())
    settled = run.batch(limit)
    while run.server_down and not stopping.is_set() and (count := run.batch(limit)):
        settled += count
    return settled


class Run:
    """One pass over claimed rows. ``unsettled`` is the outcome of the row just sent, settled with the next one's *sending*.

    Once the mail server is found to be away (``server_down``), the pass claims no more mail.
    """

    def __init__(self, holder: str) -> None:
        self.holder, self.resolving = holder, Resolving()
        self.unsettled: tuple[Claimed, str, Outcome] | None = None
        self.server_down = False

    def batch(self, limit: int = BATCH) -> int:
        """Claim up to ``limit`` rows and settle them; 0 when nothing is due."""
        taken = self.claim(limit)
        with self.line() as line:
            waiting = list(taken)
            while waiting and not stopping.is_set():
                was_down = self.server_down
                self.attempt(waiting.pop(0), line, waiting)
                if self.server_down and not was_down:
                    waiting = self.without_mail(waiting)
            if waiting:
                self.give_back(waiting)
        return len(taken)

    def claim(self, limit: int) -> list[Claimed]:
        """Tidy what killed runs left, let rows lapse, and take up to ``limit`` that are due: first codes that somebody
        waits for, then by age."""
        machine, now = clock.machine(), clock.now()
        stale = machine - timedelta(seconds=current_settings().claim_seconds)
        queued = OutboxRow.state == RowState.QUEUED
        late = or_(
            and_(OutboxRow.machine_deadline.is_(True), OutboxRow.send_before <= machine),
            and_(OutboxRow.machine_deadline.is_(False), OutboxRow.send_before <= now),
        )
        due = select(OutboxRow.id).where(queued, OutboxRow.not_before <= machine)
        if self.server_down:
            due = due.where(OutboxRow.medium == Medium.SMS)
        due = due.order_by(OutboxRow.machine_deadline.desc(), OutboxRow.id).limit(limit)
        if db.session.scalar(due.limit(1)) is None and not left_behind(stale):
            return []
        with transaction() as session:
            forgotten = and_(OutboxRow.state == RowState.CLAIMED, OutboxRow.claimed_at <= stale)
            changed(update(OutboxRow).where(forgotten).values(state=RowState.QUEUED, claimed_by=None))
            lost = and_(OutboxRow.state == RowState.SENDING, OutboxRow.sending_at <= stale)
            changed(update(OutboxRow).where(lost).values(state=RowState.UNKNOWN, secret=None, settled_at=machine))
            changed(
                update(OutboxRow).where(queued, late).values(state=RowState.LAPSED, secret=None, settled_at=machine)
            )
            row_ids = list(session.scalars(due))
            mine = {"state": RowState.CLAIMED, "claimed_by": self.holder, "claimed_at": machine}
            changed(update(OutboxRow).where(OutboxRow.id.in_(row_ids), queued).values(**mine))
            return claimed(row_ids)

    @contextmanager
    def line(self) -> Generator[Line]:
        """The line to the mail server; whatever happens, the last outcome is settled."""
        with post().connection() as line:
            try:
                yield line
            finally:
                self.settle_last()

    def attempt(self, row: Claimed, line: Line, waiting: Sequence[Claimed] = ()) -> None:
        """Resolve, render, hand over. A mistake in a template or resolver puts this row off, not the others."""
        try:
            letter = self.resolving.letter(row, waiting)
            if isinstance(letter, Silence):
                self.silence(row, letter)
                return
            outcome = self.hand_over(row, letter, line)
        except NotOurs:
            return
        except Exception as error:
            log.exception("message %s of kind %s could not be made", row.id, row.kind)
            self.settle_last()
            outcome, letter = Temporary(f"could not be made: {type(error).__name__}", "letter"), None
            with transaction():
                self.settle(row, "", outcome)
            return
        self.settle_last()  # still there when this one never came as far as MAIL FROM
        self.unsettled = (row, letter.address, outcome)
        self.server_down |= isinstance(outcome, Temporary) and outcome.of == "server" and row.medium is Medium.MAIL

    def hand_over(self, row: Claimed, letter: Letter, line: Line) -> Outcome:
        context = dict(letter.context) | {"recipient_name": letter.name, "to": letter.address}
        if row.secret is not None:
            context["secret"] = secrecy.unseal(outbox_key(), row.secret, row.message_id).reveal()
        if row.medium is Medium.SMS:
            text = render_sms(row.kind, letter.language, context)
            self.mark_sending(row, letter)
            return sms_gateway().send(letter.address, text)
        rendered = render_letter(row.kind, letter.language, context)
        message = build(
            rendered,
            to=letter.address,
            name=letter.name,
            language=letter.language,
            message_id=row.message_id,
            date=clock.machine(),
        )
        return line.send(message, before=lambda: self.mark_sending(row, letter))

    def mark_sending(self, row: Claimed, letter: Letter) -> None:
        """Settle the row before, and commit *sending* for this one, unless its claim or its time has run out."""
        machine = clock.machine()
        late = row.send_before is not None and row.send_before <= (machine if row.machine_deadline else clock.now())
        with transaction():
            self.settle_previous()
            if late:
                self.lapse(row, letter, machine)
                ours = False
            else:
                ours = sending(row.id, self.holder, machine, letter.address)
            if ours and letter.on_sending is not None:
                letter.on_sending()
        if not ours:
            raise NotOurs

    def lapse(self, row: Claimed, letter: Letter, machine: datetime) -> None:
        mine = and_(OutboxRow.id == row.id, OutboxRow.claimed_by == self.holder, OutboxRow.state == RowState.CLAIMED)
        values = {"state": RowState.LAPSED, "secret": None, "sending_at": machine, "address": letter.address}
        changed(update(OutboxRow).where(mine).values(**values))

    def settle_last(self) -> None:
        if self.unsettled is not None:
            with transaction():
                self.settle_previous()

    def settle_previous(self) -> None:
        within_transaction()
        if self.unsettled is not None:
            row, address, outcome = self.unsettled
            self.unsettled = None
            self.settle(row, address, outcome)

    def settle(self, row: Claimed, address: str, outcome: Outcome) -> None:
        """A step: write down what became of a row, if it is still this run's; *claimed* if it never came to MAIL FROM.

        After a slow conversation another run may have called it unknown: this one's word is certain.
        """
        at, fault = clock.machine(), outcome.of if isinstance(outcome, Refused | Temporary) else ""
        match outcome:
            case Accepted():
                state = RowState.ACCEPTED
            case Refused():
                state = RowState.REFUSED
            case Unknown():
                state = RowState.UNKNOWN
            case Temporary():
                state, at = RowState.QUEUED, at + _wait(row)
        if settled(row.id, self.holder, state, outcome.reply, fault, at):
            _mark(row, address, outcome)
        elif state is RowState.QUEUED:  # called unknown meanwhile, and its secret is gone
            settled(row.id, self.holder, RowState.UNKNOWN, outcome.reply, "", clock.machine())

    def silence(self, row: Claimed, silence: Silence) -> None:
        mine = and_(OutboxRow.id == row.id, OutboxRow.claimed_by == self.holder, OutboxRow.state == RowState.CLAIMED)
        values = {
            "state": RowState.SILENCED,
            "reply": silence.reason[:500],
            "secret": None,
            "settled_at": clock.machine(),
        }
        with transaction():
            self.settle_previous()
            if changed(update(OutboxRow).where(mine).values(**values)) and silence.on_settling is not None:
                silence.on_settling()

    def without_mail(self, rows: list[Claimed]) -> list[Claimed]:
        """Give back the letters among claimed rows; the text messages are left."""
        texts = [row for row in rows if row.medium is Medium.SMS]
        self.give_back([row for row in rows if row.medium is not Medium.SMS])
        return texts

    def give_back(self, rows: list[Claimed]) -> None:
        """What was claimed and not begun waits again; the mail server's fault is not each row's."""
        self.settle_last()
        row_ids = [row.id for row in rows]
        wait = timedelta(seconds=FIRST_WAIT[Medium.MAIL]) if self.server_down else timedelta()
        mine = and_(OutboxRow.id.in_(row_ids), OutboxRow.claimed_by == self.holder, OutboxRow.state == RowState.CLAIMED)
        with transaction():
            changed(update(OutboxRow).where(mine, OutboxRow.medium == Medium.SMS).values(state=RowState.QUEUED))
            later = {"state": RowState.QUEUED, "not_before": clock.machine() + wait}
            changed(update(OutboxRow).where(mine, OutboxRow.medium == Medium.MAIL).values(**later))


def _wait(row: Claimed) -> timedelta:
    """Doubling from the first wait to the longest, with up to a quarter of jitter."""
    seconds = min(FIRST_WAIT[row.medium] * 2 ** min(row.attempts, 12), LONGEST_WAIT[row.medium])
    return timedelta(seconds=seconds + clock.jitter(seconds / 4))


def _mark(row: Claimed, address: str, outcome: Outcome) -> None:
    """An accepted mail ends the address's mark; a refused address gets one."""
    if row.medium is not Medium.MAIL or not address:
        return
    if isinstance(outcome, Accepted):
        unmarked(address, clock.now())
    elif isinstance(outcome, Refused) and outcome.of == "address":
        mark = AddressMark(
            address=address.casefold(),
            medium=row.medium,
            outbox_row_id=row.id,
            reply=outcome.reply,
            marked_at=clock.now(),
        )
        if db.session.scalar(select(AddressMark.id).where(living_mark(address)).limit(1)) is None:
            details = {"address": address, "kind": row.kind}
            about = row.subject or f"outbox:{row.id}"
            audit.record("address_refused", about, by=DELIVERY, organisation_id=row.organisation_id, **details)
        db.session.add(mark)
