"""Rows of the record and of the outbox as people read them: what they are about by its name and with its page, and recorded
codes in words."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import get_locale
from sqlalchemy import select

from certportal.access.models import InterfaceApplication
from certportal.audit import AuditEntry
from certportal.certificates.lookups import STORED
from certportal.certificates.models import Certificate
from certportal.certificates.reasons import reason_words
from certportal.extensions import db
from certportal.formats import environment_name
from certportal.identifiers import Environment
from certportal.orders.models import Order
from certportal.registry import service as registry
from certportal.registry.admission_models import Admission
from certportal.registry.models import AccessRight, Channel, Operator, Organisation, Person, Purpose, TechnicalContact

LARGEST = 2**31 - 1
APART = timedelta(minutes=1)
"""When service time and machine time differ by more, both are shown: the demo's clock, or one that was set."""

Pages = Mapping[str, tuple[str, str]]
"""Which pages a reader may open: for a kind of subject the endpoint, and the argument that takes its number (of an order: the
order number; "": none)."""


@dataclass(frozen=True)
class Subject:
    """``kind`` (``order``) has its word in the templates; ``name`` is the thing's own; ``endpoint`` of its page, if any."""

    kind: str
    name: str
    endpoint: str = ""
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """An entry, what it is about, whose it is, and its details in words."""

    entry: AuditEntry
    subject: Subject
    organisation: str
    details: dict[str, Any]

    @property
    def apart(self) -> bool:
        """Whether the machine's clock said something else."""
        return abs(self.entry.at - self.entry.machine_at) > APART


ALWAYS = sa.true()
NAMES: dict[str, Any] = {
    "order": select(Order.id, Order.number, ALWAYS),
    "certificate": select(Certificate.id, Certificate.serial, Certificate.state.in_(STORED)),
    "organisation": select(Organisation.id, Organisation.name, ALWAYS),
    "person": select(Person.id, Person.name, ALWAYS),
    "operator": select(Operator.id, Operator.name, ALWAYS),
    "channel": select(Channel.id, Channel.code, ALWAYS),
    "purpose": select(Purpose.id, Purpose.code, ALWAYS),
    "contact": select(TechnicalContact.id, TechnicalContact.name, TechnicalContact.replaced_at.is_(None)),
    "admission": select(Admission.id, Admission.name, ALWAYS),
    "application": select(InterfaceApplication.id, Organisation.name, ALWAYS).join(InterfaceApplication.organisation),
    "access_right": select(AccessRight.id, Channel.code, ALWAYS).join(AccessRight.channel),
}
"""Number, name, and whether it has a page, where it is anybody's to open."""

OF_ENVIRONMENTS = ("crl", "ca")
OF_CHANNELS = ("channel", "channels", "added", "given_up", "kept", "still_waiting", "taken_back")
OF_PURPOSES = ("purposes", "purposes_added", "purposes_given_up")


def subjects(texts: Iterable[str], pages: Pages) -> dict[str, Subject]:
    """Each of these, with its name and the page of it that the reader may open: a few queries for a whole page."""
    distinct = set(texts)
    wanted: dict[str, set[int]] = defaultdict(set)
    for kind, _, number in (text.partition(":") for text in distinct):
        if _is_number(number):
            wanted[kind].add(int(number))
    names = {
        kind: {
            row_id: (name, bool(has_page))
            for row_id, name, has_page in map(tuple, db.session.execute(_of(kind, numbers)))
        }
        for kind, numbers in wanted.items()
        if kind in NAMES
    }
    channels = _channels() if "access_right" in names else {}
    return {text: _subject(text, names, channels, pages) for text in distinct}


def lines(found: Sequence[AuditEntry], pages: Pages) -> list[Line]:
    """Entries as their reader sees them."""
    about = subjects((entry.subject for entry in found), pages)
    ids = {entry.organisation_id for entry in found if entry.organisation_id is not None}
    named = select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids))
    names = {each.id: each.name for each in db.session.execute(named)}
    told = _in_words(found)
    return [Line(each, about[each.subject], names.get(each.organisation_id or 0, ""), told[each.id]) for each in found]


def page(
    where: Iterable[sa.ColumnElement[bool]], before: int | None, per_page: int, pages: Pages
) -> tuple[list[Line], int | None]:
    """The newest entries for which ``where`` holds, before a number (None: of all), and where the next page begins."""
    query = select(AuditEntry).where(*where)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    found = list(db.session.scalars(query.order_by(AuditEntry.id.desc()).limit(per_page + 1)))
    return lines(found[:per_page], pages), found[per_page - 1].id if len(found) > per_page else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) <= LARGEST


def _of(kind: str, numbers: set[int]) -> Any:
    return NAMES[kind].where(NAMES[kind].selected_columns[0].in_(numbers))


def _subject(
    text: str, names: Mapping[str, Mapping[int, tuple[str, bool]]], channels: Mapping[str, str], pages: Pages
) -> Subject:
    kind, _, number = text.partition(":")
    name, has_page = names.get(kind, {}).get(int(number), ("", False)) if _is_number(number) else ("", False)
    if kind in OF_ENVIRONMENTS and number in list(Environment):
        return Subject(kind, environment_name(number))
    shown = channels.get(name, name) if kind == "access_right" else name
    if kind not in pages or not (has_page or (kind not in NAMES and number.isdigit())):
        return Subject(kind, shown or number)
    endpoint, argument = pages[kind]
    value: int | str = name if kind == "order" else int(number)
    return Subject(kind, shown or number, endpoint, {argument: value} if argument else {})


def _in_words(found: Sequence[AuditEntry]) -> dict[int, dict[str, Any]]:
    """The details of each entry, with the names of channels, the texts of purposes and the reasons of revocations in place of
    their codes."""
    coded = {name for entry in found for name in entry.details}
    words: dict[str, Mapping[str, str]] = dict.fromkeys(OF_CHANNELS, _channels()) if coded & {*OF_CHANNELS} else {}
    words |= dict.fromkeys(OF_PURPOSES, _purposes()) if coded & {*OF_PURPOSES} else {}
    return {entry.id: {name: _worded(entry, name, words) for name in entry.details} for entry in found}


def _worded(entry: AuditEntry, name: str, words: Mapping[str, Mapping[str, str]]) -> Any:
    value, known = entry.details[name], words.get(name, {})
    if name == "reason" and entry.verb in ("certificate_revoked", "certificate_revocation_planned"):
        return reason_words(str(value)) or value
    if isinstance(value, list):
        return [known.get(each, each) if isinstance(each, str) else each for each in value]
    return known.get(value, value) if isinstance(value, str) else value


def _language() -> str:
    return str(get_locale())[:2]


def _channels() -> dict[str, str]:
    return {each.code: each.name(_language()) for each in registry.channels()}


def _purposes() -> dict[str, str]:
    return {each.code: each.text(_language()) for each in registry.purposes()}
