"""What an organisation has, what waits, and what an application would change. Queries only."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from certportal import clock
from certportal.access import rules
from certportal.access.models import ApplicationState, InterfaceApplication
from certportal.access.rules import Difference
from certportal.certificates import service as certificates
from certportal.certificates.models import Certificate, CertificateState
from certportal.extensions import db
from certportal.identifiers import Environment
from certportal.orders.models import Order
from certportal.registry import service as registry
from certportal.registry.models import AccessRight, Channel, Organisation, Purpose, RightState, Terms


@dataclass(frozen=True)
class Offer:
    """A channel on the form, and the organisation's right to it that holds or waits."""

    channel: Channel
    valid: AccessRight | None
    waiting: AccessRight | None


@dataclass(frozen=True)
class Offered:
    """What an application may name, and for whom."""

    organisation: Organisation
    channels: list[Offer]
    purposes: list[Purpose]
    terms: Terms | None
    is_replacement: bool


@dataclass(frozen=True)
class Standing:
    """The organisation's rights that hold today and that wait, and whether an application replaces something."""

    valid: list[AccessRight]
    waiting: list[AccessRight]

    @property
    def is_replaced(self) -> bool:
        """Whether an application sent now is a replacement application."""
        return bool(self.valid or self.waiting)

    @property
    def channel_ids(self) -> list[int]:
        """The present choices, with which a replacement application opens."""
        return list(dict.fromkeys(right.channel_id for right in (*self.valid, *self.waiting)))


@dataclass(frozen=True)
class Use:
    """What uses a channel. In PRODUCTION a right is needed; a test certificate needs none, and is counted only."""

    certificates: list[Certificate]
    orders: list[Order]
    for_test: int

    @property
    def names(self) -> list[str]:
        """As ``rules.mark`` takes them."""
        return [f"certificate:{each.id}" for each in self.certificates] + [f"order:{each.id}" for each in self.orders]


@dataclass(frozen=True)
class Touched:
    """A channel that an application gives up or keeps, the right to it, and what uses it."""

    channel: Channel
    right: AccessRight
    use: Use


@dataclass(frozen=True)
class Preview:
    """What sending would change, for people to read. ``mark`` names it, so that sending can tell it is still so."""

    is_replacement: bool
    difference: Difference[int]
    purposes: Difference[str]
    named: dict[str, Purpose]
    mark: str
    added: list[Channel]
    given_up: list[Touched]
    kept: list[Touched]
    still_waiting: list[Channel]
    taken_back: list[Channel]

    @property
    def changes(self) -> bool:
        """Whether any channel or purpose is asked for or let go."""
        return self.difference.changes or self.purposes.changes

    @property
    def purposes_at_once(self) -> bool:
        """Whether the purposes are in force as soon as it is sent: something is granted then, or nothing needs a decision."""
        return not self.needs_decision or any(not channel.operator_decides for channel in self.added)

    @property
    def certificates(self) -> int:
        """How many valid certificates use what is given up."""
        return sum(len(each.use.certificates) for each in self.given_up)

    @property
    def needs_decision(self) -> bool:
        """Whether an operator decides on anything that this application asks for."""
        return bool(self.still_waiting) or any(channel.operator_decides for channel in self.added)


def standing(organisation_id: int) -> Standing:
    """The organisation's rights as they are today."""
    valid = registry.valid_rights(organisation_id, registry.today())
    return Standing(
        list({right.channel_id: right for right in valid}.values()), registry.waiting_rights(organisation_id)
    )


def offered(organisation: Organisation) -> Offered:
    """The channels and purposes open today, closed ones that the organisation still has, and the terms in force."""
    present = standing(organisation.id)
    valid = {right.channel_id: right for right in present.valid}
    waiting = {right.channel_id: right for right in present.waiting}
    mine = {channel.id for channel in registry.open_channels()} | valid.keys() | waiting.keys()
    channels = [
        Offer(channel, valid.get(channel.id), waiting.get(channel.id))
        for channel in registry.channels()
        if channel.id in mine
    ]
    terms = registry.terms_in_force(registry.today())
    return Offered(organisation, channels, offered_purposes(organisation.id), terms, present.is_replaced)


def prefilled(organisation: Organisation) -> dict[str, Any]:
    """The answers with which a new application opens: the present choices, and the organisation's contact as it is."""
    language = organisation.contact_language if organisation.contact_email else organisation.language
    return {
        "purposes": [purpose.code for purpose in purposes_chosen(organisation.id)],
        "channels": [str(channel_id) for channel_id in standing(organisation.id).channel_ids],
        "contact_name": organisation.contact_name,
        "contact_email": organisation.contact_email,
        "contact_phone": organisation.contact_phone,
        "contact_language": language.value,
    }


def offered_purposes(organisation_id: int) -> list[Purpose]:
    """The purposes that an application may name: those open today, and closed ones that are in force or wait."""
    present = (*purposes_in_force(organisation_id), *(_purposes_waiting(organisation_id) or ()))
    mine = {each.id for each in (*registry.open_purposes(), *present)}
    return [purpose for purpose in registry.purposes() if purpose.id in mine]


def purposes_in_force(organisation_id: int) -> list[Purpose]:
    """What the organisation stated in the newest application that has taken effect, as long as it has any right.

    One takes effect when a channel that it asked for is granted, or at once when nothing in it needed a decision. Until then, and
    when all that it asked for is refused or taken back, the purposes before it stand (domain.md, "Access rights").
    """
    if not standing(organisation_id).valid:
        return []
    asked_for = AccessRight.application_id == InterfaceApplication.id
    granted = AccessRight.state.in_((RightState.VALID, RightState.ENDED))
    at_once = (InterfaceApplication.state == ApplicationState.DECIDED) & ~sa.exists().where(asked_for)
    mine = (InterfaceApplication.organisation_id == organisation_id) & (sa.exists().where(asked_for, granted) | at_once)
    newest = select(InterfaceApplication).where(mine).order_by(InterfaceApplication.id.desc()).limit(1)
    found = db.session.scalar(newest)
    return purposes_named(found.choices["purposes"]) if found is not None else []


