"""What rows of the record and of the outbox are about: ``order:12`` as the order's number and the address of its page."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from certportal.access.models import InterfaceApplication
from certportal.certificates.models import Certificate
from certportal.extensions import db
from certportal.orders.models import Order
from certportal.registry.admission_models import Admission
from certportal.registry.models import AccessRight, Channel, Operator, Organisation, Person, Purpose, TechnicalContact

LARGEST = 2**31 - 1


@dataclass(frozen=True)
class Subject:
    """``kind`` (``order``) has its word in the templates; ``name`` is the thing's own; ``endpoint`` of its page, if any."""

    kind: str
    name: str
    endpoint: str = ""
    values: dict[str, Any] = field(default_factory=dict)


NAMES: dict[str, Any] = {
    "order": select(Order.id, Order.number),
    "certificate": select(Certificate.id, Certificate.serial),
    "organisation": select(Organisation.id, Organisation.name),
    "person": select(Person.id, Person.name),
    "operator": select(Operator.id, Operator.name),
    "channel": select(Channel.id, Channel.code),
    "purpose": select(Purpose.id, Purpose.code),
    "contact": select(TechnicalContact.id, TechnicalContact.name),
    "admission": select(Admission.id, Admission.name),
    "application": select(InterfaceApplication.id, Organisation.name).join(InterfaceApplication.organisation),
    "access_right": select(AccessRight.id, Channel.code).join(AccessRight.channel),
}
PAGES = {
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


def subjects(texts: Iterable[str]) -> dict[str, Subject]:
    """Each of these, with its name: a few queries for a whole page."""
    distinct = set(texts)
    wanted: dict[str, set[int]] = defaultdict(set)
    for kind, _, number in (text.partition(":") for text in distinct):
        if number.isascii() and number.isdigit() and int(number) <= LARGEST:
            wanted[kind].add(int(number))
    names = {
        kind: dict(map(tuple, db.session.execute(NAMES[kind].where(NAMES[kind].selected_columns[0].in_(numbers)))))
        for kind, numbers in wanted.items()
        if kind in NAMES
    }
    return {text: _subject(text, names) for text in distinct}


def _subject(text: str, names: dict[str, dict[int, str]]) -> Subject:
    kind, _, number = text.partition(":")
    name = names.get(kind, {}).get(int(number)) if number.isascii() and number.isdigit() else None
    if kind == "order" and name:
        return Subject(kind, name, "console.order", {"number": name})
    if kind in PAGES and (name or kind not in NAMES) and number.isdigit():
        endpoint, argument = PAGES[kind]
        return Subject(kind, name or number, endpoint, {argument: int(number)})
    return Subject(kind, name or number)
