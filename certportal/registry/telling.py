""" "The signatory is told": one row for each person who is the signatory now, resolved again when it is sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from certportal.extensions import within_transaction
from certportal.outbox import service as outbox
from certportal.outbox.kinds import Letter, Silence
from certportal.registry.organisations import contact_of, organisation, signatories, today, who_is_told

OF_THE_ROW = frozenset({"person", "among", "instead_of", "sent_again_as"})
"""What a reference says of the row itself, not of what is told."""


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
    told = [one.person_id for one in who_is_told(organisation_id, acted, today())]
    about = {**reference, "organisation": organisation_id}
    tell_each(kind, told, told, about, subject=subject, send_before=send_before)
    return len(told)


def tell_each(
    kind: str,
    whom: list[int | None],
    among: list[int | None],
    about: Mapping[str, Any],
    *,
    subject: str,
    send_before: datetime | None,
) -> None:
    """A step: one row for each of ``whom`` (None: the organisation's contact). ``about`` names the organisation;
    ``among`` is everyone who has been told of the same so far, and is not told again when somebody's right ends."""
    within_transaction()
    for person_id in whom:
        outbox.owe(
            kind,
            {**about, "person": person_id, "among": among},
            subject=subject,
            send_before=send_before,
            organisation_id=about["organisation"],
        )


def addressed(reference: Mapping[str, Any], context: Mapping[str, Any]) -> Letter | Silence:
    """The letter to the person that ``tell_signatory`` named. When that person's right to sign has ended meanwhile, the row
    is silenced, and the same is owed to whoever is the signatory now (domain.md, "Who is the signatory?").
    """
    found = organisation(reference["organisation"])
    if found is None:
        return Silence("the organisation is gone")
    if reference["person"] is None:
        contact = contact_of(found)
        if contact is not None:
            return Letter(contact.email, contact.name, contact.language, context)
        return Silence("the organisation has no contact person", on_settling=lambda: _tell_instead(reference["row"]))
    for person in signatories(found.id, today()):
        if person.id == reference["person"]:
            return Letter(person.email, person.name, person.language, context)
    return Silence("the right to sign has ended", on_settling=lambda: _tell_instead(reference["row"]))


def _tell_instead(row_id: int) -> None:
    """A step: owe what a silenced row would have told to whoever is the signatory today and has not been told of it. With
    nobody left it is the operator's task "nobody can sign". Each round names more people, so it ends."""
    within_transaction()
    silenced = outbox.row(row_id)
    if silenced is None:
        return
    about = _about(silenced.reference)
    among = list(silenced.reference.get("among", [silenced.reference["person"]]))
    later = (row for row in outbox.rows_about(silenced.subject) if row.id > row_id and row.kind == silenced.kind)
    among += [row.reference["person"] for row in later if _about(row.reference) == about]
    present = [one.person_id for one in who_is_told(about["organisation"], None, today())]
    new = [each for each in present if each not in among]
    tell_each(silenced.kind, new, among + new, about, subject=silenced.subject, send_before=silenced.send_before)


def _about(reference: Mapping[str, Any]) -> dict[str, Any]:
    """What a row tells, without to whom."""
    return {name: value for name, value in reference.items() if name not in OF_THE_ROW}
