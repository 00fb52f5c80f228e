"""The organisation's own record of what was done, page by page."""

from sqlalchemy import select

from certportal.audit import AuditEntry
from certportal.extensions import db

PER_PAGE = 25


def activity(organisation_id: int, before: int | None) -> tuple[list[AuditEntry], int | None]:
    """A page of the organisation's entries, newest first, older than the entry ``before``; and where the next begins."""
    query = select(AuditEntry).where(AuditEntry.organisation_id == organisation_id)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    found = list(db.session.scalars(query.order_by(AuditEntry.id.desc()).limit(PER_PAGE + 1)))
    more = len(found) > PER_PAGE
    return found[:PER_PAGE], found[PER_PAGE - 1].id if more else None
