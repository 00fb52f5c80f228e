"""What an operator ends, with a reason that those concerned are mailed: an organisation's use, a right to sign."""

from dataclasses import replace
from datetime import date, timedelta

from certportal.certificates import rules as certificate_rules
from certportal.certificates import service as certificates
from certportal.certificates.service import Aftermath, Reason, Settled
from certportal.console.registers import Concerned, concerned
from certportal.console.telling import tell_persons
from certportal.extensions import db, transaction, within_transaction
from certportal.identifiers import Actor, BusinessId, Environment, plain_text
from certportal.orders import service as orders
from certportal.orders.models import OrderState
from certportal.refusals import Conflict, NotFound
from certportal.registry import service as registry
from certportal.registry.importing import save
from certportal.registry.models import Organisation, SigningRight
from certportal.registry.rows import OrganisationRow

LONGEST_REASON = 1000
BATCH = 500
"""So many orders and certificates are ended in one transaction (design.md section 3, SQLite: 5,000 at most): each is several
rows, and nobody else writes meanwhile."""


def end_organisation(organisation_id: int, last_day: date | None, reason: str, by: Actor, then: Aftermath) -> None:
    """A use case: the organisation uses the service to the end of ``last_day``; None: until now. ``then``: its certificates are
    revoked (reason: organisation ended) at once, and its open orders cancelled; or revoked on a date; or left, as the orders are.

    Where many are to be revoked at once they are ended first, batch by batch, and the organisation with the last one: an end
    that was broken off is an organisation in use, with less to end, and the same press goes on.

    Those who could sign, and its contact, are mailed the reason. Refusals: organisation_over (conflict);
    revocation_not_yet; plan_in_the_past; text_missing, text_too_long, text_control_characters about the reason.
    """
    kept = plain_text(reason, LONGEST_REASON, keep_lines=True)
    on = registry.today()
    certificate_rules.at_once_only_what_has_ended(last_day, on, then)
    issuers = (
        _stop_all_but_the_last(organisation_id, then, by, kept) if then.at_once else set[tuple[Environment, str]]()
    )
    with transaction():
        found = _in_use(organisation_id)
        affected = concerned(organisation_id, most=BATCH if then.at_once else None)
        told = [each.id for each in affected.others]
        registry.end_organisation(found, last_day + timedelta(days=1) if last_day else on, by, kept)
        done = _settle(affected, then, by, kept)
        day = then.planned_day.isoformat() if then.planned_day is not None and done.planned else None
        reference = {"reason": kept, "revoked": then.at_once, "planned": day, "left": done.left + done.planned}
        tell_persons("organisation_ended", found, told, reference, f"organisation:{found.id}")
    certificates.publish_soon(issuers | done.issuers)


def reopen_organisation(organisation_id: int, by: Actor) -> None:
    """A use case: it uses the service again, and what was planned because it ended is taken back. Who may sign is as it was;
    what is revoked stays revoked. Refusals: organisation_gone."""
    with transaction():
        found = registry.organisation(organisation_id)
        if found is None:
            raise NotFound("organisation_gone")
        save(OrganisationRow(business_id=BusinessId(found.business_id, found.country), last_day=None), by)
        certificates.take_back_of_organisation(organisation_id, by)


def end_signing_right(right_id: int, last_day: date | None, reason: str, by: Actor) -> None:
    """A use case: the person may sign to the end of ``last_day``; None: no more, and open sign-ins end with it.

    The person, the others who may sign, and the organisation's contact are mailed the reason. Refusals: signing_right_over
    (conflict); those about the reason.
    """
    kept = plain_text(reason, LONGEST_REASON, keep_lines=True)
    with transaction() as session:
        right = session.get(SigningRight, right_id, with_for_update=True)
        if right is None:
            raise NotFound("signing_right_gone")
        if right.valid_to is not None and right.valid_to < registry.today():
            raise Conflict("signing_right_over")
        told = [right.person_id, *(each.id for each in concerned(right.organisation_id, right.person_id).others)]
        registry.end_signing_right(right, last_day, by, kept)
        reference = {"right": right.id, "reason": kept}
        tell_persons("signing_right_ended", right.organisation, told, reference, f"person:{right.person_id}")


def _in_use(organisation_id: int) -> Organisation:
    """A step: the organisation, which has not ended."""
    within_transaction()
    found = db.session.get(Organisation, organisation_id, with_for_update=True)
    if found is None:
        raise NotFound("organisation_gone")
    if found.is_over(registry.today()):
        raise Conflict("organisation_over")
    return found


def _stop_all_but_the_last(organisation_id: int, then: Aftermath, by: Actor, note: str) -> set[tuple[Environment, str]]:
    """Batches, each in its own transaction, until one that is not full would be left. Answers whose lists must tell of it."""
    issuers = set[tuple[Environment, str]]()
    while True:
        with transaction():
            _in_use(organisation_id)
            batch = concerned(organisation_id, most=BATCH)
            if len(batch.certificates) + len(batch.orders) < BATCH:
                return issuers
            stopped = replace(batch, certificates=batch.certificates[: BATCH - len(batch.orders)])
            issuers |= _settle(stopped, then, by, note).issuers
            if not stopped.certificates and all(each.state is OrderState.OPEN for each in stopped.orders):
                return issuers  # all of these are being collected at this moment


def _settle(found: Concerned, then: Aftermath, by: Actor, note: str) -> Settled:
    """A step: what becomes of its certificates; open orders are cancelled where those are revoked at once."""
    within_transaction()
    if then.at_once:
        orders.call_off_each(found.orders, by)
    return certificates.settle(found.certificates, then, Reason.ORGANISATION_ENDED, by, note, signatories_hear=True)
