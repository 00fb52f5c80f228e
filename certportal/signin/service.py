"""Signed-in sessions: who a browser's token stands for, for whom they act, and how a sign-in ends.

A GET writes nothing: when a browser was last seen travels in its signed cookie, and a sign-in that has lost its right, or
its time, is refused at every request without its row being touched.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, delete, or_, select, update

from certportal import audit, clock, secrecy
from certportal.extensions import Seen, asking, changed, columns_of, db, transaction, within_transaction
from certportal.identifiers import Actor, ActorKind, Language
from certportal.refusals import Forbidden
from certportal.registry import operators
from certportal.registry import service as registry
from certportal.registry.models import Operator, Organisation, Person, SigningRight
from certportal.secrecy import Secret
from certportal.settings import current_settings
from certportal.signin import rules, totp
from certportal.signin.models import OperatorLink, SignedIn, SignInCode
from certportal.signin.rules import Ended
from certportal.statements import prepared


class Who(NamedTuple):
    """The one at the keyboard."""

    id: int
    name: str
    language: Language


@dataclass
class Standing:
    """Whom a token stands for. ``ended`` says why it stands for nobody (any more); ``organisation`` is the one acted for.

    ``who``: number, name and language of the person or operator; ``seen_…``: what became known of their rows then.
    """

    who: Who | None = None
    operator: Operator | None = None
    second_factor_at: datetime | None = None
    organisation_id: int | None = None
    organisation_ids: list[int] = field(default_factory=list[int])
    ended: Ended | None = None
    seen_person: Seen[Person] | None = None
    seen_organisation: Seen[Organisation] | None = None

    @property
    def is_person(self) -> bool:
        """A signatory, or somebody who was one."""
        return self.who is not None and self.operator is None

    @cached_property
    def person(self) -> Person | None:
        """The signatory."""
        return self.seen_person.row() if self.seen_person is not None else None

    @cached_property
    def organisation(self) -> Organisation | None:
        """The one acted for."""
        if self.seen_organisation is not None:
            return self.seen_organisation.row()
        return registry.organisation(self.organisation_id) if self.organisation_id is not None else None

    @property
    def lacks_second_factor(self) -> bool:
        """An operator between the e-mailed code and the authenticator: nobody yet."""
        return self.operator is not None and self.second_factor_at is None


@dataclass(frozen=True)
class OpenSignIn:
    """One line of "your sign-ins". ``here``: it is the browser that asks."""

    began_at: datetime
    client_address: str
    organisation: str
    here: bool


def standing(token: Secret, seen_at: datetime | None) -> Standing:
    """Whom the token stands for now. ``seen_at`` is when its browser last asked for anything.

    Rights are read anew each time, so that losing them ends open sign-ins at the next request (failures.md F15).
    """
    found = asking().execute(_with_rights(), {"token_hash": _hash(token), "on": registry.today()}).all()
    if not found:
        return Standing(ended=Ended.GONE)
    row = found[0]
    idle = timedelta(minutes=current_settings().session_idle_minutes)
    over = rules.ended(clock.machine(), ends_at=row.ends_at, seen_at=seen_at, idle=idle)
    if row.person_id is None:
        operator = operators.operator(row.operator_id)
        lost = Ended.NO_RIGHT if operator is None or operator.disabled_at is not None else None
        who = Who(operator.id, operator.name, operator.language) if operator is not None else None
        return Standing(who, operator, row.second_factor_at, ended=over or lost)
    mine, chosen = [each.right_to for each in found if each.right_to is not None], row.organisation_id
    lost = Ended.NO_RIGHT if not mine or (chosen is not None and chosen not in mine) else None
    who = Who(row.person_id, row.name, row.language)
    first, last = len(_KNOWN), len(_KNOWN) + len(columns_of(Person))
    seen = [Seen(Organisation, each[last:]) for each in found if chosen is not None and each.right_to == chosen]
    rows = Seen(Person, row[first:last]), (seen[0] if seen else None)
    return Standing(who, None, None, chosen, mine, over or lost, *rows)


def sign_ins(actor: Actor, token: Secret) -> list[OpenSignIn]:
    """Every open sign-in of a person or an operator, the newest first; ``token`` is the asking browser's."""
    query = (
        select(SignedIn, Organisation.name)
        .join(Organisation, Organisation.id == SignedIn.organisation_id, isouter=True)
        .where(_of(actor), SignedIn.ended_at.is_(None), SignedIn.ends_at > clock.machine())
        .where(or_(SignedIn.operator_id.is_(None), SignedIn.second_factor_at.is_not(None)))
        .order_by(SignedIn.id.desc())
    )
    here = _hash(token)
    return [
        OpenSignIn(row.began_at, row.client_address, name or "", secrecy.same(row.token_hash, here))
        for row, name in db.session.execute(query)
    ]


