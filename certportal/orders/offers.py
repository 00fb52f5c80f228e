"""What an application for a certificate may choose from: channels, contacts, reasons, and what is there already."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, select

from certportal import clock
from certportal.extensions import asking, db
from certportal.identifiers import EmailAddress, Environment, PhoneNumber
from certportal.orders import giving_way, replaceable
from certportal.orders.models import Order, OrderDraft, OrderReason, OrderState
from certportal.orders.replaceable import ReplaceableCertificate
from certportal.outbox import service as outbox
from certportal.registry import service as registry
from certportal.registry.models import Channel, Organisation, Person, TechnicalContact
from certportal.registry.service import ChannelLine, ContactLine, TermsLine
from certportal.settings import current_settings
from certportal.signin.guard import Acting

LIVING = frozenset({"valid", "expires_soon"})


class Standing(enum.StrEnum):
    """How the organisation stands with a channel: a valid right, one that waits for its decision, or none."""

    VALID = "valid"
    WAITING = "waiting"
    NONE = "none"


@dataclass(frozen=True)
class OfferedChannel:
    """A channel that can be chosen. Without a valid right it is offered for TEST, and for drafts while one waits."""

    channel: ChannelLine
    standing: Standing


@dataclass(frozen=True)
class OfferedContact:
    """An earlier contact: how many living certificates it looks after, whether it is the signatory, since when
    mail to it is refused."""

    contact: ContactLine
    certificates: int
    myself: bool
    refused: datetime | None


@dataclass(frozen=True)
class Offered:
    """Everything that the form offers to the one who acts."""

    organisation: Organisation
    person: Person
    channels: list[OfferedChannel]
    contacts: list[OfferedContact]
    terms: TermsLine | None

    @property
    def myself(self) -> bool:
        """Whether "myself" is a choice of its own, and not one of the earlier contacts."""
        return not any(each.myself for each in self.contacts)

    def channel(self, channel_id: int | None) -> OfferedChannel | None:
        """One of the offered channels."""
        return next((each for each in self.channels if each.channel.id == channel_id), None)

    def contact(self, contact_id: int) -> ContactLine | None:
        """One of the earlier contacts."""
        return next((each.contact for each in self.contacts if each.contact.id == contact_id), None)


@dataclass(frozen=True)
class Neighbour:
    """A living certificate or an open order on the same channel. ``ends_at`` and ``number``: one of them is set."""

    description: str
    number: str | None
    ends_at: datetime | None


@dataclass(frozen=True)
class Reasons:
    """What a new certificate may replace, and whose retrieval may have failed."""

    certificates: list[ReplaceableCertificate]
    orders: list[Order]
    has_ordered: bool


def offered(acting: Acting, answers: Mapping[str, Any] | None = None) -> Offered:
    """What the one who acts may choose from today; with ``answers`` also the channel of what they take the place of, though it be
    closed."""
    on, mine = registry.today(), acting.organisation.id
    return Offered(
        acting.organisation,
        acting.person,
        _channels(mine, giving_way.channel_of(mine, answers or {})),
        _contacts(acting),
        registry.terms_line(on),
    )


def reasons_offered(organisation_id: int) -> Reasons:
    """What the question "Why do you need a new certificate?" has to offer; nothing for an organisation's first one."""
    query = select(Order).where(Order.organisation_id == organisation_id).order_by(Order.id.desc())
    orders = list(db.session.scalars(query))
    return Reasons(
        replaceable.certificates_of(organisation_id, clock.now()),
        [order for order in orders if order.state is OrderState.OPEN],
        bool(orders),
    )


def neighbours(
    organisation_id: int,
    channel_id: int,
    environment: Environment,
    *,
    certificate_id: int | None = None,
    order_id: int | None = None,
) -> list[Neighbour]:
    """What the organisation has on this channel already, but for the certificate and the order that give way."""
    certificates = [
        Neighbour(found.description, None, found.not_after)
        for found in replaceable.certificates_of(organisation_id, clock.now())
        if (found.channel_id, found.environment) == (channel_id, environment)
        and found.state in LIVING
        and found.id != certificate_id
    ]
    place = (Order.organisation_id == organisation_id) & (Order.channel_id == channel_id)
    waiting = (
        place & (Order.environment == environment) & (Order.state == OrderState.OPEN) & (Order.id != (order_id or 0))
    )
    orders = db.session.scalars(select(Order).where(waiting).order_by(Order.id.desc()))
    return certificates + [Neighbour(order.description, order.number, None) for order in orders]


def prefilled(acting: Acting, reason: OrderReason, replaces: int | None, earlier: str | None) -> dict[str, Any]:
    """The answers that an empty form begins with: those of the certificate that gives way, or of the order that failed.

    An earlier contact is chosen; the failed order's is filled in, so that what was wrong can be corrected.
    """
    blank: dict[str, Any] = {"language": acting.organisation.language.value, "reason": reason.value}
    if reason is OrderReason.REPLACES:
        certificate = replaced_certificate(acting.organisation.id, replaces)
        return (
            blank if certificate is None else blank | {"replaces": str(certificate.id)} | _of_certificate(certificate)
        )
    if reason is OrderReason.RETRIEVAL_FAILED:
        order = giving_way.failed(acting.organisation.id, earlier)
        return blank if order is None else blank | {"earlier": order.number} | _of_order(order)
    return blank


