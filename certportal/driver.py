"""The line to the database of a request, a command or a job: one connection, kept from reading to writing.

A reading begins with the first question; writing is begun and ended by ``transaction()``. Prepared statements go straight to the
database's own driver. What goes through SQLAlchemy, the session's work too, goes through the same connection in the same
transaction (docs/adr/0010).

SQLite runs in WAL with synchronous=FULL, a busy time-out of 20 s and foreign keys on. A transaction that will write begins
with BEGIN IMMEDIATE, because a read that turns into a write fails at once whatever the time-out (SQLITE_BUSY_SNAPSHOT).
"""

import re
import sqlite3
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy import text as sql
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from certportal.statements import Prepared, Values

STRAY_WRITE = "a write outside transaction(): open it with `with transaction():`"
NOTHING_OPEN = "no transaction is open: ask for the line anew"
WRITES = "writes"
"""Where a connection's ``info`` says that a transaction that may write is open."""

BUSY_TIMEOUT_MS = 20_000
_IN_TURN = sql("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
_VERB = r"(?:INSERT|UPDATE|DELETE|REPLACE)\b"
_WRITES = re.compile(
    rf"(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:{_VERB}|WITH\b.*\)\s*{_VERB})", re.IGNORECASE | re.DOTALL
)  # also behind a remark, and after a common table expression


class Driver:
    """One connection of the engine's pool, taken when it is first needed. Errors are SQLAlchemy's, without the values.

    ``begun``: how many transactions have been; what was read in an earlier one may have changed.
    """

    __slots__ = ("_dialect", "_engine", "_held", "_joined", "_raw", "begun", "is_open", "writes")

    def __init__(self, engine: Engine) -> None:
        self._engine, self._dialect = engine, engine.dialect
        self._held: Connection | None = None
        self._raw: Any = None
        self._joined = False
        self.begun = 0
        self.is_open = self.writes = False

    def begin(self, *, writes: bool) -> None:
        """Open a transaction. On SQLite a writer begins with BEGIN IMMEDIATE, and waits for others as long as it may."""
        if self._held is None or self._held.invalidated:
            self.hang_up()
            self._held = self._engine.connect()
            self._raw = self._held.connection.dbapi_connection
        if self._dialect.name == "sqlite":
            straight(self._held, "BEGIN IMMEDIATE" if writes else "BEGIN")
        self.is_open, self.writes = True, writes
        self.begun += 1

    def commit(self) -> None:
        """End the transaction, and keep what was written."""
        held = self._connection()
        _run(held, "COMMIT", held.commit if self._joined else self._raw.commit)
        self._ended()

    def end(self) -> None:
        """End the transaction, if one is open, and forget what it wrote."""
        if not self.is_open:
            return
        held, joined = self._connection(), self._joined
        self._ended()
        _run(held, "ROLLBACK", held.rollback if joined or held.invalidated else self._raw.rollback)

    def hang_up(self) -> None:
        """The same, and give the connection back to the pool."""
        self.end()
        if self._held is not None:
            self._held.close()
        self._held = self._raw = None

    @property
    def connection(self) -> Connection:
        """The line for SQLAlchemy itself, which is told that a transaction is open."""
        held = self._connection()
        if not self._joined:
            self._joined = True
            held.info[WRITES] = self.writes
            held.begin()
        return held

    def execute(self, statement: Any, values: Values | list[Any] | None = None) -> Any:
        """An ``Answer`` to a prepared statement, else SQLAlchemy's result. RuntimeError for a write outside transaction(), and
        for anything after the end of the transaction that this line was asked for."""
        if not isinstance(statement, Prepared):
            return self.connection.execute(statement, values)
        if statement.writes and not self.writes:
            raise RuntimeError(STRAY_WRITE)
        if isinstance(values, list):
            return self.connection.execute(statement.statement, values)
        held = self._connection()
        cursor = self._raw.cursor()
        try:
            answer = statement.run(cursor, self._dialect, values or {})
        except self._dialect.loaded_dbapi.Error as error:
            raise _theirs(held, str(statement.statement), error) from error
        finally:
            cursor.close()
        return self.connection.execute(statement.statement, values) if answer is None else answer

    def in_turn(self, name: str) -> None:
        """Whoever writes and says the same name waits here for the other's end. On SQLite all writers do so anyway."""
        if self._dialect.name == "postgresql":
            self.connection.execute(_IN_TURN, {"name": name})

    def scalar(self, statement: Any, values: Values | None = None) -> Any | None:
        """The first column of the first row, if there is one."""
        return self.execute(statement, values).scalar()

    def scalars(self, statement: Any, values: Values | None = None) -> Iterable[Any]:
        """The first column of every row."""
        return self.execute(statement, values).scalars()

    def _connection(self) -> Connection:
        if self._held is None or not self.is_open:
            raise RuntimeError(NOTHING_OPEN)
        return self._held

    def _ended(self) -> None:
        if self._joined:
            self._connection().info.pop(WRITES, None)
        self.is_open = self.writes = self._joined = False


def straight(connection: Connection, text: str) -> None:
    """Run SQL that has no values and answers nothing."""
    raw: Any = connection.connection.dbapi_connection
    cursor = raw.cursor()
    try:
        _run(connection, text, cursor.execute, text)
    finally:
        cursor.close()


def _run(connection: Connection, text: str, work: Callable[..., object], *given: Any) -> None:
    """Do what ``text`` says; what the driver raises is raised as SQLAlchemy would."""
    try:
        work(*given)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _theirs(connection, text, error) from error


def _theirs(connection: Connection, text: str, error: Exception) -> Exception:
    """The driver's error as SQLAlchemy's; a connection that is gone is not used again."""
    dialect, raw = connection.dialect, connection.connection.dbapi_connection
    if dialect.is_disconnect(error, raw, None):  # pyright: ignore[reportArgumentType]
        connection.invalidate(error)
    base: Any = dialect.loaded_dbapi.Error
    return DBAPIError.instance(text, None, error, base, hide_parameters=True, dialect=dialect)


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # BEGIN is ours to say
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()
    connection.create_function("unicode_lower", 1, lambda text: text and text.lower(), deterministic=True)


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    """For connections that are no line's: migrations, and tests."""
    raw: Any = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite" and not raw.in_transaction:
        straight(connection, "BEGIN IMMEDIATE" if _may_write(connection) else "BEGIN")


def _may_write(connection: Connection) -> bool:
    return connection.get_execution_options().get("write", False) or connection.info.get(WRITES, False)


@event.listens_for(Engine, "before_cursor_execute")
def _refuse_stray_writes(
    connection: Connection, _cursor: Any, statement: str, _parameters: Any, _context: Any, _many: bool
) -> None:
    """A write outside ``transaction()`` is a mistake in the program, whoever sends it."""
    if not _may_write(connection) and _WRITES.match(statement):
        raise RuntimeError(STRAY_WRITE)
