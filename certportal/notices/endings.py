"""What a letter's words are made from: plain values, because letters are written after the reading has ended."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from certportal.notices.models import NoticeRole
from certportal.registry.rules import Told


@dataclass(frozen=True, slots=True)
class Ending:
    """One certificate that ends or has ended, as its reader is told of it.

    ``program``: its description, or its channel's name. ``days``: of 24 hours, 0 when it has ended. ``signs``: the reader may
    sign for the organisation. ``page_url``: the PIN-guarded page, for its contact alone; none without the right to the channel
    (``has_right``), for which those who sign apply at ``apply_url``. ``self_service``: the contact may renew it there.
    ``ordered``: the number of the order that is to replace it, and ``collector``, who is to collect that.
    """

    program: str
    description: str
    organisation: str
    business_id: str
    channel: str
    environment: str
    serial: str
    not_after: datetime
    days: int
    roles: frozenset[NoticeRole]
    signs: bool
    next_rung: int | None
    contact_name: str
    contact_company: str
    contact_email: str
    signer: str
    organisation_contact: Told | None
    page_url: str | None
    show_url: str
    order_url: str
    apply_url: str
    ordered: str | None = None
    collector: str = ""
    has_right: bool = True
    self_service: bool = False

    @property
    def ended(self) -> bool:
        return self.days == 0

    @property
    def renews(self) -> bool:
        """Whether the reader can renew it without the signatory."""
        return self.collects and self.self_service and self.page_url is not None and not self.ended

    @property
    def collects(self) -> bool:
        """Whether the reader is the technical contact."""
        return NoticeRole.CONTACT in self.roles


class Paragraph(NamedTuple):
    """``question`` is set off, and may be empty; ``url`` and ``link``: an address after the text, and its words."""

    question: str
    text: str
    url: str = ""
    link: str = ""


class Press(NamedTuple):
    """The one button of a letter."""

    url: str
    text: str
