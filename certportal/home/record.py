"""The organisation's own record of what was done, page by page."""

from dataclasses import replace

from certportal.audit import AuditEntry
from certportal.subjects import Line, page

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
    """A page of the organisation's entries, newest first, older than the entry ``before``; and where the next begins. Without
    whose they are: that of the organisation acted for, as the whole page."""
    found, older = page([AuditEntry.organisation_id == organisation_id], before, PER_PAGE, PAGES)
    return [replace(line, organisation="") for line in found], older
