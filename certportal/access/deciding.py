"""The operator's decision, channel by channel; taking back what waits; ending a right."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from certportal import audit, clock
from certportal.access import rules
from certportal.access.models import ApplicationState, InterfaceApplication
from certportal.access.rules import LONGEST_REASON, Decision
from certportal.access.sending import cancel_orders
from certportal.access.standing import using
from certportal.certificates import service as certificates
from certportal.certificates.rules import Aftermath, at_once_only_what_has_ended
from certportal.certificates.service import Reason
from certportal.extensions import db, transaction, within_transaction
from certportal.identifiers import Actor, plain_text
from certportal.refusals import Conflict, NotFound
from certportal.registry import service as registry
from certportal.registry.models import AccessRight, RightState
from certportal.registry.telling import tell_signatory
from certportal.signin.guard import Acting

LEFT = Aftermath()


@dataclass(frozen=True)
class Waiting:
    """An application in the operator's queue: what waits in it, and since when the longest."""

    application: InterfaceApplication
    rights: list[AccessRight]
    since: datetime


def waiting_applications() -> list[Waiting]:
    """The operator's queue, those that have waited longest first."""
    query = (
        select(InterfaceApplication)
        .where(InterfaceApplication.state == ApplicationState.SENT)
        .options(joinedload(InterfaceApplication.organisation), joinedload(InterfaceApplication.person))
    )
    found = [(each, waiting_in(each.id)) for each in db.session.scalars(query)]
    queue = [Waiting(each, rights, min(right.applied_at for right in rights)) for each, rights in found if rights]
    return sorted(queue, key=lambda each: (each.since, each.application.id))


def waiting_in(application_id: int) -> list[AccessRight]:
    """The rights that wait in an application, in the channels' order."""
    return [each for each in registry.rights_of_application(application_id) if each.state is RightState.APPLIED]


def decide(application_id: int, decisions: Mapping[int, Decision], by: Actor) -> InterfaceApplication:
    """A use case of the operator: channels of one application are granted or refused; the others wait on.

    ``decisions``: channel id → Decision. The signatory is mailed once, about all of them. Refusals: application_not_found;
    right_not_waiting (conflict: decided or taken back meanwhile); decision_reason_missing, text_too_long,
    text_control_characters about a reason; channel_closed_to_new where a closed channel is granted.
    """
    read = {channel_id: _read(decision) for channel_id, decision in decisions.items()}
    with transaction() as session:
        application = session.get(InterfaceApplication, application_id, with_for_update=True)
        if application is None:
            raise NotFound("application_not_found")
        waiting = {right.channel_id: right for right in waiting_in(application_id)}
        if not read or not read.keys() <= waiting.keys():
            raise Conflict("right_not_waiting")
        for channel_id, decision in read.items():
            _settle(waiting[channel_id], decision, by)
        if read.keys() == waiting.keys():
            application.decide(clock.now())
        rights = [waiting[channel_id].id for channel_id in read]
        tell_signatory(
            "access_decided",
            application.organisation_id,
            application.person_id,
            {"application": application.id, "rights": rights},
            subject=f"application:{application.id}",
        )
    return application


def withdraw_application(application_id: int, acting: Acting) -> InterfaceApplication:
    """A use case: what waits is taken back; what was granted, kept or given up stays as it is.

    Refusals: application_not_found; application_over (conflict: nothing waits any more).
    """
    with transaction() as session:
        application = session.get(InterfaceApplication, application_id, with_for_update=True)
        if application is None or application.organisation_id != acting.organisation.id:
            raise NotFound("application_not_found")
        application.withdraw(clock.now())
        waiting = waiting_in(application_id)
        for right in waiting:
            registry.withdraw_right(right)
        audit.record(
            "interface_application_withdrawn",
            f"application:{application.id}",
            by=acting.actor,
            organisation_id=application.organisation_id,
            channels=[right.channel.code for right in waiting],
        )
    return application


def end_access_right(right_id: int, last_day: date, reason: str, by: Actor, then: Aftermath = LEFT) -> AccessRight:
    """A use case of the operator: the right's last day is ``last_day``; today or earlier ends it at once. The signatories
    are mailed the reason as it is written.

    ``then``: its production certificates are revoked (the right is withdrawn), revoked on a date, or left until somebody revokes
    them; ended at once, its open production orders are cancelled. Refusals: access_right_not_found; right_not_valid
    (conflict); revocation_not_yet, plan_in_the_past; reason_missing, text_too_long, text_control_characters.
    """
    kept = plain_text(reason, LONGEST_REASON, keep_lines=True)
    at_once_only_what_has_ended(last_day, registry.today(), then)
    with transaction() as session:
        right = session.get(AccessRight, right_id, with_for_update=True)
        if right is None:
            raise NotFound("access_right_not_found")
        use = using(right.organisation_id, right.channel_id)
        registry.end_right(right, last_day, by, kept)
        cancelled = cancel_orders(use, by) if last_day <= registry.today() else 0
        done = certificates.settle(use.certificates, then, Reason.AGREEMENT_ENDED, by, kept)
        tell_signatory(
            "access_right_ended",
            right.organisation_id,
            None,
            {"right": right.id, "reason": kept, "cancelled": cancelled, "revoked": done.revoked},
            subject=f"access_right:{right.id}",
        )
    certificates.publish_soon(done.issuers)
    return right


def _read(decision: Decision) -> Decision:
    rules.reasoned(decision)
    if decision.granted:
        return decision
    return Decision(granted=False, reason=plain_text(decision.reason, LONGEST_REASON, keep_lines=True))


def _settle(right: AccessRight, decision: Decision, by: Actor) -> None:
    within_transaction()
    if decision.granted:
        on = registry.today()
        rules.may_be_asked_for(right.channel.closed_on, on)
        registry.grant_right(right, on, by)
    else:
        registry.refuse_right(right, decision.reason, by)
