"""Who does a thing: the one whom rules ask and the audit record names."""

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    PERSON = "person"
    """Signed in, acting for an organisation."""
    OPERATOR = "operator"
    CONTACT = "contact"
    """A technical contact, known by a link and a PIN."""
    PROGRAM = "program"
    """A machine on a protocol endpoint, known by its codes or its certificate."""
    JOB = "job"
    """Something the scheduler runs."""
    ANONYMOUS = "anonymous"
    COMMAND = "command"
    """Somebody at the server's own command line."""


@dataclass(frozen=True, slots=True)
class Actor:
    """`id`: the row in the kind's own table, if any; `address`: the client's network address, if any."""

    kind: ActorKind
    id: int | None
    name: str
    address: str | None = None

    def __str__(self) -> str:
        return self.name or self.kind.value
