"""What an application takes the place of: a certificate, or an order that could not be collected; and whether it still can."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from certportal import clock
from certportal.extensions import db
from certportal.orders import replaceable
from certportal.orders.models import Order, OrderReason, OrderState
from certportal.orders.replaceable import ReplaceableCertificate

ADDITIONAL = {"reason": OrderReason.ADDITIONAL.value, "replaces": "", "earlier": ""}
"""The answers of an application that takes the place of nothing."""


def failed(organisation_id: int, number: str | None) -> Order | None:
    """The organisation's order that could not be collected, while it is open."""
    found = _order(organisation_id, number)
    return found if found is not None and found.state is OrderState.OPEN else None


def channel_of(organisation_id: int, answers: Mapping[str, Any]) -> int | None:
    """The channel of the certificate or of the order that gives way."""
    found: ReplaceableCertificate | Order | None = None
    if answers.get("reason") == OrderReason.REPLACES:
        found = _certificate(organisation_id, answers)
    if answers.get("reason") == OrderReason.RETRIEVAL_FAILED:
        found = failed(organisation_id, answers.get("earlier"))
    return found.channel_id if found is not None else None


def gone(organisation_id: int, answers: Mapping[str, Any]) -> str | None:
    """The code of the refusal that these answers would meet, because what was to give way no longer can; None: it can.

    certificate_unknown (another has taken its place), order_unknown, earlier_order_collected.
    """
    if answers.get("reason") == OrderReason.REPLACES:
        return None if _certificate(organisation_id, answers) is not None else "certificate_unknown"
    if answers.get("reason") != OrderReason.RETRIEVAL_FAILED:
        return None
    earlier = _order(organisation_id, answers.get("earlier"))
    if earlier is None:
        return "order_unknown"
    return "earlier_order_collected" if earlier.state is OrderState.COLLECTED else None


def _certificate(organisation_id: int, answers: Mapping[str, Any]) -> ReplaceableCertificate | None:
    number = str(answers.get("replaces") or "")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        return None
    return replaceable.certificate_of(organisation_id, int(number), clock.now())


def _order(organisation_id: int, number: Any) -> Order | None:
    mine = (Order.number == str(number or "")) & (Order.organisation_id == organisation_id)
    return db.session.scalar(select(Order).where(mine))