def begin(
    *, person_id: int | None = None, operator_id: int | None = None, organisation_id: int | None = None
) -> Secret:
    """A use case: sign somebody in without code or authenticator, and answer the new token.

    The demo's bar uses it, and nothing else may: no route of this room leads here. Refusals: as ``open_for_person``.
    """
    with transaction():
        if person_id is not None:
            return open_for_person(person_id, client=None, organisation_id=organisation_id)
        return open_for_operator(db.session.get_one(Operator, operator_id), client=None, second_factor=True)


def act_for(token: Secret, organisation_id: int, by: Actor) -> Secret:
    """A use case: from now on this sign-in is for another organisation, under a new token; its end stays where it was.

    Refusals: sign_in_no_right (forbidden), sign_in_over (forbidden).
    """
    fresh = Secret(clock.random_token())
    with transaction():
        if by.id is None or not registry.may_sign(by.id, organisation_id, registry.today()):
            raise Forbidden("sign_in_no_right")
        values = {"token_hash": _hash(fresh), "organisation_id": organisation_id}
        if not changed(update(SignedIn).where(_open(token), _of(by)).values(**values)):
            raise Forbidden("sign_in_over")
        audit.record("organisation_chosen", f"person:{by.id}", by=by, organisation_id=organisation_id)
    return fresh


def sign_out(token: Secret, by: Actor | None) -> None:
    """A use case: this token is worth nothing any more. Without ``by`` it was nobody's already."""
    with transaction():
        if close(token) and by is not None:
            audit.record("signed_out", _subject(by), by=by)


def sign_out_everywhere(by: Actor) -> int:
    """A use case: end every open sign-in of this person or operator, this one too. Answers how many."""
    with transaction():
        count = _end(_of(by))
        audit.record("signed_out_everywhere", _subject(by), by=by, count=count)
    return count


def forget_old() -> int:
    """A use case for a daily job: delete codes, links and sign-ins that ended thirty days ago; they hold addresses of people."""
    before = clock.machine() - rules.KEPT
    with transaction() as session:
        ended = [
            delete(SignInCode).where(SignInCode.expires_at < before),
            delete(SignedIn).where(SignedIn.ends_at < before),
            delete(OperatorLink).where(OperatorLink.expires_at < before),
        ]
        return sum(session.connection().execute(statement).rowcount for statement in ended)


def open_for_person(person_id: int, *, client: str | None, organisation_id: int | None = None) -> Secret:
    """A step: the person is signed in, for ``organisation_id`` or, where there is but one, for that one.

    Refusals: sign_in_no_right (forbidden): no right to sign today, or none for that organisation.
    """
    within_transaction()
    mine = registry.organisations_of(person_id, registry.today())
    if organisation_id is None and len(mine) == 1:
        organisation_id = mine[0].id
    person = registry.person(person_id)
    if person is None or not mine or organisation_id not in {None, *(each.id for each in mine)}:
        raise Forbidden("sign_in_no_right")
    token = _open_row(client, _full_length(), person_id=person_id, organisation_id=organisation_id)
    actor = Actor(ActorKind.PERSON, person_id, person.name, client)
    audit.record("signed_in", f"person:{person_id}", by=actor, organisation_id=organisation_id)
    return token


