"""Two pieces of work in turn, A B A B …: each costs the CPU time of a child forked from a warm process, or of a server."""

import gc
import os
import statistics
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROUNDS, TURNS = 5, 6
Work = Callable[[], None]


class Missing(Exception):
    """What should be measured beside us is not here: its name, and what would bring it."""

    def __init__(self, name: str, remedy: str) -> None:
        super().__init__(f"missing {name} ({remedy})")


class Row(NamedTuple):
    """One line of the bench. ``text``: what was compared. With an aim above the must, more is better. None: no limit."""

    name: str
    ratio: float
    low: float
    high: float
    must: float | None
    aim: float | None
    text: str
    unit: str = "ratio"

    @property
    def is_good(self) -> bool:
        """Whether the must is reached."""
        if self.must is None:
            return True
        more_is_better = self.aim is not None and self.aim > self.must
        return self.ratio >= self.must if more_is_better else self.ratio <= self.must

    def __str__(self) -> str:
        limits = "".join(f" {name}={value:g}" for name, value in (("must", self.must), ("aim", self.aim)) if value)
        return f"{self.name} {self.unit}={self.ratio:.2f} low={self.low:.2f} high={self.high:.2f}{limits}"


def of_rounds(
    name: str, ratios: list[float], must: float | None, aim: float | None, text: str, unit: str = "ratio"
) -> Row:
    """The median of the rounds, with the range."""
    return Row(name, statistics.median(ratios), min(ratios), max(ratios), must, aim, text, unit)


def ratios(a: Work, b: Work, tidy: Work, rounds: int = ROUNDS) -> list[float]:
    """CPU time of A over that of B in each round; ``tidy`` makes the ground as it was after each, and is not counted."""
    found: list[float] = []
    for _ in range(rounds):
        spent: list[float] = []
        for work in (a, b):
            spent.append(cpu_seconds(work))
            tidy()
        found.append(spent[0] / spent[1])
    return found


def in_turns(a: Callable[[int], float], times_a: int, b: Callable[[int], float], times_b: int) -> list[float]:
    """What one of A costs over what one of B costs, in each round. Both answer that for a number of times; a round is made of
    short turns, so that a neighbour who slows the machine down for a while slows both."""
    found: list[float] = []
    for _ in range(ROUNDS):
        spent = [(a(times_a // TURNS), b(times_b // TURNS)) for _ in range(TURNS)]
        found.append(sum(cost for cost, _ in spent) / sum(cost for _, cost in spent))
    return found


def cpu_seconds(work: Work) -> float:
    """What one run costs, user and system time together, of a child process. A child that fails fails the bench."""
    gc.collect()
    pid = _fork(work)
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise SystemExit("a piece of work that was to be measured failed")
    return usage.ru_utime + usage.ru_stime


def added_mebibytes(work: Work) -> float:
    """How much one run adds to the resident memory of a warm child process at its highest."""
    reading, writing = os.pipe()

    def watched() -> None:
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5")  # the highest mark begins anew (proc(5))
        before = _kibibytes("VmRSS")
        work()
        os.write(writing, str(_kibibytes("VmHWM") - before).encode())

    pid = _fork(watched)
    _, status = os.waitpid(pid, 0)
    os.close(writing)
    with os.fdopen(reading) as said:
        answer = said.read()
    if status:
        raise SystemExit("a piece of work that was to be measured failed")
    return int(answer) / 1024


def _kibibytes(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def _fork(work: Work) -> int:
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
    except BaseException:  # noqa: BLE001  the child tells what went wrong, whatever it is, and never returns
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)
