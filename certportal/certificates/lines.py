"""One line of the signatory's list: a certificate, or an order that is still to become one."""

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from certportal.certificates import rules
from certportal.certificates.models import Certificate, CertificateState
from certportal.identifiers import Environment
from certportal.orders import troubles
from certportal.registry.models import Channel, TechnicalContact
from certportal.settings import current_settings


class Group(enum.StrEnum):
    """The headings of the list, in order."""

    ACTION = "action"
    WAITING = "waiting"
    VALID = "valid"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Line:
    """One row: a certificate, or an order that is still to become one. ``state`` as ``rules.shown_state``, or awaiting.

    ``at``: the certificate's end, the moment of its revocation, or the last moment of the order's codes. ``trouble``: what is
    wrong with the order (``Life.problem``), or being_issued. ``succeeded``: another has taken the certificate's place.
    ``planned``: when it is to be revoked.
    """

    group: Group
    state: str
    number: int
    order_number: str
    description: str
    channel: str
    environment: Environment
    contact: str
    phone: str
    at: datetime
    serial: str = ""
    trouble: str | None = None
    succeeded: bool = False
    silenced: bool = False
    planned: datetime | None = None

    @property
    def last_moment(self) -> datetime:
        """A moment of the last day of an order's codes, which end at midnight."""
        return self.at - timedelta(minutes=1)


@cache
def succeeded() -> sa.ColumnElement[bool]:
    """A certificate ordered to replace this one has been issued (failures.md, F4)."""
    successor = aliased(Certificate)
    return exists().where(successor.successor_of_id == Certificate.id, successor.state == CertificateState.ISSUED)


def certificate_rows(language: str) -> Any:
    """What a line shows of a certificate, as columns: building whole objects would cost more than the page."""
    return (
        select(
            Certificate.id,
            Certificate.state,
            Certificate.description,
            Certificate.environment,
            Certificate.serial,
            Certificate.not_after,
            Certificate.revoked_at,
            Certificate.will_not_be_renewed_at,
            Certificate.planned_revocation_at,
            getattr(Channel, f"name_{language}").label("channel"),
            TechnicalContact.name.label("contact"),
            TechnicalContact.phone,
            succeeded().label("succeeded"),
        )
        .join(Channel, Channel.id == Certificate.channel_id)
        .join(TechnicalContact, TechnicalContact.id == Certificate.contact_id)
    )


def soon_before(now: datetime) -> datetime:
    """What ends before this moment can be renewed today."""
    return rules.soon_before(now, current_settings().timezone)


def shown_state(certificate: Any, now: datetime) -> str:
    """The state that people see of a certificate or its row: valid, expires_soon, expired, revoked, prepared."""
    return rules.shown_state(certificate.state, certificate.not_after, now, soon_before(now))


def certificate_line(group: Group, row: Any, now: datetime, soon: datetime) -> Line:
    return Line(
        group,
        rules.shown_state(row.state, row.not_after, now, soon),
        row.id,
        "",
        row.description,
        row.channel,
        row.environment,
        row.contact,
        row.phone,
        row.revoked_at or row.not_after,
        row.serial,
        succeeded=row.succeeded,
        silenced=row.will_not_be_renewed_at is not None,
        planned=row.planned_revocation_at,
    )


def order_line(row: Any, standing: troubles.Standing) -> Line:
    return Line(
        Group.ACTION if standing.problem else Group.WAITING,
        "awaiting",
        row.id,
        row.number,
        row.description,
        row.channel,
        row.environment,
        row.contact,
        row.phone,
        standing.codes.usable_until,
        trouble="being_issued" if standing.being_issued else standing.problem,
    )
