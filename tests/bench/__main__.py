"""`python -m tests.bench`: every row, or those that ONLY=sweep,G4 names by module or row. Fails when a must is missed."""

import importlib
import os
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.measuring import Missing, Row

BESIDE = ("measuring", "__main__")


def wanted(arguments: list[str]) -> set[str]:
    """What ONLY= says, as an argument or in the environment; nothing said means everything."""
    said = [given.removeprefix("ONLY=") for given in arguments] or [os.environ.get("ONLY", "")]
    return {name for part in said for name in part.split(",") if name}


def rows(only: set[str]) -> Iterator[Row]:
    """Each row that is wanted, measured."""
    known: set[str] = set()
    for found in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if found.name in BESIDE:
            continue
        measures = getattr(importlib.import_module(f"tests.bench.{found.name}"), "ROWS", {})
        known |= {found.name, *measures}
        for name, measure in measures.items():
            if not only or only & {found.name, name}:
                try:
                    yield Row(*measure())
                except Missing as missing:
                    print(f"\n{name} {missing}", flush=True)
    if only - known:
        raise SystemExit(f"the bench has no {', '.join(sorted(only - known))}; it has {', '.join(sorted(known))}")


def main() -> int:
    missed: list[str] = []
    for row in rows(wanted(sys.argv[1:])):
        print(f"\n{row.text}\n{row}", flush=True)
        if not row.is_good:
            missed.append(row.name)
    if missed:
        print(f"\nmissed: {', '.join(missed)}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
