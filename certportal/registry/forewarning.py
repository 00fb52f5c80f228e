"""Those whose place somebody asks to take are mailed before an operator decides: what is known of those mails."""

from dataclasses import dataclass
from datetime import datetime

from certportal import clock
from certportal.extensions import within_transaction
from certportal.outbox import service as outbox
from certportal.outbox.models import WAITING_STATES, OutboxRow, RowState
from certportal.registry import organisations, rules
from certportal.registry.admission_models import Admission
from certportal.registry.models import Organisation
from certportal.registry.telling import tell_each

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
    return rules.waits_for_mails(_waiting_since(found), clock.now())


def without_mail_from(found: Admission) -> datetime | None:
    """From when on an operator may decide although a mail has not left; None when each has."""
    return rules.waits_until(_waiting_since(found))


def untold(found: Admission, known: Organisation | None) -> list[int | None]:
    """Those who sign for the organisation today, and its contact (None) unless they sign too, to whom no mail about the
    request has gone at the address that they have now."""
    if known is None or known.is_over(organisations.today()) or known.country != found.country:
        return []
    present: dict[int | None, str] = {
        one.id: one.email for one in organisations.signatories(known.id, organisations.today())
    }
    if known.contact_email and known.contact_email.casefold() not in {each.casefold() for each in present.values()}:
        present[None] = known.contact_email
    told = {(each.row.reference["person"], each.row.address.casefold()) for each in forewarned(found)}
    return [each for each, address in present.items() if not {(each, ""), (each, address.casefold())} & told]


def forewarn(found: Admission, known: Organisation | None) -> bool:
    """A step: owe the mail to each who is untold. Answers whether there was anybody."""
    within_transaction()
    whom = untold(found, known)
    if known is not None and whom:
        among = [each.row.reference["person"] for each in forewarned(found)] + whom
        about = {"admission": found.id, "organisation": known.id}
        tell_each(KIND, whom, among, about, subject=found.subject, send_before=None)
    return bool(whom)


def _waiting_since(found: Admission) -> list[datetime]:
    return [each.row.created_at for each in forewarned(found) if each.waiting]


def _name(row: OutboxRow) -> str:
    person = organisations.person(row.reference["person"]) if row.reference["person"] is not None else None
    return person.name if person is not None else ""
