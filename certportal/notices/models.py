"""Notices owed for certificates: one row per certificate, rung, role and person, for ever."""

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from certportal.extensions import db, partial_index

EXPIRED_RUNG = 0
ANYBODY = 0


class NoticeRole(enum.StrEnum):
    """In which role somebody is told. Person 0 for all but signatories: whoever holds the role when it is sent."""

    CONTACT = "contact"
    SECOND_ADDRESS = "second_address"
    ORGANISATION_CONTACT = "organisation_contact"
    SIGNATORY = "signatory"


class NoticeState(enum.StrEnum):
    """owed → queued (a line of the letter in ``outbox_row_id``); superseded by a newer rung; dropped: nobody to tell."""

    OWED = "owed"
    QUEUED = "queued"
    SUPERSEDED = "superseded"
    DROPPED = "dropped"


# Indexes over the few rows that wait for something, however long the history grows: a query meets them with ``in_state``.
_OWED, _DROPPED, _LETTER = "state = 'owed'", "state = 'dropped'", "outbox_row_id IS NOT NULL"


class Notice(db.Model):
    """One reminder owed for one certificate. ``rung`` is days before the end; 0 is on expiry."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("certificate_id", "rung", "role", "person_id"),
        partial_index("ix_notice_letter", "outbox_row_id", where=_LETTER),
        partial_index("ix_notice_owed", "recipient_key", where=_OWED),
        partial_index("ix_notice_dropped", "send_before", where=_DROPPED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificate.id"))
    rung: Mapped[int]
    role: Mapped[NoticeRole]
    person_id: Mapped[int] = mapped_column(default=ANYBODY)
    state: Mapped[NoticeState]
    recipient_key: Mapped[str] = mapped_column(sa.String(280), default="")
    outbox_row_id: Mapped[int | None] = mapped_column(ForeignKey("outbox_row.id"))
    send_before: Mapped[datetime]
    created_at: Mapped[datetime]

    @classmethod
    def in_state(cls, state: NoticeState) -> sa.ColumnElement[bool]:
        """The condition with the state written out, without which a database cannot know that a partial index serves."""
        return cls.state == sa.bindparam(None, state, cls.state.type, literal_execute=True)
