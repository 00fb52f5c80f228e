"""The statements of issuing, made once and filled in at each call: making one costs more than asking it."""

from functools import cache
from typing import Any

from sqlalchemy import Select, Update, bindparam, select, update
from sqlalchemy.orm import joinedload

from certportal.certificates.models import Certificate, CertificateState
from certportal.messages.models import TransferCodes
from certportal.orders.models import Order
from certportal.registry.models import Channel, Organisation


@cache
def business_id() -> Select[str]:
    """An organisation's business ID."""
    return select(Organisation.business_id).where(Organisation.id == bindparam("organisation"))


@cache
def state_of_codes() -> Select[Any]:
    """Whether codes are live, and which key has taken them."""
    codes = TransferCodes.__table__.c
    return select(codes.state, codes.usable_until, codes.public_key_hash).where(codes.id == bindparam("codes"))


@cache
def order() -> Select[Order]:
    """An order with its channel."""
    return select(Order).options(joinedload(Order.channel)).where(Order.id == bindparam("order"))


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
    """A certificate's bytes to be signed, and who signs them."""
    rows = Certificate.__table__.c
    what = (rows.state, rows.environment, rows.issuer, rows.to_be_signed, rows.not_before, rows.not_after)
    return select(*what).where(rows.id == bindparam("certificate"))


@cache
def store_signed() -> Update:
    """Prepared becomes issued: the first stored signature wins."""
    rows = Certificate.__table__
    prepared = (rows.c.id == bindparam("certificate")) & (rows.c.state == CertificateState.PREPARED)
    made = {"der": bindparam("signed"), "sha256": bindparam("fingerprint"), "issued_at": bindparam("now")}
    return update(rows).where(prepared).values(state=CertificateState.ISSUED, **made)


@cache
def with_all_that_is_told() -> Select[Certificate]:
    """A certificate with everything that is told of it."""
    order = joinedload(Certificate.order)
    named = (
        order,
        order.joinedload(Order.channel),
        order.joinedload(Order.organisation),
        order.joinedload(Order.orderer),
    )
    return (
        select(Certificate)
        .options(*named, joinedload(Certificate.contact))
        .where(Certificate.id == bindparam("certificate"))
    )
