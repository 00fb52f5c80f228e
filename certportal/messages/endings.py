"""How messages end: used, lapsed, superseded, cancelled, locked. What was sealed is erased, PIN and openings die.

After use the opening lives on for the rest of its 15 minutes: it is how the contact's browser sees the certificate.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam, select, update

from certportal import clock
from certportal.extensions import changed, db, transaction, within_transaction, writing
from certportal.messages.models import MessageEnd, Opening, PinSent, SecureMessage, TransferCodes
from certportal.messages.rules import PIN_CAPS
from certportal.outbox import service as outbox
from certportal.statements import prepared

BATCH = 500


def end_of(message: SecureMessage, now: datetime) -> MessageEnd | None:
    """Why the message can no longer be opened; None while it can. ``now`` is the service's time."""
    if message.ended_because is not None:
        return message.ended_because
    return MessageEnd.LAPSED if message.usable_until <= now else None


def end_messages(which: sa.ColumnElement[bool], because: MessageEnd) -> int:
    """A step: the messages of this condition that have not ended end now. Answers how many.

    Their mails and PINs that have not left are not sent any more.
    """
    within_transaction()
    living = select(SecureMessage.id, SecureMessage.mail_row_id, SecureMessage.pin_row_id)
    found = db.session.execute(living.where(which, SecureMessage.ended_at.is_(None))).all()
    if not found:
        return 0
    ids = [row.id for row in found]
    outbox.lapse([row_id for row in found for row_id in (row.mail_row_id, row.pin_row_id) if row_id is not None])
    values = {"ended_at": clock.now(), "ended_because": because, "sealed": None, "pin_hash": None}
    changed(update(SecureMessage).where(SecureMessage.id.in_(ids)).values(**values))
    if because is not MessageEnd.USED:
        changed(sa.delete(Opening).where(Opening.message_id.in_(ids)))
    return len(ids)


def message_of_codes_is_used(codes_id: int) -> None:
    """A step: the same for the message of codes that a certificate has been issued for, asked at each issuing."""
    within_transaction()
    ended = writing().execute(_is_used(), {"codes": codes_id, "now": clock.now()}).first()
    if ended is not None:
        outbox.lapse([row_id for row_id in ended if row_id is not None])


@prepared
def _is_used() -> Any:
    messages: Any = SecureMessage.__table__
    codes: Any = TransferCodes.__table__
    of_codes = select(codes.c.message_id).where(codes.c.id == bindparam("codes")).scalar_subquery()
    living = (messages.c.id == of_codes) & messages.c.ended_at.is_(None)
    values = {"ended_at": bindparam("now"), "ended_because": MessageEnd.USED, "sealed": None, "pin_hash": None}
    return update(messages).where(living).values(values).returning(messages.c.mail_row_id, messages.c.pin_row_id)


def forget_lapsed(limit: int = BATCH) -> int:
    """A use case of the scheduler: messages past their last day end, and openings and PIN counts that no rule asks for
    any more are deleted. Safe to run at any time; at most ``limit`` messages at once; answers how many ended.
    """
    machine = clock.machine()
    lapsed = (SecureMessage.usable_until <= clock.now()) & SecureMessage.ended_at.is_(None)
    ids = list(db.session.scalars(select(SecureMessage.id).where(lapsed).limit(limit)))
    counted_for = max(span for span, _ in PIN_CAPS)
    with transaction():
        changed(sa.delete(Opening).where(Opening.expires_at <= machine))
        changed(sa.delete(PinSent).where(PinSent.sent_at <= machine - counted_for))
        return end_messages(SecureMessage.id.in_(ids) & lapsed, MessageEnd.LAPSED) if ids else 0
