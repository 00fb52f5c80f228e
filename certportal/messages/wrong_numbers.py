""" "This is not my number": recorded on the message and its contact, and the signatory is told.

A report ends when it is taken back where it was made, when the signatory or the operator says that the number is right,
when a right PIN shows it, and when the number is corrected.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, select, update

from certportal import audit, clock
from certportal.extensions import changed, db, transaction, within_transaction
from certportal.identifiers import Actor
from certportal.messages import links
from certportal.messages.endings import end_of
from certportal.messages.models import SecureMessage
from certportal.messages.telling import tell_signatory
from certportal.outbox import service as outbox
from certportal.outbox.models import RowState
from certportal.refusals import Conflict, NotFound
from certportal.registry import service as registry
from certportal.registry.models import TechnicalContact

TELLING_SPAN: Final = timedelta(days=1)
"""Whoever has the link may report and take back as often as they like; the signatory is mailed once in this time."""


def report_wrong_number(token: str, by: Actor) -> None:
    """A use case: whoever got the message says that the number is not theirs. Saying it again changes nothing.

    The message stays as it is: the signatory corrects the number, and new codes go out. Refusals: message_unknown,
    message_over.
    """
    with transaction() as session:
        message = _living(token)
        first = (SecureMessage.id == message.id) & SecureMessage.wrong_number_at.is_(None)
        if not changed(update(SecureMessage).where(first).values(wrong_number_at=clock.now())):
            return
        session.refresh(message)
        contact = registry.contact(message.contact_id)
        if contact is not None and contact.phone == message.phone:
            registry.note_wrong_number(contact)
        if not _told_lately(message):
            tell_signatory("wrong_number", message)
        audit.record_daily("wrong_number_reported", message.subject, by=by, organisation_id=message.organisation_id)


def take_back_wrong_number(token: str, by: Actor) -> None:
    """A use case: it was their number after all. The contact's number is right again unless another of its messages that
    still lives says otherwise. Refusals: message_unknown, message_over.
    """
    with transaction() as session:
        message = _living(token)
        if not _forgotten(SecureMessage.id == message.id):
            return
        session.refresh(message)
        contact = registry.contact(message.contact_id)
        if contact is not None and contact.phone == message.phone and not _reported_elsewhere(message):
            registry.forget_wrong_number(contact)
        audit.record_daily("wrong_number_taken_back", message.subject, by=by, organisation_id=message.organisation_id)


def number_is_right(contact_id: int, by: Actor) -> None:
    """A use case: the signatory or the operator says that the contact's number is right, whatever was reported."""
    with transaction() as session:
        contact = session.get_one(TechnicalContact, contact_id, with_for_update=True)
        if _ended(contact):
            subject = f"contact:{contact.id}"
            audit.record("number_said_right", subject, by=by, organisation_id=contact.organisation_id)


def right_pin_was_typed(message: SecureMessage, by: Actor) -> None:
    """A step: the PIN has arrived, so the number is the contact's."""
    within_transaction()
    reported = message.wrong_number_at is not None
    contact = registry.contact(message.contact_id)
    if contact is not None and contact.phone == message.phone:
        reported |= _ended(contact)
    elif reported:
        _forgotten(SecureMessage.id == message.id)
    if reported:
        audit.record("number_proved_right", message.subject, by=by, organisation_id=message.organisation_id)


def _living(token: str) -> SecureMessage:
    message = links.behind(token)
    if message is None:
        raise NotFound("message_unknown")
    if end_of(message, clock.now()) is not None:
        raise Conflict("message_over")
    return message


def _ended(contact: TechnicalContact) -> bool:
    """End every report of the contact's present number; False: there was none."""
    reported = contact.wrong_number_at is not None
    registry.forget_wrong_number(contact)
    return _forgotten(_to_number(contact.id, contact.phone)) or reported


def _to_number(contact_id: int, phone: str) -> ColumnElement[bool]:
    return (SecureMessage.contact_id == contact_id) & (SecureMessage.phone == phone)


def _forgotten(which: ColumnElement[bool]) -> bool:
    """End what these messages that still live say of their number; an ended one keeps what was said."""
    reported = SecureMessage.wrong_number_at.is_not(None) & SecureMessage.ended_at.is_(None)
    return changed(update(SecureMessage).where(which, reported).values(wrong_number_at=None))


def _reported_elsewhere(message: SecureMessage) -> bool:
    others = _to_number(message.contact_id, message.phone) & (SecureMessage.id != message.id)
    living = SecureMessage.ended_at.is_(None) & (SecureMessage.usable_until > clock.now())
    reported = select(SecureMessage.id).where(others, living, SecureMessage.wrong_number_at.is_not(None))
    return db.session.scalar(reported.limit(1)) is not None


def _told_lately(message: SecureMessage) -> bool:
    since = clock.machine() - TELLING_SPAN
    rows = [row for row in outbox.rows_about(message.subject) if row.kind == "wrong_number" and row.created_at > since]
    return any(row.reference["message"] == message.id and row.state is not RowState.SILENCED for row in rows)
