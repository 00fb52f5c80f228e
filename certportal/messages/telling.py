"""The mails that tell the signatory what happened to a message."""

from certportal.extensions import within_transaction
from certportal.messages.models import SecureMessage
from certportal.registry import telling


def tell_signatory(kind: str, message: SecureMessage) -> None:
    """A step: owe a mail of this kind, about this message, to everyone who is told."""
    within_transaction()
    ordered_by = message.cover.get("ordered_by_id")
    telling.tell_signatory(kind, message.organisation_id, ordered_by, {"message": message.id}, subject=message.subject)
