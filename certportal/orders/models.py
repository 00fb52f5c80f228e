"""Orders and their drafts."""

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certportal.extensions import db
from certportal.identifiers import Environment
from certportal.orders import rules
from certportal.registry.models import Channel, Organisation, Person, TechnicalContact, Terms


class OrderReason(enum.StrEnum):
    """Why a new certificate is applied for."""

    ADDITIONAL = "additional"
    REPLACES = "replaces"
    RETRIEVAL_FAILED = "retrieval_failed"


class OrderState(enum.StrEnum):
    """open: codes are out or can be sent anew; collected: a certificate was issued; cancelled."""

    OPEN = "open"
    COLLECTED = "collected"
    CANCELLED = "cancelled"


class Order(db.Model):
    """One certificate ordered for one channel. ``number`` is shown to people: 2026-000417.

    ``contact_may_renew``: the technical contact may renew the certificate without a new application.
    """

    __tablename__ = "certificate_order"
    __table_args__ = (sa.Index("ix_certificate_order_place", "organisation_id", "state", "placed_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(12), unique=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    environment: Mapped[Environment]
    description: Mapped[str] = mapped_column(String(100), default="")
    contact_id: Mapped[int] = mapped_column(ForeignKey("technical_contact.id"), index=True)
    placed_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[OrderReason]
    replaces_certificate_id: Mapped[int | None]
    earlier_order_id: Mapped[int | None] = mapped_column(ForeignKey("certificate_order.id"))
    terms_id: Mapped[int] = mapped_column(ForeignKey("terms.id"))
    contact_may_renew: Mapped[bool] = mapped_column(default=True)
    state: Mapped[OrderState] = mapped_column(default=OrderState.OPEN)
    placed_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    collected_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    organisation: Mapped[Organisation] = relationship()
    channel: Mapped[Channel] = relationship()
    contact: Mapped[TechnicalContact] = relationship()
    orderer: Mapped[Person] = relationship()
    terms: Mapped[Terms] = relationship()

    def cancel(self, now: datetime) -> None:
        """Refusals: order_collected, order_cancelled (conflict)."""
        rules.open_for_change(self.state)
        self.state, self.cancelled_at = OrderState.CANCELLED, now
        self.version += 1

    def name_contact(self, contact_id: int) -> None:
        """Another technical contact collects. Refusals: order_collected, order_cancelled (conflict)."""
        rules.open_for_change(self.state)
        self.contact_id = contact_id
        self.version += 1


class OrderCounter(db.Model):
    """The last order number of a year, changed by one conditional UPDATE."""

    __tablename__ = "order_counter"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class OrderDraft(db.Model):
    """An application being written: what was typed, kept as typed. Sent once: ``order_id`` is set by one conditional UPDATE.

    ``key`` was drawn with the empty form, so that a form sent twice begins one draft.
    """

    __tablename__ = "order_draft"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    key: Mapped[str] = mapped_column(String(43), unique=True)
    answers: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    order_id: Mapped[int | None] = mapped_column(ForeignKey("certificate_order.id"))
    deleted_at: Mapped[datetime | None]
