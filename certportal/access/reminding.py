"""Operators are mailed when something waits for them: at most hourly, and again after two working days."""

from certportal import clock
from certportal.access import rules
from certportal.access.deciding import waiting_applications
from certportal.access.models import OperatorReminder
from certportal.extensions import transaction
from certportal.formats import local
from certportal.outbox import service as outbox
from certportal.registry.admissions import waiting_admissions
from certportal.registry.operators import operators
from certportal.runs import Lease

THE_ROW = 1


def names_of_what_waits() -> list[str]:
    """Everything that an operator decides, by the names that the reminder's row keeps."""
    return [f"application:{each.application.id}" for each in waiting_applications()] + [
        f"admission:{each.admission.id}" for each in waiting_admissions()
    ]


def remind_operators(lease: Lease) -> str:
    """A job: mail every operator when something waits that they have not been told of, or still waits."""
    with transaction() as session:
        lease.renew_within()
        now = clock.now()
        last = session.get(OperatorReminder, THE_ROW, with_for_update=True)
        waiting = names_of_what_waits()
        told_of = last.told_of if last is not None else []
        told_at = local(last.told_at) if last is not None else None
        if not rules.operators_are_told(waiting, told_of, told_at, local(now)):
            return f"{len(waiting)} waiting"
        told = [each for each in operators() if each.disabled_at is None]
        if not told:
            return f"{len(waiting)} waiting, nobody to tell"
        for operator in told:
            outbox.queue("operators_waiting", {"operator": operator.id}, subject="operators", send_before=None)
        if last is None:
            session.add(OperatorReminder(id=THE_ROW, told_at=now, told_of=waiting))
        else:
            last.told_at, last.told_of = now, waiting
    return f"{len(waiting)} waiting, {len(told)} told"
