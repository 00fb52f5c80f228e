"""Drafts of certificate applications."""

from typing import Any

from sqlalchemy import select

from certportal.drafts import Drafts
from certportal.extensions import db, transaction
from certportal.identifiers import Environment
from certportal.orders.models import Order, OrderDraft
from certportal.signin.guard import Acting

DRAFTS = Drafts[OrderDraft](OrderDraft, OrderDraft.order_id, "order_draft", "draft_sent")
open_draft, drafts_of, draft_now, draft_known = DRAFTS.open, DRAFTS.of, DRAFTS.now, DRAFTS.known


def begin_draft(key: str, answers: dict[str, Any], acting: Acting) -> OrderDraft:
    """A use case: keep what was typed into an empty form, whose ``key`` was drawn when the form was.

    The same form sent again is the same draft, with what it holds now. Refusals: draft_sent, draft_deleted, draft_changed
    (conflict): it has been sent, deleted, or saved in another window meanwhile.
    """
    with transaction():
        return DRAFTS.begin(key, answers, acting)


def save_draft(draft_id: int, version: int, answers: dict[str, Any], acting: Acting) -> OrderDraft:
    """A use case: keep what was typed, as the version after ``version``.

    Refusals: draft_not_found; draft_sent, draft_deleted, draft_changed (conflict): it has been sent, deleted, or saved in
    another window meanwhile.
    """
    with transaction():
        draft = DRAFTS.open(draft_id, acting.organisation.id)
        DRAFTS.keep(draft, version, answers, acting)
    return draft


def delete_draft(draft_id: int, acting: Acting) -> None:
    """A use case: the draft is gone. Refusals: draft_not_found; draft_sent, draft_deleted (conflict)."""
    with transaction():
        DRAFTS.delete(draft_id, acting)


def order_of_draft(draft_id: int, organisation_id: int) -> Order | None:
    """What the organisation's own draft has become; None while it has not been sent."""
    return _order_of(draft_id, "", organisation_id)


def order_of_key(key: str, organisation_id: int) -> Order | None:
    """The same for the draft that a form began."""
    return _order_of(None, key, organisation_id)


def drafts_waiting_for(organisation_id: int, channel_id: int) -> list[OrderDraft]:
    """Drafts for production on this channel: those that a decision on its access right lets go on, newest first."""
    return [
        found
        for found in drafts_of(organisation_id)
        if found.answers.get("channel") == str(channel_id)
        and found.answers.get("environment") == Environment.PRODUCTION.value
    ]


def _order_of(draft_id: int | None, key: str, organisation_id: int) -> Order | None:
    query = select(Order).join(OrderDraft, OrderDraft.order_id == Order.id)
    return db.session.scalar(query.where(DRAFTS.this(draft_id, key), OrderDraft.organisation_id == organisation_id))
