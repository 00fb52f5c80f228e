"""PIN-guarded links, their openings, and transfer codes.

Codes live by the service's time; PIN, opening and counters by the machine's. Every counter changes by one conditional UPDATE.
"""

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from certportal.extensions import db
from certportal.identifiers import Environment, Language


class MessageKind(enum.StrEnum):
    """What lies behind the link: sealed transfer codes, or a certificate's page for its contact (nothing sealed)."""

    TRANSFER_CODES = "transfer_codes"
    CERTIFICATE_PAGE = "certificate_page"


class MessageEnd(enum.StrEnum):
    """Why a message can no longer be opened."""

    USED = "used"
    LAPSED = "lapsed"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"
    LOCKED = "locked"
    CERTIFICATE_ENDED = "certificate_ended"
    REVOKED = "revoked"
    CONTACT_CHANGED = "contact_changed"
    NOT_ISSUED = "not_issued"


class SecureMessage(db.Model):
    """A PIN-guarded link. ``cover`` keeps copies of what the cover page shows (organisation, orderer, order number, channel,
    environment, description). ``subject`` is ``order:12`` or ``certificate:7``. Found by HMAC(server key, token) only."""

    __tablename__ = "secure_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[MessageKind]
    subject: Mapped[str] = mapped_column(String(80), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("technical_contact.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    sealed: Mapped[bytes | None]
    cover: Mapped[dict[str, Any]]
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254))
    phone: Mapped[str] = mapped_column(String(20))
    language: Mapped[Language]
    created_at: Mapped[datetime]
    usable_until: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[MessageEnd | None]
    pin_hash: Mapped[str | None] = mapped_column(String(64))
    pin_sent_at: Mapped[datetime | None]
    pin_expires_at: Mapped[datetime | None]
    pin_tries: Mapped[int] = mapped_column(default=0)
    pin_row_id: Mapped[int | None]
    wrong_pins: Mapped[int] = mapped_column(default=0)
    first_opened_at: Mapped[datetime | None]
    wrong_number_at: Mapped[datetime | None]
    mail_row_id: Mapped[int | None]

    @property
    def associated(self) -> str:
        """What the sealed content is bound to: moved into another row, it does not open."""
        return f"secure_message:{self.id}"


class PinSent(db.Model):
    """One PIN that was sent, counted against the caps per hour and day."""

    __tablename__ = "pin_sent"
    __table_args__ = (sa.Index("ix_pin_sent_caps", "message_id", "sent_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("secure_message.id"))
    sent_at: Mapped[datetime]


class Opening(db.Model):
    """A right PIN opened the message in one browser, for 15 minutes of machine time."""

    __tablename__ = "opening"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("secure_message.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class CodesState(enum.StrEnum):
    """live → taken (a public key has claimed them; a certificate row is prepared) → spent; void and locked end them unused."""

    LIVE = "live"
    TAKEN = "taken"
    SPENT = "spent"
    VOID = "void"
    LOCKED = "locked"


class TransferCodes(db.Model):
    """TransferID and the keyed hash of its TransferPassword. ``usable_until`` is the first moment after the last day."""

    __tablename__ = "transfer_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    transfer_id: Mapped[str] = mapped_column(String(12), unique=True)
    password_hash: Mapped[str] = mapped_column(String(64))
    order_id: Mapped[int] = mapped_column(index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    environment: Mapped[Environment]
    message_id: Mapped[int] = mapped_column(ForeignKey("secure_message.id"))
    state: Mapped[CodesState] = mapped_column(default=CodesState.LIVE)
    issued_at: Mapped[datetime]
    usable_until: Mapped[datetime] = mapped_column(index=True)
    wrong_tries: Mapped[int] = mapped_column(default=0)
    public_key_hash: Mapped[str | None] = mapped_column(String(64))
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[MessageEnd | None]
    reminded_at: Mapped[datetime | None]
    lapse_told_at: Mapped[datetime | None]
