"""Sending an interface application: one transaction in which everything is checked again and takes effect.

Channels without an operator's decision are granted at once, the others wait. What is not chosen again is given up at once:
its right ends, its production orders can no longer be collected and are cancelled, its certificates stay valid unless the
sender has asked for their revocation, which is part of the same transaction: either all of it happens or nothing.
"""

from typing import Any

from sqlalchemy import update

from certportal import audit, clock
from certportal.access import rules
from certportal.access.drafts import still_open
from certportal.access.models import ApplicationState, InterfaceApplication, InterfaceDraft
from certportal.access.rules import ApplicationAnswers, Sending
from certportal.access.standing import (
    Preview,
    Touched,
    Use,
    latest_application,
    offered_purposes,
    preview,
    waiting_application,
)
from certportal.certificates import service as certificates
from certportal.extensions import changed, db, transaction, within_transaction
from certportal.identifiers import Actor, Environment
from certportal.orders import service as orders
from certportal.refusals import Conflict, NotFound, Refusal
from certportal.registry import service as registry
from certportal.registry.models import Channel, Terms
from certportal.signin.guard import Acting


def send_application(
    draft_id: int, version: int, answers: ApplicationAnswers, how: Sending, acting: Acting
) -> InterfaceApplication:
    """A use case: the application is sent, and what follows from it at once is done.

    A second press sends nothing: it answers with the application that the first one made. Refusals:
    draft_not_found; draft_deleted, draft_changed; rights_changed (the difference is no longer
    what was shown), terms_changed (conflict); plan_in_the_past; channel_closed_to_new, choices_missing, choice_unknown,
    given_up_and_chosen.
    """
    revoked: set[tuple[Environment, str]] = set()
    with transaction() as session:
        draft = session.get(InterfaceDraft, draft_id, with_for_update=True)
        if draft is None or draft.organisation_id != acting.organisation.id:
            raise NotFound("draft_not_found")
        if draft.application_id is not None:
            return session.get_one(InterfaceApplication, draft.application_id)
        still_open(draft, acting.organisation.id)
        terms, shown = _checked(answers, how, acting.organisation.id)
        application = _new_application(answers, shown, terms, acting)
        this = (InterfaceDraft.id == draft_id) & (InterfaceDraft.version == version)
        unsent = InterfaceDraft.application_id.is_(None)
        if not changed(update(InterfaceDraft).where(this, unsent).values(application_id=application.id)):
            raise Conflict("draft_changed")
        _ask(application, shown, acting)
        for touched in shown.given_up:
            revoked |= _give_up(touched, how, acting.actor)
        registry.save_organisation_contact(acting.organisation.id, answers.contact, acting.actor)
        _record(application, acting.actor)
    certificates.publish_soon(revoked)
    return db.session.get_one(InterfaceApplication, application.id)


def cancel_orders(use: Use, by: Actor) -> int:
    """A step: production orders of a channel to which no right is left; each contact is told. Answers how many.

    One that is being collected at this moment is left alone: its certificate will show among those without a right.
    """
    within_transaction()
    return orders.call_off_each(use.orders, by)


def _checked(answers: ApplicationAnswers, how: Sending, organisation_id: int) -> tuple[Terms, Preview]:
    on = registry.today()
    terms = registry.terms_in_force(on)
    if terms is None or terms.id != answers.terms_id:
        raise Conflict("terms_changed")
    known = [purpose.code for purpose in offered_purposes(organisation_id)]
    shown = preview(organisation_id, answers.channels, answers.purposes)
    rules.chosen(answers, known, replaces=shown.is_replacement)
    if len(shown.added) < len(shown.difference.added):
        raise Refusal("choice_unknown")
    for channel in shown.added:
        rules.may_be_asked_for(channel.closed_on, on)
    rules.still_as_shown(how.seen, shown.mark)
    return terms, shown


def _new_application(answers: ApplicationAnswers, shown: Preview, terms: Terms, acting: Acting) -> InterfaceApplication:
    earlier = latest_application(acting.organisation.id) if shown.is_replacement else None
    application = InterfaceApplication(
        organisation_id=acting.organisation.id,
        person_id=acting.person.id,
        terms_id=terms.id,
        state=ApplicationState.SENT,
        replaces_id=earlier.id if earlier is not None else None,
        choices=_choices(answers, shown),
        sent_at=clock.now(),
    )
    before = waiting_application(acting.organisation.id)
    if before is not None:
        before.give_way()
    db.session.add(application)
    db.session.flush()
    return application


def _choices(answers: ApplicationAnswers, shown: Preview) -> dict[str, Any]:
    contact = answers.contact
    kept = [touched.channel for touched in shown.kept]
    given_up = [touched.channel for touched in shown.given_up]
    return {
        "purposes": list(answers.purposes),
        "purposes_added": [*shown.purposes.still_waiting, *shown.purposes.added],
        "purposes_given_up": list(shown.purposes.given_up),
        "channels": _codes([*kept, *shown.still_waiting, *shown.added]),
        "added": _codes(shown.added),
        "given_up": _codes(given_up),
        "kept": _codes(kept),
        "still_waiting": _codes(shown.still_waiting),
        "taken_back": _codes(shown.taken_back),
        "contact": {
            "name": contact.name,
            "email": contact.email.text,
            "phone": contact.phone.e164 if contact.phone else "",
            "language": contact.language.value,
        },
    }


def _codes(channels: list[Channel]) -> list[str]:
    return list(dict.fromkeys(channel.code for channel in channels))


def _ask(application: InterfaceApplication, shown: Preview, acting: Acting) -> None:
    """What is asked for waits, or is granted where no operator decides; what is not asked for any more is taken back."""
    within_transaction()
    on, waits = registry.today(), False
    for channel in (*shown.still_waiting, *shown.added):
        right = registry.apply_for_right(acting.organisation.id, channel.id, application.id)
        if channel.operator_decides:
            waits = True
        else:
            registry.grant_right(right, on, acting.actor)
    taken_back = {channel.id for channel in shown.taken_back}
    for right in registry.waiting_rights(acting.organisation.id):
        if right.channel_id in taken_back:
            registry.withdraw_right(right)
    if not waits:
        application.decide(application.sent_at)


def _give_up(touched: Touched, how: Sending, by: Actor) -> set[tuple[Environment, str]]:
    """The right ends now. Answers the authorities whose lists must tell of a revocation."""
    within_transaction()
    registry.end_right(touched.right, registry.today(), by)
    cancel_orders(touched.use, by)
    note = f"channel given up: {touched.channel.code}"
    then, reason = _then(touched.channel.id, how), certificates.Reason.UNNECESSARY
    return certificates.settle(touched.use.certificates, then, reason, by, note, certificates.tell_plan).issuers


def _then(channel_id: int, how: Sending) -> certificates.Aftermath:
    if channel_id in how.revoked_channels:
        return certificates.Aftermath("revoke")
    day = how.planned_channels.get(channel_id)
    return certificates.Aftermath("date", day) if day is not None else certificates.Aftermath()


def _record(application: InterfaceApplication, by: Actor) -> None:
    choices = {name: value for name, value in application.choices.items() if name != "contact"}
    audit.record(
        "interface_application_sent",
        f"application:{application.id}",
        by=by,
        organisation_id=application.organisation_id,
        terms=application.terms.version,
        **choices,
    )
