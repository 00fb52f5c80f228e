"""Operators' sign-in: the second factor, the one-time address for the day when mail is down, and who is an operator."""

from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, select, update

from certportal import audit, clock, secrecy
from certportal.extensions import changed, db, transaction
from certportal.formats import link
from certportal.identifiers import Actor, ActorKind, EmailAddress, Language
from certportal.identifiers.texts import plain_text
from certportal.refusals import Conflict, NotFound, Refusal
from certportal.registry import operators
from certportal.registry.columns import NAME
from certportal.registry.models import Operator
from certportal.secrecy import Secret
from certportal.settings import current_settings
from certportal.signin import rules, totp
from certportal.signin.models import OperatorLink, SignedIn
from certportal.signin.service import (
    close,
    end_sessions_of_operator,
    open_for_operator,
    open_row,
)


@dataclass(frozen=True)
class Offer:
    """An authenticator to set up: the picture as a data: address, and the same secret in groups of four characters."""

    picture: str = field(repr=False)
    secret: str = field(repr=False)


def offered_authenticator(token: Secret) -> Offer | None:
    """What this half-done sign-in offers; None for an operator who has an authenticator."""
    row = open_row(token)
    operator = operators.operator(row.operator_id) if row is not None else None
    if row is None or operator is None or row.totp_secret is None:
        return None
    secret = totp.unsealed(row.totp_secret, operator.id)
    return Offer(totp.picture(secret, operator.email), rules.in_groups(secret.reveal()))


def enter_totp(token: Secret, typed: str, client: str | None) -> Secret:
    """A use case: the authenticator's six digits finish the sign-in, the first time by enrolling it. Answers a new token.

    Every try is counted before it is looked at; after the fifth wrong one the e-mailed code must be asked for again.

    Refusals: totp_wrong (`left`), totp_used (`left`), totp_locked, sign_in_over.
    """
    with transaction():
        row = open_row(token)
        operator = operators.operator(row.operator_id) if row is not None else None
        counted = row is not None and operator is not None and _count_try(row)
        if row is None or operator is None or not counted:
            answer: Secret | Refusal = Refusal("sign_in_over")
        else:
            db.session.refresh(row)
            refusal = _refused(row, operator, typed, client)
            answer = refusal or _finish(token, operator, client)
    if isinstance(answer, Refusal):
        raise answer
    return answer


def _count_try(row: SignedIn) -> bool:
    waiting = (
        (SignedIn.id == row.id)
        & SignedIn.ended_at.is_(None)
        & SignedIn.second_factor_at.is_(None)
        & (SignedIn.second_factor_tries < rules.TOTP_TRIES)
    )
    return changed(update(SignedIn).where(waiting).values(second_factor_tries=SignedIn.second_factor_tries + 1))


def _refused(row: SignedIn, operator: Operator, typed: str, client: str | None) -> Refusal | None:
    """Why these digits do not open; None when they do, and then their step is spent."""
    left = rules.TOTP_TRIES - row.second_factor_tries
    enrolled = operator.totp_enrolled_at is not None
    kept = operator.totp_secret if enrolled else row.totp_secret
    if kept is None or (enrolled and row.totp_secret is not None):
        return Refusal("sign_in_over")  # another browser has enrolled, or the authenticator was reset, meanwhile
    step = totp.step_of(totp.unsealed(kept, operator.id), typed, clock.machine())
    actor = Actor(ActorKind.OPERATOR, operator.id, operator.name, client)
    if step is not None and not enrolled:
        done = operators.enrol_authenticator(operator, kept, step, clock.machine(), actor)
        return None if done else Refusal("sign_in_over")
    if step is not None and operators.spend_step(operator, step):
        return None
    if left > 0:
        return Refusal("totp_wrong" if step is None else "totp_used", left=left)
    changed(update(SignedIn).where(SignedIn.id == row.id).values(ended_at=clock.machine(), totp_secret=None))
    audit.record("totp_locked", f"operator:{operator.id}", by=actor)
    return Refusal("totp_locked")


