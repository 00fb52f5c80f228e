"""`with transaction():` is the only way to write."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from certportal.extensions import changed, db, transaction, within_transaction
from certportal.runs import JobRun

INSERT = sa.text("INSERT INTO scratch (id) VALUES (1)")


@pytest.fixture
def scratch(app: Flask) -> sa.Table:
    """A table of this test's own, made on a connection of its own."""
    table = sa.Table("scratch", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))
    with db.engine.execution_options(write=True).begin() as connection:
        table.create(connection)
    return table


def count(table: sa.Table) -> int:
    counted = db.session.scalar(sa.select(sa.func.count()).select_from(table))
    db.session.rollback()
    return counted or 0


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO scratch (id) VALUES (1)",
        "update scratch SET id = 2",
        "  DELETE FROM scratch",
        "REPLACE INTO scratch (id) VALUES (1)",
        "WITH one AS (SELECT 1 AS id) INSERT INTO scratch SELECT id FROM one",
        "/* a remark */ INSERT INTO scratch (id) VALUES (1)",
        "-- a remark\nDELETE FROM scratch",
    ],
)
def test_a_write_outside_a_transaction_fails(scratch: sa.Table, statement: str) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        db.session.execute(sa.text(statement))
    db.session.rollback()
    assert count(scratch) == 0


def test_a_row_that_is_flushed_outside_a_transaction_fails(app: Flask) -> None:
    db.session.add(JobRun(job="sweep", holder="test", lease_until=datetime(2026, 12, 1, tzinfo=UTC)))
    with pytest.raises(RuntimeError, match="transaction"):
        db.session.commit()
    db.session.rollback()


def test_a_write_on_the_engine_itself_fails(scratch: sa.Table) -> None:
    with db.engine.connect() as connection, pytest.raises(RuntimeError, match="transaction"):
        connection.execute(INSERT)


def test_a_transaction_writes_and_commits(scratch: sa.Table) -> None:
    with transaction() as session:
        session.execute(INSERT)
    assert count(scratch) == 1


def test_a_transaction_that_fails_leaves_nothing(scratch: sa.Table) -> None:
    with pytest.raises(ZeroDivisionError):
        fail_after_writing()
    assert count(scratch) == 0


def fail_after_writing() -> None:
    with transaction() as session:
        session.execute(INSERT)
        raise ZeroDivisionError


def test_after_a_transaction_a_write_fails_again(scratch: sa.Table) -> None:
    with transaction() as session:
        session.execute(INSERT)
    with pytest.raises(RuntimeError, match="transaction"):
        db.session.execute(sa.text("DELETE FROM scratch"))
    db.session.rollback()


def test_a_transaction_inside_a_transaction_fails(app: Flask) -> None:
    with transaction(), pytest.raises(RuntimeError, match="never calls a use case"), transaction():
        pass


def test_a_step_outside_a_transaction_fails(app: Flask) -> None:
    with pytest.raises(RuntimeError, match="step"):
        within_transaction()
    with pytest.raises(RuntimeError, match="step"):
        changed(INSERT)


def test_what_was_read_before_a_transaction_is_read_again_inside(scratch: sa.Table) -> None:
    """SQLite's snapshot of an open read would fail at the first write, whatever the time-out."""
    assert count(scratch) == 0
    db.session.execute(sa.select(scratch)).all()
    with Session(db.engine.execution_options(write=True)) as elsewhere:
        elsewhere.execute(INSERT)
        elsewhere.commit()
    with transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(scratch)) == 1
        session.execute(sa.text("INSERT INTO scratch (id) VALUES (2)"))
    assert count(scratch) == 2
