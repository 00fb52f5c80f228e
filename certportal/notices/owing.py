"""Which notices are owed: set-based SQL over ranges of certificates, so that a million of them cost what fifty thousand do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import and_, exists, func, insert, literal, or_, select, update
from sqlalchemy.orm import aliased

from certportal import clock
from certportal.certificates.models import Certificate, CertificateState
from certportal.extensions import UtcDateTime, changed, db, within_transaction
from certportal.notices.models import ANYBODY, Notice, NoticeRole, NoticeState
from certportal.notices.moments import DaysBefore
from certportal.notices.rules import Window, roles
from certportal.outbox.models import OutboxRow, RowState
from certportal.registry.models import Organisation, Person, SigningRight, TechnicalContact
from certportal.registry.service import today

BATCH = 5_000
COLUMNS = (
    "certificate_id", "rung", "role", "person_id", "state", "recipient_key", "send_before", "created_at"
)  # fmt: skip


@dataclass(frozen=True)
class Range:
    """Certificates of a window between two of them by (not_after, id): one batch."""

    after: tuple[datetime, int]
    until: tuple[datetime, int]


def silent() -> sa.ColumnElement[bool]:
    """A successor is issued, or somebody said that it will not be renewed: nothing more is owed (failures.md, F4)."""
    successor = aliased(Certificate)
    succeeded = exists().where(successor.successor_of_id == Certificate.id, successor.state == CertificateState.ISSUED)
    return or_(succeeded, Certificate.will_not_be_renewed_at.is_not(None))


def batches(window: Window) -> Iterator[Range]:
    """The window's certificates in ranges of at most 5,000."""
    place = (window.after, 2**62)
    while True:
        query = (
            select(Certificate.not_after, Certificate.id)
            .where(Certificate.state == CertificateState.ISSUED, *_between(place, (window.until, 2**62)))
            .order_by(Certificate.not_after, Certificate.id)
        )
        last = db.session.execute(query.offset(BATCH - 1).limit(1)).first()
        if last is None:
            yield Range(place, (window.until, 2**62))
            return
        reached = (last.not_after, last.id)
        yield Range(place, reached)
        place = reached


def owe(window: Window, batch: Range) -> None:
    """A step: a row for every notice of the window's rung that is due in this range and not yet there.

    Older rungs that were missed are noted as superseded. A rung dated before the certificate was issued is never owed.
    """
    within_transaction()
    for role in roles(window.rung):
        db.session.execute(_insert(window, batch, NoticeRole(role), window.rung, NoticeState.OWED))
    for rung in window.older:
        for role in roles(rung):
            db.session.execute(_insert(window, batch, NoticeRole(role), rung, NoticeState.SUPERSEDED))


def tidy_owed() -> None:
    """A step: what waits on an older rung than another notice of the certificate is superseded; a letter that lapsed
    while one of its lines was still the newest owes that line anew."""
    within_transaction()
    lapsed = select(OutboxRow.id).where(OutboxRow.kind == "expiry_notice", OutboxRow.state == RowState.LAPSED)
    again = and_(Notice.state == NoticeState.QUEUED, Notice.outbox_row_id.in_(lapsed), Notice.send_before > clock.now())
    changed(update(Notice).where(again).values(state=NoticeState.OWED, outbox_row_id=None))
    newer = aliased(Notice)
    overtaken = exists().where(newer.certificate_id == Notice.certificate_id, newer.rung < Notice.rung)
    late = and_(Notice.state == NoticeState.OWED, or_(overtaken, Notice.send_before <= clock.now()))
    changed(update(Notice).where(late).values(state=NoticeState.SUPERSEDED))


def count_due(windows: list[Window]) -> int:
    """How many notices to technical contacts would be owed: a question that writes nothing."""
    total = 0
    for window in windows:
        everything = Range((window.after, 2**62), (window.until, 2**62))
        query = _selection(window, everything, NoticeRole.CONTACT, window.rung, NoticeState.OWED)
        total += db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    return total


def _insert(window: Window, batch: Range, role: NoticeRole, rung: int, state: NoticeState) -> sa.Insert:
    return insert(Notice).from_select(COLUMNS, _selection(window, batch, role, rung, state), include_defaults=False)


def _selection(window: Window, batch: Range, role: NoticeRole, rung: int, state: NoticeState) -> Any:
    source, person, email, language, present = _recipients(role)
    known = exists().where(
        Notice.certificate_id == Certificate.id,
        Notice.rung == rung,
        Notice.role == role,
        Notice.person_id == person,
    )
    key = func.lower(email).concat("|").concat(sa.cast(language, sa.String))
    return (
        select(
            Certificate.id,
            literal(rung),
            literal(role, Notice.role.type),
            person,
            literal(state, Notice.state.type),
            key,
            DaysBefore(Certificate.not_after.expression, window.lapses),
            literal(clock.now(), UtcDateTime()),
        )
        .select_from(source)
        .where(
            Certificate.state == CertificateState.ISSUED,
            *_between(batch.after, batch.until),
            Certificate.issued_at <= DaysBefore(Certificate.not_after.expression, rung),
            ~silent(),
            present,
            ~known,
        )
    )


def _recipients(role: NoticeRole) -> tuple[Any, Any, Any, Any, sa.ColumnElement[bool]]:
    """Where a role's people stand: the joined tables, the person's number, address, language, and whether there is one."""
    of_contact = sa.join(Certificate, TechnicalContact, TechnicalContact.id == Certificate.contact_id)
    of_organisation = sa.join(Certificate, Organisation, Organisation.id == Certificate.organisation_id)
    match role:
        case NoticeRole.CONTACT:
            return of_contact, literal(ANYBODY), TechnicalContact.email_key, TechnicalContact.language, sa.true()
        case NoticeRole.SECOND_ADDRESS:
            second = TechnicalContact.second_email
            return of_contact, literal(ANYBODY), second, TechnicalContact.language, second != ""
        case NoticeRole.ORGANISATION_CONTACT:
            email = Organisation.contact_email
            return of_organisation, literal(ANYBODY), email, Organisation.contact_language, email != ""
        case NoticeRole.SIGNATORY:
            on = today()
            rights = of_organisation.join(SigningRight, SigningRight.organisation_id == Organisation.id)
            people = rights.join(Person, Person.id == SigningRight.person_id)
            holds = and_(
                SigningRight.valid_from <= on,
                or_(SigningRight.valid_to.is_(None), SigningRight.valid_to >= on),
                or_(Organisation.ended_on.is_(None), Organisation.ended_on > on),
            )
            return people, Person.id, Person.email, Person.language, holds


def _between(after: tuple[datetime, int], until: tuple[datetime, int]) -> list[sa.ColumnElement[bool]]:
    """(not_after, id) in (after, until], in a form that walks the index."""
    end, number = Certificate.not_after, Certificate.id
    return [
        end >= after[0],
        or_(end > after[0], number > after[1]),
        end <= until[0],
        or_(end < until[0], number <= until[1]),
    ]