def replaced_certificate(organisation_id: int, certificate_id: int | None) -> ReplaceableCertificate | None:
    """The certificate that gives way, while it can."""
    if certificate_id is None:
        return None
    return replaceable.certificate_of(organisation_id, certificate_id, clock.now())


def has_right_for(organisation_id: int, certificate: ReplaceableCertificate) -> bool:
    """Whether the organisation may have a new certificate in this one's place: a test certificate needs no right."""
    if certificate.environment is Environment.TEST:
        return True
    return registry.right_to(organisation_id, certificate.channel_id, registry.today()) is not None


def replacing(organisation_id: int, certificate_id: int) -> Order | None:
    """The organisation's order that is to replace the certificate and waits to be collected."""
    return db.session.scalar(_replacing(), {"certificate": certificate_id, "organisation": organisation_id})


@cache
def _replacing() -> Select[Order]:
    mine = (Order.organisation_id == bindparam("organisation")) & (
        Order.replaces_certificate_id == bindparam("certificate")
    )
    return select(Order).where(mine, Order.state == OrderState.OPEN).order_by(Order.id.desc()).limit(1)


class Replacing(NamedTuple):
    """An order that is to replace a certificate: its number, and the name of who is to collect it."""

    number: str
    collector: str


def replacing_each(certificate_ids: Sequence[int]) -> dict[int, Replacing]:
    """The same for each of these certificates that has one, as far as a letter tells of it."""
    waiting = Order.replaces_certificate_id.in_(certificate_ids) & (Order.state == OrderState.OPEN)
    named = select(Order.replaces_certificate_id, Order.number, TechnicalContact.name)
    found = named.join(TechnicalContact, TechnicalContact.id == Order.contact_id).where(waiting).order_by(Order.id)
    return {row[0]: Replacing(row[1], row[2]) for row in asking().execute(found)}


def draft_names(drafts: list[OrderDraft]) -> dict[int, Channel]:
    """The channel of each draft that names one, by the draft's id."""
    by_id = {str(channel.id): channel for channel in registry.channels()}
    chosen = {draft.id: by_id.get(str(draft.answers.get("channel"))) for draft in drafts}
    return {draft_id: channel for draft_id, channel in chosen.items() if channel is not None}


def last_day_from_now() -> date:
    """The last day of codes that are sent today."""
    return registry.today() + timedelta(days=current_settings().transfer_codes_days)


def _of_certificate(certificate: ReplaceableCertificate) -> dict[str, Any]:
    contact = registry.contact(certificate.contact_id)
    known = contact is not None and contact.replaced_at is None
    return {
        "channel": str(certificate.channel_id),
        "environment": certificate.environment.value,
        "description": certificate.description,
        "who": f"contact-{certificate.contact_id}" if known else "",
        "contact_may_renew": "y" if certificate.contact_may_renew else "n",
    }


def _of_order(order: Order) -> dict[str, Any]:
    contact = order.contact
    return {
        "channel": str(order.channel_id),
        "environment": order.environment.value,
        "description": order.description,
        "who": "new",
        "name": contact.name,
        "company": contact.company,
        "mobile": PhoneNumber(contact.phone).grouped,
        "email": contact.email,
        "second_email": contact.second_email,
        "language": contact.language.value,
        "contact_may_renew": "y" if order.contact_may_renew else "n",
    }


def _closed(organisation_id: int, channel_id: int) -> list[tuple[ChannelLine, bool, bool]]:
    channel = registry.channel(channel_id)
    valid = registry.has_right_to(organisation_id, channel_id, registry.today())
    return [(ChannelLine.of(channel), valid, False)] if channel is not None else []


def _channels(organisation_id: int, going_on: int | None) -> list[OfferedChannel]:
    found = registry.channels_and_rights(organisation_id, registry.today())
    if going_on is not None and all(channel.id != going_on for channel, _valid, _waiting in found):
        found += _closed(organisation_id, going_on)
    every = [
        OfferedChannel(channel, Standing.VALID if valid else Standing.WAITING if waiting else Standing.NONE)
        for channel, valid, waiting in found
    ]
    order = list(Standing)
    every.sort(key=lambda each: order.index(each.standing))
    return [
        each for each in every if each.standing is not Standing.NONE or each.channel.test or each.channel.id == going_on
    ]


def _contacts(acting: Acting) -> list[OfferedContact]:
    counts = replaceable.looked_after(acting.organisation.id, clock.now())
    mine = EmailAddress.parse(acting.person.email).key
    contacts = registry.contact_lines(acting.organisation.id)
    marks = outbox.marks(contact.email for contact in contacts)
    return [
        OfferedContact(
            contact, counts.get(contact.id, 0), contact.email_key == mine, marks.get(contact.email.casefold())
        )
        for contact in contacts
    ]
