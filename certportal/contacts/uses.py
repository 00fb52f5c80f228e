"""What technical contacts look after, and what is wrong with how they are reached: questions over dated facts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_sqlalchemy.pagination import Pagination
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from certportal import clock
from certportal.audit import AuditEntry
from certportal.certificates import service as certificates
from certportal.certificates.models import Certificate, CertificateState
from certportal.extensions import db
from certportal.orders.models import Order, OrderState
from certportal.orders.troubles import Standing, standings_of
from certportal.outbox.models import AddressMark
from certportal.registry import service as registry
from certportal.registry.models import TechnicalContact

PER_PAGE = 25
SHOWN = 5
CHANGES = ("contact_changed", "contact_handed_over")


@dataclass(frozen=True)
class Uses:
    """What a contact looks after now. Certificates are valid or being issued, those that end first come first."""

    certificates: list[Certificate]
    orders: list[Order]

    @property
    def count(self) -> int:
        return len(self.certificates) + len(self.orders)

    def has_certificate(self, certificate_id: int | None) -> bool:
        """Whether the contact looks after this certificate; of none it is true."""
        return certificate_id is None or any(each.id == certificate_id for each in self.certificates)

    def only_certificate(self, certificate_id: int) -> bool:
        """Whether the contact looks after this certificate and nothing else."""
        return [each.id for each in self.certificates] == [certificate_id] and not self.orders

    def only_order(self, order_id: int) -> bool:
        """Whether the contact is named in this order and looks after nothing else."""
        return [each.id for each in self.orders] == [order_id] and not self.certificates


@dataclass(frozen=True)
class Line:
    """A contact in the list: how many things it looks after, the first of them, and the marks on its addresses."""

    contact: TechnicalContact
    certificate_count: int
    order_count: int
    uses: Uses
    refused: AddressMark | None
    second_refused: AddressMark | None

    @property
    def count(self) -> int:
        return self.certificate_count + self.order_count

    @property
    def trouble(self) -> bool:
        return bool(self.refused or self.second_refused or self.contact.wrong_number_at)


class Contacts(Pagination):
    """One page of the organisation's contacts: those with trouble first, then by name. ``items`` are lines."""

    def _query_items(self) -> list[Line]:
        return lines(self._query_args["contacts"][self._query_offset :][: self.per_page])

    def _query_count(self) -> int:
        return len(self._query_args["contacts"])


@dataclass(frozen=True)
class Waiting:
    """An open order, and where its codes stand."""

    order: Order
    standing: Standing

    @property
    def needs_new_codes(self) -> bool:
        return self.standing.problem == "contact_changed"


@dataclass(frozen=True)
class Aftermath:
    """What follows from the newest change: ``changed`` is {field: (before, after)} as it was recorded."""

    contact: TechnicalContact
    changed: dict[str, tuple[Any, Any]]
    certificates: list[Certificate]
    orders: list[Waiting]

    @property
    def reach(self) -> bool:
        """Another address or number."""
        return bool(self.changed.keys() & {"email", "phone"})

    @property
    def perhaps_another_person(self) -> bool:
        """Whether somebody else may still have the keys."""
        return bool(self.changed.keys() & {"email", "name"})

    @property
    def former(self) -> str:
        """The name before the change."""
        return self.changed["name"][0] if "name" in self.changed else self.contact.name


def looked_after() -> sa.ColumnElement[bool]:
    """Certificates that need a contact: being issued, or issued and not ended."""
    living = (Certificate.state == CertificateState.ISSUED) & (Certificate.not_after >= clock.now())
    return sa.or_(living, Certificate.state == CertificateState.PREPARED)


def uses_of(contact_id: int, limit: int | None = None) -> Uses:
    """What the contact looks after; at most ``limit`` of each."""
    issued = select(Certificate).where(Certificate.contact_id == contact_id, looked_after())
    placed = select(Order).where(Order.contact_id == contact_id, Order.state == OrderState.OPEN)
    by_end = issued.options(joinedload(Certificate.channel)).order_by(Certificate.not_after, Certificate.id)
    by_age = placed.options(joinedload(Order.channel)).order_by(Order.placed_at, Order.id)
    return Uses(list(db.session.scalars(by_end.limit(limit))), list(db.session.scalars(by_age.limit(limit))))


