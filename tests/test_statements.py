"""Statements that go straight to the driver answer what SQLAlchemy would, on both databases, and fail as it does."""

import enum
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import Connection, bindparam, select
from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    MultipleResultsFound,
    NoResultFound,
    OperationalError,
    StatementError,
)

from certportal.driver import Driver, straight
from certportal.extensions import Seen, UtcDateTime, asking, columns_of, db, end_reading, transaction, writing
from certportal.registry.models import Organisation, Purpose
from certportal.statements import Answer, Prepared, prepared
from tests import builders
from tests.postgres import Postgres


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


def drawn() -> str:
    return "drawn"


TABLES = sa.MetaData()
THINGS = sa.Table(
    "thing",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(20), unique=True),
    sa.Column("colour", sa.Enum(Colour, native_enum=False)),
    sa.Column("made_at", UtcDateTime()),
    sa.Column("about", sa.JSON),
    sa.Column("sealed", sa.LargeBinary),
    sa.Column("heavy", sa.Boolean, default=False),
)
DRAWN = sa.Table(
    "drawn", TABLES, sa.Column("id", sa.Integer, primary_key=True), sa.Column("word", sa.String, default=drawn)
)
MADE_AT = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)
PENCIL: dict[str, Any] = {
    "name": "pencil",
    "colour": Colour.RED,
    "made_at": MADE_AT,
    "about": {"length": 17},
    "sealed": b"\0\xff",
}


@prepared
def add() -> Any:
    return sa.insert(THINGS).returning(THINGS.c.id)


@prepared
def named() -> Any:
    return select(THINGS).where(THINGS.c.name == bindparam("name"))


@prepared
def of_colour(colour: Colour) -> Any:
    return (
        select(THINGS.c.name, (THINGS.c.id > 1).label("later")).where(THINGS.c.colour == colour).order_by(THINGS.c.id)
    )


@prepared
def paint() -> Any:
    of_name = sa.update(THINGS).where(THINGS.c.name == bindparam("those"))
    return of_name.values(colour=Colour.BLUE, made_at=bindparam("at"))


@pytest.fixture(params=["sqlite", "postgresql"])
def driver(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Driver]:
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path / 'things.sqlite3'}"
    else:
        server: Postgres = request.getfixturevalue("postgres")
        address = server.fresh_database()
    engine = sa.create_engine(address).execution_options(write=True)
    with engine.begin() as made:
        TABLES.create_all(made)
    line = Driver(engine)
    line.begin(writes=True)
    yield line
    line.hang_up()
    engine.dispose()


@pytest.fixture
def connection(driver: Driver) -> Connection:
    return driver.connection


def test_values_come_back_as_they_went_in(driver: Driver) -> None:
    number = driver.execute(add(), PENCIL).one().id
    row = driver.execute(named(), {"name": "pencil"}).one()
    assert row._asdict() == PENCIL | {"id": number, "heavy": False}, "a default that is no function is written too"


def test_they_are_what_sqlalchemy_answers(driver: Driver, connection: Connection) -> None:
    driver.execute(add(), PENCIL)
    driver.execute(add(), PENCIL | {"name": "pen", "made_at": None, "about": [1, "two"], "heavy": True})
    for statement, values in ((named(), {"name": "pen"}), (named(), {"name": "ink"}), (of_colour(Colour.RED), {})):
        theirs = [tuple(row) for row in connection.execute(statement.statement, values)]
        assert [tuple(row) for row in driver.execute(statement, values)] == theirs


def test_answers_are_asked_as_theirs_are(driver: Driver) -> None:
    for name in ("pencil", "pen"):
        driver.execute(add(), PENCIL | {"name": name})
    red = of_colour(Colour.RED)
    assert driver.scalars(red) == ["pencil", "pen"]
    assert (driver.scalar(red), driver.execute(red).first().later) == ("pencil", False)
    assert [row.later for row in driver.execute(red).all()] == [False, True]
    nothing = driver.execute(of_colour(Colour.BLUE))
    assert (nothing.first(), nothing.scalar(), nothing.all(), nothing.rowcount) == (None, None, [], 0)
    with pytest.raises(MultipleResultsFound):
        driver.execute(red).one()
    with pytest.raises(NoResultFound):
        nothing.one()


def test_how_many_rows_were_changed(driver: Driver) -> None:
    driver.execute(add(), PENCIL)
    at = MADE_AT + timedelta(days=1)
    assert driver.execute(paint(), {"those": "pencil", "at": at}).rowcount == 1
    assert driver.execute(paint(), {"those": "ink", "at": at}).rowcount == 0
    row = driver.execute(named(), {"name": "pencil"}).one()
    assert (row.colour, row.made_at) == (Colour.BLUE, at)


