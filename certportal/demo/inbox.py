"""What the demo's far ends have received: every mail and text message as it came over the wire, in a file of its own.

It never reads the outbox: what is not here was not sent.
"""

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path
from typing import Final, cast

MAIL: Final = "mail"
SMS: Final = "sms"
FILE: Final = "inbox.sqlite3"
MOST: Final = 300
_TABLE = """CREATE TABLE IF NOT EXISTS received (
    id INTEGER PRIMARY KEY AUTOINCREMENT, medium TEXT NOT NULL, recipient TEXT NOT NULL, content BLOB NOT NULL,
    at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f', 'now')))"""
_COLUMNS = "id, medium, recipient, content, at"


@dataclass(frozen=True)
class Received:
    """One mail (RFC 5322 bytes) or text message (UTF-8), and to whom it came. ``at`` is the machine's time."""

    id: int
    medium: str
    recipient: str
    content: bytes
    at: datetime

    @property
    def is_mail(self) -> bool:
        """A mail, and not a text message."""
        return self.medium == MAIL

    @property
    def subject(self) -> str:
        """A mail's subject; a text message's first line."""
        return str(self._mail["Subject"]) if self.is_mail else self.text.partition("\n")[0]

    @property
    def sender(self) -> str:
        """Whom the mail says it is from; nothing for a text message."""
        return str(self._mail["From"]) if self.is_mail else ""

    @property
    def language(self) -> str:
        """What the mail's own header says of its language; nothing for a text message."""
        return str(self._mail["Content-Language"] or "") if self.is_mail else ""

    @property
    def text(self) -> str:
        """The words, as plain text."""
        return self._part("plain") if self.is_mail else self.content.decode("utf-8", "replace")

    @property
    def html(self) -> str:
        """A mail's HTML; empty for a text message."""
        return self._part("html") if self.is_mail else ""

    @cached_property
    def _mail(self) -> EmailMessage:
        return cast(EmailMessage, message_from_bytes(self.content, policy=policy.default))

    def _part(self, kind: str) -> str:
        part = self._mail.get_body((kind,))
        return str(part.get_content()) if part is not None else ""


class Inbox:
    """The file in which the far ends write and the inbox page reads."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of(cls, data_dir: Path) -> "Inbox":
        """The inbox of the demo that keeps its data there."""
        return cls(data_dir / FILE)

    def add(self, medium: str, recipient: str, content: bytes) -> None:
        """Keep one message."""
        with self._open() as connection:
            values = (medium, recipient, content)
            connection.execute("INSERT INTO received (medium, recipient, content) VALUES (?, ?, ?)", values)

    def received(self, recipients: Collection[str] = ()) -> list[Received]:
        """The newest messages, to everybody or to some addresses and numbers; at most MOST."""
        places = ", ".join("?" for _ in recipients)
        where = f"WHERE recipient IN ({places})" if recipients else ""
        query = f"SELECT {_COLUMNS} FROM received {where} ORDER BY id DESC LIMIT {MOST}"  # noqa: S608 - no values in it
        with self._open() as connection:
            return [_row(row) for row in connection.execute(query, tuple(recipients))]

    def message(self, number: int) -> Received | None:
        """One message."""
        with self._open() as connection:
            query = f"SELECT {_COLUMNS} FROM received WHERE id = ?"  # noqa: S608 - no values in it
            row = connection.execute(query, (number,)).fetchone()
        return _row(row) if row else None

    def newest(self) -> Received | None:
        """The last message that came."""
        with self._open() as connection:
            query = f"SELECT {_COLUMNS} FROM received ORDER BY id DESC LIMIT 1"  # noqa: S608 - no values in it
            row = connection.execute(query).fetchone()
        return _row(row) if row else None

    def count_after(self, number: int) -> int:
        """How many messages came after the one of this number."""
        with self._open() as connection:
            return connection.execute("SELECT count(*) FROM received WHERE id > ?", (number,)).fetchone()[0]

    def recipients(self) -> list[str]:
        """Every address and number to which something came."""
        with self._open() as connection:
            query = "SELECT DISTINCT recipient FROM received ORDER BY recipient"
            return [row[0] for row in connection.execute(query)]

    def clear(self) -> None:
        """Forget everything."""
        with self._open() as connection:
            connection.execute("DELETE FROM received")

    def become(self, other: "Inbox") -> None:
        """Hold what the other one holds, in one step."""
        with closing(sqlite3.connect(other.path)) as source, closing(sqlite3.connect(self.path, timeout=20)) as target:
            source.backup(target)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=20)) as connection, connection:
            connection.execute(_TABLE)
            yield connection


def _row(row: tuple[int, str, str, bytes, str]) -> Received:
    number, medium, recipient, content, at = row
    return Received(number, medium, recipient, content, datetime.fromisoformat(at).replace(tzinfo=UTC))
