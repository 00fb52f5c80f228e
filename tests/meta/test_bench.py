"""The bench's own register, written in bare SQL for speed, still fits the tables: a row of it that cannot run says nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.bench import sweep

CERTIFICATES = 80


def test_the_register_of_the_sweep_can_be_filled_and_swept_by_bare_sql(empty_database: Path, tmp_path: Path) -> None:
    path = tmp_path / "register.sqlite3"
    path.write_bytes(empty_database.read_bytes())
    sweep.fill(path, 1, CERTIFICATES)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM certificate").fetchone() == (CERTIFICATES,)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        for statement in sweep.RAW:
            connection.execute(statement, sweep.RAW_VALUES)
        notices, letters, *_ = connection.execute(sweep.WRITTEN).fetchone()
    assert (notices, letters) == (4, 2), "two of every forty are due, each two to one contact"