@pytest.mark.parametrize("microsecond", [0, 1, 999_999])
def test_times_are_stored_as_sqlalchemy_stores_them(microsecond: int) -> None:
    at = MADE_AT.replace(microsecond=microsecond, tzinfo=timezone(timedelta(hours=2)))
    dialect = sa.create_engine("sqlite://").dialect
    ours, theirs = (kind.dialect_impl(dialect).bind_processor(dialect) for kind in (UtcDateTime(), sa.DateTime()))
    assert ours is not None
    assert theirs is not None
    assert ours(at) == theirs(at.astimezone(UTC).replace(tzinfo=None))
    assert ours(None) is None


def test_a_time_without_zone_is_refused_here_too(driver: Driver) -> None:
    with pytest.raises(ValueError, match="without zone"):
        driver.execute(add(), PENCIL | {"made_at": MADE_AT.replace(tzinfo=None)})


def test_what_the_database_refuses_is_sqlalchemys_error_without_the_values(driver: Driver) -> None:
    driver.execute(add(), PENCIL)
    with pytest.raises(IntegrityError) as caught:
        driver.execute(add(), PENCIL | {"about": {"secret": "hunter2"}})
    assert "hunter2" not in str(caught.value)


def test_what_values_decide_goes_through_sqlalchemy(driver: Driver) -> None:
    """Lists, defaults that are computed, several rows at once."""
    driver.execute(add(), PENCIL)
    several = Prepared(select(THINGS.c.id).where(THINGS.c.name.in_(bindparam("names", expanding=True))))
    found = driver.execute(several, {"names": ["pen", "pencil"]})
    assert not isinstance(found, Answer)
    assert len(found.all()) == 1
    driver.execute(Prepared(sa.insert(DRAWN)), {"id": 7})
    assert driver.scalar(Prepared(select(DRAWN.c.word))) == "drawn"
    driver.execute(Prepared(sa.insert(DRAWN)), [{"id": 8, "word": "a"}, {"id": 9, "word": "b"}])
    assert driver.scalars(Prepared(select(DRAWN.c.word).order_by(DRAWN.c.id))) == ["drawn", "a", "b"]


def test_a_value_that_is_missing_is_told(driver: Driver) -> None:
    with pytest.raises(StatementError, match="name"):
        driver.execute(named(), {})


def test_a_statement_is_made_once() -> None:
    assert add() is add()
    assert of_colour(Colour.RED) is not of_colour(Colour.BLUE)


def test_plain_sql_fails_as_sqlalchemys_does(connection: Connection) -> None:
    straight(connection, "SELECT 1")
    with pytest.raises(DBAPIError, match="nowhere"):
        straight(connection, "SELECT * FROM nowhere")


