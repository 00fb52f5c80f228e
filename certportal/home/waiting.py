"""What waits for the signatory: tasks are questions over dated facts, never rows to keep in step."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select

from certportal import clock
from certportal.access import service as access
from certportal.certificates.listing import Group, Line, Wanted, listing, succeeded
from certportal.certificates.models import Certificate, CertificateState
from certportal.certificates.page_links import without_right
from certportal.extensions import db
from certportal.identifiers import Language
from certportal.orders import service as orders
from certportal.orders.models import OrderDraft
from certportal.outbox import service as outbox
from certportal.registry import service as registry
from certportal.registry.models import Organisation, TechnicalContact

SHOWN = 6
MONTH_DAYS = 30.4


@dataclass(frozen=True)
class Bar:
    """One certificate on the time line: how far its end is, in percent of the line's length, from now."""

    certificate: Certificate
    percent: float
    window: float
    soon: bool


class Unreached(StrEnum):
    """How a contact is not reached: an address is refused, or the number is somebody else's."""

    EMAIL = "email"
    SECOND_EMAIL = "second_email"
    NUMBER = "number"


@dataclass(frozen=True)
class Trouble:
    """One reason why a contact of valid certificates is not reached. ``address``: the refused one."""

    contact: TechnicalContact
    kind: Unreached
    address: str = ""


@dataclass(frozen=True)
class Waiting:
    """Everything that waits. ``lines``: certificates and orders that need action; ``without_right``: the numbers of those
    certificates that cannot be renewed before a right is applied for; ``contacts``: who is not reached."""

    lines: list[Line]
    without_right: frozenset[int]
    lines_in_all: int
    contacts: list[Trouble]
    contact_refused: bool
    nobody_named: bool
    order_drafts: list[OrderDraft]
    interface_drafts: int
    no_rights: bool

    @property
    def count(self) -> int:
        """How many things wait, as the page's heading says it. A draft waits for nobody but its writer."""
        return self.lines_in_all + len(self.contacts) + self.contact_refused + self.nobody_named


def waiting(organisation: Organisation, language: Language) -> Waiting:
    """What waits for the organisation's signatories now."""
    first = listing(organisation.id, Wanted(), 1, language)
    urgent = [section for section in first.sections if section.group is Group.ACTION]
    lines, on = [line for section in urgent for line in section.lines][:SHOWN], registry.today()
    return Waiting(
        lines=lines,
        without_right=without_right([line.number for line in lines if not line.order_number]),
        lines_in_all=sum(section.count for section in urgent),
        contacts=list(unreached(organisation.id)),
        contact_refused=outbox.marked(organisation.contact_email) is not None,
        nobody_named=not organisation.contact_email,
        order_drafts=orders.drafts_of(organisation.id),
        interface_drafts=len(access.drafts_of(organisation.id)),
        no_rights=not registry.valid_rights(organisation.id, on) and not registry.waiting_rights(organisation.id),
    )


def unreached(organisation_id: int) -> Iterator[Trouble]:
    """Contacts of valid certificates whose notices or PINs would not arrive: a mail server refused an address, or somebody
    who got a message said that the number is not theirs."""
    used = select(Certificate.contact_id).where(
        Certificate.organisation_id == organisation_id,
        Certificate.state == CertificateState.ISSUED,
        Certificate.not_after > clock.now(),
    )
    query = select(TechnicalContact).where(TechnicalContact.id.in_(used)).order_by(TechnicalContact.name)
    contacts = list(db.session.scalars(query))
    marks = outbox.marks(address for each in contacts for address in (each.email, each.second_email))
    for contact in contacts:
        if contact.email.casefold() in marks:
            yield Trouble(contact, Unreached.EMAIL, contact.email)
        if contact.second_email.casefold() in marks:
            yield Trouble(contact, Unreached.SECOND_EMAIL, contact.second_email)
        if contact.wrong_number_at is not None:
            yield Trouble(contact, Unreached.NUMBER)


def time_line(organisation_id: int) -> tuple[list[Bar], datetime]:
    """The next certificates to end that nothing has succeeded, and the moment at the line's right edge."""
    now = clock.now()
    mine = (
        Certificate.organisation_id == organisation_id,
        Certificate.state == CertificateState.ISSUED,
        Certificate.not_after > now,
        ~succeeded(),
    )
    found = list(db.session.scalars(select(Certificate).where(*mine).order_by(Certificate.not_after).limit(SHOWN)))
    end = max((each.not_after for each in found), default=now)
    length = max((end - now).total_seconds(), 1.0)
    bars = []
    for each in found:
        left = (each.not_after - now).total_seconds()
        percent = max(1.5, 100 * left / length)
        window = 100 * 60 * 86400 / length
        bars.append(Bar(each, round(percent, 2), round(window, 2) if percent > window + 2 else 0, left <= 60 * 86400))
    return bars, end


def ticks(end: datetime) -> list[tuple[float, datetime]]:
    """Three places under the line between now and its end: percent and moment."""
    now = clock.now()
    return [(percent, now + (end - now) * (percent / 100)) for percent in (25.0, 50.0, 75.0)]
