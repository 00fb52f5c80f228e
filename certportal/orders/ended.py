"""Orders of organisations that no longer use the service: nobody could collect them, so they are called off."""

from datetime import date

from sqlalchemy import select

from certportal import runs
from certportal.extensions import db, transaction
from certportal.identifiers import Actor, ActorKind
from certportal.orders.models import Order, OrderState
from certportal.orders.steps import call_off_each
from certportal.registry import service as registry
from certportal.registry.models import Organisation
from certportal.runs import Lease

BATCH = 200
CALLING_OFF = Actor(ActorKind.JOB, None, runs.ENDED)


def call_off_ended(lease: Lease) -> str:
    """A job: open orders of organisations that have ended are cancelled, and each contact is told. Whoever ended it, at the desk
    or by an import, and on whatever day. One that is being collected at this moment is left to the next run."""
    cancelled, last = 0, 0
    while order_ids := _left(registry.today(), last):
        with transaction() as session:
            lease.renew_within()
            locked = (session.get_one(Order, each, with_for_update=True) for each in order_ids)
            cancelled += call_off_each(locked, CALLING_OFF)
        last = order_ids[-1]
    return f"{cancelled} cancelled"


def _left(on: date, after: int) -> list[int]:
    of_ended = (Order.state == OrderState.OPEN) & (Organisation.ended_on <= on) & (Order.id > after)
    query = select(Order.id).join(Organisation, Organisation.id == Order.organisation_id).where(of_ended)
    return list(db.session.scalars(query.order_by(Order.id).limit(BATCH)))