def contact_of(contact_id: int, organisation_id: int) -> TechnicalContact | None:
    """The organisation's own contact, while nobody has replaced it."""
    found = registry.contact(contact_id)
    mine = found is not None and found.organisation_id == organisation_id and found.replaced_at is None
    return found if mine else None


def present_contact(contact_id: int, certificate_id: int | None, organisation_id: int) -> TechnicalContact | None:
    """The contact as it stands now; where a certificate is at hand, whoever is its contact now."""
    if certificate_id is None:
        return contact_of(contact_id, organisation_id)
    certificate = certificates.of_organisation(certificate_id, [organisation_id])
    return certificate.contact if certificate is not None else None


def contacts_page(organisation_id: int, page: int) -> Contacts:
    """The page asked for, or the last one there is."""
    contacts = registry.contacts_of(organisation_id)
    marks = marks_on(contacts)
    contacts.sort(key=lambda each: not (_marked(each, marks) or each.wrong_number_at))
    last = max(1, -(-len(contacts) // PER_PAGE))
    return Contacts(page=min(max(page, 1), last), per_page=PER_PAGE, error_out=False, contacts=contacts)


def line(contact: TechnicalContact) -> Line:
    """One contact as the list shows it."""
    return lines([contact])[0]


def lines(contacts: Sequence[TechnicalContact]) -> list[Line]:
    """These contacts, in this order, as the list shows them."""
    ids, marks = [each.id for each in contacts], marks_on(contacts)
    issued = _counted(Certificate.contact_id, ids, looked_after())
    placed = _counted(Order.contact_id, ids, Order.state == OrderState.OPEN)
    return [
        Line(
            each,
            issued[each.id],
            placed[each.id],
            uses_of(each.id, SHOWN),
            marks.get(each.email.casefold()),
            marks.get(each.second_email.casefold()),
        )
        for each in contacts
    ]


def marks_on(contacts: Sequence[TechnicalContact]) -> dict[str, AddressMark]:
    """The living marks on these contacts' addresses, by the address in small letters."""
    addresses = {address.casefold() for each in contacts for address in (each.email, each.second_email) if address}
    living = AddressMark.address.in_(addresses) & AddressMark.ended_at.is_(None)
    return {mark.address: mark for mark in db.session.scalars(select(AddressMark).where(living))}


def aftermath(contact: TechnicalContact, certificate_id: int | None) -> Aftermath:
    """What follows from the contact's newest change, or from its taking over of one certificate."""
    uses = uses_of(contact.id)
    if certificate_id is None:
        return Aftermath(contact, _newest_change(CHANGES, f"contact:{contact.id}"), uses.certificates, _waiting(uses))
    changed = _newest_change(("certificate_contact_changed",), f"certificate:{certificate_id}")
    mine = [each for each in uses.certificates if each.id == certificate_id]
    return Aftermath(contact, changed if mine else {}, mine, [])


def _newest_change(verbs: Sequence[str], subject: str) -> dict[str, tuple[Any, Any]]:
    known = (AuditEntry.subject == subject) & AuditEntry.verb.in_(verbs)
    entry = db.session.scalars(select(AuditEntry).where(known).order_by(AuditEntry.id.desc()).limit(1)).first()
    return {name: tuple(values) for name, values in entry.details["changed"].items()} if entry is not None else {}


def _waiting(uses: Uses) -> list[Waiting]:
    standings = standings_of([order.id for order in uses.orders])
    return [Waiting(order, standings[order.id]) for order in uses.orders]


def _marked(contact: TechnicalContact, marks: dict[str, AddressMark]) -> bool:
    return contact.email.casefold() in marks or contact.second_email.casefold() in marks


def _counted(column: Any, ids: Sequence[int], condition: sa.ColumnElement[bool]) -> Counter[int]:
    query = select(column, func.count()).where(column.in_(ids), condition).group_by(column)
    counted: Counter[int] = Counter()
    for contact_id, number in db.session.execute(query):
        counted[contact_id] = number
    return counted
