"""Drafts of certificate applications: rows that keep what was typed as it was typed, until it is sent or deleted."""

from typing import Any

from sqlalchemy import select, update

from certportal import audit, clock
from certportal.extensions import changed, db, transaction, within_transaction
from certportal.identifiers import Environment
from certportal.orders.models import Order, OrderDraft
from certportal.refusals import Conflict, NotFound
from certportal.signin.guard import Acting


def begin_draft(key: str, answers: dict[str, Any], acting: Acting) -> OrderDraft:
    """A use case: keep what was typed into an empty form, whose ``key`` was drawn when the form was.

    The same form sent again is the same draft, with what it holds now. Refusals: draft_sent, draft_deleted, draft_changed
    (conflict): it has been sent, deleted, or saved in another window meanwhile.
    """
    with transaction():
        return begun(key, answers, acting)


def begun(key: str, answers: dict[str, Any], acting: Acting) -> OrderDraft:
    """A step: the same as part of something greater. Refusals as ``begin_draft``."""
    within_transaction()
    draft = db.session.scalar(select(OrderDraft).where(OrderDraft.key == key))
    if draft is not None:
        _still_open(draft, acting.organisation.id)
        _keep(draft, 1, answers, acting)
        return draft
    now = clock.now()
    draft = OrderDraft(
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
    _record("order_draft_saved", draft, acting)
    return draft


def save_draft(draft_id: int, version: int, answers: dict[str, Any], acting: Acting) -> OrderDraft:
    """A use case: keep what was typed, as the version after ``version``.

    Refusals: draft_not_found; draft_sent, draft_deleted, draft_changed (conflict): it has been sent, deleted, or saved in
    another window meanwhile.
    """
    with transaction() as session:
        draft = _still_open(session.get(OrderDraft, draft_id), acting.organisation.id)
        _keep(draft, version, answers, acting)
    return draft


def delete_draft(draft_id: int, acting: Acting) -> None:
    """A use case: the draft is gone. Refusals: draft_not_found; draft_sent, draft_deleted (conflict)."""
    with transaction() as session:
        draft = _still_open(session.get(OrderDraft, draft_id), acting.organisation.id)
        if not changed(update(OrderDraft).where(_unsent(draft)).values(deleted_at=clock.now())):
            raise Conflict("draft_sent")
        _record("order_draft_deleted", draft, acting)


def open_draft(draft_id: int, organisation_id: int) -> OrderDraft:
    """The organisation's own draft that can still be sent. Refusals: draft_not_found; draft_sent, draft_deleted."""
    return _still_open(db.session.get(OrderDraft, draft_id), organisation_id)


def draft_now(draft_id: int | None, key: str, organisation_id: int) -> OrderDraft | None:
    """The organisation's own draft as it is saved now, by its id or by its form's key, if it can still be sent."""
    which = OrderDraft.id == draft_id if draft_id is not None else OrderDraft.key == key
    waiting = OrderDraft.order_id.is_(None) & OrderDraft.deleted_at.is_(None)
    return db.session.scalar(select(OrderDraft).where(which, OrderDraft.organisation_id == organisation_id, waiting))


def order_of_draft(draft_id: int, organisation_id: int) -> Order | None:
    """What the organisation's own draft has become; None while it has not been sent."""
    mine = (OrderDraft.id == draft_id) & (OrderDraft.organisation_id == organisation_id)
    return db.session.scalar(select(Order).join(OrderDraft, OrderDraft.order_id == Order.id).where(mine))


def order_of_key(key: str, organisation_id: int) -> Order | None:
    """The same for the draft that a form began."""
    mine = (OrderDraft.key == key) & (OrderDraft.organisation_id == organisation_id)
    return db.session.scalar(select(Order).join(OrderDraft, OrderDraft.order_id == Order.id).where(mine))


def drafts_of(organisation_id: int) -> list[OrderDraft]:
    """The organisation's drafts that can still be sent, newest first."""
    waiting = OrderDraft.order_id.is_(None) & OrderDraft.deleted_at.is_(None)
    query = select(OrderDraft).where(OrderDraft.organisation_id == organisation_id, waiting)
    return list(db.session.scalars(query.order_by(OrderDraft.saved_at.desc(), OrderDraft.id.desc())))


def drafts_waiting_for(organisation_id: int, channel_id: int) -> list[OrderDraft]:
    """Drafts for production on this channel: those that a decision on its access right lets go on, newest first."""
    return [
        found
        for found in drafts_of(organisation_id)
        if found.answers.get("channel") == str(channel_id)
        and found.answers.get("environment") == Environment.PRODUCTION.value
    ]


def _keep(draft: OrderDraft, version: int, answers: dict[str, Any], acting: Acting) -> None:
    within_transaction()
    if draft.version == version and draft.answers == answers:
        return
    this = _unsent(draft) & (OrderDraft.version == version)
    values = {"answers": answers, "version": version + 1, "saved_at": clock.now()}
    if not changed(update(OrderDraft).where(this).values(**values)):
        raise Conflict("draft_changed")
    _record("order_draft_saved", draft, acting)


def _unsent(draft: OrderDraft) -> Any:
    return (OrderDraft.id == draft.id) & OrderDraft.order_id.is_(None) & OrderDraft.deleted_at.is_(None)


def _still_open(draft: OrderDraft | None, organisation_id: int) -> OrderDraft:
    if draft is None or draft.organisation_id != organisation_id:
        raise NotFound("draft_not_found")
    if draft.order_id is not None:
        raise Conflict("draft_sent")
    if draft.deleted_at is not None:
        raise Conflict("draft_deleted")
    return draft


def _record(verb: str, draft: OrderDraft, acting: Acting) -> None:
    audit.record(verb, f"order_draft:{draft.id}", by=acting.actor, organisation_id=draft.organisation_id)
