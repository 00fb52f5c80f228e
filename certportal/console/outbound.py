"""The outbox as the operator sees it: what waits, what failed and what was said; never what a letter said."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask_sqlalchemy.pagination import Pagination
from sqlalchemy import exists, or_, select
from sqlalchemy.orm import aliased

from certportal import clock
from certportal.extensions import db, holds_words
from certportal.messages.models import SecureMessage
from certportal.orders.models import Order, OrderState
from certportal.outbox.kinds import KINDS
from certportal.outbox.models import WAITING_STATES, AddressMark, Medium, OutboxRow, RowState
from certportal.registry.models import Organisation, Person, TechnicalContact
from certportal.registry.organisations import signatories, today

PER_PAGE = 25
FAILED_WITHIN = timedelta(days=14)
"""A failed delivery is news for so long; afterwards it is history, and the list still has it."""
STATES = ("failed", "waiting", "held", "accepted", "refused", "unknown", "lapsed", "silenced")


@dataclass(frozen=True)
class Wanted:
    """What the operator asked for; empty words are all."""

    words: str = ""
    state: str = ""
    kind: str = ""
    medium: str = ""


@dataclass(frozen=True)
class Wrong:
    """An address that is refused, or a number that is not the contact's: whose it is, and what can be done about it."""

    mark: AddressMark | None
    contacts: list[TechnicalContact]
    people: list[Person]
    organisations: list[Organisation]


def rows(wanted: Wanted, page: int) -> Pagination:
    """Rows of the outbox, the newest first."""
    query = select(OutboxRow).order_by(OutboxRow.id.desc())
    if wanted.words:
        of_organisation = select(Organisation.id).where(
            or_(holds_words(Organisation.name, wanted.words), Organisation.business_id == wanted.words)
        )
        to = holds_words(OutboxRow.address, wanted.words)
        query = query.where(or_(to, OutboxRow.organisation_id.in_(of_organisation)))
    if wanted.state in STATES:
        query = query.where(_in(wanted.state))
    if wanted.kind in KINDS:
        query = query.where(OutboxRow.kind == wanted.kind)
    if wanted.medium in list(Medium):
        query = query.where(OutboxRow.medium == Medium(wanted.medium))
    return db.paginate(query, page=page, per_page=PER_PAGE, error_out=False)


def row(row_id: int) -> OutboxRow | None:
    """One row."""
    return db.session.get(OutboxRow, row_id)


def failed(limit: int) -> tuple[int, list[OutboxRow]]:
    """What has failed of late and nobody has put right: how many, and the newest of them."""
    query = select(OutboxRow).where(_in("failed"))
    count = db.session.scalar(select(sa.func.count()).select_from(query.subquery())) or 0
    return count, list(db.session.scalars(query.order_by(OutboxRow.id.desc()).limit(limit)))


def wrong_addresses() -> list[Wrong]:
    """Addresses that a mail server has refused and that still stand in the registry, the newest first."""
    living = select(AddressMark).where(AddressMark.ended_at.is_(None)).order_by(AddressMark.id.desc())
    newest: dict[str, AddressMark] = {}
    for mark in db.session.scalars(living):
        newest.setdefault(mark.address, mark)
    return [_owners(mark) for mark in newest.values()]


def wrong_numbers() -> list[TechnicalContact]:
    """Technical contacts whose number somebody else has, the newest report first."""
    reported = TechnicalContact.wrong_number_at.is_not(None) & TechnicalContact.replaced_at.is_(None)
    query = select(TechnicalContact).where(reported).order_by(TechnicalContact.wrong_number_at.desc())
    return list(db.session.scalars(query))


def for_signatories(rows: list[OutboxRow]) -> set[int]:
    """Which of these failed deliveries a signatory can put right and is shown: those about an order that is open, or to a
    technical contact's refused address, of an organisation for which somebody may sign today. By the row's id."""
    numbers = [int(row.subject.removeprefix("order:")) for row in rows if row.subject.startswith("order:")]
    opened = select(Order.id).where(Order.id.in_(numbers), Order.state == OrderState.OPEN)
    subjects = {f"order:{each}" for each in db.session.scalars(opened)}
    addresses = {row.address.casefold() for row in rows if row.address and row.medium is Medium.MAIL}
    named = select(TechnicalContact.organisation_id, TechnicalContact.email_key).where(
        TechnicalContact.replaced_at.is_(None), TechnicalContact.email_key.in_(addresses)
    )
    contacts = set(map(tuple, db.session.execute(named)))
    mine = [
        row
        for row in rows
        if row.organisation_id is not None
        and (row.subject in subjects or (row.organisation_id, row.address.casefold()) in contacts)
    ]
    signed = {
        each: bool(signatories(each, today())) for each in {row.organisation_id for row in mine} if each is not None
    }
    return {row.id for row in mine if row.organisation_id is not None and signed[row.organisation_id]}


def _owners(mark: AddressMark) -> Wrong:
    folded = sa.func.lower
    contacts = select(TechnicalContact).where(
        TechnicalContact.replaced_at.is_(None),
        or_(TechnicalContact.email_key == mark.address, folded(TechnicalContact.second_email) == mark.address),
    )
    return Wrong(
        mark,
        list(db.session.scalars(contacts)),
        list(db.session.scalars(select(Person).where(Person.email == mark.address))),
        list(db.session.scalars(select(Organisation).where(folded(Organisation.contact_email) == mark.address))),
    )


def _in(state: str) -> sa.ColumnElement[bool]:
    match state:
        case "waiting":
            return OutboxRow.state.in_(WAITING_STATES)
        case "held":
            return OutboxRow.state.in_(WAITING_STATES) & (OutboxRow.fault == "server")
        case "failed":
            return _failed()
        case _:
            return OutboxRow.state == RowState(state)


def _is_newer() -> sa.ColumnElement[bool]:
    return SecureMessage.id > OutboxRow.reference["message"].as_integer()


def _failed() -> sa.ColumnElement[bool]:
    """Refused or unknown, or tried in vain until its time was over; neither has another one been sent in its place, nor has
    the address been said to be right, nor, of a PIN code, has a new message taken the place of the one that it was to open."""
    later = aliased(OutboxRow)
    again = (later.subject == OutboxRow.subject) & (later.kind == OutboxRow.kind) & (later.id > OutboxRow.id)
    lost = OutboxRow.state.in_((RowState.REFUSED, RowState.UNKNOWN))
    late = (OutboxRow.state == RowState.LAPSED) & (OutboxRow.attempts > 0)
    recent: Any = OutboxRow.settled_at > clock.machine() - FAILED_WITHIN
    settled = (AddressMark.outbox_row_id == OutboxRow.id) & AddressMark.ended_at.is_not(None)
    unanswered = ~exists().where(settled) & ~exists().where(again, OutboxRow.subject != "")
    unanswered &= ~exists().where(OutboxRow.kind == "pin", SecureMessage.subject == OutboxRow.subject, _is_newer())
    return recent & or_(lost, late) & unanswered & OutboxRow.reference["sent_again_as"].as_integer().is_(None)
