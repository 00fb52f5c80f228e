"""The organisation's own record of what was done, page by page."""

from dataclasses import replace

from sqlalchemy import select

from certportal.audit import AuditEntry
from certportal.extensions import db
from certportal.subjects import Line, lines

PER_PAGE = 25
PAGES = {
    "order": ("orders.show", "number"),
    "certificate": ("certificates.show", "certificate_id"),
    "contact": ("contacts.show", "contact_id"),
    "application": ("access.show", "application_id"),
    "order_draft": ("orders.draft", "draft_id"),
    "interface_draft": ("access.draft", "draft_id"),
    "organisation": ("registry.organisation", ""),
}


def activity(organisation_id: int, before: int | None) -> tuple[list[Line], int | None]:
    """A page of the organisation's entries, newest first, older than the entry ``before``; and where the next begins."""
    query = select(AuditEntry).where(AuditEntry.organisation_id == organisation_id)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    found = list(db.session.scalars(query.order_by(AuditEntry.id.desc()).limit(PER_PAGE + 1)))
    more = len(found) > PER_PAGE
    return _shown(found[:PER_PAGE]), found[PER_PAGE - 1].id if more else None


def _shown(found: list[AuditEntry]) -> list[Line]:
    """Without whose it is: that of the organisation acted for, as the whole page."""
    return [replace(line, organisation="") for line in lines(found, PAGES)]
