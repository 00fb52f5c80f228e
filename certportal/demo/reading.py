"""What the inbox page shows: messages with the people they came to, and mails as safe to look at as in a mail program."""

import re
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup, escape

from certportal import audit
from certportal.demo import people
from certportal.demo.inbox import Inbox, Received
from certportal.settings import current_settings

_ADDRESS = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)]")
_CODE = re.compile(r"\b\d{6}\b")
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-top-navigation-by-user-activation"
)
"""Of a mail's own HTML: its styles, and nothing else; its links open in the whole window."""


@dataclass(frozen=True)
class Shown:
    """A message, whose it is (nobody known: the bare address), and when it came in the service's time."""

    message: Received
    name: str
    at: datetime

    @property
    def code(self) -> str:
        """The PIN code in a text message, which is what its reader looks for."""
        found = None if self.message.is_mail else _CODE.search(self.message.text)
        return found[0] if found else ""


def inbox() -> Inbox:
    """The inbox of the demo at work."""
    return Inbox.of(current_settings().data_dir)


def shown(message: Received, book: dict[str, str] | None = None) -> Shown:
    """The message as pages show it."""
    known = people.address_book() if book is None else book
    return Shown(message, known.get(message.recipient, message.recipient), audit.service_time(message.at))


def messages_to(name: str) -> list[Shown]:
    """The newest messages to one person, or to everybody for the empty name."""
    book = people.address_book()
    places = [place for place, whose in book.items() if whose == name] or ([name] if name else [])
    return [shown(message, book) for message in inbox().received(places)]


def readers() -> list[str]:
    """Everybody to whom something came, by name."""
    book = people.address_book()
    return sorted({book.get(place, place) for place in inbox().recipients()})


def as_document(html: str) -> str:
    """A mail's HTML whose links open in the whole window, and not in the frame that shows it."""
    return _HEAD.sub(lambda head: f'{head[0]}<base target="_top">', html, count=1)


def linked(text: str) -> Markup:
    """Plain text in which addresses of this service can be pressed."""
    mine, parts, end = current_settings().base_url, [], 0
    for found in _ADDRESS.finditer(text):
        parts.append(escape(text[end : found.start()]))
        address = found[0]
        is_mine = address == mine or address.startswith(f"{mine}/")
        parts.append(Markup('<a href="{0}">{0}</a>').format(address) if is_mine else escape(address))
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


def frame_policy(policy: str) -> str:
    """The pages' own policy, which also lets this page show a frame of this service."""
    return f"{policy}; frame-src 'self'"
