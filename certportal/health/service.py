"""What other rooms ask: how the service is now. Queries; the job that looks at the revocation lists from outside."""

from sqlalchemy.exc import SQLAlchemyError

from certportal import clock
from certportal.health import facts, rules
from certportal.health.looking import look
from certportal.health.seen import Finding, Level
from certportal.health.wording import Words, words
from certportal.outbox.models import Medium

__all__ = ["Finding", "Level", "Words", "is_well", "look", "report", "traffic", "words"]


def report() -> list[Finding]:
    """Everything that is looked at, as it is now."""
    return rules.findings(facts.gather())


def traffic() -> list[Finding]:
    """Mail and text messages alone."""
    machine = clock.machine()
    return [rules.traffic(medium.value, facts.traffic(medium), machine) for medium in Medium]


def is_well() -> bool:
    """Whether nothing is red. A database that does not answer is."""
    try:
        return rules.worst(report()) < Level.BAD
    except SQLAlchemyError:
        return False
