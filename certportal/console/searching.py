"""Orders and certificates for the operator: by number, business ID, organisation, serial number, contact or description."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_sqlalchemy.pagination import Pagination
from sqlalchemy import exists, or_, select
from sqlalchemy.orm import joinedload

from certportal import clock
from certportal.access.standing import certificates_without_right
from certportal.certificates import lines
from certportal.certificates.models import Certificate, CertificateState
from certportal.extensions import db, holds_words
from certportal.identifiers import Environment
from certportal.messages.models import CodesState, TransferCodes
from certportal.orders.models import Order, OrderState
from certportal.orders.troubles import Standing, standings_of
from certportal.registry.models import Organisation, TechnicalContact

PER_PAGE = 25
NUMBER = re.compile(r"\d{4}-\d{1,6}", re.ASCII)
HEX = re.compile(r"[0-9a-f]{6,64}", re.ASCII)
STORED = (CertificateState.ISSUED, CertificateState.REVOKED)


@dataclass(frozen=True)
class Wanted:
    """What the operator asked for. ``state`` is one of ``ORDER_STATES`` or ``CERTIFICATE_STATES``, or empty for all."""

    words: str = ""
    state: str = ""
    environment: Environment | None = None


ORDER_STATES = ("open", "lapsed", "collected", "cancelled")
CERTIFICATE_STATES = ("valid", "expires_soon", "expired", "revoked", "without_right", "prepared")


def orders(wanted: Wanted, page: int) -> Pagination:
    """Orders, the newest first."""
    query = select(Order).options(
        joinedload(Order.organisation), joinedload(Order.channel), joinedload(Order.contact), joinedload(Order.orderer)
    )
    if wanted.words:
        query = query.where(or_(*_order_words(wanted.words)))
    if wanted.environment is not None:
        query = query.where(Order.environment == wanted.environment)
    if wanted.state in ORDER_STATES:
        query = query.where(_order_state(wanted.state))
    return _pages(query.order_by(Order.id.desc()), page)


def standings(found: Iterable[Order]) -> dict[int, Standing]:
    """Where each of these that is open stands, by its id."""
    return standings_of([order.id for order in found if order.state is OrderState.OPEN])


def certificates(wanted: Wanted, page: int) -> Pagination:
    """Certificates, the newest first; those that end within 60 days by their end."""
    query = select(Certificate).options(
        joinedload(Certificate.organisation), joinedload(Certificate.channel), joinedload(Certificate.contact)
    )
    if wanted.words:
        query = query.where(or_(*_certificate_words(wanted.words)))
    if wanted.environment is not None:
        query = query.where(Certificate.environment == wanted.environment)
    query = query.where(_certificate_state(wanted.state))
    by_end = wanted.state in ("expires_soon", "valid", "without_right")
    return _pages(query.order_by(*([Certificate.not_after] if by_end else []), Certificate.id.desc()), page)


def order(number: str) -> Order | None:
    """One order, with those who are named on its page."""
    return db.session.scalar(select(Order).where(Order.number == number))


def certificate(certificate_id: int) -> Certificate | None:
    """One certificate, a prepared one too. One that was given up never came to be: its order's page tells of it."""
    found = db.session.get(Certificate, certificate_id)
    return None if found is None or found.state is CertificateState.GIVEN_UP else found


def shown_state(found: Certificate) -> str:
    """The state that people see: valid, expires_soon, expired, revoked, prepared."""
    return lines.shown_state(found, clock.now())


def certificates_of_order(order_id: int) -> list[Certificate]:
    """What has been issued for an order, renewals among them, oldest first."""
    mine = (Certificate.order_id == order_id) & Certificate.state.in_(STORED)
    return list(db.session.scalars(select(Certificate).where(mine).order_by(Certificate.id)))


def _pages(query: Any, page: int) -> Pagination:
    found = db.paginate(query, page=page, per_page=PER_PAGE, error_out=False)
    if not found.items and page > 1 and found.pages:
        return db.paginate(query, page=found.pages, per_page=PER_PAGE, error_out=False)
    return found


def _organisations(words: str) -> Any:
    by_name = or_(holds_words(Organisation.name, words), Organisation.business_id == words)
    return select(Organisation.id).where(by_name)


def _contacts(words: str) -> Any:
    if "@" in words:
        found = TechnicalContact.email_key.startswith(words.casefold(), autoescape=True)
    else:
        found = holds_words(TechnicalContact.name, words)
    return select(TechnicalContact.id).where(found)


def _order_words(words: str) -> list[sa.ColumnElement[bool]]:
    if NUMBER.fullmatch(words):
        return [Order.number.startswith(words, autoescape=True), _of_organisation(Order, words)]
    found = [
        _of_organisation(Order, words),
        Order.contact_id.in_(_contacts(words)),
        holds_words(Order.description, words),
    ]
    if (serial := _serial(words)) is not None:
        of_it = (Certificate.order_id == Order.id) & Certificate.serial.startswith(serial, autoescape=True)
        found.append(exists().where(of_it))
    return found


def _certificate_words(words: str) -> list[sa.ColumnElement[bool]]:
    if NUMBER.fullmatch(words):
        ordered = select(Order.id).where(Order.number.startswith(words, autoescape=True))
        return [Certificate.order_id.in_(ordered), _of_organisation(Certificate, words)]
    found = [
        _of_organisation(Certificate, words),
        Certificate.contact_id.in_(_contacts(words)),
        holds_words(Certificate.description, words),
    ]
    if (serial := _serial(words)) is not None:
        found += [Certificate.serial.startswith(serial, autoescape=True), Certificate.sha256 == serial]
    return found


def _of_organisation(table: Any, words: str) -> sa.ColumnElement[bool]:
    return table.organisation_id.in_(_organisations(words))


def _serial(words: str) -> str | None:
    """Hexadecimal digits as they are stored, however they were grouped; None for anything else."""
    digits = re.sub(r"[\s:]", "", words).lower()
    return digits if HEX.fullmatch(digits) else None


def _order_state(state: str) -> sa.ColumnElement[bool]:
    if state != "lapsed":
        return Order.state == OrderState(state)
    still = (TransferCodes.order_id == Order.id) & (TransferCodes.usable_until > clock.now())
    living = exists().where(still, TransferCodes.state.in_((CodesState.LIVE, CodesState.TAKEN)))
    return (Order.state == OrderState.OPEN) & ~living


def _certificate_state(state: str) -> sa.ColumnElement[bool]:
    now, issued = clock.now(), Certificate.state == CertificateState.ISSUED
    match state:
        case "valid":
            return issued & (Certificate.not_after >= now)
        case "expires_soon":
            return issued & (Certificate.not_after >= now) & (Certificate.not_after < lines.soon_before(now))
        case "expired":
            return issued & (Certificate.not_after < now)
        case "revoked":
            return Certificate.state == CertificateState.REVOKED
        case "prepared":
            return Certificate.state == CertificateState.PREPARED
        case "without_right":
            return Certificate.id.in_([each.id for each in certificates_without_right()])
        case _:
            return Certificate.state.in_(STORED)
