"""What other rooms ask of the notices."""

from datetime import UTC, datetime

from certportal.notices import sweeping
from certportal.notices.ledger import Ledger, ledger
from certportal.notices.sweeping import sweep

__all__ = ["Ledger", "due_at", "ledger", "sweep"]


def due_at(moment: str) -> int:
    """How many notices would be due at a moment given in ISO 8601 (without a zone: UTC). Raises ValueError."""
    parsed = datetime.fromisoformat(moment)
    return sweeping.due_at(parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC))
