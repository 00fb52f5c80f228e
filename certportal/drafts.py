"""Drafts of applications, of either kind: rows that keep what was typed as it was typed, until it is sent or deleted.

The verbs of one kind are ``Drafts`` over its table. Each is part of a use case of its room.
"""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy import select, update

from certportal import audit, clock
from certportal.extensions import changed, db, within_transaction
from certportal.refusals import Conflict, NotFound
from certportal.signin.guard import Acting

Row = TypeVar("Row")


@dataclass(frozen=True)
class Drafts(Generic[Row]):
    """``table`` has organisation_id, person_id, key, answers, version, created_at, saved_at and deleted_at; ``became`` is its
    column that names what the draft was sent as. ``name`` stands in the record; ``sent`` is the refusal's code."""

    table: Any
    became: Any
    name: str
    sent: str

    def begin(self, key: str, answers: dict[str, Any], acting: Acting, version: int = 1) -> Row:
        """A step: keep what was typed into an empty form, whose ``key`` was drawn when the form was.

        The same form sent again is the same draft, with what it holds now, as the version after ``version``. Refusals: as
        ``still_open`` and ``keep``.
        """
        within_transaction()
        known = db.session.scalar(select(self.table).where(self.table.key == key))
        if known is not None:
            self.keep(self.still_open(known, acting.organisation.id), version, answers, acting)
            return known
        now = clock.now()
        draft = self.table(
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
        self._record("saved", draft, acting)
        return draft

    def keep(self, draft: Any, version: int, answers: dict[str, Any], acting: Acting) -> None:
        """A step: what was typed, as the version after ``version``; nothing where it is what is kept already.

        Refusals: draft_changed (conflict): saved in another window meanwhile.
        """
        within_transaction()
        if draft.version == version and draft.answers == answers:
            return
        this = self._unsent(draft) & (self.table.version == version)
        values = {"answers": answers, "version": version + 1, "saved_at": clock.now()}
        if not changed(update(self.table).where(this).values(**values)):
            raise Conflict("draft_changed")
        self._record("saved", draft, acting)

    def delete(self, draft_id: int, acting: Acting) -> None:
        """A step: the draft is gone. Refusals: as ``still_open``."""
        within_transaction()
        draft: Any = self.still_open(db.session.get(self.table, draft_id), acting.organisation.id)
        if not changed(update(self.table).where(self._unsent(draft)).values(deleted_at=clock.now())):
            raise Conflict(self.sent)
        self._record("deleted", draft, acting)

    def open(self, draft_id: int, organisation_id: int) -> Row:
        """The organisation's own draft that can still be sent. Refusals: as ``still_open``."""
        return self.still_open(db.session.get(self.table, draft_id), organisation_id)

    def known(self, draft_id: int, organisation_id: int) -> Row | None:
        """The organisation's own draft, whatever became of it."""
        draft: Any = db.session.get(self.table, draft_id)
        return draft if draft is not None and draft.organisation_id == organisation_id else None

    def of(self, organisation_id: int) -> list[Row]:
        """The organisation's drafts that can still be sent, newest first."""
        waiting = (self.table.organisation_id == organisation_id) & self._waiting()
        return list(
            db.session.scalars(
                select(self.table).where(waiting).order_by(self.table.saved_at.desc(), self.table.id.desc())
            )
        )

    def this(self, draft_id: int | None, key: str) -> sa.ColumnElement[bool]:
        """The draft with this id, or the one that the form with this key began."""
        return self.table.id == draft_id if draft_id is not None else self.table.key == key

    def still_open(self, draft: Any, organisation_id: int) -> Row:
        """The draft, if it is the organisation's and can be sent.

        Refusals: draft_not_found; this kind's ``sent``, draft_deleted (conflict).
        """
        if draft is None or draft.organisation_id != organisation_id:
            raise NotFound("draft_not_found")
        if getattr(draft, self.became.key) is not None:
            raise Conflict(self.sent)
        if draft.deleted_at is not None:
            raise Conflict("draft_deleted")
        return draft

    def now(self, draft_id: int | None, key: str, organisation_id: int) -> Row | None:
        """The organisation's own draft as it is saved now, by its id or by its form's key, if it can still be sent."""
        mine = (self.table.organisation_id == organisation_id) & self._waiting()
        return db.session.scalar(select(self.table).where(self.this(draft_id, key), mine))

    def _waiting(self) -> sa.ColumnElement[bool]:
        return sa.and_(self.became.is_(None), self.table.deleted_at.is_(None))

    def _unsent(self, draft: Any) -> sa.ColumnElement[bool]:
        return (self.table.id == draft.id) & self._waiting()

    def _record(self, what: str, draft: Any, acting: Acting) -> None:
        subject = f"{self.name}:{draft.id}"
        audit.record(f"{self.name}_{what}", subject, by=acting.actor, organisation_id=draft.organisation_id)
