"""The statements of issuing, made once and filled in at each call: making one costs more than asking it."""

from typing import Any

from sqlalchemy import ColumnElement, Update, bindparam, insert, select, update

from certportal.certificates.models import Certificate, CertificateState
from certportal.messages import service as messages
from certportal.messages.models import TransferCodes
from certportal.orders.models import Order
from certportal.orders.steps import cover_columns, with_cover
from certportal.registry import service as registry
from certportal.registry.models import Channel, Organisation, TechnicalContact
from certportal.statements import prepared


@prepared
def codes() -> Any:
    """Transfer codes by their number, and what they were ordered for."""
    return _codes_and_ordered().where(TransferCodes.__table__.c.id == bindparam("codes"))


@prepared
def codes_by_transfer_id() -> Any:
    """The same by their TransferID."""
    return _codes_and_ordered().where(TransferCodes.__table__.c.transfer_id == bindparam("transfer_id"))


def _codes_and_ordered() -> Any:
    """Whether codes are live, which key has taken them, for which order; the organisation as it is named, and who signs for the
    channel."""
    codes, channel, whose = TransferCodes.__table__, Channel.__table__, Organisation.__table__
    order = Order.__table__
    kept = (*messages.checked_columns(), codes.c.public_key_hash, codes.c.order_id, codes.c.environment)
    named = (whose.c.business_id, whose.c.country, whose.c.name)
    joined = (
        codes.join(order, order.c.id == codes.c.order_id)
        .join(channel, channel.c.id == order.c.channel_id)
        .join(whose, whose.c.id == order.c.organisation_id)
    )
    return select(*kept, *named, channel.c.issuer).select_from(joined)


@prepared
def order() -> Any:
    """An order beside its channel, its organisation and the organisation's right ``on`` that day, as far as issuing looks at
    them."""
    order, channel = Order.__table__, Channel.__table__
    ordered = (order.c.id, order.c.number, order.c.state, order.c.environment)
    carried = (
        order.c.organisation_id,
        order.c.channel_id,
        order.c.description,
        order.c.contact_id,
        order.c.contact_may_renew,
        order.c.replaces_certificate_id,
    )
    offered, whose = (channel.c.production, channel.c.test), Organisation.__table__
    joined = order.join(channel, channel.c.id == order.c.channel_id).join(whose, whose.c.id == order.c.organisation_id)
    right = registry.right_holds(order.c.organisation_id, order.c.channel_id, bindparam("on")).label("has_right")
    return (
        select(*ordered, *carried, *offered, whose.c.ended_on, right)
        .select_from(joined)
        .where(order.c.id == bindparam("order"))
    )


@prepared
def uses_of_key() -> Any:
    """Every certificate that a public key has had: whose, and why it was revoked."""
    rows = Certificate.__table__.c
    return select(rows.organisation_id, rows.revocation_reason).where(rows.public_key_hash == bindparam("key"))


@prepared
def what_to_sign() -> Any:
    """A certificate's bytes to be signed, who signs them, what is settled then, and what is answered."""
    rows, order = Certificate.__table__.c, Order.__table__.c
    what = (rows.id, rows.state, rows.environment, rows.issuer, rows.to_be_signed, rows.not_before, rows.not_after)
    then = (rows.transfer_codes_id, rows.order_id, rows.retrieval_id, order.number)
    return select(*what, *then).where(order.id == rows.order_id, rows.id == bindparam("certificate"))


@prepared
def still_wanted() -> Any:
    """What may have ended since a certificate was prepared: the organisation, and the certificate that it renews."""
    rows, whose, renewed = Certificate.__table__, Organisation.__table__, Certificate.__table__.alias()
    known = (rows.c.organisation_id, rows.c.channel_id, rows.c.environment, rows.c.public_key_hash, whose.c.ended_on)
    becomes = (rows.c.transfer_codes_id, renewed.c.state.label("renewed"))
    joined = rows.join(whose, whose.c.id == rows.c.organisation_id)
    joined = joined.outerjoin(renewed, renewed.c.id == rows.c.successor_of_id)
    return select(*known, *becomes).select_from(joined).where(rows.c.id == bindparam("certificate"))


@prepared
def store_signed() -> Update:
    """Prepared becomes issued: the first stored signature wins."""
    rows: Any = Certificate.__table__
    prepared = (rows.c.id == bindparam("certificate")) & (rows.c.state == CertificateState.PREPARED)
    made = {"der": bindparam("signed"), "sha256": bindparam("fingerprint"), "issued_at": bindparam("now")}
    return update(rows).where(prepared).values(state=CertificateState.ISSUED, **made)


@prepared
def told() -> Any:
    """What is told of a certificate, beside its present contact's details under the contact's own names and what a cover is
    made of; the description is the certificate's own."""
    rows, contact, order = Certificate.__table__, TechnicalContact.__table__, Order.__table__
    which = (rows.c.organisation_id, rows.c.serial, rows.c.sha256, rows.c.not_after)
    reached_by = (contact.c.id, contact.c.name, contact.c.email, contact.c.phone, contact.c.language)
    covered = [rows.c.description if each.key == "description" else each for each in cover_columns()]
    joined = with_cover(rows.join(order, order.c.id == rows.c.order_id))
    joined = joined.join(contact, contact.c.id == rows.c.contact_id)
    return select(*which, *reached_by, *covered).select_from(joined).where(rows.c.id == bindparam("certificate"))


def collected_where(*conditions: ColumnElement[bool]) -> Any:
    """What ``Collected`` holds of a certificate."""
    rows, order = Certificate.__table__.c, Order.__table__.c
    renewal = rows.transfer_codes_id.is_(None)
    what = select(rows.id, rows.retrieval_id, rows.state, rows.der, renewal, order.number)
    return what.where(order.id == rows.order_id, *conditions)


@prepared
def collected() -> Any:
    """The same by its number."""
    return collected_where(Certificate.__table__.c.id == bindparam("certificate"))


@prepared
def add() -> Any:
    """A row of the register; answers its number."""
    rows: Any = Certificate.__table__
    return insert(rows).returning(rows.c.id)
