"""What is to be sent for claimed rows, found just before it is: for several rows at once, where their kind can do so."""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from certportal import clock
from certportal.outbox.kinds import KINDS, Letter, ResolveAll, Silence
from certportal.outbox.settling import Claimed

log = logging.getLogger(__name__)
TOGETHER = 25
FRESH = timedelta(seconds=1)
"""What was found longer ago, by the machine's clock, is found again: it may have changed while other letters were sent."""


class Resolving:
    """The letters of one pass. Those found together with an earlier one wait here until it is their turn."""

    def __init__(self) -> None:
        self._found: dict[int, Letter | Silence] = {}
        self._at = clock.machine()

    def letter(self, row: Claimed, waiting: Sequence[Claimed]) -> Letter | Silence:
        """The row's; ``waiting`` are the rows after it. Raises what the kind's resolver raises for this row."""
        machine, kind = clock.machine(), KINDS[row.kind]
        if row.id in self._found and machine - self._at < FRESH:
            return self._found.pop(row.id)
        if kind.resolve_all is None:
            return kind.resolve(_reference(row), clock.now())
        those = [row, *[each for each in waiting if each.kind == row.kind][: TOGETHER - 1]]
        self._found, self._at = _found(kind.resolve_all, those), machine
        return self._found.pop(row.id)


def _found(resolve_all: ResolveAll, those: Sequence[Claimed]) -> dict[int, Letter | Silence]:
    """One that cannot be found spoils no other: then only the first is looked for."""
    now = clock.now()
    try:
        letters = resolve_all([_reference(each) for each in those], now)
    except Exception:
        if len(those) == 1:
            raise
        log.exception("messages %s of kind %s are made one by one", [each.id for each in those], those[0].kind)
        those = those[:1]
        letters = resolve_all([_reference(those[0])], now)
    return {each.id: letter for each, letter in zip(those, letters, strict=True)}


def _reference(row: Claimed) -> Mapping[str, Any]:
    return {**row.reference, "row": row.id}
