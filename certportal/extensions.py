"""The Flask extensions, created here and bound in create_app, and the one way to write: ``with transaction():``.

SQLite runs in WAL with synchronous=FULL, a busy time-out of 20 s and foreign keys on. A transaction that will write begins
with BEGIN IMMEDIATE, because a read that turns into a write fails at once whatever the time-out (SQLITE_BUSY_SNAPSHOT).
"""

import enum
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask_mail import Mail
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from flask_wtf import CSRFProtect
from htmx_flask import Htmx
from sqlalchemy import event
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Session, registry
from sqlalchemy.sql.functions import FunctionElement

from certportal.driver import STRAY_WRITE, WRITES, Driver, straight
from certportal.languages import Languages
from certportal.statements import Prepared, Values

BUSY_TIMEOUT_MS = 20_000
_VERB = r"(?:INSERT|UPDATE|DELETE|REPLACE)\b"
_WRITES = re.compile(
    rf"(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:{_VERB}|WITH\b.*\)\s*{_VERB})", re.IGNORECASE | re.DOTALL
)  # also behind a remark, and after a common table expression


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An aware UTC datetime, stored without its offset so that every database compares it alike."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone is never stored")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def _values(kind: type[enum.Enum]) -> list[str]:
    return [member.value for member in kind]


class Lowered(FunctionElement[str]):
    """A text in lower case, whatever its letters: SQLite's own lower() knows only A to Z."""

    inherit_cache = True
    type = sa.String()


@compiles(Lowered)
def _lowered(element: Lowered, compiler: Any, **how: Any) -> str:
    name = "unicode_lower" if compiler.dialect.name == "sqlite" else "lower"
    return f"{name}({compiler.process(element.clauses, **how)})"


def holds_words(column: Any, words: str) -> sa.ColumnElement[bool]:
    """Whether a text column has these words in it, capitals or not."""
    return Lowered(column).contains(words.lower(), autoescape=True)


class Base(DeclarativeBase):
    """Common to every table: aware times, enums stored by value, named constraints."""

    registry = registry(
        metadata=sa.MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={
            datetime: UtcDateTime(),
            enum.Enum: sa.Enum(enum.Enum, native_enum=False, length=30, values_callable=_values),
            dict[str, Any]: sa.JSON(),
            list[Any]: sa.JSON(),
        },
    )


def partial_index(name: str, *columns: str, where: str) -> sa.Index:
    """An index over the rows alone for which ``where`` holds, in SQLite and PostgreSQL.

    PostgreSQL is told when its table is made: naming it here would load its whole dialect at every start.
    """
    return sa.Index(name, *columns, sqlite_where=sa.text(where))


@event.listens_for(sa.Table, "before_create")
def _tell_postgresql(table: sa.Table, connection: Connection, **_: Any) -> None:
    if connection.dialect.name == "postgresql":
        for index in table.indexes:
            index.dialect_options["postgresql"]["where"] = index.dialect_options["sqlite"]["where"]


class JoiningSession(FlaskSession):
    """A session that reads and writes on the line of its app context, in whatever transaction is open there."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.driver = Driver(self._db.engine)

    def get_bind(self, *_which: Any, **_how: Any) -> Connection:
        return self.reading().connection

    def reading(self) -> Driver:
        """The line, on which a transaction is open."""
        if not self.driver.is_open:
            self.driver.begin(writes=False)
        return self.driver

    def commit(self) -> None:
        super().commit()
        if not self.driver.writes:
            self.driver.end()

    def rollback(self) -> None:
        """Ends the line's transaction too, and lets the line go."""
        super().rollback()
        self.driver.hang_up()

    def close(self) -> None:
        super().close()
        self.driver.hang_up()

    def end_reading(self) -> None:
        """Forget what was read, and keep the line."""
        super().rollback()
        self.driver.end()


class Database(SQLAlchemy):
    """Flask-SQLAlchemy makes ``Model`` out of ``Base`` at run time, where a type checker cannot follow."""

    if TYPE_CHECKING:
        Model = Base  # pyright: ignore[reportAssignmentType]


db = Database(model_class=Base, session_options={"class_": JoiningSession})
csrf = CSRFProtect()
mail = Mail()
htmx = Htmx()
babel = Languages()


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


@contextmanager
def transaction() -> Iterator[Session]:
    """One write transaction: ends the open read, begins as a writer, commits, or rolls back and raises.

    Values read before it are read again inside: the session forgets them here. The session joins when it is first used; steps
    that go past it do without. Raises RuntimeError inside another one.
    """
    session = _session()
    if session.driver.writes:
        raise RuntimeError("transaction() inside transaction(): a use case never calls a use case")
    session.end_reading()
    session.driver.begin(writes=True)
    try:
        yield session
        if session.in_transaction():
            session.commit()
        session.driver.commit()
    except BaseException:
        session.rollback()
        raise


def end_reading() -> None:
    """Nothing is open any more, as while a key signs or a far end answers; the session forgets what it has read."""
    _session().end_reading()


def within_transaction() -> None:
    """First line of every step: raises RuntimeError unless a use case has opened its transaction."""
    writing()


def writing() -> Driver:
    """The line to the database of the open transaction, past the session. RuntimeError as ``within_transaction``."""
    driver = _session().driver
    if not driver.writes:
        raise RuntimeError("a step runs only inside a use case's transaction()")
    return driver


def asking() -> Driver:
    """The line on which the session reads or writes now, for questions over tables: past the session one costs a fifth.

    What the session has yet to write is written first, as the session's own questions would.
    """
    session = _session()
    if session.in_transaction():
        session.flush()
    return session.reading()


def _session() -> JoiningSession:
    return db.session()  # pyright: ignore[reportReturnType]


def changed(statement: Any, **values: Any) -> bool:
    """Run one conditional UPDATE or DELETE and say whether it changed a row: how every race is settled.

    With ``values`` it is a prepared statement over a table itself, which costs a fifth of one over a model; what the session
    holds of that table is read again.
    """
    within_transaction()
    if not values:
        result: Any = db.session.execute(statement, execution_options={"synchronize_session": "fetch"})
        return result.rowcount > 0
    session = _session()
    if session.in_transaction():
        session.flush()
    result = session.driver.execute(statement, values)
    for kept in session.identity_map.values():
        if getattr(kept, "__table__", None) is statement.table:
            session.expire(kept)
    return result.rowcount > 0


def changed_rows(statement: Prepared, values: Values) -> bool:
    """The same past the session: for rows that the session does not hold."""
    return writing().execute(statement, values).rowcount > 0
