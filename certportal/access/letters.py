"""The mails about access: the decision and the end of a right to the signatory, what waits to operators. Reads only."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from certportal.access import service
from certportal.formats import link
from certportal.orders.models import OrderDraft
from certportal.outbox.service import Letter, Silence, kind
from certportal.registry import service as registry
from certportal.registry.admissions import waiting_admissions
from certportal.registry.models import Channel, RightState
from certportal.registry.operators import operator
from certportal.registry.telling import addressed
from certportal.settings import current_settings

SHOWN = 20
"""Of what waits, so many lines stand in the mail."""


@kind("access_decided")
def access_decided(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the signatory: what was granted, what was refused and why, and the drafts that waited for it."""
    application = service.application(reference["application"])
    rights = [right for each in reference["rights"] if (right := registry.access_right(each)) is not None]
    if application is None or not rights:
        return Silence("there is no such application")
    granted = [right for right in rights if right.state is not RightState.REFUSED]
    context = {
        "application": application,
        "granted": granted,
        "refused": [right for right in rights if right.state is RightState.REFUSED],
        "still_waiting": service.waiting_in(application.id),
        "drafts": [_draft(each, right.channel) for each, right in service.drafts_that_waited(granted)],
        "url": link("access.show", application_id=application.id),
        "apply_url": link("orders.new"),
    }
    return addressed(reference, context)


@kind("access_right_ended")
def access_right_ended(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the signatories: an operator has ended a right, why, and which certificates are left."""
    right = registry.access_right(reference["right"])
    if right is None or right.valid_to is None:
        return Silence("the right has no end any more")
    context = {
        "right": right,
        "reason": reference["reason"],
        "over": right.state is RightState.ENDED,
        "cancelled": reference["cancelled"],
        "revoked": reference.get("revoked", 0),
        "certificates": service.using(right.organisation_id, right.channel_id).certificates,
        "url": link("access.index"),
    }
    return addressed(reference, context)


@kind("operators_waiting")
def operators_waiting(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To an operator: what waits for a decision."""
    who = operator(reference["operator"])
    if who is None or who.disabled_at is not None:
        return Silence("no longer an operator")
    applications, admissions = service.waiting_applications(), waiting_admissions()
    if not applications and not admissions:
        return Silence("nothing waits any more")
    context = {
        "count": len(applications) + len(admissions),
        "applications": applications[:SHOWN],
        "admissions": admissions[:SHOWN],
        "now": now,
        "processing_days": current_settings().processing_days,
        "url": link("console.queue"),
    }
    return Letter(who.email, who.name, who.language, context)


def _draft(draft: OrderDraft, channel: Channel) -> dict[str, Any]:
    """A certificate application that can be sent now that the right is there."""
    return {
        "description": str(draft.answers.get("description") or "").strip(),
        "channel": channel,
        "url": link("orders.draft", draft_id=draft.id),
    }
