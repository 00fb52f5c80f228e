"""What waits for an operator now: decisions, failed deliveries, tasks. Every task is a question to dated facts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from certportal import clock
from certportal.access.deciding import Waiting, waiting_applications
from certportal.access.models import InterfaceApplication
from certportal.access.standing import certificates_without_right
from certportal.certificates.models import Certificate
from certportal.console import outbound, record
from certportal.console.outbound import Wrong
from certportal.extensions import db
from certportal.outbox.models import OutboxRow
from certportal.registry import service as registry
from certportal.registry.admissions import ToDecide, waiting_admissions
from certportal.registry.models import Organisation, RightState, TechnicalContact
from certportal.subjects import Subject

SHOWN = 5
PATIENCE = timedelta(days=3)
"""So long a failed delivery is left to the signatory before the operator is asked to call."""
DECIDED = 20
"""So many decisions stand below what waits; the record has them all."""


@dataclass(frozen=True)
class Tasks:
    """What is wrong and nobody has put right, each as long as it is so."""

    addresses: list[Wrong]
    numbers: list[TechnicalContact]
    unsigned: list[Organisation]
    without_right: list[Certificate]

    @property
    def any(self) -> bool:
        return bool(self.addresses or self.numbers or self.unsigned or self.without_right)


@dataclass(frozen=True)
class Failure:
    """A failed delivery and what it is about. ``with_signatory``: somebody who signs sees it on their start page and can put
    it right; ``overdue``: and has not done so for three days."""

    row: OutboxRow
    about: Subject
    with_signatory: bool
    overdue: bool


@dataclass(frozen=True)
class Desk:
    """The operator's first page. ``failures``: the newest failed deliveries."""

    applications: list[Waiting]
    admissions: list[ToDecide]
    failed: int
    failures: list[Failure]
    tasks: Tasks

    @property
    def decisions(self) -> int:
        """How many decisions wait."""
        return len(self.applications) + len(self.admissions)

    @property
    def oldest(self) -> datetime | None:
        """Since when the one waits that has waited longest."""
        since = [each.since for each in self.applications] + [each.admission.asked_at for each in self.admissions]
        return min(since, default=None)


def desk() -> Desk:
    """Everything that waits now."""
    failed, rows = outbound.failed(SHOWN)
    return Desk(waiting_applications(), waiting_admissions(), failed, failures(rows), tasks())


def failures(rows: list[OutboxRow]) -> list[Failure]:
    """These failed deliveries, and whose turn it is."""
    about = record.about(row.subject for row in rows)
    theirs = outbound.for_signatories(rows)
    before = clock.machine() - PATIENCE
    return [
        Failure(row, about[row.subject], row.id in theirs, row.settled_at is not None and row.settled_at < before)
        for row in rows
    ]


def tasks() -> Tasks:
    """What an operator or a signatory should put right."""
    return Tasks(
        [each for each in outbound.wrong_addresses() if each.contacts or each.people or each.organisations],
        outbound.wrong_numbers(),
        registry.organisations_without_signatory(registry.today()),
        certificates_without_right(),
    )


def is_first(organisation_id: int) -> bool:
    """Whether the organisation has never had an access right."""
    return all(right.state is RightState.APPLIED for right in registry.rights_of(organisation_id))


def decided_applications() -> list[InterfaceApplication]:
    """The last applications about which an operator had to decide, the newest first."""
    query = select(InterfaceApplication).where(InterfaceApplication.decided_at.is_not(None))
    return list(db.session.scalars(query.order_by(InterfaceApplication.decided_at.desc()).limit(DECIDED)))
