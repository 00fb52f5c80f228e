""" "This is not my number": recorded on the message and its contact, and the signatory is told, once."""

from sqlalchemy import update

from certportal import audit, clock
from certportal.extensions import changed, transaction
from certportal.identifiers import Actor
from certportal.messages import links
from certportal.messages.endings import end_of
from certportal.messages.models import SecureMessage
from certportal.messages.telling import tell_signatory
from certportal.refusals import Conflict, NotFound
from certportal.registry import service as registry


def report_wrong_number(token: str, by: Actor) -> None:
    """A use case: whoever got the message says that the number is not theirs. Saying it again changes nothing.

    The message stays as it is: the signatory corrects the number, and new codes go out. Refusals: message_unknown,
    message_over.
    """
    with transaction() as session:
        message = links.behind(token)
        if message is None:
            raise NotFound("message_unknown")
        if end_of(message, clock.now()) is not None:
            raise Conflict("message_over")
        first = (SecureMessage.id == message.id) & SecureMessage.wrong_number_at.is_(None)
        if not changed(update(SecureMessage).where(first).values(wrong_number_at=clock.now())):
            return
        session.refresh(message)
        contact = registry.contact(message.contact_id)
        if contact is not None and contact.phone == message.phone:
            registry.note_wrong_number(contact)
        tell_signatory("wrong_number", message)
        audit.record("wrong_number_reported", message.subject, by=by, organisation_id=message.organisation_id)
