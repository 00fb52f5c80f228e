"""Whether a TransferPassword opens its codes. Wrong ones are counted; the tenth locks the codes, and the signatory is told."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Update, bindparam, select, update

from certportal import audit, clock
from certportal.driver import Driver
from certportal.extensions import asking, changed, db, within_transaction, writing
from certportal.identifiers import Actor, ActorKind
from certportal.messages.codes import only, password_hash
from certportal.messages.endings import end_messages
from certportal.messages.models import CodesState, MessageEnd, SecureMessage, TransferCodes
from certportal.messages.rules import WRONG_PASSWORDS, typed_transfer_id
from certportal.messages.telling import tell_signatory
from certportal.secrecy import Secret, same
from certportal.statements import Prepared, prepared

ANSWER = (CodesState.LIVE, CodesState.TAKEN, CodesState.SPENT)
"""Taken and spent codes still answer: with the same public key they give the same certificate (domain.md, section 4)."""


def right_codes(transfer_id: str, password: Secret, asked: Prepared | None = None) -> Any | None:
    """As ``verify_codes`` with a right password, which changes nothing: so nothing is locked for it, and nothing counted.

    ``asked``: a question by ``transfer_id`` for ``checked_columns``, and for whatever its caller wants to know beside them. What
    it answers is answered here.
    """
    known, right = _looked_up(asking(), asked or _with_password(), transfer_id, password)
    return known if right else None


def checked_columns() -> Sequence[ColumnElement[Any]]:
    """The columns of transfer codes that are looked at: id, password_hash, state, usable_until and wrong_tries."""
    codes = TransferCodes.__table__.c
    return codes.id, codes.password_hash, codes.state, codes.usable_until, codes.wrong_tries


def verify_codes(transfer_id: str, password: Secret, by: Actor | None = None) -> int | None:
    """A step: the number of the codes' row, or None: unknown, wrong, lapsed, void and locked answer alike, after the same work.

    A wrong password is counted; the tenth locks live codes and the signatory is told. The caller commits, then refuses.
    Codes that are taken or spent are answered until their last day; the caller compares the public key.
    """
    within_transaction()
    # The row is locked from here to the end, so that tries at the same moment come one after the other.
    known, right = _looked_up(writing(), _locked_with_password(), transfer_id, password)
    if known is None:
        return None
    if right:
        return known.id
    if not changed(_count_wrong(), codes=known.id):
        return None
    codes = db.session.get_one(TransferCodes, known.id, populate_existing=True)
    by = by or Actor(ActorKind.PROGRAM, None, "")
    subject, transfer_id = f"order:{codes.order_id}", codes.transfer_id
    audit.record_daily(
        "wrong_transfer_password", subject, by=by, organisation_id=codes.organisation_id, transfer_id=transfer_id
    )
    if codes.wrong_tries >= WRONG_PASSWORDS:
        _lock(codes, by)
    return None


def _looked_up(driver: Driver, query: Any, transfer_id: str, password: Secret) -> tuple[Any, bool]:
    """The codes that answer to a TransferID, if there are any, and whether this is their password."""
    typed = typed_transfer_id(transfer_id) or ""
    known = driver.execute(query, {"transfer_id": typed}).first()
    offered = password_hash(typed, Secret(password.reveal().strip()))
    right = same(offered, known.password_hash if known is not None else "0" * len(offered))
    return (known if known is not None and _answers(known) else None), right


def _answers(known: Any) -> bool:
    """Whether a right password opens anything."""
    return known.state in ANSWER and known.usable_until > clock.now() and known.wrong_tries < WRONG_PASSWORDS


def _lock(codes: TransferCodes, by: Actor) -> None:
    values = {"state": CodesState.LOCKED, "ended_at": clock.now(), "ended_because": MessageEnd.LOCKED}
    if not changed(only(codes.id, CodesState.LIVE).values(**values)):
        return
    end_messages(SecureMessage.id == codes.message_id, MessageEnd.LOCKED)
    tell_signatory("codes_locked", db.session.get_one(SecureMessage, codes.message_id))
    subject = f"order:{codes.order_id}"
    audit.record("codes_locked", subject, by=by, organisation_id=codes.organisation_id, transfer_id=codes.transfer_id)


@prepared
def _with_password() -> Any:
    return _by_transfer_id()


@prepared
def _locked_with_password() -> Any:
    return _by_transfer_id().with_for_update()


def _by_transfer_id() -> Any:
    return select(*checked_columns()).where(TransferCodes.__table__.c.transfer_id == bindparam("transfer_id"))


@prepared
def _count_wrong() -> Update:
    codes: Any = TransferCodes.__table__
    free = (codes.c.id == bindparam("codes")) & (codes.c.wrong_tries < WRONG_PASSWORDS)
    return update(codes).where(free).values(wrong_tries=codes.c.wrong_tries + 1)
