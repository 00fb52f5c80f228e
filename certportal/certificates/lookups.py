"""Questions to the register of certificates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select
from sqlalchemy.orm import joinedload

from certportal import clock
from certportal.audit import AuditEntry
from certportal.certificates import rules, statements
from certportal.certificates.lines import soon_before, succeeded
from certportal.certificates.models import Certificate, CertificateState
from certportal.extensions import asking, db, holds_words
from certportal.identifiers import Environment
from certportal.messages.models import TransferCodes
from certportal.messages.rules import typed_transfer_id
from certportal.orders import replaceable
from certportal.orders.models import Order, OrderState
from certportal.orders.offers import replacing
from certportal.orders.replaceable import ReplaceableCertificate
from certportal.registry.models import Organisation, TechnicalContact
from certportal.statements import prepared

STORED = (CertificateState.ISSUED, CertificateState.REVOKED)


@dataclass(frozen=True)
class ChannelUse:
    """What would be left behind if the organisation gave up a channel: its valid certificates and its open orders."""

    certificates: list[Certificate]
    orders: list[Order]


@dataclass(frozen=True)
class Relations:
    """Which certificate this one was ordered to replace, and which have been issued in its place, oldest first."""

    predecessor: Certificate | None
    successors: list[Certificate]


class Collected(NamedTuple):
    """What whoever redeems codes or asks with a RetrievalId gets: the certificate as far as it has come, and the number of its
    order."""

    id: int
    retrieval_id: str
    state: CertificateState
    der: bytes | None
    is_renewal: bool
    order_number: str


def certificate(certificate_id: int) -> Certificate | None:
    """A certificate that was issued, in force or not; None for one that is only prepared."""
    found = db.session.get(Certificate, certificate_id) if 0 < certificate_id < 2**63 else None
    return found if found is not None and found.state in STORED else None


def of_organisation(certificate_id: int, organisation_ids: Sequence[int]) -> Certificate | None:
    """The same, if it belongs to one of these organisations: what is not one's own is not found."""
    found = certificate(certificate_id)
    return found if found is not None and found.organisation_id in organisation_ids else None


def by_retrieval_id(retrieval_id: str) -> Certificate | None:
    """The certificate, prepared or issued, that these codes were redeemed for. The id may be asked for as often as one likes."""
    if not retrieval_id.isalnum() or len(retrieval_id) > rules.RETRIEVAL_ID_CHARACTERS:
        return None
    return db.session.scalar(select(Certificate).where(Certificate.retrieval_id == retrieval_id))


def collected(retrieval_id: str, environment: Environment, business_id: str) -> Collected | None:
    """The same for a program, which names environment and organisation too. One small query: some ask again and again."""
    named = {"retrieval_id": retrieval_id, "environment": environment, "business_id": business_id}
    row = asking().execute(_collected_by_program(), named).first()
    return None if row is None else Collected(*row)


@prepared
def _collected_by_program() -> Any:
    rows, organisation = Certificate.__table__.c, Organisation.__table__.c
    named = (rows.retrieval_id == bindparam("retrieval_id")) & (rows.environment == bindparam("environment"))
    whose = (rows.organisation_id == organisation.id) & (organisation.business_id == bindparam("business_id"))
    return statements.collected_where(named, whose)


def order_number_of_codes(transfer_id: str) -> str | None:
    """Which order a TransferID belongs to, be its password right or wrong: for the log, never for the one who sent it."""
    typed = typed_transfer_id(transfer_id)
    if typed is None:
        return None
    of_codes = TransferCodes.order_id == Order.id
    return db.session.scalar(
        select(Order.number).join(TransferCodes, of_codes).where(TransferCodes.transfer_id == typed)
    )


def by_serial(serial: str) -> Certificate | None:
    """By serial number in hexadecimal, in capitals or not, with spaces or colons between its pairs or not."""
    digits = "".join(character for character in serial.lower() if character not in " :\t\u00a0")
    if not digits or len(digits) > rules.SERIAL_DIGITS or set(digits) - set("0123456789abcdef"):
        return None
    return db.session.scalar(select(Certificate).where(Certificate.serial == digits))


