"""Interface applications and their drafts. Access rights themselves are rows of the registry."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certportal.extensions import db
from certportal.refusals import Conflict
from certportal.registry.models import Organisation, Person, Terms


class ApplicationState(enum.StrEnum):
    """sent: at least one channel waits for the operator; decided: none waits; withdrawn: what waited was taken back;
    replaced: a later application was sent while something waited, and what still waits does so in the later one."""

    SENT = "sent"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"


class InterfaceApplication(db.Model):
    """One application; a later one replaces every choice of the earlier.

    ``choices`` is what was sent: ``purposes`` (codes) and, of a later one, ``purposes_added`` and ``purposes_given_up`` of those
    in force, ``channels`` (codes), ``added``, ``given_up``, ``kept``, ``still_waiting`` and ``taken_back`` (codes of channels),
    ``contact`` (name, email, phone, language).
    """

    __tablename__ = "interface_application"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    terms_id: Mapped[int] = mapped_column(ForeignKey("terms.id"))
    state: Mapped[ApplicationState]
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("interface_application.id"))
    choices: Mapped[dict[str, Any]]
    sent_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    organisation: Mapped[Organisation] = relationship()
    person: Mapped[Person] = relationship()
    terms: Mapped[Terms] = relationship()

    def decide(self, now: datetime) -> None:
        """Nothing waits any more. Refusals: application_over (conflict)."""
        self._must_wait()
        self.state, self.decided_at = ApplicationState.DECIDED, now

    def withdraw(self, now: datetime) -> None:
        """The applicant has taken back what waited. Refusals: application_over (conflict)."""
        self._must_wait()
        self.state, self.withdrawn_at = ApplicationState.WITHDRAWN, now

    def give_way(self) -> None:
        """A later application stands in its place. Refusals: application_over (conflict)."""
        self._must_wait()
        self.state = ApplicationState.REPLACED

    def _must_wait(self) -> None:
        if self.state is not ApplicationState.SENT:
            raise Conflict("application_over")


class InterfaceDraft(db.Model):
    """An interface application being written: what was typed, kept as typed. Sent once: ``application_id`` is set by one
    conditional UPDATE. ``key`` was drawn with the empty form, so that the form sent twice is one draft."""

    __tablename__ = "interface_draft"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    key: Mapped[str | None] = mapped_column(String(43), unique=True)
    answers: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    application_id: Mapped[int | None] = mapped_column(ForeignKey("interface_application.id"))
    deleted_at: Mapped[datetime | None]


class OperatorReminder(db.Model):
    """When operators were last mailed that something waits, and of what (``application:3``). One row, id 1."""

    __tablename__ = "operator_reminder"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    told_at: Mapped[datetime]
    told_of: Mapped[list[Any]]
