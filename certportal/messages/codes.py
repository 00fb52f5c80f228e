"""Transfer codes: issue, verify, take, spend, void. Steps of orders' and certificates' use cases.

TransferID: 12 decimal digits, unique for ever. TransferPassword: 16 unambiguous characters, kept only as a keyed hash and
sealed in the message. Both are usable until the end of the local day that is TRANSFER_CODES_DAYS after sending.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import Row, Update, bindparam, insert, select, update

from certportal import clock, formats
from certportal.extensions import changed, db, within_transaction, writing
from certportal.identifiers import Environment
from certportal.messages import links
from certportal.messages.endings import end_messages, message_of_codes_is_used
from certportal.messages.models import CodesState, MessageEnd, MessageKind, SecureMessage, TransferCodes
from certportal.messages.rules import PASSWORD_LENGTH, TRANSFER_ID_DIGITS, WRONG_PASSWORDS
from certportal.outbox import service as outbox
from certportal.registry.models import TechnicalContact
from certportal.secrecy import Secret, keyed_hash, message_key, seal
from certportal.settings import current_settings
from certportal.statements import prepared


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
    message.mail_row_id = outbox.owe(
        "secure_message",
        {"message": message.id},
        subject=message.subject,
        send_before=message.usable_until,
        secret=token,
        organisation_id=message.organisation_id,
    )
    db.session.flush()


def add_message(
    kind: MessageKind,
    subject: str,
    organisation_id: int,
    contact: TechnicalContact,
    cover: dict[str, Any],
    until: Any,
    token: Secret | None = None,
) -> tuple[SecureMessage, Secret]:
    """A step: a message with nothing sealed in it yet, and the token of its link, which is not kept."""
    message_id, token = new_message(kind, subject, organisation_id, contact, cover, until, token)
    return db.session.get_one(SecureMessage, message_id), token


def new_message(
    kind: MessageKind,
    subject: str,
    organisation_id: int,
    contact: TechnicalContact | Row[Any],
    cover: dict[str, Any],
    until: Any,
    token: Secret | None = None,
) -> tuple[int, Secret]:
    """A step: the same, answering the number of its row."""
    within_transaction()
    token = token or links.new_token()
    message = {
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
    }
    db.session.flush()
    return writing().execute(_add(), message).one().id, token


@prepared
def _add() -> Any:
    messages: Any = SecureMessage.__table__
    return insert(messages).returning(messages.c.id)


def void_codes(order_id: int, because: MessageEnd) -> int:
    """A step: the order's live codes are void, and its messages with their PINs, openings and waiting mails end.

    Answers how many codes became void. Codes that a public key has taken stay: their certificate is being issued.
    """
    within_transaction()
    now = clock.now()
    live = list(db.session.scalars(_of_order(order_id, TransferCodes.id).where(TransferCodes.state == CodesState.LIVE)))
    values = {"state": CodesState.VOID, "ended_at": now, "ended_because": because}
    voided = [each for each in live if changed(only(each, CodesState.LIVE).values(**values))]
    taken = _of_order(order_id, TransferCodes.message_id).where(TransferCodes.state == CodesState.TAKEN)
    of_order = SecureMessage.subject == f"order:{order_id}"
    end_messages(of_order & SecureMessage.id.not_in(taken), because)
    return len(voided)


def take_codes(codes_id: int, public_key_hash: str) -> bool:
    """A step: live codes belong to this public key from now on. False when they are not live, or past their last day."""
    within_transaction()
    return changed(_take(), codes=codes_id, key=public_key_hash, now=clock.now())


def spend_codes(codes_id: int) -> bool:
    """A step: the certificate is issued, taken codes are spent, and their message is done. False: they were not taken."""
    within_transaction()
    if not changed(_spend(), codes=codes_id, now=clock.now()):
        return False
    message_of_codes_is_used(codes_id)
    return True


def void_taken(codes_id: int, because: MessageEnd) -> bool:
    """A step: codes that a public key has taken are void, for their certificate never comes. False: they were not taken."""
    within_transaction()
    values = {"state": CodesState.VOID, "ended_at": clock.now(), "ended_because": because}
    if not changed(only(codes_id, CodesState.TAKEN).values(**values)):
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


@prepared
def _take() -> Update:
    codes: Any = TransferCodes.__table__
    free = (codes.c.state == CodesState.LIVE) & (codes.c.usable_until > bindparam("now"))
    free &= codes.c.wrong_tries < WRONG_PASSWORDS
    taken = {"state": CodesState.TAKEN, "public_key_hash": bindparam("key")}
    return update(codes).where(codes.c.id == bindparam("codes"), free).values(taken)


@prepared
def _spend() -> Update:
    codes: Any = TransferCodes.__table__
    spent = {"state": CodesState.SPENT, "ended_at": bindparam("now"), "ended_because": MessageEnd.USED}
    return update(codes).where(codes.c.id == bindparam("codes"), codes.c.state == CodesState.TAKEN).values(spent)


def _of_order(order_id: int, what: Any) -> Any:
    return select(what).where(TransferCodes.order_id == order_id)


def only(codes_id: int, state: CodesState) -> Any:
    """The conditional UPDATE of one row in one state."""
    return update(TransferCodes).where(TransferCodes.id == codes_id, TransferCodes.state == state)
