"""What the demo's far ends have received: every mail and text message as it came over the wire, in a file of its own.

It never reads the outbox: what is not here was not sent.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

_TABLE = """CREATE TABLE IF NOT EXISTS received (
    id INTEGER PRIMARY KEY AUTOINCREMENT, medium TEXT NOT NULL, recipient TEXT NOT NULL, content BLOB NOT NULL)"""


@dataclass(frozen=True)
class Received:
    """One mail (RFC 5322 bytes) or text message (UTF-8), and to whom it came."""

    id: int
    medium: str
    recipient: str
    content: bytes

    @property
    def subject(self) -> str:
        """A mail's subject; a text message's first line."""
        return str(self._mail["Subject"]) if self.medium == "mail" else self.text.partition("\n")[0]

    @property
    def text(self) -> str:
        """The words, as plain text."""
        return self._part("plain") if self.medium == "mail" else self.content.decode("utf-8", "replace")

    @property
    def html(self) -> str:
        """A mail's HTML; empty for a text message."""
        return self._part("html") if self.medium == "mail" else ""

    @property
    def sent_at(self) -> str:
        """The mail's own Date header."""
        return str(self._mail["Date"] or "") if self.medium == "mail" else ""

    @property
    def _mail(self) -> EmailMessage:
        return cast(EmailMessage, message_from_bytes(self.content, policy=policy.default))

    def _part(self, kind: str) -> str:
        part = self._mail.get_body((kind,))
        return str(part.get_content()) if part is not None else ""


class Inbox:
    """The file in which the far ends write and the inbox page reads."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, medium: str, recipient: str, content: bytes) -> None:
        """Keep one message."""
        with self._open() as connection:
            values = (medium, recipient, content)
            connection.execute("INSERT INTO received (medium, recipient, content) VALUES (?, ?, ?)", values)

    def received(self, recipient: str = "", limit: int = 100) -> list[Received]:
        """The newest messages, to everybody or to one address or number."""
        query = "SELECT id, medium, recipient, content FROM received"
        where = " WHERE recipient = ?" if recipient else ""
        with self._open() as connection:
            values = (*([recipient] if recipient else []), limit)
            rows = connection.execute(f"{query}{where} ORDER BY id DESC LIMIT ?", values).fetchall()
        return [Received(*row) for row in rows]

    def message(self, number: int) -> Received | None:
        """One message."""
        with self._open() as connection:
            row = connection.execute(
                "SELECT id, medium, recipient, content FROM received WHERE id = ?", (number,)
            ).fetchone()
        return Received(*row) if row else None

    def clear(self) -> None:
        """Forget everything."""
        with self._open() as connection:
            connection.execute("DELETE FROM received")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=20)) as connection, connection:
            connection.execute(_TABLE)
            yield connection