def _finish(token: Secret, operator: Operator, client: str | None) -> Secret | Refusal:
    try:
        fresh = open_for_operator(operator, client=client, second_factor=True)
    except Refusal as refusal:
        return refusal
    close(token)
    return fresh


def make_sign_in_link(email: EmailAddress, by: Actor) -> str:
    """A use case: an absolute address that begins an operator's sign-in once, within ten minutes, without e-mail. Earlier
    ones are void. The authenticator is asked for all the same.

    Refusals: operator_unknown (not found), operator_disabled (conflict).
    """
    token = Secret(clock.random_token())
    with transaction() as session:
        operator = _in_office(email)
        earlier = (OperatorLink.operator_id == operator.id) & OperatorLink.spent_at.is_(None)
        changed(update(OperatorLink).where(earlier).values(spent_at=clock.machine()))
        until = clock.machine() + rules.LINK_LIFETIME
        session.add(OperatorLink(operator_id=operator.id, token_hash=_hash(token), expires_at=until))
        audit.record("sign_in_link_made", f"operator:{operator.id}", by=by)
    return link("signin.operator_link", token=token.reveal())


def link_works(token: Secret) -> bool:
    """Whether the address would begin a sign-in now; looking at it changes nothing."""
    return db.session.scalar(select(OperatorLink.id).where(_usable(token))) is not None


def use_link(token: Secret, client: str | None, instead_of: Secret | None) -> Secret:
    """A use case: use the address up; the token answered lets the second factor be given. Refusals: link_lapsed."""
    with transaction():
        row = db.session.scalar(select(OperatorLink).where(_usable(token)))
        operator = operators.operator(row.operator_id) if row is not None else None
        if operator is None or not changed(update(OperatorLink).where(_usable(token)).values(spent_at=clock.machine())):
            raise Refusal("link_lapsed")
        close(instead_of)
        actor = Actor(ActorKind.OPERATOR, operator.id, operator.name, client)
        audit.record("sign_in_link_used", f"operator:{operator.id}", by=actor)
        return open_for_operator(operator, client=client, second_factor=False)


def list_operators() -> list[Operator]:
    """Everybody, those in office first, by name."""
    return operators.operators()


def add_operator(email: EmailAddress, name: str, language: Language, by: Actor) -> Operator:
    """A use case: a new operator, or a disabled one in office again.

    Refusals: operator_exists (conflict), and what ``plain_text`` refuses in a name.
    """
    kept = plain_text(name, NAME)
    with transaction():
        return operators.save_operator(email, kept, language, by)


def disable_operator(email: EmailAddress, by: Actor) -> None:
    """A use case: out of office, and out of every sign-in, from now on.

    Refusals: operator_unknown (not found), operator_disabled (conflict).
    """
    with transaction():
        operator = _in_office(email)
        operators.disable(operator, by)
        end_sessions_of_operator(operator.id)


def reset_totp(email: EmailAddress, by: Actor) -> None:
    """A use case: the authenticator is lost; every sign-in ends, and the next one enrols another.

    Refusals: operator_unknown (not found), operator_disabled (conflict).
    """
    with transaction():
        operator = _in_office(email)
        operators.reset_authenticator(operator, by)
        end_sessions_of_operator(operator.id)


def _in_office(email: EmailAddress) -> Operator:
    operator = operators.operator_by_email(email.key)
    if operator is None:
        raise NotFound("operator_unknown", email=email.text)
    if operator.disabled_at is not None:
        raise Conflict("operator_disabled", email=operator.email, name=operator.name, since=operator.disabled_at)
    return operator


def _usable(token: Secret) -> ColumnElement[bool]:
    return (
        (OperatorLink.token_hash == _hash(token))
        & OperatorLink.spent_at.is_(None)
        & (OperatorLink.expires_at > clock.machine())
    )


def _hash(token: Secret) -> str:
    return secrecy.keyed_hash(current_settings().secret_key, "operator link", token.reveal())
