"""The life of an order, read from facts: what became of its mail, its PINs and its codes, and what is wrong with it now."""

import enum
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from certportal import audit, clock
from certportal.audit import AuditEntry
from certportal.extensions import db
from certportal.identifiers import ActorKind
from certportal.messages import service as messages
from certportal.messages.models import CodesState, MessageEnd, SecureMessage, TransferCodes
from certportal.messages.rules import WRONG_PASSWORDS
from certportal.orders.models import Order, OrderState
from certportal.outbox import service as outbox
from certportal.outbox.models import WAITING_STATES, AddressMark, OutboxRow, RowState

MINUTE = timedelta(minutes=1)


class Mark(enum.StrEnum):
    """How a stage is drawn."""

    DONE = "done"
    BAD = "bad"
    NEXT = "next"


@dataclass(frozen=True)
class Stage:
    """One fact of the life line. ``kind`` has its words in the template; ``number`` counts tries, ``text`` is what is told
    of it: an address, or a far end's answer.
    """

    kind: str
    mark: Mark
    at: datetime | None = None
    text: str = ""
    number: int = 0


@dataclass(frozen=True)
class Earlier:
    """Codes that others have taken the place of."""

    sent_at: datetime
    name: str
    email: str
    why: str


@dataclass(frozen=True)
class Life:
    """Where an order stands. ``problem`` (one at a time, the worst) has its words in the template."""

    order: Order
    message: SecureMessage
    codes: TransferCodes
    stages: list[Stage]
    problem: str | None
    reply: str
    waiting: bool
    retrying: bool
    earlier: list[Earlier]
    follower: Order | None
    predecessor: Order | None

    @property
    def lapsed(self) -> bool:
        """Whether the last day of an open order's codes has passed."""
        return self.order.state is OrderState.OPEN and self.codes.usable_until <= clock.now()

    @property
    def last_moment(self) -> datetime:
        """A moment of the codes' last day, for counting days to it."""
        return self.codes.usable_until - MINUTE

    @property
    def fingerprint(self) -> str:
        """Changes when anything that the page shows of it does."""
        shown = repr((self.stages, self.problem, self.order.version, self.order.state, self.waiting))
        return hashlib.sha256(shown.encode()).hexdigest()[:16]


def life_of(order: Order) -> Life:
    """The order's life as it stands now."""
    newest, *others = messages.codes_of(order.id)
    message = db.session.get_one(SecureMessage, newest.message_id)
    mail, pin = outbox.row(message.mail_row_id), outbox.row(message.pin_row_id)
    refused = outbox.marked(message.email)
    stages = [*_mail(message, mail), *_pin(message, pin), *_codes(order, newest, message)]
    is_open = order.state is OrderState.OPEN
    rows = [row for row in (mail, pin) if row is not None and row.state in WAITING_STATES]
    return Life(
        order,
        message,
        newest,
        stages,
        problem_of(newest, message, mail, pin, refused) if is_open else None,
        _reply(message, mail, pin, refused),
        is_open and bool(rows),
        any(row.attempts for row in rows),
        [_earlier(codes) for codes in others],
        db.session.scalar(select(Order).where(Order.earlier_order_id == order.id).limit(1)),
        db.session.get(Order, order.earlier_order_id) if order.earlier_order_id else None,
    )


def _mail(message: SecureMessage, row: OutboxRow | None) -> Iterator[Stage]:
    if row is None:
        return
    settled = audit.service_time(row.settled_at) if row.settled_at else None
    sent = audit.service_time(row.sending_at) if row.sending_at else settled
    if row.state is RowState.ACCEPTED:
        yield Stage("mail_sent", Mark.DONE, sent, message.email)
        yield Stage("mail_accepted", Mark.DONE, settled, row.reply)
    elif row.state is RowState.REFUSED:
        yield Stage("mail_sent", Mark.DONE, sent, message.email)
        yield Stage("mail_refused", Mark.BAD, settled, row.reply)
    elif row.state is RowState.UNKNOWN:
        yield Stage("mail_unknown", Mark.BAD, settled, message.email)
    elif row.state in WAITING_STATES:
        kind = "mail_retried" if row.attempts else "mail_queued"
        yield Stage(kind, Mark.NEXT, row.created_at, row.reply if row.attempts else message.email, row.attempts)
    else:
        yield Stage("mail_not_sent", Mark.BAD, settled, row.reply)


def _pin(message: SecureMessage, row: OutboxRow | None) -> Iterator[Stage]:
    if row is not None and message.pin_sent_at is not None:
        asked = _first_pin(message)
        yield Stage("link_opened", Mark.DONE, audit.service_time(asked or message.pin_sent_at))
        yield _sms(message, row)
    if message.wrong_number_at is not None:
        yield Stage("wrong_number", Mark.BAD, message.wrong_number_at, message.phone)
    if message.first_opened_at is not None:
        yield Stage("message_opened", Mark.DONE, message.first_opened_at)


