"""Wrong codes typed into the retrieval page, counted for each client's address by the machine's clock."""

import sqlalchemy as sa
from sqlalchemy import select

from certportal import clock
from certportal.certificates import rules
from certportal.certificates.models import RetrievalTry
from certportal.extensions import changed, db, within_transaction
from certportal.signin.rules import client_key


def count(address: str | None) -> RetrievalTry:
    """A step: one more try. Refusals: retrieval_too_many."""
    within_transaction()
    at, client = clock.machine(), client_key(address)
    changed(sa.delete(RetrievalTry).where(RetrievalTry.tried_at <= at - rules.TRIES_COUNT))
    times = db.session.scalars(select(RetrievalTry.tried_at).where(RetrievalTry.client_address == client))
    rules.may_try_codes(list(times), at)
    tried = RetrievalTry(client_address=client, tried_at=at)
    db.session.add(tried)
    db.session.flush()
    return tried


def give_back(tried: RetrievalTry) -> None:
    """A step: the codes were right, so the try does not count."""
    within_transaction()
    db.session.delete(tried)
