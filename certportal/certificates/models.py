"""The register of certificates, one row from the moment a certificate is prepared, and the published revocation lists."""

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certportal.ca.plan import ISSUING
from certportal.extensions import db, partial_index
from certportal.identifiers import ActorKind, Environment
from certportal.orders.models import Order
from certportal.registry.models import Channel, Organisation, TechnicalContact


class CertificateState(enum.StrEnum):
    """prepared: codes taken, bytes to be signed stored, nothing released; issued: the DER is stored; revoked.

    given up: prepared, and never to be signed any more, by an operator's word. The row stays, so its number is never used again.
    """

    PREPARED = "prepared"
    ISSUED = "issued"
    REVOKED = "revoked"
    GIVEN_UP = "given_up"


class Certificate(db.Model):
    """One certificate. Times are the service's; ``serial`` is 40 hexadecimal digits; ``sha256`` of the whole DER, hexadecimal;
    ``issuer`` the label of the authority that signs it.

    Made by transfer codes, or, without any, by the renewal of ``successor_of_id``, which counts them in ``renewals``.

    ``reason_raised_at``: when a reason that distrusts the key took the place of the one it was revoked for at ``revoked_at``.
    ``planned_*``: a revocation that is to come, by whose word, all three or none; ``planned_revocation_at`` is the first moment
    after its last day.
    """

    __tablename__ = "certificate"
    __table_args__ = (
        sa.Index("ix_certificate_due", "state", "not_after"),
        sa.Index("ix_certificate_place", "organisation_id", "state", "not_after", "contact_id"),
        partial_index("ix_certificate_successor_of_id", "successor_of_id", where="successor_of_id IS NOT NULL"),
        partial_index("ix_certificate_planned", "planned_revocation_at", where="planned_revocation_at IS NOT NULL"),
        sa.Index("ix_certificate_issuer", "environment", "issuer", "revoked_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("certificate_order.id"), index=True)
    transfer_codes_id: Mapped[int | None] = mapped_column(ForeignKey("transfer_codes.id"), unique=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    environment: Mapped[Environment]
    issuer: Mapped[str] = mapped_column(String(40), default=ISSUING)
    description: Mapped[str] = mapped_column(String(100), default="")
    contact_id: Mapped[int] = mapped_column(ForeignKey("technical_contact.id"), index=True)
    successor_of_id: Mapped[int | None] = mapped_column(ForeignKey("certificate.id"))
    state: Mapped[CertificateState]
    serial: Mapped[str] = mapped_column(String(40), unique=True)
    retrieval_id: Mapped[str] = mapped_column(String(32), unique=True)
    public_key_hash: Mapped[str] = mapped_column(String(64), index=True)
    key_description: Mapped[str] = mapped_column(String(30), default="")
    to_be_signed: Mapped[bytes] = mapped_column(deferred=True)
    der: Mapped[bytes | None] = mapped_column(deferred=True)
    sha256: Mapped[str | None] = mapped_column(String(64), unique=True)
    not_before: Mapped[datetime]
    not_after: Mapped[datetime]
    prepared_at: Mapped[datetime]
    issued_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revocation_reason: Mapped[str] = mapped_column(String(40), default="")
    reason_raised_at: Mapped[datetime | None]
    will_not_be_renewed_at: Mapped[datetime | None]
    contact_may_renew: Mapped[bool] = mapped_column(default=True)
    renewals: Mapped[int] = mapped_column(default=0)
    planned_revocation_at: Mapped[datetime | None]
    planned_reason: Mapped[str | None] = mapped_column(String(40))
    planned_by: Mapped[ActorKind | None]
    version: Mapped[int] = mapped_column(default=1)
    order: Mapped[Order] = relationship()
    organisation: Mapped[Organisation] = relationship()
    channel: Mapped[Channel] = relationship()
    contact: Mapped[TechnicalContact] = relationship()

    @property
    def is_renewal(self) -> bool:
        """Made without transfer codes, in the place of another."""
        return self.transfer_codes_id is None

    @hybrid_property
    def revoked_so_since(self) -> datetime | None:
        """Since when lists and answers have had to say what they say of its revocation."""
        return self.reason_raised_at or self.revoked_at

    @revoked_so_since.inplace.expression
    @classmethod
    def _revoked_so_since(cls) -> sa.ColumnElement[datetime | None]:
        return sa.func.coalesce(cls.reason_raised_at, cls.revoked_at)

    @property
    def signed_by(self) -> tuple[Environment, str]:
        """The authority that signs it, and the list that tells of its revocation."""
        return self.environment, self.issuer

    def name_contact(self, contact_id: int) -> None:
        """Another technical contact looks after it from now on."""
        self.contact_id = contact_id
        self.version += 1


class RevocationList(db.Model):
    """The newest CRL of each authority, by its label, and its number (RFC 5280 5.2.3).

    ``reserved`` is the last number that was given out; ``number`` that of the list in ``der``, 0 while there is none.
    """

    __tablename__ = "revocation_list"

    environment: Mapped[Environment] = mapped_column(primary_key=True)
    authority: Mapped[str] = mapped_column(String(40), primary_key=True)
    reserved: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[int] = mapped_column(BigInteger)
    der: Mapped[bytes] = mapped_column(deferred=True)
    this_update: Mapped[datetime]
    next_update: Mapped[datetime]
    entries: Mapped[int]


class OcspAnswer(db.Model):
    """An answer about a certificate that was signed ahead of time, found by the CertID that clients send (RFC 6960 4.1.1)."""

    __tablename__ = "ocsp_answer"

    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificate.id"), primary_key=True)
    hash_name: Mapped[str] = mapped_column(String(10), primary_key=True)
    cert_id: Mapped[bytes] = mapped_column(unique=True)
    der: Mapped[bytes]
    this_update: Mapped[datetime]
    next_update: Mapped[datetime] = mapped_column(index=True)


class RetrievalTry(db.Model):
    """Codes that were typed and turned out wrong, counted for each client (``signin.rules.client_key``). Machine time."""

    __tablename__ = "retrieval_try"
    __table_args__ = (sa.Index("ix_retrieval_try_client", "client_address", "tried_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    client_address: Mapped[str] = mapped_column(String(45))
    tried_at: Mapped[datetime] = mapped_column(index=True)


class PageAsk(db.Model):
    """Somebody typed a serial number to have the link to the certificate's page mailed to its contact. A row whatever was typed;
    ``certificate_id`` where such a certificate is in force. Machine time; ``client_address`` as in ``RetrievalTry``."""

    __tablename__ = "page_ask"
    __table_args__ = (
        sa.Index("ix_page_ask_client", "client_address", "asked_at"),
        sa.Index("ix_page_ask_certificate", "certificate_id", "asked_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    client_address: Mapped[str] = mapped_column(String(45))
    certificate_id: Mapped[int | None] = mapped_column(ForeignKey("certificate.id"))
    asked_at: Mapped[datetime] = mapped_column(index=True)
