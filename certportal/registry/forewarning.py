"""Those whose place somebody asks to take are mailed before an operator decides: what is known of those mails."""

from dataclasses import dataclass

from certportal import clock
from certportal.outbox import service as outbox
from certportal.outbox.models import WAITING_STATES, OutboxRow, RowState
from certportal.registry import organisations, rules
from certportal.registry.admission_models import Admission

KIND = "signatory_change_asked"


@dataclass(frozen=True)
class Forewarned:
    """One who signs today, or the organisation's contact (no name), and the newest mail to them."""

    name: str
    row: OutboxRow

    @property
    def waiting(self) -> bool:
        """The mail has not left yet."""
        return self.row.state in WAITING_STATES

    @property
    def reached(self) -> bool:
        """Their mail server has accepted it."""
        return self.row.state is RowState.ACCEPTED


def forewarned(found: Admission) -> list[Forewarned]:
    """Everybody to whom a mail about the request was owed, but for those who had left before it went out and those to whom
    another was sent in its place."""
    rows = [
        row for row in outbox.rows_about(found.subject) if row.kind == KIND and "sent_again_as" not in row.reference
    ]
    return [Forewarned(_name(row), row) for row in rows if row.state is not RowState.SILENCED]


def must_wait(found: Admission) -> bool:
    """Whether letting in waits for a mail that has not left: for a day, as the rule says."""
    return rules.waits_for_mails(any(each.waiting for each in forewarned(found)), found.asked_at, clock.now())


def _name(row: OutboxRow) -> str:
    person = organisations.person(row.reference["person"]) if row.reference["person"] is not None else None
    return person.name if person is not None else ""
