"""The pages of the operator's desk, module by subject, on one blueprint."""

from certportal.console.blueprint import blueprint
from certportal.console.views import (
    certificates,
    channels,
    correcting,
    desk,
    giving_up,
    health,
    orders,
    organisations,
    outbox,
    people,
    planning,
    purposes,
    queue,
    record,
    setup,
    signing,
    terms,
)

__all__ = [
    "blueprint",
    "certificates",
    "channels",
    "correcting",
    "desk",
    "giving_up",
    "health",
    "orders",
    "organisations",
    "outbox",
    "people",
    "planning",
    "purposes",
    "queue",
    "record",
    "setup",
    "signing",
    "terms",
]
