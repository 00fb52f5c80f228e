"""Telling those concerned of what an operator has done: persons by number, whether they may sign or not."""

from certportal.extensions import within_transaction
from certportal.identifiers import EmailAddress
from certportal.outbox import service as outbox
from certportal.registry import service as registry
from certportal.registry.models import Organisation


def tell_persons(kind: str, found: Organisation, people: list[int], reference: dict[str, object], subject: str) -> None:
    """A step: a letter to each of these persons, and to the organisation's contact unless that is one of them."""
    within_transaction()
    addresses = {person.email for each in people if (person := registry.person(each)) is not None}
    contact: list[int | None] = []
    if found.contact_email and EmailAddress(found.contact_email).key not in addresses:
        contact.append(None)
    for person_id in (*people, *contact):
        whom = {"organisation": found.id, "person": person_id}
        outbox.queue(kind, {**reference, **whom}, subject=subject, send_before=None, organisation_id=found.id)
