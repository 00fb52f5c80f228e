"""The token of a PIN-guarded link: made here, stored only as a keyed hash, and masked wherever an address is logged."""

import re
from typing import Final

from sqlalchemy import select

from certportal import clock
from certportal.extensions import db
from certportal.messages.models import SecureMessage
from certportal.secrecy import Secret, keyed_hash
from certportal.settings import current_settings

_TOKEN: Final = re.compile(r"((?:/|%2F)messages(?:/|%2F)+)(?:(?!%2F)[^/?#\s\"'<>])+", re.IGNORECASE)
_LONGEST_TOKEN: Final = 100


def mask(text: str) -> str:
    """A path, an address or a whole log line, with the token of every message link in it replaced.

    >>> mask("GET /messages/pUx3…/pin HTTP/1.1")
    'GET /messages/[token]/pin HTTP/1.1'
    """
    return _TOKEN.sub(r"\1[token]", text)


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
