"""Whether a TransferPassword opens its codes. Wrong ones are counted; the tenth locks the codes, and the signatory is told."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Update, bindparam, select, update

from certportal import audit, clock
from certportal.driver import Driver
from certportal.extensions import asking, changed, db, within_transaction, writing
from certportal.identifiers import Actor, ActorKind, Environment
from certportal.messages.codes import only, password_hash
from certportal.messages.endings import end_messages
from certportal.messages.models import CodesState, MessageEnd, SecureMessage, TransferCodes
from certportal.messages.rules import WRONG_PASSWORDS, typed_transfer_id
from certportal.messages.telling import tell_signatory
from certportal.registry.models import Organisation
from certportal.secrecy import Secret, same
from certportal.statements import prepared

ANSWER = (CodesState.LIVE, CodesState.TAKEN, CodesState.SPENT)
"""Taken and spent codes still answer: with the same public key they give the same certificate (domain.md, section 4)."""


class VerifiedCodes(NamedTuple):
    """Codes whose password was right: what they are for, and which public key has taken them."""

    id: int
    order_id: int
    business_id: str
    environment: Environment
    state: CodesState
    usable_until: datetime
    public_key_hash: str | None


def right_codes(transfer_id: str, password: Secret) -> VerifiedCodes | None:
    """As ``verify_codes`` with a right password, which changes nothing: so nothing is locked for it, and nothing counted."""
    known, right = _looked_up(asking(), _with_password(), transfer_id, password)
    return _verified(known) if known is not None and right else None


def verify_codes(transfer_id: str, password: Secret, by: Actor | None = None) -> VerifiedCodes | None:
    """A step: the codes, or None: unknown, wrong, lapsed, void and locked answer alike, after the same work.

    A wrong password is counted; the tenth locks live codes and the signatory is told. The caller commits, then refuses.
    Codes that are taken or spent are answered until their last day; the caller compares the public key.
    """
    within_transaction()
    # The row is locked from here to the end, so that tries at the same moment come one after the other.
    known, right = _looked_up(writing(), _locked_with_password(), transfer_id, password)
    if known is None:
        return None
    if right:
        return _verified(known)
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


def _verified(known: Any) -> VerifiedCodes:
    whose, use = (known.business_id, known.environment), (known.state, known.usable_until, known.public_key_hash)
    return VerifiedCodes(known.id, known.order_id, *whose, *use)


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
    return _codes_and_whose()


@prepared
def _locked_with_password() -> Any:
    return _codes_and_whose().with_for_update(of=TransferCodes.__table__)


def _codes_and_whose() -> Any:
    codes = TransferCodes.__table__.c
    known = (codes.id, codes.password_hash, codes.state, codes.usable_until, codes.wrong_tries, codes.public_key_hash)
    whose, organisation = TransferCodes.__table__, Organisation.__table__
    joined = whose.join(organisation, organisation.c.id == codes.organisation_id)
    query = select(*known, codes.order_id, codes.environment, organisation.c.business_id).select_from(joined)
    return query.where(codes.transfer_id == bindparam("transfer_id"))


@prepared
def _count_wrong() -> Update:
    codes: Any = TransferCodes.__table__
    free = (codes.c.id == bindparam("codes")) & (codes.c.wrong_tries < WRONG_PASSWORDS)
    return update(codes).where(free).values(wrong_tries=codes.c.wrong_tries + 1)