def open_for_operator(operator: Operator, *, client: str | None, second_factor: bool) -> Secret:
    """A step: the operator is signed in; without second factor for ten minutes, in which nothing but it may be given.

    Refusals: sign_in_no_right (forbidden): disabled.
    """
    within_transaction()
    if operator.disabled_at is not None:
        raise Forbidden("sign_in_no_right")
    if not second_factor:
        offered = None if operator.totp_enrolled_at else totp.sealed(totp.new_secret(), operator.id)
        lasts = rules.SECOND_FACTOR_LIFETIME
        return _open_row(client, lasts, operator_id=operator.id, totp_secret=offered)
    token = _open_row(client, _full_length(), operator_id=operator.id, second_factor_at=clock.machine())
    actor = Actor(ActorKind.OPERATOR, operator.id, operator.name, client)
    audit.record("signed_in", f"operator:{operator.id}", by=actor)
    return token


def close(token: Secret | None) -> bool:
    """A step: end the sign-in of this token, if it is open."""
    within_transaction()
    return token is not None and _end(_open(token)) > 0


def end_sessions_of(person_id: int) -> int:
    """A step: end every open sign-in of the person. Answers how many."""
    return _end(SignedIn.person_id == person_id)


def end_sessions_of_operator(operator_id: int) -> int:
    """A step: end every open sign-in of the operator, and the links that are not used yet. Answers how many sign-ins."""
    unused = (OperatorLink.operator_id == operator_id) & OperatorLink.spent_at.is_(None)
    within_transaction()
    changed(update(OperatorLink).where(unused).values(spent_at=clock.machine()))
    return _end(SignedIn.operator_id == operator_id)


def open_row(token: Secret) -> SignedIn | None:
    """The open sign-in of this token while its time lasts."""
    return db.session.scalar(select(SignedIn).where(_open(token), SignedIn.ends_at > clock.machine()))


def _open_row(client: str | None, lasts: timedelta, **values: object) -> Secret:
    token, at = Secret(clock.random_token()), clock.machine()
    row = SignedIn(token_hash=_hash(token), client_address=client or "", began_at=at, ends_at=at + lasts, **values)
    db.session.add(row)
    db.session.flush()
    return token


def _end(which: ColumnElement[bool]) -> int:
    within_transaction()
    ended = update(SignedIn).where(which, SignedIn.ended_at.is_(None))
    values = {"ended_at": clock.machine(), "totp_secret": None}
    rows = db.session.scalars(ended.values(**values).returning(SignedIn.id))
    return len(rows.all())


_OF: list[Any] = [SignedIn.person_id, SignedIn.operator_id, SignedIn.organisation_id, SignedIn.ends_at]
_KNOWN = [*_OF, SignedIn.second_factor_at, Person.name, Person.language, Organisation.id.label("right_to")]


@prepared
def _with_rights() -> Select[*tuple[Any, ...]]:
    """A sign-in with its person, once for each organisation that the person may sign for ``on`` that day, and without any for
    every right that does not hold, and for a sign-in without one. The person's columns stand at the end, then the
    organisation's."""
    may_sign = (Organisation.id == SigningRight.organisation_id) & registry.signing_on(bindparam("on"))
    rows = [
        each.label(f"{each.table.name}_{each.key}") for model in (Person, Organisation) for each in columns_of(model)
    ]
    return (
        select(*_KNOWN, *rows)
        .select_from(SignedIn)
        .join(Person, Person.id == SignedIn.person_id, isouter=True)
        .join(SigningRight, SigningRight.person_id == SignedIn.person_id, isouter=True)
        .join(Organisation, may_sign, isouter=True)
        .where(SignedIn.token_hash == bindparam("token_hash"), SignedIn.ended_at.is_(None))
    )


def _open(token: Secret) -> ColumnElement[bool]:
    return (SignedIn.token_hash == _hash(token)) & SignedIn.ended_at.is_(None)


def _of(actor: Actor) -> ColumnElement[bool]:
    mine = SignedIn.operator_id if actor.kind is ActorKind.OPERATOR else SignedIn.person_id
    return mine == actor.id


def _subject(actor: Actor) -> str:
    return f"{actor.kind.value}:{actor.id}"


def _full_length() -> timedelta:
    return timedelta(hours=current_settings().session_hours)


def _hash(token: Secret) -> str:
    return secrecy.keyed_hash(current_settings().secret_key, "sign-in session", token.reveal())
