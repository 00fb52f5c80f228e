"""The outbox's rows and the marks on addresses that were refused."""

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from certportal.extensions import db


class Medium(enum.StrEnum):
    MAIL = "mail"
    SMS = "sms"


class RowState(enum.StrEnum):
    """queued → claimed → sending → accepted | refused | unknown | lapsed; silenced: the resolver said there is nobody to tell."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    SENDING = "sending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    LAPSED = "lapsed"
    SILENCED = "silenced"


WAITING_STATES = (RowState.QUEUED, RowState.CLAIMED, RowState.SENDING)


class OutboxRow(db.Model):
    """One letter owed. ``send_before`` is service time for codes and notices, machine time for PINs and sign-in codes
    (``machine_deadline``); ``not_before``, ``claimed_at`` and ``sending_at`` are machine time. ``fault``: whose it was that
    the last try failed (``outcomes.Of``), empty when none has."""

    __tablename__ = "outbox_row"
    __table_args__ = (
        sa.Index("ix_outbox_row_due", "state", "not_before"),
        sa.Index("ix_outbox_row_subject", "subject"),
        sa.Index("ix_outbox_row_budget", "medium", "organisation_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(60))
    medium: Mapped[Medium]
    reference: Mapped[dict[str, Any]]
    subject: Mapped[str] = mapped_column(String(80), default="")
    organisation_id: Mapped[int | None]
    state: Mapped[RowState] = mapped_column(default=RowState.QUEUED)
    secret: Mapped[bytes | None]
    had_secret: Mapped[bool] = mapped_column(default=False)
    send_before: Mapped[datetime | None]
    machine_deadline: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    claimed_at: Mapped[datetime | None]
    sending_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    message_id: Mapped[str] = mapped_column(String(120), unique=True)
    address: Mapped[str] = mapped_column(String(254), default="")
    reply: Mapped[str] = mapped_column(String(500), default="")
    fault: Mapped[str] = mapped_column(String(10), default="", server_default="")


class AddressMark(db.Model):
    """An address that a server refused for good. The mark ends when a later mail is accepted or somebody says it is right."""

    __tablename__ = "address_mark"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(254), index=True)
    medium: Mapped[Medium]
    outbox_row_id: Mapped[int]
    reply: Mapped[str] = mapped_column(String(500), default="")
    marked_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
