"""What a mail server is told of one letter, and the letter's bytes as they go over the wire."""

import re
from dataclasses import dataclass
from typing import Self

from flask_mail import Message

from certportal.outbox.addresses import Mailbox

_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Envelope:
    """Sender and one recipient, ``content`` ready to follow 354, and the letter's ``texts``: these may hold secrets."""

    sender: Mailbox
    recipient: Mailbox
    content: bytes
    texts: tuple[str, ...]

    @classmethod
    def of(cls, message: Message, envelope_from: str | tuple[str, str] | None = None) -> Self:
        """ValueError unless the message has one recipient and nothing in its headers ends a line."""
        if message.has_bad_headers() or len(message.send_to) != 1:
            raise ValueError("a letter has one recipient and no line break in its headers")
        (recipient,) = message.send_to
        texts = (message.subject, message.body or "", *message.alts.values())
        sender = Mailbox.parse(envelope_from or message.sender)
        return cls(sender, Mailbox.parse(recipient), on_the_wire(message.as_bytes()), texts)

    @property
    def options(self) -> tuple[str, ...]:
        """Parameters of MAIL FROM (RFC 6531 section 3.4)."""
        return ("SMTPUTF8",) if self.sender.needs_smtputf8 or self.recipient.needs_smtputf8 else ()


def on_the_wire(content: bytes) -> bytes:
    """Every line ended by CR LF, a dot that begins one doubled, the lone dot at the end (RFC 5321 section 4.5.2)."""
    if not content.count(b"\r\n") == content.count(b"\n") == content.count(b"\r"):
        content = _LINE_END.sub(b"\r\n", content)
    content = content.replace(b"\r\n.", b"\r\n..")
    if content.startswith(b"."):
        content = b"." + content
    return content + (b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n")