def purposes_chosen(organisation_id: int) -> list[Purpose]:
    """The present choices, with which a replacement application opens: those of the application that waits, if one does."""
    waiting = _purposes_waiting(organisation_id)
    return waiting if waiting is not None else purposes_in_force(organisation_id)


def _purposes_waiting(organisation_id: int) -> list[Purpose] | None:
    """Those of the application that waits; None where none does."""
    waiting = waiting_application(organisation_id)
    return purposes_named(waiting.choices["purposes"]) if waiting is not None else None


def purposes_named(codes: Iterable[str]) -> list[Purpose]:
    """The purposes with these codes, closed ones too, in the operator's order."""
    wanted = set(codes)
    return [purpose for purpose in registry.purposes() if purpose.code in wanted]


def preview(organisation_id: int, channel_ids: Iterable[int], purposes: Iterable[str]) -> Preview:
    """What sending an application for these channels and purposes (codes) would change now."""
    present = standing(organisation_id)
    valid = {right.channel_id: right for right in present.valid}
    waiting = [right.channel_id for right in present.waiting]
    changed = rules.difference(valid, waiting, channel_ids)
    stated = _purposes_changed(organisation_id, purposes)
    known = {channel.id: channel for channel in registry.channels()}

    def touched(ids: Iterable[int]) -> list[Touched]:
        return [Touched(known[each], valid[each], using(organisation_id, each)) for each in ids]

    given_up = touched(changed.given_up)
    return Preview(
        is_replacement=present.is_replaced,
        difference=changed,
        purposes=stated,
        named={each.code: each for each in registry.purposes()},
        mark=rules.mark(changed, stated, [name for each in given_up for name in each.use.names]),
        added=[known[each] for each in changed.added if each in known],
        given_up=given_up,
        kept=touched(changed.kept),
        still_waiting=[known[each] for each in changed.still_waiting],
        taken_back=[known[each] for each in changed.taken_back],
    )


def _purposes_changed(organisation_id: int, chosen: Iterable[str]) -> Difference[str]:
    in_force = [each.code for each in purposes_in_force(organisation_id)]
    waiting = [each.code for each in _purposes_waiting(organisation_id) or () if each.code not in in_force]
    return rules.difference(in_force, waiting, chosen)


def using(organisation_id: int, channel_id: int) -> Use:
    """The organisation's valid certificates and open orders of a channel."""
    found = certificates.using_channel(organisation_id, channel_id)
    production = [each for each in found.certificates if each.environment is Environment.PRODUCTION]
    waiting = [each for each in found.orders if each.environment is Environment.PRODUCTION]
    everything = len(found.certificates) + len(found.orders)
    return Use(production, waiting, everything - len(production) - len(waiting))


def certificates_without_right(organisation_id: int | None = None) -> list[Certificate]:
    """The task of both sides: valid production certificates of channels that their organisation has given up, or whose
    right has ended, or of an organisation that has ended; for one organisation or for all. They stay valid until somebody revokes
    them (domain.md). Those that are to be revoked on a date have been decided on."""
    on = registry.today()
    right = (
        select(AccessRight.id)
        .where(
            AccessRight.organisation_id == Certificate.organisation_id,
            AccessRight.channel_id == Certificate.channel_id,
            AccessRight.state == RightState.VALID,
            sa.or_(AccessRight.valid_from.is_(None), AccessRight.valid_from <= on),
            sa.or_(AccessRight.valid_to.is_(None), AccessRight.valid_to >= on),
        )
        .correlate(Certificate)
        .exists()
    )
    living = (Certificate.state == CertificateState.ISSUED) & (Certificate.not_after > clock.now())
    living &= Certificate.planned_revocation_at.is_(None)
    ended = Certificate.organisation.has(Organisation.ended_on <= on)
    query = select(Certificate).where(living, Certificate.environment == Environment.PRODUCTION, sa.or_(~right, ended))
    if organisation_id is not None:
        query = query.where(Certificate.organisation_id == organisation_id)
    named = query.options(joinedload(Certificate.contact), joinedload(Certificate.channel))
    return list(db.session.scalars(named.order_by(Certificate.not_after, Certificate.id)))


def latest_application(organisation_id: int) -> InterfaceApplication | None:
    """The newest application of the organisation, whatever became of it."""
    mine = select(InterfaceApplication).where(InterfaceApplication.organisation_id == organisation_id)
    return db.session.scalar(mine.order_by(InterfaceApplication.id.desc()).limit(1))


def applications_of(organisation_id: int) -> list[InterfaceApplication]:
    """Every application of the organisation, newest first."""
    mine = select(InterfaceApplication).where(InterfaceApplication.organisation_id == organisation_id)
    return list(db.session.scalars(mine.order_by(InterfaceApplication.id.desc())))


def application(application_id: int, organisation_id: int | None = None) -> InterfaceApplication | None:
    """One application; with an organisation, only its own."""
    found = db.session.get(InterfaceApplication, application_id)
    return found if found is not None and organisation_id in (None, found.organisation_id) else None


def waiting_application(organisation_id: int) -> InterfaceApplication | None:
    """The application of the organisation in which something waits; there is one at most."""
    mine = (InterfaceApplication.organisation_id == organisation_id) & (
        InterfaceApplication.state == ApplicationState.SENT
    )
    return db.session.scalar(select(InterfaceApplication).where(mine).order_by(InterfaceApplication.id.desc()).limit(1))
