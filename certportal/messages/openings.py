"""Openings: a right PIN opened the message in one browser, for 15 minutes of machine time.

The browser holds the opening's token in a cookie; the row holds its keyed hash, and dies when the codes are void.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import select

from certportal import audit, clock
from certportal.extensions import changed, db, transaction
from certportal.identifiers import Actor, ActorKind
from certportal.messages import links
from certportal.messages.endings import end_of
from certportal.messages.models import MessageEnd, Opening, SecureMessage
from certportal.secrecy import Secret, keyed_hash, message_key, unseal
from certportal.settings import current_settings


@dataclass(frozen=True)
class Opened:
    """A message that is open in this browser until ``expires_at`` (machine time). ``end``: it was used meanwhile."""

    message: SecureMessage
    expires_at: datetime
    end: MessageEnd | None


def opening_hash(opening: Secret) -> str:
    """What an opening is found by."""
    return keyed_hash(current_settings().secret_key, "message opening", opening.reveal())


def opened(token: str, cookie: str | None) -> Opened | None:
    """The message of the link, if this browser's cookie has opened it; None otherwise, and once it has ended unused."""
    message = links.behind(token) if cookie else None
    if message is None or cookie is None:
        return None
    end = end_of(message, clock.now())
    if end not in (None, MessageEnd.USED):
        return None
    expires_at = db.session.scalar(select(Opening.expires_at).where(_of(message, cookie)))
    return Opened(message, expires_at, end) if expires_at and expires_at > clock.machine() else None


def transfer_password(message: SecureMessage, token: str) -> Secret | None:
    """What is sealed in the message, for the page of an opened message; None where nothing is (any more).

    Raises Unsealable for another message's token.
    """
    if message.sealed is None:
        return None
    return unseal(message_key(current_settings().secret_key, Secret(token)), message.sealed, message.associated)


def close(token: str, cookie: str | None, by: Actor) -> bool:
    """A use case: "close the message" ends this browser's opening. False: it was not open here."""
    found = opened(token, cookie)
    if found is None or cookie is None:
        return False
    message_id = found.message.id
    with transaction() as session:
        message = session.get_one(SecureMessage, message_id)
        closed = changed(sa.delete(Opening).where(_of(message, cookie)))
        if closed:
            contact = Actor(ActorKind.CONTACT, message.contact_id, message.name, by.address)
            audit.record("message_closed", message.subject, by=contact, organisation_id=message.organisation_id)
    return closed


def _of(message: SecureMessage, cookie: str) -> sa.ColumnElement[bool]:
    return (Opening.message_id == message.id) & (Opening.token_hash == opening_hash(Secret(cookie)))
