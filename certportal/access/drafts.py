"""Drafts of interface applications."""

from typing import Any

from sqlalchemy import select

from certportal.access.models import InterfaceApplication, InterfaceDraft
from certportal.drafts import Drafts
from certportal.extensions import db, transaction
from certportal.signin.guard import Acting

DRAFTS = Drafts[InterfaceDraft](
    InterfaceDraft, InterfaceDraft.application_id, "interface_draft", "interface_draft_sent"
)
open_draft, drafts_of, still_open = DRAFTS.open, DRAFTS.of, DRAFTS.still_open


def save_draft(draft_id: int | None, version: int, answers: dict[str, Any], acting: Acting, key: str) -> InterfaceDraft:
    """A use case: keep what was typed, as the version after ``version``; a new draft for ``draft_id`` None.

    ``key`` was drawn with the empty form: the same form sent again is the same draft, with what it holds now.
    Refusals: draft_not_found; interface_draft_sent, draft_deleted, draft_changed (conflict):
    it has been sent, deleted, or saved in another window meanwhile.
    """
    with transaction():
        if draft_id is None:
            return DRAFTS.begin(key, answers, acting, version)
        draft = DRAFTS.open(draft_id, acting.organisation.id)
        DRAFTS.keep(draft, version, answers, acting)
        return draft


def delete_draft(draft_id: int, acting: Acting) -> None:
    """A use case: the draft is gone. Refusals: draft_not_found; interface_draft_sent, draft_deleted (conflict)."""
    with transaction():
        DRAFTS.delete(draft_id, acting)


def application_of_draft(draft_id: int | None, key: str, organisation_id: int) -> InterfaceApplication | None:
    """What the organisation's own draft (or, without its id, the draft that a form began) has become, if it was sent."""
    query = select(InterfaceApplication).join(InterfaceDraft, InterfaceDraft.application_id == InterfaceApplication.id)
    mine = InterfaceDraft.organisation_id == organisation_id
    return db.session.scalar(query.where(DRAFTS.this(draft_id, key), mine))


def version_of(draft_id: int | None, key: str) -> int:
    """The draft's present version, for a reader who has been told that it has changed; 1 where there is none."""
    return db.session.scalar(select(InterfaceDraft.version).where(DRAFTS.this(draft_id, key))) or 1
