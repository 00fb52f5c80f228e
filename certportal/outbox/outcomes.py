"""What became of one letter or text message, and the words of the far end that are kept of it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

REPLY_LENGTH = 500
STARS = "***"

Of = Literal["server", "address", "letter"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The far end has taken responsibility for it (RFC 5321 section 6.1)."""

    reply: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The far end will never take it: because of the address (which is to be marked) or because of this one letter."""

    reply: str
    of: Literal["address", "letter"]


@dataclass(frozen=True, slots=True)
class Temporary:
    """Surely not taken this time, try again later. Of the server: its next letter would fare no better just now."""

    reply: str
    of: Of


@dataclass(frozen=True, slots=True)
class Unknown:
    """The letter left us and no reply came: it may have been taken or not, so it is never sent again by itself."""

    reply: str


Outcome = Accepted | Refused | Temporary | Unknown

_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ufffd]+")
_WORD = re.compile(r"[\w-]{4,}")
_LONG_WORD = 16  # a word this long that is in the letter too is taken for a secret even without a digit


def kept_reply(reply: str | bytes, letter: Iterable[str] = (), secrets: Iterable[str] = ()) -> str:
    """The reply on one line of at most 500 characters, with nothing secret in it.

    Servers quote: a filter names the link that it dislikes, a broken server repeats the AUTH line. So words that look
    like codes (four characters or more, a digit among them, or sixteen or more) are starred where they also stand in
    the ``letter``'s texts, and so are the ``secrets``.
    """
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    text = unquote(text)  # a quoted address hides "on 4815" as "on%204815"
    text = _UNPRINTABLE.sub(" ", text).strip()
    for secret in filter(None, secrets):
        text = text.replace(secret, STARS)
    texts = tuple(letter)

    def starred(found: re.Match[str]) -> str:
        word = found.group()
        looks_like_code = len(word) >= _LONG_WORD or any(character.isdigit() for character in word)
        return STARS if looks_like_code and any(word in part for part in texts) else word

    text = _WORD.sub(starred, text) if texts else text
    return text if len(text) <= REPLY_LENGTH else text[: REPLY_LENGTH - 1] + "…"
