"""What becomes of certificates when what they were for ends: a channel given up, a right withdrawn, an organisation ended."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from certportal import ca, formats
from certportal.audit import AuditEntry
from certportal.certificates import rules
from certportal.certificates.models import Certificate, CertificateState
from certportal.certificates.planning import OPERATORS, plan_within, take_back_within
from certportal.certificates.revocation import revoke_within
from certportal.certificates.rules import Aftermath
from certportal.certificates.telling import subject, tell_contact_of_plan, tell_plan
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
            revoked = revoke_within(certificate.id, reason, by, note, signatories_hear=signatories_hear)
            done.issuers |= {each.signed_by for each in revoked}
            done.revoked += len(revoked)
        elif day is not None and not _goes_before(certificate, formats.end_of_day(day), by):
            tell(plan_within(certificate.id, day, reason, by, note), by)
            done.planned += 1
        else:
            done.left += 1
    return done


def take_back_of_organisation(organisation_id: int, by: Actor) -> int:
    """A step: the organisation uses the service again, so what was planned because it ended is taken back. Contacts and
    signatories are told. What was planned for one certificate alone stands, whatever its reason. Answers how many."""
    within_transaction()
    with_ending = _planned_with_ending(organisation_id)
    mine = (Certificate.organisation_id == organisation_id) & (Certificate.state == CertificateState.ISSUED)
    because = Certificate.planned_reason == ca.Reason.ORGANISATION_ENDED.value
    planned = db.session.scalars(select(Certificate).where(mine, because))
    found = [each for each in planned if subject(each) in with_ending]
    for certificate in found:
        take_back_within(certificate, by)
        tell_plan(certificate, by)
    return len(found)


def _planned_with_ending(organisation_id: int) -> set[str]:
    """Whose newest plan was made in ending the organisation, as the record names certificates: after its entry, by the same
    actor, with the same words for a note."""
    verbs = AuditEntry.verb.in_(("organisation_ended", "certificate_revocation_planned"))
    mine = select(AuditEntry).where(AuditEntry.organisation_id == organisation_id, verbs)
    ended, found = None, set[str]()
    for entry in db.session.scalars(mine.order_by(AuditEntry.id)):
        if entry.verb == "organisation_ended":
            ended = entry
        elif ended is not None and _is_of_ending(entry, ended):
            found.add(entry.subject)
        else:
            found.discard(entry.subject)
    return found


def _is_of_ending(plan: AuditEntry, ended: AuditEntry) -> bool:
    same_actor = (plan.actor_kind, plan.actor_id) == (ended.actor_kind, ended.actor_id)
    return same_actor and bool(ended.details["reason"]) and plan.details["note"] == ended.details["reason"]


def _goes_before(certificate: Certificate, at: datetime, by: Actor) -> bool:
    """Whether it ends by itself, or by a plan that stands, before that moment."""
    by_operator, operator = certificate.planned_by in OPERATORS, by.kind in OPERATORS
    planned = rules.plan_stands(certificate.planned_revocation_at, at, by_operator=by_operator, operator=operator)
    return planned or certificate.not_after <= at
