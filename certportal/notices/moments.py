"""One piece of SQL that databases write differently: a moment some days before a column's."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from certportal.extensions import UtcDateTime


class DaysBefore(FunctionElement[datetime]):
    """``column`` less ``days`` times 24 hours, as the column's own type; negative days: after it. Whole milliseconds."""

    inherit_cache = True
    type = UtcDateTime()

    def __init__(self, column: Any, days: int) -> None:
        super().__init__(column, literal(f"{-24 * days} hours", String()))


@compiles(DaysBefore, "sqlite")
def _sqlite(element: DaysBefore, compiler: Any, **how: Any) -> str:
    """SQLite keeps times as text with six decimals; strftime gives three."""
    column, span = (compiler.process(clause, **how) for clause in element.clauses)
    return f"strftime('%Y-%m-%d %H:%M:%f000', {column}, {span})"


@compiles(DaysBefore)
def _standard(element: DaysBefore, compiler: Any, **how: Any) -> str:
    column, span = (compiler.process(clause, **how) for clause in element.clauses)
    return f"({column} + CAST({span} AS INTERVAL))"
