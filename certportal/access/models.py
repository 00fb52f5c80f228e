"""Interface applications and their drafts. Access rights themselves are rows of the registry."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certportal.extensions import db
from certportal.registry.models import Organisation, Person, Terms


class ApplicationState(enum.StrEnum):
    """sent: at least one channel waits for the operator; decided: none waits; withdrawn: what waited was taken back."""

    SENT = "sent"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"


class InterfaceApplication(db.Model):
    """One application; a later one replaces every choice of the earlier. ``choices`` holds codes of purposes and channels."""

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


class InterfaceDraft(db.Model):
    """An interface application being written; sent once: ``application_id`` is set by one conditional UPDATE."""

    __tablename__ = "interface_draft"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    answers: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    application_id: Mapped[int | None] = mapped_column(ForeignKey("interface_application.id"))
    deleted_at: Mapped[datetime | None]


class OperatorReminder(db.Model):
    """When operators were last mailed that something waits: at most hourly, again after two working days. One row, id 1."""

    __tablename__ = "operator_reminder"

    id: Mapped[int] = mapped_column(primary_key=True)
    told_at: Mapped[datetime]
    waiting: Mapped[int]
