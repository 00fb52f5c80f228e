"""The statements of issuing, made once and filled in at each call: making one costs more than asking it."""

from functools import cache
from typing import Any

from sqlalchemy import Insert, Select, Update, bindparam, insert, select, update
from sqlalchemy.orm import joinedload, load_only

from certportal.certificates.models import Certificate, CertificateState
from certportal.messages.models import TransferCodes
from certportal.orders.models import Order
from certportal.registry.models import Channel, Organisation, Person, TechnicalContact


@cache
def state_of_codes() -> Select[Any]:
    """Whether codes are live, and which key has taken them."""
    codes = TransferCodes.__table__.c
    return select(codes.state, codes.usable_until, codes.public_key_hash).where(codes.id == bindparam("codes"))


@cache
def order() -> Select[Order]:
    """An order with its channel, as far as issuing looks at them."""
    channel = joinedload(Order.channel).load_only(Channel.closed_on, Channel.production, Channel.test)
    asked = load_only(Order.number, Order.state, Order.organisation_id, Order.channel_id, Order.environment)
    carried = load_only(Order.description, Order.contact_id, Order.contact_may_renew, Order.replaces_certificate_id)
    return select(Order).options(channel, asked, carried).where(Order.id == bindparam("order"))


@cache
def ordered_with_codes() -> Select[Any]:
    """What transfer codes were ordered for: the order, the organisation as it is named, and who signs for the channel."""
    order, channel, organisation = Order.__table__, Channel.__table__, Organisation.__table__
    codes = TransferCodes.__table__
    named = (organisation.c.business_id, organisation.c.country, organisation.c.name)
    joined = (
        codes.join(order, order.c.id == codes.c.order_id)
        .join(channel, channel.c.id == order.c.channel_id)
        .join(organisation, organisation.c.id == order.c.organisation_id)
    )
    what = select(order.c.id, order.c.environment, channel.c.issuer, *named)
    return what.select_from(joined).where(codes.c.id == bindparam("codes"))


@cache
def uses_of_key() -> Select[Any]:
    """Every certificate that a public key has had: whose, and why it was revoked."""
    rows = Certificate.__table__.c
    return select(rows.organisation_id, rows.revocation_reason).where(rows.public_key_hash == bindparam("key"))


@cache
def what_to_sign() -> Select[Any]:
    """A certificate's bytes to be signed, who signs them, and what is settled then."""
    rows = Certificate.__table__.c
    what = (rows.state, rows.environment, rows.issuer, rows.to_be_signed, rows.not_before, rows.not_after)
    becomes = (rows.transfer_codes_id, rows.order_id)
    return select(*what, *becomes).where(rows.id == bindparam("certificate"))


@cache
def store_signed() -> Update:
    """Prepared becomes issued: the first stored signature wins."""
    rows = Certificate.__table__
    prepared = (rows.c.id == bindparam("certificate")) & (rows.c.state == CertificateState.PREPARED)
    made = {"der": bindparam("signed"), "sha256": bindparam("fingerprint"), "issued_at": bindparam("now")}
    return update(rows).where(prepared).values(state=CertificateState.ISSUED, **made)


@cache
def with_all_that_is_told() -> Select[Certificate]:
    """A certificate with everything that is told of it, and no more of those who belong to it."""
    order = joinedload(Certificate.order).load_only(Order.number, *ORDERED)
    channel = joinedload(Certificate.order, Order.channel).load_only(Channel.name_fi, Channel.name_sv, Channel.name_en)
    orderer = joinedload(Certificate.order, Order.orderer).load_only(Person.name)
    contact = joinedload(Certificate.contact).load_only(*REACHED_BY)
    named = (order, channel, orderer, contact, joinedload(Certificate.order, Order.organisation))
    return select(Certificate).options(*named).where(Certificate.id == bindparam("certificate"))


@cache
def with_order() -> Select[Certificate]:
    """What most ask of a certificate that has just been issued, with the number of its order."""
    order = joinedload(Certificate.order).load_only(Order.number)
    row = Certificate
    asked = load_only(row.state, row.der, row.retrieval_id, row.environment, row.order_id)
    return select(Certificate).options(order, asked).where(Certificate.id == bindparam("certificate"))


@cache
def add() -> Insert:
    """A row of the register."""
    return insert(Certificate.__table__)


ORDERED = (Order.placed_by, Order.channel_id, Order.environment, Order.description)
REACHED_BY = (TechnicalContact.name, TechnicalContact.email, TechnicalContact.phone, TechnicalContact.language)
