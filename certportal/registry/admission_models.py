"""Requests to be let in: a new organisation, or a signatory who has changed."""

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from certportal.extensions import db
from certportal.identifiers import Language
from certportal.refusals import Conflict
from certportal.registry.models import EMAIL, NAME, PHONE
from certportal.registry.rules import AdmissionKind


class AdmissionState(enum.StrEnum):
    """waiting → admitted | refused."""

    WAITING = "waiting"
    ADMITTED = "admitted"
    REFUSED = "refused"


class Admission(db.Model):
    """Somebody's request to be let in as signatory. ``machine_at`` is machine time, for the limits.

    ``from_contact``: the address was that of the organisation's contact when it was asked.
    """

    __tablename__ = "admission"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[AdmissionKind]
    state: Mapped[AdmissionState] = mapped_column(default=AdmissionState.WAITING, index=True)
    organisation_name: Mapped[str] = mapped_column(NAME)
    business_id: Mapped[str] = mapped_column(String(30), index=True)
    country: Mapped[str] = mapped_column(String(2))
    name: Mapped[str] = mapped_column(NAME)
    email: Mapped[str] = mapped_column(EMAIL)
    email_key: Mapped[str] = mapped_column(EMAIL, index=True)
    phone: Mapped[str] = mapped_column(PHONE)
    role: Mapped[str] = mapped_column(NAME)
    language: Mapped[Language]
    from_contact: Mapped[bool] = mapped_column(default=False)
    client_address: Mapped[str] = mapped_column(String(45), default="")
    asked_at: Mapped[datetime]
    machine_at: Mapped[datetime] = mapped_column(index=True)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    reason: Mapped[str] = mapped_column(sa.Text, default="")

    @property
    def subject(self) -> str:
        """What the record and the outbox call it."""
        return f"admission:{self.id}"

    def admit(self, organisation_id: int, by: int | None, at: datetime) -> None:
        """The person may sign for that organisation from now on."""
        self._decide(AdmissionState.ADMITTED, by, at)
        self.organisation_id = organisation_id

    def refuse(self, reason: str, by: int | None, at: datetime) -> None:
        """It will not be, for this reason."""
        self._decide(AdmissionState.REFUSED, by, at)
        self.reason = reason

    def _decide(self, state: AdmissionState, by: int | None, at: datetime) -> None:
        if self.state is not AdmissionState.WAITING:
            raise Conflict("admission_decided")
        self.state, self.decided_by, self.decided_at = state, by, at
