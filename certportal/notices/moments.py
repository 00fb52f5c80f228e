"""One piece of SQL that databases write differently: a moment some days before a column's."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ColumnElement

from certportal.extensions import UtcDateTime


class DaysBefore(ColumnElement[datetime]):
    """``column`` less ``days`` times 24 hours, as the column's own type; negative days: after it."""

    inherit_cache = False
    type = UtcDateTime()

    def __init__(self, column: ColumnElement[Any], days: int) -> None:
        self.column, self.days = column, int(days)


@compiles(DaysBefore, "sqlite")
def _sqlite(element: DaysBefore, compiler: Any, **kwargs: Any) -> str:
    """SQLite keeps times as text with six decimals; strftime gives three."""
    return f"strftime('%Y-%m-%d %H:%M:%f000', {compiler.process(element.column, **kwargs)}, '{-element.days} days')"


@compiles(DaysBefore)
def _standard(element: DaysBefore, compiler: Any, **kwargs: Any) -> str:
    return f"({compiler.process(element.column, **kwargs)} - INTERVAL '{element.days * 24} hours')"
