"""Statements made once, compiled once for each database, for its driver (``driver.Driver``).

SQLAlchemy writes the SQL, and its types turn values into columns and back; what is passed over is the work that it does at
every execution anew, several times what SQLite needs for a row found by its number (docs/adr/0010).
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, ParamSpec
from weakref import WeakKeyDictionary

from sqlalchemy.engine import Dialect
from sqlalchemy.exc import MultipleResultsFound, NoResultFound
from sqlalchemy.sql.compiler import SQLCompiler

Values = Mapping[str, Any]
_How = ParamSpec("_How")
_Convert = Callable[[Any], Any]


class Prepared:
    """A statement over tables whose values are named parameters; made by a function under ``@prepared``."""

    def __init__(self, statement: Any) -> None:
        self.statement = statement
        self.writes: bool = statement.is_dml
        self.table: Any = statement.table if self.writes else None
        self._compiled: WeakKeyDictionary[Dialect, dict[tuple[str, ...], _Compiled | None]] = WeakKeyDictionary()
        self._last: tuple[Dialect | None, tuple[str, ...], _Compiled | None] = None, (), None

    def run(self, cursor: Any, dialect: Dialect, values: Values) -> "Answer | None":
        """Run it on a cursor of the driver, whose errors are raised as they are; None where it cannot go past SQLAlchemy: with
        lists among its values, or defaults that are computed."""
        names, (last_dialect, last_names, compiled) = tuple(values), self._last
        if dialect is not last_dialect or names != last_names:
            known = self._compiled.setdefault(dialect, {})
            if names not in known:
                known[names] = _compiled(self.statement, names, dialect)
            compiled = known[names]
            self._last = dialect, names, compiled
        return None if compiled is None else compiled.run(cursor, values)


def prepared(make: Callable[_How, Any]) -> Callable[_How, Prepared]:
    """For a function that makes a statement: made at its first call, and kept."""
    return cache(lambda *given, **named: Prepared(make(*given, **named)))  # type: ignore[return-value]


class Answer:
    """All that a statement has answered: its rows, named tuples in their order, and how many rows it found or changed."""

    __slots__ = ("_rows", "rowcount")

    def __init__(self, rows: Sequence[Any], rowcount: int) -> None:
        self._rows, self.rowcount = rows, rowcount

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def all(self) -> Sequence[Any]:
        """Every row."""
        return self._rows

    def first(self) -> Any | None:
        """The first row, if there is one."""
        return self._rows[0] if self._rows else None

    def one(self) -> Any:
        """The only row; NoResultFound or MultipleResultsFound otherwise."""
        if not self._rows:
            raise NoResultFound("no row was found when one was required")
        if len(self._rows) > 1:
            raise MultipleResultsFound("several rows were found when one was required")
        return self._rows[0]

    def scalar(self) -> Any | None:
        """The first column of the first row, if there is one."""
        return self._rows[0][0] if self._rows else None

    def scalars(self) -> list[Any]:
        """The first column of every row."""
        return [row[0] for row in self._rows]


class _Compiled:
    """A statement as one database's driver takes it. ``plan``: for each of its parameters, as they stand in it, the name, how
    its value is turned into a column's, and the value that is fixed, where it has no name; ``out``: how columns become values
    again."""

    def __init__(self, compiled: SQLCompiler, columns: Sequence[Any], fixed: Values, names: Sequence[str]) -> None:
        self.text, self.dialect = compiled.string, compiled.dialect
        order: Sequence[str] = compiled.positiontup or list(compiled.bind_names.values())
        types = {name: bound.type for bound, name in compiled.bind_names.items()}
        into = {name: types[name].dialect_impl(self.dialect).bind_processor(self.dialect) for name in order}
        self.places = None if self.dialect.positional else order
        self.plan = [
            (name, into[name], None) if name in names else (None, None, _turned(into[name], fixed[name]))
            for name in order
        ]
        self.columns, self.row = columns, _row([str(column.key) for column in columns])
        self.out: list[tuple[int, _Convert]] | None = None

    def run(self, cursor: Any, values: Values) -> Answer:
        ready = [
            known if name is None else values[name] if turn is None else turn(values[name])
            for name, turn, known in self.plan
        ]
        cursor.execute(self.text, ready if self.places is None else dict(zip(self.places, ready, strict=True)))
        if not self.columns:
            return Answer((), cursor.rowcount)
        found = cursor.fetchall()
        if self.out is None:
            self.out = self._out(cursor.description)
        return Answer([self._row(self.out, line) for line in found], len(found))

    def _row(self, out: list[tuple[int, _Convert]], line: Iterable[Any]) -> Any:
        values = list(line)
        for place, turn in out:
            values[place] = turn(values[place])
        return self.row._make(values)

    def _out(self, described: Sequence[Any]) -> list[tuple[int, _Convert]]:
        """How columns are turned into values, by their places; the others are values already."""
        types = [column.type.dialect_impl(self.dialect) for column in self.columns]
        turns = [kind.result_processor(self.dialect, told[1]) for kind, told in zip(types, described, strict=True)]
        return [(place, turn) for place, turn in enumerate(turns) if turn is not None]


def _turned(turn: _Convert | None, value: Any) -> Any:
    return value if turn is None else turn(value)


def _row(names: list[str]) -> Any:
    return namedtuple("Row", names, rename=True)  # names are known when it is compiled


def _compiled(statement: Any, names: tuple[str, ...], dialect: Dialect) -> _Compiled | None:
    """None where the values decide what the SQL is, or a default is computed at each execution."""
    compiled = statement.compile(dialect=dialect, column_keys=list(names) or None)
    computed = [*compiled.insert_prefetch, *compiled.update_prefetch]
    missing = any(bound.required and name not in names for bound, name in compiled.bind_names.items())
    if (
        missing
        or compiled.post_compile_params
        or not all(column.default and column.default.is_scalar for column in computed)
    ):
        return None
    fixed = compiled.params | {column.key: column.default.arg for column in computed}
    return _Compiled(compiled, list(statement.exported_columns) if _answers(statement) else [], fixed, names)


def _answers(statement: Any) -> bool:
    """Whether rows come back."""
    return not statement.is_dml or bool(statement.returning_column_descriptions)
