"""Records of an import file: for each row its line, its kind and the text in each column, as yet unread."""

import csv
import io
import json
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, Final, NamedTuple

from certportal.refusals import Refusal
from certportal.registry.columns import COLUMNS, KEYS, Cell, Emptied
from certportal.registry.mistakes import Mistake, Unreadable
from certportal.registry.rows import Kind

DELIMITERS: Final = ",;\t|"
EMPTIED: Final = "-"
"""In a CSV an empty cell says nothing; this empties the field. JSON says null."""

Note = Callable[[Mistake], None]


class Record(NamedTuple):
    line: int
    kind: Kind
    cells: dict[str, Cell]


def csv_records(text: str, note: Note) -> Iterator[Record]:
    """Rows under one header, which tells the kind. Comma, semicolon (Excel in Finland), tab or bar between cells."""
    skipped = 0
    if text[:4].lower() == "sep=":  # a line by which Excel tells itself the delimiter
        text, skipped = text.partition("\n")[2], 1
    rows = _csv_rows(text, skipped)
    line, header = next(rows, (1, []))
    names = [name.strip().lower().replace(" ", "_") for name in header]
    kind = _kind(names, line)
    for line, cells in rows:
        if len(cells) != len(names):
            note(Mistake(line, "", Refusal("row_width", found=len(cells), expected=len(names))))
        else:
            yield Record(line, kind, {name: _csv_cell(cell) for name, cell in zip(names, cells, strict=True)})


def _csv_rows(text: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not empty, each with the line on which it begins."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=lambda candidate: (first.count(candidate), -DELIMITERS.index(candidate)))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 0
    try:
        for cells in reader:
            begins, line = line + 1, reader.line_num
            if any(cell.strip() for cell in cells):
                yield skipped + begins, cells
    except csv.Error as failure:
        raise Unreadable(skipped + line + 1, "csv_unreadable") from failure


def _csv_cell(cell: str) -> Cell:
    return Emptied.EMPTIED if cell.strip() == EMPTIED else cell


def _kind(names: list[str], line: int) -> Kind:
    """The kind whose key is in the header: the one with the longest key, as organisation + e-mail is a signatory."""
    if not any(names):
        raise Unreadable(line, "import_empty")
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        raise Unreadable(line, "column_repeated", repeated[0] or "–")
    possible = [kind for kind, key in KEYS.items() if set(key) <= set(names)]
    if not possible:
        raise Unreadable(line, "header_unknown")
    kind = max(possible, key=lambda each: len(KEYS[each]))
    for name in names:
        if name not in COLUMNS[kind]:
            raise Unreadable(line, "column_unknown", name or "–", known=", ".join(COLUMNS[kind]))
    return kind


class _Json:
    """A cursor over the text, so that every object's line is known. Values are read by json itself."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.breaks = [at for at, character in enumerate(text) if character == "\n"]
        self.decoder = json.JSONDecoder(parse_int=str, parse_float=str, object_pairs_hook=_pairs)

    @property
    def line(self) -> int:
        return bisect_right(self.breaks, self.at - 1) + 1

    def peek(self) -> str:
        """The next character that is not white space; the empty text at the end."""
        while self.at < len(self.text) and self.text[self.at] in " \t\r\n":
            self.at += 1
        return self.text[self.at : self.at + 1]

    def take(self, character: str) -> bool:
        """Whether the next character is this one; then it is behind us."""
        found = self.peek() == character
        self.at += found
        return found

    def expect(self, character: str) -> None:
        if not self.take(character):
            raise Unreadable(self.line, "json_expected", expected=character)

    def value(self) -> Any:
        self.peek()
        try:
            value, self.at = self.decoder.raw_decode(self.text, self.at)
        except json.JSONDecodeError as failure:
            self.at = min(failure.pos, len(self.text))
            raise Unreadable(self.line, "json_unreadable") from failure
        except (RecursionError, _Twice) as failure:
            column = failure.args[0] if isinstance(failure, _Twice) else ""
            raise Unreadable(self.line, "column_repeated" if column else "json_unreadable", column) from failure
        return value


class _Twice(Exception):
    """A name that stands twice in one object."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = sorted(name for name, _value in pairs)
    for one, other in pairwise(names):
        if one == other:
            raise _Twice(one)
    return dict(pairs)


def json_records(text: str, note: Note) -> Iterator[Record]:
    """``{"organisations": [{…}, …], "signatories": […], …}``: every kind in one file, each object a row."""
    cursor = _Json(text)
    kinds = _members(cursor)
    for kind in kinds:
        cursor.expect("[")
        if cursor.take("]"):
            continue
        while True:
            cursor.peek()
            line, value = cursor.line, cursor.value()
            if isinstance(value, dict):
                yield Record(line, kind, {str(name): _json_cell(cell) for name, cell in value.items()})
            else:
                note(Mistake(line, "", Refusal("json_expected", expected="{")))
            if not cursor.take(","):
                break
        cursor.expect("]")
    if cursor.peek():
        raise Unreadable(cursor.line, "json_unreadable")


def _members(cursor: _Json) -> Iterator[Kind]:
    """The kinds that the outer object names; the cursor stands at each one's value."""
    cursor.expect("{")
    if cursor.take("}"):
        return
    while True:
        cursor.peek()
        line, name = cursor.line, cursor.value()
        if name not in list(Kind):
            raise Unreadable(line, "kind_unknown", known=", ".join(Kind))
        cursor.expect(":")
        yield Kind(name)
        if not cursor.take(","):
            break
    cursor.expect("}")


def _json_cell(value: Any) -> Cell:
    match value:
        case None:
            return Emptied.EMPTIED
        case bool():
            return "yes" if value else "no"
        case str():
            return value
        case _:
            return Emptied.NOT_PLAIN
