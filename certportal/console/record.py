"""The record as the operator reads it: filtered, and walked by number, so that page ten thousand costs what the first does."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import or_, select

from certportal import subjects
from certportal.audit import AuditEntry
from certportal.certificates import service as certificates
from certportal.extensions import db, holds_words
from certportal.formats import end_of_day
from certportal.identifiers import ActorKind
from certportal.orders import service as orders
from certportal.registry.models import Organisation
from certportal.subjects import NAMES, Line

PER_PAGE = 25
ROUTINE = ("crl_published", "service_certificate_issued")
"""What jobs do day in, day out: kept, and shown to whoever asks for it."""
PAGES = {
    "order": ("console.order", "number"),
    "certificate": ("console.certificate", "certificate_id"),
    "organisation": ("console.organisation", "organisation_id"),
    "person": ("console.person", "person_id"),
    "channel": ("console.channel", "channel_id"),
    "purpose": ("console.purpose", "purpose_id"),
    "admission": ("console.admission", "admission_id"),
    "application": ("console.application", "application_id"),
    "outbox": ("console.message", "row_id"),
    "terms": ("console.terms_version", "version"),
}


@dataclass(frozen=True)
class Wanted:
    """What the operator asked for; empty words and None are all. Days are local days, both inclusive. ``routine``: the jobs'
    routine too; it is also shown to who asks for an act of it, or for what it is about."""

    organisation: str = ""
    actor: str = ""
    verb: str = ""
    subject: str = ""
    first: date | None = None
    last: date | None = None
    routine: bool = False


@dataclass(frozen=True)
class Page:
    """Entries with a smaller number than ``before``; ``older`` begins the next page, None on the last."""

    lines: list[Line]
    older: int | None


def entries(wanted: Wanted, before: int | None) -> Page:
    """The newest entries before a number (None: of all) that fit."""
    return Page(*subjects.page(_conditions(wanted), before, PER_PAGE, PAGES))


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    found: list[Any] = []
    if wanted.organisation:
        words = wanted.organisation
        named = or_(holds_words(Organisation.name, words), Organisation.business_id == words)
        found.append(AuditEntry.organisation_id.in_(select(Organisation.id).where(named)))
    if wanted.actor:
        found.append(or_(holds_words(AuditEntry.actor_name, wanted.actor), AuditEntry.client_address == wanted.actor))
    if wanted.verb:
        found.append(AuditEntry.verb == wanted.verb)
    if wanted.subject:
        found.append(AuditEntry.subject == _subject(wanted.subject))
    if not (wanted.routine or wanted.subject or wanted.verb in ROUTINE):
        found.append(~(AuditEntry.verb.in_(ROUTINE) & (AuditEntry.actor_kind == ActorKind.JOB)))
    if wanted.first is not None:
        found.append(AuditEntry.at >= end_of_day(wanted.first - timedelta(days=1)))
    if wanted.last is not None:
        found.append(AuditEntry.at < end_of_day(wanted.last))
    return found


def about(texts: Iterable[str]) -> dict[str, subjects.Subject]:
    """What rows are about, each with its page at the desk."""
    return subjects.subjects(texts, PAGES)


def _subject(words: str) -> str:
    """As the record names it: from an order number, a serial number, a business ID, or said so already."""
    kind, colon, _number = words.partition(":")
    if colon and (kind in NAMES or kind.isidentifier()):
        return words
    if (order := orders.order_by_number(words)) is not None:
        return f"order:{order.id}"
    if (certificate := certificates.by_serial(words)) is not None:
        return f"certificate:{certificate.id}"
    organisation = db.session.scalar(select(Organisation.id).where(Organisation.business_id == words))
    return f"organisation:{organisation}" if organisation is not None else words
