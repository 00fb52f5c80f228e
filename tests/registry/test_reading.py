"""Whatever bytes and rows a file holds: a list of rows or every mistake, never another exception; all or nothing."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from certportal.audit import AuditEntry
from certportal.extensions import db
from certportal.registry.columns import COLUMNS, KEYS
from certportal.registry.importing import ImportRefused, Mistake, ReadRow, difference, read_registry, take
from certportal.registry.models import Channel, Organisation, Person
from certportal.registry.rows import Kind
from tests.builders import COMMAND

EVERY_KIND = list(Kind)
plenty = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

LIKELY = st.sampled_from(
    [
        *["", "-", "9900001-8", "9900002-6", "9900001-9", "FI", "SE", "a@b.example", "A@b.example", "040 123 4567"],
        *["sv", "yes", "no", "1", "30", "ws", "sftp", "1.12.2026", "30.11.2026", "31.12.9999", "Mallilön Ab"],
        *["x" * 300, "\ud800", "\x00"],
    ]
)
texts = st.one_of(LIKELY, st.text(max_size=30))


@st.composite
def tables(draw: Callable[..., Any]) -> tuple[Kind, list[dict[str, str]]]:
    """A kind and rows with its key and some of its other columns, and now and then one that is unknown."""
    kind = draw(st.sampled_from(EVERY_KIND))
    others = draw(st.lists(st.sampled_from([*COLUMNS[kind], "mystery"]), unique=True, max_size=6))
    names = [
        *KEYS[kind],
        *(name for name in others if name not in KEYS[kind] and (name != "mystery" or draw(st.booleans()))),
    ]
    return kind, draw(st.lists(st.fixed_dictionaries(dict.fromkeys(names, texts)), max_size=5))


GOOD = {
    "business_id": ["9900001-8", "9900002-6"],
    "country": ["FI", "AX"],
    "email": ["a@b.example", "c@d.example"],
    "channel": ["ws", "sftp"],
    "purpose": ["own", "other"],
    "version": ["1", "2"],
    "from": ["1.11.2026", "1.12.2026", "1.1.2027"],
    "to": ["", "30.11.2026", "31.12.2026", "-"],
    "language": ["fi", "sv", "en"],
    "right_days": ["30", "-"],
    "position": ["1"],
    "production": ["yes", "no"],
    "test": ["yes"],
    "operator_decides": ["no"],
    "contact_email": ["e@f.example", "-"],
    "contact_phone": ["040 123 4567", "-"],
    "contact_language": ["fi"],
    "phone": ["040 123 4567", ""],
}


@st.composite
def good_tables(draw: Callable[..., Any]) -> tuple[Kind, list[dict[str, str]]]:
    """Rows that are right by themselves; whether what they need is there is another matter."""
    kind = draw(st.sampled_from(EVERY_KIND))
    columns = {name: st.sampled_from(GOOD.get(name, ["Malli", "Modell", ""])) for name in COLUMNS[kind]}
    row = st.fixed_dictionaries(columns)
    return kind, draw(st.lists(row, max_size=3, unique_by=lambda made: tuple(made[name] for name in KEYS[kind])))


def as_csv(rows: list[dict[str, str]], delimiter: str) -> bytes:
    file = io.StringIO()
    if rows:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return file.getvalue().encode("utf-8", "surrogatepass")


def read(content: bytes, name: str) -> list[ReadRow] | None:
    """The rows, or None for a file with mistakes, each of which has a line and a sentence."""
    lines = content.count(b"\n") + content.count(b"\r") + 1
    mistakes: list[Mistake] = []
    rows: list[ReadRow] | None = None
    try:
        rows = read_registry(content, name, "FI")
    except ImportRefused as refused:
        mistakes = refused.mistakes
    assert bool(mistakes) != bool(rows)
    assert all(1 <= mistake.line <= lines and mistake.text for mistake in mistakes)
    return rows


@plenty
@given(content=st.binary(max_size=300), name=st.sampled_from(["a.json", "a.csv", ""]))
def test_any_bytes_are_rows_or_mistakes(app: Flask, content: bytes, name: str):
    read(content, name)


@plenty
@given(start=st.sampled_from(['{"organisations": [', '{"channels": [{', "business_id,name\n", "sep=;\n", "channel;to\r\n"]),
       rest=st.text(alphabet='{}[]",:;\\n-\n\r \t19business_idchannelé\x00\u2028', max_size=80))  # fmt: skip
def test_nearly_right_files_are_rows_or_mistakes(app: Flask, start: str, rest: str):
    read((start + rest).encode(), "a.json" if start.startswith("{") else "a.csv")


@plenty
@given(table=tables(), delimiter=st.sampled_from(",;\t|"))
def test_any_cells_are_rows_or_mistakes_in_csv_and_json_alike(
    app: Flask, table: tuple[Kind, list[dict[str, str]]], delimiter: str
):
    kind, rows = table
    in_csv = read(as_csv(rows, delimiter), "a.csv")
    in_json = read(json.dumps({kind.value: rows}).encode(), "a.json")
    said = [{name: cell for name, cell in row.items() if cell.strip() != "-"} for row in rows]
    no_blank_lines = all(any(cell.strip() for cell in row.values()) for row in rows)
    if in_csv is not None and said == rows and no_blank_lines:
        assert in_json is not None
        assert [each.row for each in in_csv] == [each.row for each in in_json]


@few
@given(tables=st.lists(good_tables(), min_size=2, max_size=6, unique_by=lambda table: table[0]))
def test_any_file_is_taken_whole_or_not_at_all(app: Flask, tables: list[tuple[Kind, list[dict[str, str]]]]):
    said = {
        kind.value: [{name: None if cell == "-" else cell for name, cell in row.items()} for row in rows]
        for kind, rows in tables
    }
    rows = read(json.dumps(said).encode(), "a.json")
    if rows is None:
        return
    before = counts()
    try:
        would = difference(rows, COMMAND)
    except ImportRefused:
        with pytest.raises(ImportRefused):
            take(rows, COMMAND)
        assert counts() == before
        return
    assert counts() == before
    assert take(rows, COMMAND) == would
    assert counts()[0] >= before[0] + len(would)
    assert take(rows, COMMAND) == []


def counts() -> tuple[int, ...]:
    models: list[Any] = [AuditEntry, Organisation, Person, Channel]
    return tuple(db.session.scalar(select(func.count()).select_from(model)) or 0 for model in models)


def test_a_file_beyond_all_reason_is_not_read(app: Flask):
    with pytest.raises(ImportRefused) as refused:
        read_registry(b"x" * 20_000_001, "a.csv", "FI")
    assert refused.value.mistakes[0].refusal.code == "import_too_large"


def test_a_file_of_more_rows_than_one_transaction_should_hold_is_to_be_divided(app: Flask):
    def file(rows: int) -> bytes:
        return b"purpose,position\n" + b"".join(b"p%d,1\n" % n for n in range(rows))

    assert len(read_registry(file(5000), "a.csv", "FI")) == 5000
    with pytest.raises(ImportRefused) as refused:
        read_registry(file(5001), "a.csv", "FI")
    [mistake] = refused.value.mistakes
    assert (mistake.line, mistake.refusal.code) == (5002, "import_too_many")


def test_a_file_of_another_kind_is_given_up_after_many_mistakes(app: Flask):
    with pytest.raises(ImportRefused) as refused:
        read_registry(b"business_id\n" + b"x\n" * 5000, "a.csv", "FI")
    assert len(refused.value.mistakes) == 200
