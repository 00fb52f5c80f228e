"""The mails that tell the signatory what happened to a message: one row for each who is told (domain.md, "Who is the
signatory?")."""

from certportal.extensions import within_transaction
from certportal.messages.models import SecureMessage
from certportal.outbox import service as outbox
from certportal.registry import service as registry


def tell_signatory(kind: str, message: SecureMessage) -> None:
    """A step: owe a mail of this kind, about this message, to everyone who is told."""
    within_transaction()
    ordered_by = message.cover.get("ordered_by_id")
    for told in registry.who_is_told(message.organisation_id, ordered_by, registry.today()):
        outbox.queue(
            kind,
            {"message": message.id, "person": told.person_id},
            subject=message.subject,
            send_before=None,
            organisation_id=message.organisation_id,
        )
