"""Wrong codes typed into the retrieval page or sent by a program, counted for each client's address by the machine's clock.

The question and the count stand in one transaction with what is tried; with right codes nothing is written, and nothing waits.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam, select

from certportal import clock
from certportal.certificates import rules
from certportal.certificates.models import RetrievalTry
from certportal.extensions import asking, within_transaction, writing
from certportal.signin.rules import client_key
from certportal.statements import prepared


def may_try(address: str | None) -> None:
    """Refuses a client that has sent too many wrong codes. Refusals: retrieval_too_many."""
    times = asking().scalars(_times(), {"client": client_key(address)})
    rules.may_try_codes(list(times), clock.machine())


def in_turn(address: str | None) -> None:
    """A step: whoever else counts wrong codes of this client waits for this transaction's end."""
    within_transaction()
    writing().in_turn(f"wrong codes {client_key(address)}")


def count(address: str | None) -> None:
    """A step: the codes were wrong. What no longer counts is forgotten."""
    within_transaction()
    at = clock.machine()
    writing().execute(sa.delete(_TRIES).where(_TRIES.c.tried_at <= at - rules.TRIES_COUNT))
    writing().execute(sa.insert(_TRIES), {"client_address": client_key(address), "tried_at": at})


_TRIES: Any = RetrievalTry.__table__


@prepared
def _times() -> sa.Select[Any]:
    return select(_TRIES.c.tried_at).where(_TRIES.c.client_address == bindparam("client"))
