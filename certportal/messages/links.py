"""The token of a PIN-guarded link: made here, and stored only as a keyed hash."""

from typing import Final

from sqlalchemy import select

from certportal import clock
from certportal.extensions import db
from certportal.messages.models import SecureMessage
from certportal.secrecy import Secret, keyed_hash
from certportal.settings import current_settings

_LONGEST_TOKEN: Final = 100


def new_token() -> Secret:
    """256 bits for a new link."""
    return Secret(clock.random_token())


def token_hash(token: Secret) -> str:
    """What a message is found by."""
    return keyed_hash(current_settings().secret_key, "message link", token.reveal())


def behind(token: str) -> SecureMessage | None:
    """The message of a link, ended or not; None for a token that never was one."""
    if len(token) > _LONGEST_TOKEN:
        return None
    return db.session.scalar(select(SecureMessage).where(SecureMessage.token_hash == token_hash(Secret(token))))


def message(message_id: int) -> SecureMessage | None:
    """The message with this id."""
    return db.session.get(SecureMessage, message_id)
