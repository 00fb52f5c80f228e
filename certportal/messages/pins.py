"""The PIN: sent by SMS at the press of a button, tried, spent. Every time here is the machine's, but for the last day.

Tries are counted on the message's row by one conditional UPDATE before the PIN is compared, so that many at the same
moment never pass the cap, whatever browser or address they come from. One PIN is alive at a time.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from certportal import audit, clock
from certportal.extensions import changed, db, transaction, within_transaction
from certportal.identifiers import Actor, ActorKind
from certportal.messages import links, rules
from certportal.messages.endings import end_messages, end_of
from certportal.messages.models import MessageEnd, Opening, PinSent, SecureMessage
from certportal.messages.openings import opening_hash
from certportal.messages.telling import tell_signatory
from certportal.messages.wrong_numbers import right_pin_was_typed
from certportal.outbox import service as outbox
from certportal.refusals import Conflict, NotFound, Refusal, TooMany
from certportal.secrecy import Secret, keyed_hash, same
from certportal.settings import current_settings


def send_pin(token: str, by: Actor, after: str | None = None) -> None:
    """A use case: a new PIN goes to the message's number; the one before it is void.

    ``after`` is what ``pin_mark`` was when the button was drawn: a second press of the same button, while the PIN of the
    first can still be used, sends nothing more. Refusals: message_unknown, message_over, pin_too_many (``at``),
    pin_budget_spent.
    """
    with transaction() as session:
        message = _living(token)
        at = clock.machine()
        if after is not None and after != pin_mark(message) and pin_is_alive(message):
            return
        pin = Secret(clock.random_digits(rules.PIN_DIGITS))
        earlier = message.pin_row_id
        _replace_pin(message, pin)
        rules.may_send_pin(sent_pins(message.id), at)
        if outbox.sms_budget_spent(message.organisation_id):
            raise TooMany("pin_budget_spent")
        counted = PinSent(message_id=message.id, sent_at=at)
        session.add(counted)
        session.flush()
        outbox.lapse([earlier] if earlier is not None else [])
        row = outbox.queue(
            "pin",
            {"message": message.id, "pin": counted.id},
            subject=message.subject,
            send_before=at + rules.PIN_LIFE,
            secret=pin,
            organisation_id=message.organisation_id,
        )
        message.pin_row_id = row.id
        audit.record("pin_sent", message.subject, by=by, organisation_id=message.organisation_id)


def enter_pin(token: str, pin: str, by: Actor) -> Secret:
    """A use case: a right PIN is spent and opens the message; answers the opening's own token, for the browser's cookie.

    A wrong one is counted, and that is committed before it is refused. Refusals: message_unknown, message_over, pin_none,
    pin_spent, pin_expired, pin_used_up, pin_wrong (``left``: tries), message_locked.
    """
    with transaction():
        message = _living(token)
        outcome = _tried(message, pin, by)
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


def _tried(message: SecureMessage, pin: str, by: Actor) -> Secret | Refusal:
    within_transaction()
    at = clock.machine()
    alive = (
        (SecureMessage.id == message.id)
        & SecureMessage.ended_at.is_(None)
        & SecureMessage.pin_hash.is_not(None)
        & (SecureMessage.pin_expires_at > at)
        & (SecureMessage.pin_tries < rules.PIN_TRIES)
        & (SecureMessage.wrong_pins < rules.WRONG_PINS)
    )
    if not changed(update(SecureMessage).where(alive).values(pin_tries=SecureMessage.pin_tries + 1)):
        return rules.why_no_pin(
            sent=message.pin_sent_at is not None,
            spent=message.pin_hash is None,
            expires_at=message.pin_expires_at,
            at=at,
        )
    db.session.refresh(message)
    if not same(_pin_hash(message.id, Secret(pin)), message.pin_hash or ""):
        return _counted_wrong(message, by)
    message.pin_hash = None
    message.first_opened_at = message.first_opened_at or clock.now()
    opening = links.new_token()
    expires_at = at + rules.OPENING_LIFE
    db.session.add(
        Opening(message_id=message.id, token_hash=opening_hash(opening), opened_at=at, expires_at=expires_at)
    )
    contact = Actor(ActorKind.CONTACT, message.contact_id, message.name, by.address)
    audit.record("message_opened", message.subject, by=contact, organisation_id=message.organisation_id)
    right_pin_was_typed(message, contact)
    return opening


def _counted_wrong(message: SecureMessage, by: Actor) -> Refusal:
    row = SecureMessage.id == message.id
    changed(update(SecureMessage).where(row).values(wrong_pins=SecureMessage.wrong_pins + 1))
    audit.record_daily("wrong_pin", message.subject, by=by, organisation_id=message.organisation_id)
    db.session.refresh(message)
    if message.wrong_pins >= rules.WRONG_PINS:
        end_messages(row, MessageEnd.LOCKED)
        tell_signatory("message_locked", message)
        audit.record("message_locked", message.subject, by=by, organisation_id=message.organisation_id)
        return Conflict("message_locked")
    left = rules.PIN_TRIES - message.pin_tries
    return Refusal("pin_wrong", left=left) if left else Refusal("pin_used_up")


def pin_mark(message: SecureMessage) -> str:
    """Which PIN was the last when a page was drawn."""
    return message.pin_sent_at.isoformat() if message.pin_sent_at else ""


def pin_is_alive(message: SecureMessage) -> bool:
    """Whether a PIN is out that still opens the message."""
    return (
        message.pin_hash is not None
        and message.pin_expires_at is not None
        and message.pin_expires_at > clock.machine()
        and message.pin_tries < rules.PIN_TRIES
    )


def sent_pins(message_id: int) -> list[datetime]:
    """When the message's PINs of the longest cap's span were sent."""
    since = clock.machine() - max(span for span, _ in rules.PIN_CAPS)
    mine = (PinSent.message_id == message_id) & (PinSent.sent_at > since)
    return list(db.session.scalars(select(PinSent.sent_at).where(mine)))


def newest_pin(message_id: int) -> int | None:
    """The id of the last PIN that was sent."""
    return db.session.scalar(select(func.max(PinSent.id)).where(PinSent.message_id == message_id))


def _living(token: str) -> SecureMessage:
    message = links.behind(token)
    if message is None:
        raise NotFound("message_unknown")
    if end_of(message, clock.now()) is not None:
        raise Conflict("message_over")
    return message


def _replace_pin(message: SecureMessage, pin: Secret) -> None:
    """The conditional UPDATE also holds the row, so that two presses are counted one after the other."""
    at = clock.machine()
    living = (SecureMessage.id == message.id) & SecureMessage.ended_at.is_(None)
    values = {
        "pin_hash": _pin_hash(message.id, pin),
        "pin_sent_at": at,
        "pin_expires_at": at + rules.PIN_LIFE,
        "pin_tries": 0,
    }
    if not changed(update(SecureMessage).where(living).values(**values)):
        raise Conflict("message_over")


def _pin_hash(message_id: int, pin: Secret) -> str:
    return keyed_hash(current_settings().secret_key, "message PIN", f"{message_id}:{pin.reveal()}")


@dataclass(frozen=True)
class PinOut:
    """What the PIN page says of the last PIN that was sent. ``free_at``: when the next may be sent, None: now."""

    sent_at: datetime
    expires_at: datetime
    alive: bool
    tries_left: int
    free_at: datetime | None


def pin_out(message: SecureMessage) -> PinOut | None:
    """The last PIN of the message, or None while none was sent. Machine times."""
    if message.pin_sent_at is None or message.pin_expires_at is None:
        return None
    return PinOut(
        message.pin_sent_at,
        message.pin_expires_at,
        pin_is_alive(message),
        max(0, rules.PIN_TRIES - message.pin_tries),
        rules.next_pin_at(sent_pins(message.id), clock.machine()),
    )
