"""Transfer codes: issue, verify, take, spend, void. Steps of orders' and certificates' use cases.

TransferID: 12 decimal digits, unique for ever. TransferPassword: 16 unambiguous characters, kept only as a keyed hash and
sealed in the message. Both are usable until the end of the local day that is TRANSFER_CODES_DAYS after sending.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import Row, select, update

from certportal import audit, clock, formats
from certportal.extensions import changed, db, within_transaction
from certportal.identifiers import Actor, ActorKind, Environment
from certportal.messages import links
from certportal.messages.endings import end_messages
from certportal.messages.models import CodesState, MessageEnd, MessageKind, SecureMessage, TransferCodes
from certportal.messages.rules import PASSWORD_LENGTH, TRANSFER_ID_DIGITS, WRONG_PASSWORDS, typed_transfer_id
from certportal.messages.telling import tell_signatory
from certportal.outbox import service as outbox
from certportal.registry.models import TechnicalContact
from certportal.secrecy import Secret, keyed_hash, message_key, same, seal
from certportal.settings import current_settings

_ANSWER = (CodesState.LIVE, CodesState.TAKEN, CodesState.SPENT)
"""Taken and spent codes still answer: with the same public key they give the same certificate (domain.md, section 4)."""


def issue_codes(
    *,
    order_id: int,
    organisation_id: int,
    environment: Environment,
    contact: TechnicalContact,
    cover: dict[str, Any],
) -> TransferCodes:
    """A step: new codes for an order, sealed in a message whose link is mailed to the contact.

    ``cover``: organisation, business_id, ordered_by, ordered_by_id (the person's, for who is told), order_number,
    channel ({fi, sv, en}), environment, description. "14 days" from 1 December last to the end of 15 December.
    """
    within_transaction()
    now = clock.now()
    last_day = formats.local(now).date() + timedelta(days=current_settings().transfer_codes_days)
    usable_until = formats.end_of_day(last_day)
    message, token = add_message(
        MessageKind.TRANSFER_CODES, f"order:{order_id}", organisation_id, contact, cover, usable_until
    )
    transfer_id, password = _unused_transfer_id(), Secret(clock.random_text(PASSWORD_LENGTH))
    key = message_key(current_settings().secret_key, token)
    message.sealed = seal(key, password.reveal(), message.associated)
    codes = TransferCodes(
        transfer_id=transfer_id,
        password_hash=password_hash(transfer_id, password),
        order_id=order_id,
        organisation_id=organisation_id,
        environment=environment,
        message_id=message.id,
        state=CodesState.LIVE,
        issued_at=now,
        usable_until=usable_until,
        wrong_tries=0,
    )
    db.session.add(codes)
    _mail_link(message, token)
    return codes


def _mail_link(message: SecureMessage, token: Secret) -> None:
    row = outbox.queue(
        "secure_message",
        {"message": message.id},
        subject=message.subject,
        send_before=message.usable_until,
        secret=token,
        organisation_id=message.organisation_id,
    )
    message.mail_row_id = row.id
    db.session.flush()


def add_message(
    kind: MessageKind,
    subject: str,
    organisation_id: int,
    contact: TechnicalContact | Row[*tuple[Any, ...]],
    cover: dict[str, Any],
    until: Any,
    token: Secret | None = None,
) -> tuple[SecureMessage, Secret]:
    """A step: a message with nothing sealed in it yet, and the token of its link, which is not kept."""
    within_transaction()
    token = token or links.new_token()
    message = SecureMessage(**message_values(kind, subject, organisation_id, contact, cover, until, token))
    db.session.add(message)
    db.session.flush()
    return message, token


def message_values(
    kind: MessageKind,
    subject: str,
    organisation_id: int,
    contact: TechnicalContact | Row[*tuple[Any, ...]],
    cover: dict[str, Any],
    until: Any,
    token: Secret,
) -> dict[str, Any]:
    """The columns of such a message; ``contact`` is the technical contact, or a row with its columns."""
    return {
        "kind": kind,
        "subject": subject,
        "organisation_id": organisation_id,
        "contact_id": contact.id,
        "token_hash": links.token_hash(token),
        "cover": dict(cover),
        "name": contact.name,
        "email": contact.email,
        "phone": contact.phone,
        "language": contact.language,
        "created_at": clock.now(),
        "usable_until": until,
        "pin_tries": 0,
        "wrong_pins": 0,
    }


def void_codes(order_id: int, because: MessageEnd) -> int:
    """A step: the order's live codes are void, and its messages with their PINs, openings and waiting mails end.

    Answers how many codes became void. Codes that a public key has taken stay: their certificate is being issued.
    """
    within_transaction()
    now = clock.now()
    live = list(db.session.scalars(_of_order(order_id, TransferCodes.id).where(TransferCodes.state == CodesState.LIVE)))
    values = {"state": CodesState.VOID, "ended_at": now, "ended_because": because}
    voided = [each for each in live if changed(_only(each, CodesState.LIVE).values(**values))]
    taken = _of_order(order_id, TransferCodes.message_id).where(TransferCodes.state == CodesState.TAKEN)
    of_order = SecureMessage.subject == f"order:{order_id}"
    end_messages(of_order & SecureMessage.id.not_in(taken), because)
    return len(voided)


def verify_codes(transfer_id: str, password: Secret, by: Actor | None = None) -> TransferCodes | None:
    """A step: the codes, or None: unknown, wrong, lapsed, void and locked answer alike, after the same work.

    A wrong password is counted; the tenth locks live codes and the signatory is told. The caller commits, then refuses.
    Codes that are taken or spent are answered until their last day; the caller compares the public key.
    """
    within_transaction()
    typed = typed_transfer_id(transfer_id) or ""
    usable = (
        (TransferCodes.transfer_id == typed)
        & TransferCodes.state.in_(_ANSWER)
        & (TransferCodes.usable_until > clock.now())
        & (TransferCodes.wrong_tries < WRONG_PASSWORDS)
    )
    # The try is counted first, so that tries at the same moment cannot pass the cap, and given back when it was right.
    counted = changed(update(TransferCodes).where(usable).values(wrong_tries=TransferCodes.wrong_tries + 1))
    codes = db.session.scalar(
        select(TransferCodes).where(TransferCodes.transfer_id == typed).execution_options(populate_existing=True)
    )
    offered = password_hash(typed, Secret(password.reveal().strip()))
    right = same(offered, codes.password_hash if codes is not None else "0" * len(offered))
    if codes is None or not counted:
        return None
    if right:
        changed(
            update(TransferCodes).where(TransferCodes.id == codes.id).values(wrong_tries=TransferCodes.wrong_tries - 1)
        )
        return codes
    by = by or Actor(ActorKind.PROGRAM, None, "")
    subject, transfer_id = f"order:{codes.order_id}", codes.transfer_id
    audit.record_daily(
        "wrong_transfer_password", subject, by=by, organisation_id=codes.organisation_id, transfer_id=transfer_id
    )
    if codes.wrong_tries >= WRONG_PASSWORDS:
        _lock(codes, by)
    return None


def _lock(codes: TransferCodes, by: Actor) -> None:
    values = {"state": CodesState.LOCKED, "ended_at": clock.now(), "ended_because": MessageEnd.LOCKED}
    if not changed(_only(codes.id, CodesState.LIVE).values(**values)):
        return
    end_messages(SecureMessage.id == codes.message_id, MessageEnd.LOCKED)
    tell_signatory("codes_locked", db.session.get_one(SecureMessage, codes.message_id))
    subject = f"order:{codes.order_id}"
    audit.record("codes_locked", subject, by=by, organisation_id=codes.organisation_id, transfer_id=codes.transfer_id)


def take_codes(codes_id: int, public_key_hash: str) -> bool:
    """A step: live codes belong to this public key from now on. False when they are not live or past their last day."""
    within_transaction()
    free = _only(codes_id, CodesState.LIVE).where(TransferCodes.usable_until > clock.now())
    return changed(free.values(state=CodesState.TAKEN, public_key_hash=public_key_hash))


def spend_codes(codes_id: int) -> bool:
    """A step: the certificate is issued, taken codes are spent, and their message is done. False: they were not taken."""
    within_transaction()
    values = {"state": CodesState.SPENT, "ended_at": clock.now(), "ended_because": MessageEnd.USED}
    if not changed(_only(codes_id, CodesState.TAKEN).values(**values)):
        return False
    codes = db.session.get_one(TransferCodes, codes_id)
    end_messages(SecureMessage.id == codes.message_id, MessageEnd.USED)
    return True


def void_taken(codes_id: int, because: MessageEnd) -> bool:
    """A step: codes that a public key has taken are void, for their certificate never comes. False: they were not taken."""
    within_transaction()
    values = {"state": CodesState.VOID, "ended_at": clock.now(), "ended_because": because}
    if not changed(_only(codes_id, CodesState.TAKEN).values(**values)):
        return False
    codes = db.session.get_one(TransferCodes, codes_id)
    end_messages(SecureMessage.id == codes.message_id, because)
    return True


def codes_of(order_id: int) -> list[TransferCodes]:
    """Every pair of codes the order has had, newest first."""
    return list(db.session.scalars(_of_order(order_id, TransferCodes).order_by(TransferCodes.id.desc())))


def codes_behind(message: SecureMessage) -> TransferCodes | None:
    """The codes sealed in the message; None for a certificate's page."""
    return db.session.scalar(select(TransferCodes).where(TransferCodes.message_id == message.id))


def password_hash(transfer_id: str, password: Secret) -> str:
    """The keyed hash of a TransferPassword, bound to its TransferID."""
    return keyed_hash(current_settings().secret_key, "transfer password", f"{transfer_id}:{password.reveal()}")


def _unused_transfer_id() -> str:
    while True:
        drawn = clock.random_digits(TRANSFER_ID_DIGITS)
        taken = select(TransferCodes.id).where(TransferCodes.transfer_id == drawn)
        if db.session.scalar(taken) is None:
            return drawn


def _of_order(order_id: int, what: Any) -> Any:
    return select(what).where(TransferCodes.order_id == order_id)


def _only(codes_id: int, state: CodesState) -> Any:
    """The conditional UPDATE of one row in one state."""
    return update(TransferCodes).where(TransferCodes.id == codes_id, TransferCodes.state == state)
