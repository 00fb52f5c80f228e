"""Import files: JSON whole, or one CSV for each kind, told by its header. Bytes in, rows with their line numbers out.

Nothing here asks the database; whatever the bytes are, the answer is a list of rows or ImportRefused.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from certportal.refusals import Refusal
from certportal.registry.columns import read_row
from certportal.registry.mistakes import ImportRefused, Mistake, Unreadable
from certportal.registry.records import csv_records, json_records
from certportal.registry.rows import Kind, Row, SignatoryRow

LARGEST: Final = 20_000_000
"""Bytes: the longest terms and channels of any length fit in."""

MOST_ROWS: Final = 5_000
"""A file is one transaction, and nobody else can write while it lasts."""

MOST_MISTAKES: Final = 200
"""Then reading stops: the file is of another kind, or one mistake is in every row."""


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row and the line on which it begins."""

    line: int
    row: Row


def read_registry(content: bytes, filename: str, country: str) -> list[ReadRow]:
    """The rows of an import file, in the order in which they are taken.

    A name that ends in .json, or a file that begins with a brace, is JSON; everything else CSV. ``country`` is the one
    in which business IDs and phone numbers are read where a row names none. Raises ImportRefused with every mistake.
    """
    mistakes: list[Mistake] = []
    rows: dict[tuple[Kind, str], ReadRow] = {}
    try:
        _read(content, filename, country, rows, mistakes)
    except Unreadable as unreadable:
        mistakes.append(unreadable.mistake)
    mistakes += _contradictions(rows.values())
    if not mistakes and not rows:
        mistakes.append(Mistake(1, "", Refusal("import_empty")))
    if mistakes:
        raise ImportRefused(mistakes)
    order = list(Kind)
    return sorted(rows.values(), key=lambda each: order.index(each.row.kind))


def _read(
    content: bytes, filename: str, country: str, rows: dict[tuple[Kind, str], ReadRow], mistakes: list[Mistake]
) -> None:
    text = _text(content)
    is_json = filename.lower().endswith(".json") or text.lstrip().startswith("{")
    for line, kind, cells in (json_records if is_json else csv_records)(text, mistakes.append):
        row = read_row(kind, cells, country, partial(_note, mistakes, line))
        if row is not None:
            first = rows.setdefault((kind, row.key), ReadRow(line, row))
            if first.row is not row:
                _note(mistakes, line, "", Refusal("row_repeated", key=row.key, first=first.line))
        if len(rows) > MOST_ROWS:
            raise Unreadable(line, "import_too_many", limit=MOST_ROWS)
        if len(mistakes) >= MOST_MISTAKES:
            return


def _contradictions(rows: Iterable[ReadRow]) -> Iterator[Mistake]:
    """One person may sign for several organisations, and is told of in as many rows, but has one name."""
    seen: dict[tuple[str, str], tuple[int, object]] = {}
    for line, row in ((each.line, each.row) for each in rows):
        if isinstance(row, SignatoryRow):
            for name, value in row.columns().items():
                first, earlier = seen.setdefault((row.email.key, name), (line, value))
                if earlier != value:
                    yield Mistake(line, name, Refusal("person_otherwise", first=first))


def _note(mistakes: list[Mistake], line: int, column: str, refusal: Refusal) -> None:
    mistakes.append(Mistake(line, column, refusal))


def _text(content: bytes) -> str:
    """UTF-8, with or without the mark that Excel puts before it. Names the line where another encoding shows."""
    if len(content) > LARGEST:
        raise Unreadable(1, "import_too_large", limit=LARGEST // 1_000_000)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        raise Unreadable(content.count(b"\n", 0, failure.start) + 1, "import_not_utf8") from failure