def _sms(message: SecureMessage, row: OutboxRow) -> Stage:
    at = audit.service_time(row.settled_at or row.created_at)
    if row.state is RowState.ACCEPTED or message.first_opened_at is not None:
        return Stage("pin_sent", Mark.DONE, at, message.phone)
    if row.state in WAITING_STATES and not row.attempts:
        return Stage("pin_queued", Mark.NEXT, at, message.phone)
    if row.state in WAITING_STATES:
        return Stage("pin_retried", Mark.BAD, at, row.reply, row.attempts)
    return Stage("pin_failed", Mark.BAD, at, row.reply, row.attempts)


def _first_pin(message: SecureMessage) -> datetime | None:
    """Machine time at which the message's first PIN was asked for."""
    rows = outbox.rows_about(message.subject)
    return next((row.created_at for row in rows if row.kind == "pin" and row.reference["message"] == message.id), None)


def _codes(order: Order, codes: TransferCodes, message: SecureMessage) -> Iterator[Stage]:
    if codes.wrong_tries and codes.state is not CodesState.LOCKED:
        yield _wrong_passwords(codes)
    if message.ended_because is MessageEnd.LOCKED and codes.state is not CodesState.LOCKED:
        yield Stage("message_locked", Mark.BAD, message.ended_at)
    if codes.state is CodesState.SPENT:
        yield Stage("codes_used", Mark.DONE, codes.ended_at)
    elif codes.state is CodesState.TAKEN:
        yield Stage("codes_taken", Mark.NEXT)
    elif codes.state is CodesState.LOCKED:
        yield Stage("codes_locked", Mark.BAD, codes.ended_at, str(WRONG_PASSWORDS))
    elif order.state is OrderState.CANCELLED:
        yield Stage("cancelled", Mark.BAD, order.cancelled_at)
    elif codes.state is CodesState.VOID:
        not_issued = codes.ended_because is MessageEnd.NOT_ISSUED
        yield Stage("not_issued" if not_issued else "codes_void", Mark.BAD, codes.ended_at)
    elif codes.usable_until <= clock.now():
        yield Stage("lapsed", Mark.BAD, codes.usable_until - MINUTE)
    else:
        yield Stage("codes_waiting", Mark.NEXT)


def _wrong_passwords(codes: TransferCodes) -> Stage:
    """How often, and when last by the record. A program among those who tried is set up wrong. As long as the codes can be used
    it is told after how many tries they lock."""
    tried = (AuditEntry.verb == "wrong_transfer_password") & (AuditEntry.subject == f"order:{codes.order_id}")
    of_these = select(AuditEntry.at, AuditEntry.actor_kind).where(tried, AuditEntry.at >= codes.issued_at)
    found = list(db.session.execute(of_these.order_by(AuditEntry.id)).all())
    by_program = any(each.actor_kind is ActorKind.PROGRAM for each in found)
    usable = codes.state is CodesState.TAKEN or (codes.state is CodesState.LIVE and codes.usable_until > clock.now())
    return Stage(
        "wrong_passwords_by_program" if by_program else "wrong_passwords",
        Mark.BAD,
        found[-1].at if found else None,
        str(WRONG_PASSWORDS) if usable else "",
        codes.wrong_tries,
    )


def problem_of(
    codes: TransferCodes,
    message: SecureMessage,
    mail: OutboxRow | None,
    pin: OutboxRow | None,
    refused: AddressMark | None,
) -> str | None:
    """The worst that is wrong with an open order, or None."""
    mail_state = mail.state if mail is not None else None
    not_delivered = pin is not None and (pin.state not in (*WAITING_STATES, RowState.ACCEPTED) or _fails(pin))
    asked = (
        (codes.state is CodesState.TAKEN, None),
        (codes.ended_because is MessageEnd.NOT_ISSUED, "not_issued"),
        (codes.state is CodesState.VOID, "contact_changed"),
        (codes.state is CodesState.LOCKED, "codes_locked"),
        (message.ended_because is MessageEnd.LOCKED, "message_locked"),
        (message.wrong_number_at is not None, "wrong_number"),
        (codes.usable_until <= clock.now(), "lapsed"),
        (mail_state is RowState.REFUSED, "mail_refused"),
        (mail_state is RowState.UNKNOWN and message.pin_sent_at is None, "mail_unknown"),
        (mail_state in (RowState.LAPSED, RowState.SILENCED), "mail_not_sent"),
        (not_delivered and message.first_opened_at is None, "pin_failed"),
        (refused is not None, "mail_refused"),
    )
    return next((problem for holds, problem in asked if holds), None)


def _fails(row: OutboxRow) -> bool:
    return row.state in WAITING_STATES and row.attempts > 0


def _reply(message: SecureMessage, mail: OutboxRow | None, pin: OutboxRow | None, refused: AddressMark | None) -> str:
    """What the far end said of it."""
    if mail is not None and mail.state is RowState.REFUSED:
        return mail.reply
    if message.pin_sent_at is not None and pin is not None and pin.state is not RowState.ACCEPTED:
        return pin.reply
    return refused.reply if refused is not None else ""


def _earlier(codes: TransferCodes) -> Earlier:
    message = db.session.get_one(SecureMessage, codes.message_id)
    why = codes.ended_because.value if codes.ended_because else codes.state.value
    if codes.state is CodesState.VOID and codes.ended_at is not None and codes.ended_at >= codes.usable_until:
        why = MessageEnd.LAPSED.value
    return Earlier(codes.issued_at, message.name, message.email, why)
