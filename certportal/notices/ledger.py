"""A certificate's ledger: every reminder of its end, to whom it went and what became of it. Queries."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from certportal import audit, clock
from certportal.certificates.models import Certificate
from certportal.extensions import db
from certportal.notices import rules
from certportal.notices.models import Notice, NoticeRole, NoticeState
from certportal.notices.recipients import is_silent
from certportal.outbox.models import OutboxRow, RowState
from certportal.registry.models import Person
from certportal.settings import current_settings

HANDED_OVER = (RowState.SENDING, RowState.ACCEPTED, RowState.REFUSED, RowState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One reminder. ``rung``: days before the end, 0 on expiry. ``name`` and ``address``: to whom it went, or would go now.

    ``state``: waiting, retried, accepted, refused, unknown, superseded (a later one took its place), dropped (nobody needed it).
    ``at``: when that was settled, the service's time. ``reply``: the mail server's words.
    """

    rung: int
    role: NoticeRole
    name: str
    address: str
    state: str
    at: datetime | None
    reply: str


@dataclass(frozen=True, slots=True)
class Coming:
    """The next rung of the ladder and its moment."""

    rung: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Ledger:
    """The lines, the newest rung first, and what comes next; ``silent``: nothing more is sent."""

    lines: list[LedgerLine]
    coming: Coming | None
    silent: bool


def ledger(of: Certificate) -> Ledger:
    """What is known of a certificate's reminders."""
    query = (
        select(Notice, OutboxRow)
        .outerjoin(OutboxRow, OutboxRow.id == Notice.outbox_row_id)
        .where(Notice.certificate_id == of.id)
        .order_by(Notice.rung, Notice.id)
    )
    lines = [_line(of, notice, row) for notice, row in db.session.execute(query)]
    silent = is_silent(of.id)
    return Ledger(lines, None if silent else _coming(of), silent)


def _line(of: Certificate, notice: Notice, row: OutboxRow | None) -> LedgerLine:
    state = _state(notice, row)
    sent = row if row is not None and row.state in HANDED_OVER else None
    name, address = _holder(of, notice)
    if sent is not None and sent.address:
        name, address = name if sent.address.casefold() == address.casefold() else "", sent.address
    elif state in (NoticeState.SUPERSEDED, NoticeState.DROPPED):
        name, address = "", ""
    at = audit.service_time(row.settled_at) if row is not None and row.settled_at is not None else None
    return LedgerLine(notice.rung, notice.role, name, address, state, at, row.reply if row is not None else "")


def _state(notice: Notice, row: OutboxRow | None) -> str:
    if notice.state in (NoticeState.SUPERSEDED, NoticeState.DROPPED):
        return notice.state.value
    if notice.send_before <= clock.now() and (row is None or row.state is RowState.LAPSED):
        return NoticeState.SUPERSEDED.value  # the next sweep notes it
    if row is None:
        return "waiting"
    if row.state in (RowState.ACCEPTED, RowState.REFUSED, RowState.UNKNOWN):
        return row.state.value
    return "retried" if row.attempts else "waiting"


def _holder(of: Certificate, notice: Notice) -> tuple[str, str]:
    match notice.role:
        case NoticeRole.CONTACT:
            return of.contact.name, of.contact.email
        case NoticeRole.SECOND_ADDRESS:
            return "", of.contact.second_email
        case NoticeRole.ORGANISATION_CONTACT:
            return of.organisation.contact_name, of.organisation.contact_email
        case NoticeRole.SIGNATORY:
            person = db.session.get_one(Person, notice.person_id)
            return person.name, person.email


def _coming(of: Certificate) -> Coming | None:
    now = clock.now()
    for rung in rules.ladder(current_settings().notice_days):
        at = of.not_after - timedelta(days=rung)
        if at > now and (of.issued_at is None or of.issued_at <= at):
            return Coming(rung, at)
    return None