def of_order(order_id: int) -> Certificate | None:
    """What the order has become, once it is issued."""
    query = select(Certificate).where(Certificate.order_id == order_id, Certificate.state.in_(STORED))
    return db.session.scalars(query.order_by(Certificate.id.desc()).limit(1)).first()


def certificates_of(organisation_id: int) -> list[Certificate]:
    """Every certificate the organisation has been issued, ended ones too, newest first."""
    mine = (Certificate.organisation_id == organisation_id) & Certificate.state.in_(STORED)
    return list(db.session.scalars(_with_names().where(mine).order_by(Certificate.id.desc())))


def using_channel(organisation_id: int, channel_id: int) -> ChannelUse:
    """What of the organisation uses a channel now: asked before the channel is given up. Those that end first come first."""
    living = [Certificate.state == CertificateState.ISSUED, Certificate.not_after >= clock.now()]
    here = [Certificate.organisation_id == organisation_id, Certificate.channel_id == channel_id]
    certificates = db.session.scalars(_with_names().where(*here, *living).order_by(Certificate.not_after))
    waiting = [Order.organisation_id == organisation_id, Order.channel_id == channel_id, Order.state == OrderState.OPEN]
    orders = db.session.scalars(select(Order).where(*waiting).order_by(Order.placed_at))
    return ChannelUse(list(certificates), list(orders))


def search(words: str, limit: int = 50) -> list[Certificate]:
    """For the operator: by serial number or fingerprint, order number, business ID, organisation, contact or description.

    Newest first, at most ``limit``.
    """
    digits = "".join(words.lower().split()).replace(":", "")
    places = [Certificate.description, Organisation.name, TechnicalContact.name, TechnicalContact.email]
    like = [
        *(holds_words(place, words) for place in places),
        Organisation.business_id == words.strip(),
        Order.number == words.strip(),
        Certificate.serial.startswith(digits, autoescape=True),
        Certificate.sha256 == digits,
    ]
    query = (
        _with_names()
        .join(Organisation, Organisation.id == Certificate.organisation_id)
        .join(TechnicalContact, TechnicalContact.id == Certificate.contact_id)
        .join(Order, Order.id == Certificate.order_id)
        .where(Certificate.state.in_(STORED), or_(*like))
    )
    return list(db.session.scalars(query.order_by(Certificate.id.desc()).limit(limit))) if words.strip() else []


def relations(of: Certificate) -> Relations:
    """What stands before and after a certificate, as far as it has been issued."""
    before = certificate(of.successor_of_id) if of.successor_of_id is not None else None
    after = select(Certificate).where(Certificate.successor_of_id == of.id, Certificate.state.in_(STORED))
    return Relations(before, list(db.session.scalars(after.order_by(Certificate.id))))


def open_replacement(of: Certificate) -> Order | None:
    """An order that is to replace the certificate and that nobody has collected yet."""
    return replacing(of.organisation_id, of.id)


def successor_of(of: Certificate) -> Certificate | None:
    """The newest certificate in this one's place that has not been revoked."""
    issued = (Certificate.successor_of_id == of.id) & (Certificate.state == CertificateState.ISSUED)
    return db.session.scalars(select(Certificate).where(issued).order_by(Certificate.id.desc()).limit(1)).first()


def renewed_since(of: Certificate, renewal_id: int) -> bool:
    """Whether another has been issued or prepared in this one's place after that one."""
    later = (Certificate.successor_of_id == of.id) & (Certificate.id > renewal_id)
    living = Certificate.state != CertificateState.GIVEN_UP
    return db.session.scalar(select(Certificate.id).where(later, living).limit(1)) is not None


