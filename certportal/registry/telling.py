""" "The signatory is told": one row for each person who is the signatory now, resolved again when it is sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from certportal.extensions import within_transaction
from certportal.outbox import service as outbox
from certportal.outbox.kinds import Letter, Silence
from certportal.registry.organisations import contact_of, organisation, signatories, today, who_is_told


def tell_signatory(
    kind: str,
    organisation_id: int,
    acted: int | None,
    reference: Mapping[str, Any],
    *,
    subject: str,
    send_before: datetime | None = None,
) -> int:
    """A step: queue ``kind`` to whoever "the signatory" is (domain.md). Answers to how many; 0 makes an operator's task.

    The kind's resolver calls ``addressed(reference, context)``, which finds the person again when the row is sent.
    """
    within_transaction()
    told = who_is_told(organisation_id, acted, today())
    for one in told:
        whom = {"organisation": organisation_id, "person": one.person_id}
        outbox.queue(
            kind, {**reference, **whom}, subject=subject, send_before=send_before, organisation_id=organisation_id
        )
    return len(told)


def addressed(reference: Mapping[str, Any], context: Mapping[str, Any]) -> Letter | Silence:
    """The letter to the person that ``tell_signatory`` named, or Silence when the right to sign has ended meanwhile."""
    found = organisation(reference["organisation"])
    if found is None:
        return Silence("the organisation is gone")
    if reference["person"] is None:
        contact = contact_of(found)
        if contact is None:
            return Silence("the organisation has no contact person")
        return Letter(contact.email, contact.name, contact.language, context)
    for person in signatories(found.id, today()):
        if person.id == reference["person"]:
            return Letter(person.email, person.name, person.language, context)
    return Silence("the right to sign has ended")
