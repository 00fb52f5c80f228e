"""Operators: who looks after the service, and the steps by which the sign-in room changes them."""

from datetime import datetime

from sqlalchemy import select, update

from certportal import audit, clock
from certportal.extensions import changed, db, within_transaction
from certportal.identifiers import Actor, EmailAddress, Language
from certportal.refusals import Conflict
from certportal.registry.models import Operator


def operator(operator_id: int | None) -> Operator | None:
    """The operator, disabled or not."""
    return db.session.get(Operator, operator_id) if operator_id is not None else None


def operator_by_email(email_key: str) -> Operator | None:
    """The operator whose address has this key (``EmailAddress.key``), disabled or not."""
    return db.session.scalar(select(Operator).where(Operator.email == email_key))


def operators() -> list[Operator]:
    """Everybody, those in office first, by name."""
    return list(db.session.scalars(select(Operator).order_by(Operator.disabled_at.isnot(None), Operator.name)))


def save_operator(email: EmailAddress, name: str, language: Language, by: Actor) -> Operator:
    """A step: a new operator, or a disabled one in office again, who then enrols an authenticator anew.

    Refusals: operator_exists (conflict).
    """
    within_transaction()
    found = operator_by_email(email.key)
    if found is not None and found.disabled_at is None:
        raise Conflict("operator_exists", email=email.text)
    if found is None:
        found = Operator(email=email.key, name=name, language=language, totp_step=0, created_at=clock.now())
        db.session.add(found)
    else:
        _drop_authenticator(found)
        found.name, found.language, found.disabled_at = name, language, None
    db.session.flush()
    audit.record("operator_added", f"operator:{found.id}", by=by, name=name, email=email.text)
    return found


def disable(found: Operator, by: Actor) -> None:
    """A step: the operator may do nothing from now on."""
    within_transaction()
    found.disabled_at = clock.now()
    _drop_authenticator(found)
    audit.record("operator_disabled", f"operator:{found.id}", by=by, email=found.email)


def reset_authenticator(found: Operator, by: Actor) -> None:
    """A step: the authenticator is lost; the next sign-in enrols another."""
    within_transaction()
    _drop_authenticator(found)
    audit.record("operator_totp_reset", f"operator:{found.id}", by=by, email=found.email)


def enrol_authenticator(found: Operator, sealed: bytes, step: int, at: datetime, by: Actor) -> bool:
    """A step: this authenticator from now on. False when another one was enrolled a moment ago."""
    within_transaction()
    free = (Operator.id == found.id) & Operator.totp_enrolled_at.is_(None) & Operator.disabled_at.is_(None)
    values = {"totp_secret": sealed, "totp_step": step, "totp_enrolled_at": at}
    if not changed(update(Operator).where(free).values(**values)):
        return False
    audit.record("operator_totp_enrolled", f"operator:{found.id}", by=by)
    return True


def spend_step(found: Operator, step: int) -> bool:
    """A step: the password of this time step is used up, and so are all earlier ones (RFC 6238 5.2). False: it was."""
    within_transaction()
    unused = (Operator.id == found.id) & (Operator.totp_step < step) & Operator.disabled_at.is_(None)
    return changed(update(Operator).where(unused).values(totp_step=step))


def _drop_authenticator(found: Operator) -> None:
    found.totp_secret, found.totp_enrolled_at = None, None