def test_a_writer_that_waits_in_vain_is_told_as_before(app: Flask, tmp_path: Path) -> None:
    import sqlite3

    other = sqlite3.connect(tmp_path / "certportal.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with app.app_context():
        with db.engine.connect() as impatient:
            straight(impatient, "PRAGMA busy_timeout=1")
        with pytest.raises(OperationalError, match="locked"), transaction():
            pass
        other.execute("ROLLBACK")
        with transaction():
            assert writing().scalar(_purposes()) == 0


@prepared
def _purposes() -> Any:
    return select(sa.func.count()).select_from(Purpose.__table__)


@prepared
def _forget() -> Any:
    purposes: Any = Purpose.__table__
    return sa.delete(purposes)


def test_a_write_outside_a_transaction_is_a_mistake_here_too(app: Flask) -> None:
    with app.app_context(), pytest.raises(RuntimeError, match="outside transaction"):
        asking().execute(_forget())


def test_the_session_and_the_driver_see_the_same(app: Flask) -> None:
    """What the session has not written yet is written before a question, and is part of the same transaction."""

    def fails_midway() -> None:
        with transaction() as session:
            session.add(Purpose(code="a", text_fi="a", text_sv="a", text_en="a"))
            assert asking().scalar(_purposes()) == 1
            raise ZeroDivisionError

    with app.app_context():
        with pytest.raises(ZeroDivisionError):
            fails_midway()
        assert asking().scalar(_purposes()) == 0
        with transaction() as session:
            writing().execute(_forget())
            session.add(Purpose(code="a", text_fi="a", text_sv="a", text_en="a"))
        assert asking().scalar(_purposes()) == 1, "what was only added is written at the end"


def test_what_was_read_before_a_transaction_is_read_again_in_it(app: Flask) -> None:
    with app.app_context():
        organisation = builders.organisation("Before")
        assert organisation.name == "Before"
        with transaction():
            writing().execute(sa.text("UPDATE organisation SET name = 'After'"))
            assert organisation.name == "After"


def test_a_reading_ends_with_the_sessions_transaction(app: Flask) -> None:
    """One moment is read, by the session and past it, until the session lets go."""
    with app.app_context():
        assert asking().scalar(_purposes()) == 0
        add_purpose_elsewhere()
        assert asking().scalar(_purposes()) == 0
        assert db.session.scalar(_purposes().statement) == 0
        db.session.rollback()
        assert asking().scalar(_purposes()) == 1


def add_purpose_elsewhere() -> None:
    with db.engine.execution_options(write=True).begin() as elsewhere:
        elsewhere.execute(sa.insert(Purpose), {"code": "a", "text_fi": "a", "text_sv": "a", "text_en": "a"})


def test_one_connection_serves_from_reading_to_writing_and_goes_back_with_the_session(app: Flask) -> None:
    with app.app_context():
        pool: Any = db.engine.pool
        lent = pool.checkedout()
        reads = asking()
        raw = reads.connection.connection.dbapi_connection
        with transaction() as session:
            assert writing().connection.connection.dbapi_connection is raw
            assert session.connection().connection.dbapi_connection is raw
        assert asking().connection.connection.dbapi_connection is raw
        assert pool.checkedout() == lent + 1
        db.session.remove()
        assert pool.checkedout() == lent


def test_a_transaction_that_the_session_rolled_back_takes_no_more_writes(app: Flask) -> None:
    def goes_on_regardless() -> None:
        with transaction() as session:
            session.rollback()
            writing()

    with app.app_context(), pytest.raises(RuntimeError, match="step"):
        goes_on_regardless()


@pytest.mark.parametrize("statement", [_purposes, lambda: sa.text("SELECT 1")])
@pytest.mark.parametrize("end", [end_reading, lambda: db.session.rollback()])
def test_a_line_that_was_kept_too_long_answers_nothing(app: Flask, end: Any, statement: Any) -> None:
    with app.app_context():
        kept = asking()
        end()
        with pytest.raises(RuntimeError, match="no transaction is open"):
            kept.execute(statement())


def test_a_line_that_was_cut_is_taken_anew(postgres: Postgres) -> None:
    """The database's server was started again: what was open fails, and the next transaction has a new connection."""
    engine = sa.create_engine(postgres.fresh_database())
    line, number = Driver(engine), Prepared(select(sa.func.pg_backend_pid()))
    for writes in (False, True):
        line.begin(writes=writes)
        cut = line.scalar(number)
        with engine.connect() as other:
            other.execute(sa.text(f"SELECT pg_terminate_backend({cut})"))
        with pytest.raises(OperationalError):
            line.scalar(number)
        line.end()
        line.begin(writes=writes)
        assert line.scalar(number) != cut
        line.end()
    line.hang_up()
    engine.dispose()


def seen(number: int) -> Seen[Organisation]:
    found = asking().execute(_whole(), {"number": number}).one()
    return Seen(Organisation, found)


@prepared
def _whole() -> Any:
    columns = columns_of(Organisation)
    return select(*columns).where(Organisation.__table__.c.id == bindparam("number"))


class TestSeen:
    def test_it_is_what_the_session_would_have_got(self, app: Flask) -> None:
        with app.app_context():
            number = builders.organisation("Mallilön Ab").id
            db.session.expunge_all()
            found = seen(number)
            quick = found.row()
            assert quick in db.session
            assert found.row() is quick
            assert db.session.get(Organisation, number) is quick
            values = {name: value for name, value in vars(quick).items() if name != "_sa_instance_state"}
            db.session.expunge_all()
            slow = db.session.get_one(Organisation, number)
            assert values == {name: value for name, value in vars(slow).items() if name != "_sa_instance_state"}

    def test_its_changes_are_written_and_nothing_else_is(self, app: Flask) -> None:
        with app.app_context():
            number = builders.organisation("Before").id
            db.session.expunge_all()
            with transaction():
                kept = seen(number).row()
                assert kept is not None
                assert kept not in db.session.dirty
                kept.name = "After"
                assert kept in db.session.dirty
            db.session.expunge_all()
            assert db.session.get_one(Organisation, number).name == "After"

    def test_a_transaction_reads_it_anew(self, app: Flask) -> None:
        with app.app_context():
            number = builders.organisation("Before").id
            db.session.expunge_all()
            kept = seen(number).row()
            assert kept is not None
            with transaction():
                writing().execute(sa.text("UPDATE organisation SET name = 'After'"))
                assert kept.name == "After"

    @pytest.mark.parametrize("asked_again", [True, False])
    def test_what_was_seen_before_a_transaction_is_not_believed_after_it(self, app: Flask, asked_again: bool) -> None:
        with app.app_context():
            number = builders.organisation("Before").id
            db.session.expunge_all()
            found = seen(number)
            with transaction():
                writing().execute(sa.text("UPDATE organisation SET name = 'After'"))
            if asked_again:
                asking()
            kept = found.row()
            assert kept is not None
            assert kept.name == "After"

    def test_one_that_is_gone_is_not_found_again(self, app: Flask) -> None:
        with app.app_context():
            number = builders.organisation("Gone").id
            db.session.expunge_all()
            found = seen(number)
            with transaction():
                writing().execute(sa.text("DELETE FROM organisation"))
            assert found.row() is None