def in_force_together(of: Certificate) -> list[Certificate]:
    """The certificate that others have taken the place of, and these, oldest first, while more than one is in force."""
    now = clock.now()
    before = certificate(of.successor_of_id) if of.successor_of_id is not None else None
    first = before if before is not None and _in_force(before, now) else of
    mine = (Certificate.id == first.id) | (Certificate.successor_of_id == first.id)
    living = (Certificate.state == CertificateState.ISSUED) & (Certificate.not_after >= now)
    found = list(db.session.scalars(select(Certificate).where(mine, living).order_by(Certificate.id)))
    return found if len(found) > 1 else []


def stem_of(of: Certificate) -> str:
    """How the names of its key, its signing request and its files begin: the order's number, for a renewal with a number
    behind it, so that the new key is never saved over the old one."""
    if of.transfer_codes_id is not None:
        return of.order.number
    return _stem(of.order, _renewals(of.order_id, Certificate.id <= of.id))


def next_stem(of: Certificate) -> str:
    """The same for the next renewal under its order."""
    return _stem(of.order, _renewals(of.order_id) + 1)


def _stem(order: Order, renewal: int) -> str:
    return f"{order.number}-{renewal + 1}"


def _renewals(order_id: int, *conditions: ColumnElement[bool]) -> int:
    renewed = (Certificate.order_id == order_id) & Certificate.transfer_codes_id.is_(None)
    return db.session.scalar(select(func.count(Certificate.id)).where(renewed, *conditions)) or 0


def _in_force(of: Certificate, now: datetime) -> bool:
    return of.state is CertificateState.ISSUED and of.not_after >= now


def others_on_channel(of: Certificate) -> int:
    """How many other valid certificates the organisation has for the same channel and environment."""
    used = using_channel(of.organisation_id, of.channel_id).certificates
    return sum(1 for each in used if each.id != of.id and each.environment is of.environment)


def activity(of: Certificate) -> list[AuditEntry]:
    """What has been done to the certificate, newest first."""
    about = AuditEntry.subject == f"certificate:{of.id}"
    return list(db.session.scalars(select(AuditEntry).where(about).order_by(AuditEntry.id.desc())))


class _Register:
    """What orders ask: issued, ended and revoked certificates in whose place none has been issued."""

    def replaceable(self, organisation_id: int, now: datetime, only: int | None) -> list[ReplaceableCertificate]:
        mine = (Certificate.organisation_id == organisation_id) & Certificate.state.in_(STORED)
        query = select(*REPLACEABLE).where(mine, ~succeeded()).order_by(Certificate.id.desc())
        rows = db.session.execute(query if only is None else query.where(Certificate.id == only))
        soon = soon_before(now)
        return [
            ReplaceableCertificate(**{**row, "state": rules.shown_state(row["state"], row["not_after"], now, soon)})
            for row in rows.mappings()
        ]

    def has(self, organisation_id: int, certificate_id: int) -> bool:
        return of_organisation(certificate_id, [organisation_id]) is not None

    def looked_after(self, organisation_id: int, now: datetime) -> dict[int, int]:
        found = asking().execute(_looked_after(), {"organisation": organisation_id, "now": now})
        return dict(found.all())


REPLACEABLE = (
    Certificate.id,
    Certificate.description,
    Certificate.channel_id,
    Certificate.environment,
    Certificate.contact_id,
    Certificate.state,
    Certificate.not_after,
    Certificate.serial,
    Certificate.contact_may_renew,
)
replaceable.register(_Register())


@prepared
def _looked_after() -> Select[int, int]:
    valid = (Certificate.state == CertificateState.ISSUED) & (Certificate.not_after >= bindparam("now"))
    mine = Certificate.organisation_id == bindparam("organisation")
    counted = select(Certificate.contact_id, func.count(Certificate.id)).where(mine, valid, ~succeeded())
    return counted.group_by(Certificate.contact_id)


def _with_names() -> Select[Certificate]:
    return select(Certificate).options(
        joinedload(Certificate.organisation), joinedload(Certificate.channel), joinedload(Certificate.contact)
    )
