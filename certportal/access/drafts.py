"""Drafts of interface applications: rows that keep what was typed as it was typed, until it is sent or deleted."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import select, update

from certportal import audit, clock
from certportal.access.models import InterfaceApplication, InterfaceDraft
from certportal.extensions import changed, db, transaction, within_transaction
from certportal.refusals import Conflict, NotFound
from certportal.signin.guard import Acting


def save_draft(draft_id: int | None, version: int, answers: dict[str, Any], acting: Acting, key: str) -> InterfaceDraft:
    """A use case: keep what was typed, as the version after ``version``; a new draft for ``draft_id`` None.

    ``key`` was drawn with the empty form: the same form sent again is the same draft, with what it holds now.
    Refusals: draft_not_found; interface_draft_sent, draft_deleted, draft_changed (conflict):
    it has been sent, deleted, or saved in another window meanwhile.
    """
    with transaction() as session:
        if draft_id is None:
            draft = session.scalar(select(InterfaceDraft).where(InterfaceDraft.key == key))
            if draft is None:
                return _begin(key, answers, acting)
        else:
            draft = session.get(InterfaceDraft, draft_id)
        _keep(still_open(draft, acting.organisation.id), version, answers, acting)
        return still_open(draft, acting.organisation.id)


def delete_draft(draft_id: int, acting: Acting) -> None:
    """A use case: the draft is gone. Refusals: draft_not_found; interface_draft_sent, draft_deleted (conflict)."""
    with transaction() as session:
        draft = still_open(session.get(InterfaceDraft, draft_id), acting.organisation.id)
        if not changed(update(InterfaceDraft).where(_unsent(draft)).values(deleted_at=clock.now())):
            raise Conflict("interface_draft_sent")
        _record("interface_draft_deleted", draft, acting)


def open_draft(draft_id: int, organisation_id: int) -> InterfaceDraft:
    """The organisation's own draft that can still be sent. Refusals: as ``still_open``."""
    return still_open(db.session.get(InterfaceDraft, draft_id), organisation_id)


def drafts_of(organisation_id: int) -> list[InterfaceDraft]:
    """The organisation's drafts that can still be sent, newest first."""
    waiting = InterfaceDraft.application_id.is_(None) & InterfaceDraft.deleted_at.is_(None)
    query = select(InterfaceDraft).where(InterfaceDraft.organisation_id == organisation_id, waiting)
    return list(db.session.scalars(query.order_by(InterfaceDraft.saved_at.desc(), InterfaceDraft.id.desc())))


def application_of_draft(draft_id: int | None, key: str, organisation_id: int) -> InterfaceApplication | None:
    """What the organisation's own draft (or, without its id, the draft that a form began) has become, if it was sent."""
    this = InterfaceDraft.id == draft_id if draft_id is not None else InterfaceDraft.key == key
    query = select(InterfaceApplication).join(InterfaceDraft, InterfaceDraft.application_id == InterfaceApplication.id)
    return db.session.scalar(query.where(this, InterfaceDraft.organisation_id == organisation_id))


def version_of(draft_id: int | None, key: str) -> int:
    """The draft's present version, for a reader who has been told that it has changed; 1 where there is none."""
    this = InterfaceDraft.id == draft_id if draft_id is not None else InterfaceDraft.key == key
    return db.session.scalar(select(InterfaceDraft.version).where(this)) or 1


def still_open(draft: InterfaceDraft | None, organisation_id: int) -> InterfaceDraft:
    """The draft, if it is the organisation's and can be sent.

    Refusals: draft_not_found; interface_draft_sent, draft_deleted (conflict).
    """
    if draft is None or draft.organisation_id != organisation_id:
        raise NotFound("draft_not_found")
    if draft.application_id is not None:
        raise Conflict("interface_draft_sent")
    if draft.deleted_at is not None:
        raise Conflict("draft_deleted")
    return draft


def _begin(key: str, answers: dict[str, Any], acting: Acting) -> InterfaceDraft:
    within_transaction()
    now = clock.now()
    draft = InterfaceDraft(
        organisation_id=acting.organisation.id,
        person_id=acting.person.id,
        key=key,
        answers=answers,
        version=1,
        created_at=now,
        saved_at=now,
    )
    db.session.add(draft)
    db.session.flush()
    _record("interface_draft_saved", draft, acting)
    return draft


def _keep(draft: InterfaceDraft, version: int, answers: dict[str, Any], acting: Acting) -> None:
    within_transaction()
    if draft.version == version and draft.answers == answers:
        return
    this = _unsent(draft) & (InterfaceDraft.version == version)
    values = {"answers": answers, "version": version + 1, "saved_at": clock.now()}
    if not changed(update(InterfaceDraft).where(this).values(**values)):
        raise Conflict("draft_changed")
    _record("interface_draft_saved", draft, acting)


def _unsent(draft: InterfaceDraft) -> sa.ColumnElement[bool]:
    this = InterfaceDraft.id == draft.id
    return sa.and_(this, InterfaceDraft.application_id.is_(None), InterfaceDraft.deleted_at.is_(None))


def _record(verb: str, draft: InterfaceDraft, acting: Acting) -> None:
    audit.record(verb, f"interface_draft:{draft.id}", by=acting.actor, organisation_id=draft.organisation_id)
