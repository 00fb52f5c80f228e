"""What becomes of certificates when what they were for ends: a channel given up, a right withdrawn, an organisation ended."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from certportal import ca, formats
from certportal.certificates import rules
from certportal.certificates.models import Certificate, CertificateState
from certportal.certificates.planning import OPERATORS, plan_within, take_back_within
from certportal.certificates.revocation import revoke_within
from certportal.certificates.rules import Aftermath
from certportal.certificates.telling import tell_contact_of_plan
from certportal.extensions import db, within_transaction
from certportal.identifiers import Actor, Environment


@dataclass
class Settled:
    """What was done: whose lists are to be published (``publish_soon``), how many were revoked, planned, and left alone."""

    issuers: set[tuple[Environment, str]] = field(default_factory=set)
    revoked: int = 0
    planned: int = 0
    left: int = 0


def settle(
    found: Iterable[Certificate],
    then: Aftermath,
    reason: ca.Reason,
    by: Actor,
    note: str = "",
    tell: Callable[[Certificate, Actor], None] = tell_contact_of_plan,
    *,
    signatories_hear: bool = False,
) -> Settled:
    """A step: valid certificates are revoked, planned to be revoked, or left, as ``then`` says. ``tell`` is the step that tells
    of each plan: the contact alone, where one letter tells the signatories of what has ended. ``signatories_hear``: that letter
    tells them of what is revoked at once, too.

    What ends by itself before the day is left to it, and so is an earlier plan. In the order of their ids, in which whoever
    locks several certificates does. Refusals: plan_in_the_past.
    """
    within_transaction()
    done, day = Settled(), then.planned_day
    for certificate in sorted(found, key=lambda each: each.id):
        if then.at_once:
            done.issuers.add(
                revoke_within(certificate.id, reason, by, note, signatories_hear=signatories_hear).signed_by
            )
            done.revoked += 1
        elif day is not None and not _goes_before(certificate, formats.end_of_day(day), by):
            tell(plan_within(certificate.id, day, reason, by, note), by)
            done.planned += 1
        else:
            done.left += 1
    return done


def take_back_of_organisation(organisation_id: int, by: Actor) -> int:
    """A step: the organisation uses the service again, so what was planned because it ended is taken back. Each contact is told.
    Answers how many."""
    within_transaction()
    mine = (Certificate.organisation_id == organisation_id) & (Certificate.state == CertificateState.ISSUED)
    because = Certificate.planned_reason == ca.Reason.ORGANISATION_ENDED.value
    found = list(db.session.scalars(select(Certificate).where(mine, because)))
    for certificate in found:
        take_back_within(certificate, by)
        tell_contact_of_plan(certificate, by)
    return len(found)


def _goes_before(certificate: Certificate, at: datetime, by: Actor) -> bool:
    """Whether it ends by itself, or by a plan that stands, before that moment."""
    by_operator, operator = certificate.planned_by in OPERATORS, by.kind in OPERATORS
    planned = rules.plan_stands(certificate.planned_revocation_at, at, by_operator=by_operator, operator=operator)
    return planned or certificate.not_after <= at
