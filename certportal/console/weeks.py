"""Certificates that expire, week by week, and those of them for which nothing is on the way: one GROUP BY."""

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy import exists, func, select

from certportal.certificates.listing import succeeded
from certportal.certificates.models import Certificate, CertificateState
from certportal.console import rules
from certportal.extensions import db
from certportal.formats import end_of_day
from certportal.identifiers import Environment
from certportal.orders.models import Order, OrderState
from certportal.registry.service import today


@dataclass(frozen=True)
class Week:
    """``monday``: its first day; ``ending``: certificates for production that end in it; ``bare``: those of them whose
    successor is neither issued nor ordered, and of which nobody has said that they will not be renewed."""

    monday: date
    ending: int
    bare: int

    @property
    def number(self) -> int:
        """The week's number (ISO 8601)."""
        return self.monday.isocalendar().week


def weeks() -> list[Week]:
    """This week and the eleven after it. What has ended already this week is not told any more."""
    mondays = rules.weeks_from(today())
    edges = [end_of_day(monday - timedelta(days=1)) for monday in mondays]
    position = sa.case(
        *[(Certificate.not_after < edge, number) for number, edge in enumerate(edges[1:])], else_=rules.WEEKS
    )
    ordered = (Order.replaces_certificate_id == Certificate.id) & (Order.state == OrderState.OPEN)
    let_end = Certificate.will_not_be_renewed_at.is_not(None) | Certificate.planned_revocation_at.is_not(None)
    cared_for = succeeded() | exists().where(ordered) | let_end
    query = (
        select(position, func.count(), func.sum(sa.case((cared_for, 0), else_=1)))
        .where(
            Certificate.state == CertificateState.ISSUED,
            Certificate.environment == Environment.PRODUCTION,
            Certificate.not_after >= end_of_day(today() - timedelta(days=1)),
            Certificate.not_after < edges[-1],
        )
        .group_by(position)
    )
    found = {number: (ending, bare) for number, ending, bare in db.session.execute(query)}
    return [Week(monday, *found.get(number, (0, 0))) for number, monday in enumerate(mondays[:-1])]
