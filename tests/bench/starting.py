"""Starting: what every command, job and worker pays before it does anything."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable

from tests.bench.measuring import ROUNDS, Row, of_rounds

STARTS = 4
"""In each round, on each side: one start alone is too short to be measured well."""

OURS = """
from pathlib import Path
from certportal import create_app
from certportal.settings import Settings
create_app(Settings(Path({folder!r}), "sqlite:///{folder}/certportal.sqlite3", "http://localhost", b"k" * 32, b"p"))
"""
THEIRS = "import flask, sqlalchemy.orm, cryptography"


def spent(program: str, byte_code: str) -> float:
    """CPU seconds, user and system, of a fresh interpreter that runs the program and ends. All byte code is kept in a folder
    of its own, whatever the environment says of writing it: what is installed has been compiled once, on either side."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen([sys.executable, "-c", program], env=environ | {"PYTHONPYCACHEPREFIX": byte_code})
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit("a start that was to be measured failed")
    return usage.ru_utime + usage.ru_stime


def in_turn(a: Callable[[], float], b: Callable[[], float], rounds: int = ROUNDS) -> list[float]:
    """What A spends over what B does, in each round, the two in turn within it."""
    found: list[float] = []
    for _ in range(rounds):
        pairs = [(a(), b()) for _ in range(STARTS)]
        found.append(sum(ours for ours, _ in pairs) / sum(theirs for _, theirs in pairs))
    return found


def g9() -> Row:
    """The app made, beside its biggest packages imported."""
    with tempfile.TemporaryDirectory(prefix="certportal-bench-") as folder:
        ours, byte_code = OURS.format(folder=folder), f"{folder}/byte-code"
        for program in (ours, THEIRS):
            spent(program, byte_code)  # byte code is written, files are in memory
        found = in_turn(lambda: spent(ours, byte_code), lambda: spent(THEIRS, byte_code))
    text = "Importing certportal and making the app, CPU / importing flask, sqlalchemy.orm and cryptography alone"
    return of_rounds("G9", found, 1.6, 1.3, text)


ROWS = {"G9": g9}
