"""The Flask extensions, created here and bound in create_app, and the one way to write: ``with transaction():``."""

import enum
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import sqlalchemy as sa
from flask.globals import app_ctx
from flask_mail import Mail
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from flask_wtf import CSRFProtect
from htmx_flask import Htmx
from sqlalchemy import event
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Session, make_transient_to_detached, registry
from sqlalchemy.sql.functions import FunctionElement

from certportal.driver import Driver
from certportal.languages import Languages
from certportal.statements import Prepared, Values


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An aware UTC datetime, stored without its offset so that every database compares it alike."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _without_zone(value)

    def bind_processor(self, dialect: Dialect) -> Any:
        return _in_sqlite if dialect.name == "sqlite" else super().bind_processor(dialect)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def _without_zone(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a time without zone is never stored")
    return (value if value.tzinfo is UTC else value.astimezone(UTC)).replace(tzinfo=None)


def _in_sqlite(value: datetime | None) -> str | None:
    """The text that SQLAlchemy's own type would write there, written by Python's."""
    return None if value is None else _without_zone(value).isoformat(" ", "microseconds")


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


# A session belongs to its app context, as Flask-SQLAlchemy has it: the context itself is the key, which costs half as much as its
# number. Every context's end removes it.
db = Database(
    model_class=Base,
    session_options={"class_": JoiningSession, "scopefunc": app_ctx._get_current_object},  # type: ignore[attr-defined]  # noqa: SLF001
)
csrf = CSRFProtect()
mail = Mail()
htmx = Htmx()
babel = Languages()


NO_USE_CASE = "a step runs only inside a use case's transaction()"


class _Transaction:
    __slots__ = ("_session",)

    def __init__(self, session: JoiningSession) -> None:
        self._session = session

    def __enter__(self) -> Session:
        session = self._session
        if session.driver.writes:
            raise RuntimeError("transaction() inside transaction(): a use case never calls a use case")
        session.end_reading()
        session.driver.begin(writes=True)
        return session

    def __exit__(self, kind: object, *_: object) -> None:
        session = self._session
        try:
            if kind is None:
                if session.in_transaction():
                    session.commit()
                session.driver.commit()
        finally:
            if session.driver.is_open:
                session.rollback()


def transaction() -> _Transaction:
    """One write transaction: ends the open read, begins as a writer, commits, or rolls back and raises.

    Values read before it are read again inside: the session forgets them here. The session joins when it is first used; steps
    that go past it do without. Raises RuntimeError inside another one.
    """
    return _Transaction(_session())


def end_reading() -> None:
    """Nothing is open any more, as while a key signs or a far end answers; the session forgets what it has read."""
    _session().end_reading()


def within_transaction() -> None:
    """First line of every step: raises RuntimeError unless a use case has opened its transaction."""
    if not _session().driver.writes:
        raise RuntimeError(NO_USE_CASE)


def writing() -> Driver:
    """The line to the database of the open transaction, past the session. RuntimeError as ``within_transaction``."""
    driver = _session().driver
    if not driver.writes:
        raise RuntimeError(NO_USE_CASE)
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
    return db.session.registry()  # pyright: ignore[reportReturnType]  # what session() asks, after looking for options


Row = TypeVar("Row", bound=Base)


class Seen(Generic[Row]):
    """A row as a question has read it, which becomes the session's when it is asked for."""

    def __init__(self, model: type[Row], values: Sequence[Any]) -> None:
        """``values``: those of ``columns_of`` the model."""
        self._model, self._values = model, values
        self._begun = _session().driver.begun

    def row(self) -> Row | None:
        """What ``session.get`` answers, without asking again while the transaction is open in which it was read."""
        session, mapper = _session(), sa.inspect(self._model)
        kept = dict(zip((column.name for column in columns_of(self._model)), self._values, strict=True))
        number = kept[mapper.primary_key[0].name]
        known = mapper.identity_key_from_primary_key((number,)) in session.identity_map
        if known or session.driver.begun != self._begun or not session.driver.is_open:
            return session.get(self._model, number)
        row: Row = mapper.class_manager.new_instance()
        vars(row).update(kept)  # as loading does: they are values of the database, not changes
        make_transient_to_detached(row)
        session.add(row)
        return row


@cache
def columns_of(model: type[Base]) -> Sequence[sa.Column[Any]]:
    """The columns of a model's table, whose attributes have the columns' names."""
    return list(model.__table__.columns)  # type: ignore[arg-type]


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
    joined = session.in_transaction()
    if joined:
        session.flush()
    result = session.driver.execute(statement, values)
    if joined:  # else it holds nothing that it would not read again anyway
        for kept in session.identity_map.values():
            if getattr(kept, "__table__", None) is statement.table:
                session.expire(kept)
    return result.rowcount > 0


def changed_rows(statement: Prepared, values: Values) -> bool:
    """The same past the session: for rows that the session does not hold."""
    return writing().execute(statement, values).rowcount > 0
