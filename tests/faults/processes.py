"""Other processes on the same database: children forked from this warm one, started together, or killed at a random moment."""

import os
import select
import signal
import sys
import traceback
from collections.abc import Callable

from certportal.extensions import db

PATIENCE = 60.0
Work = Callable[[], None]


def let_go() -> None:
    """No connection of this process is open when it forks: SQLite's do not survive that."""
    db.session.rollback()
    for engine in db.engines.values():
        engine.dispose()


def at_once(*works: Work) -> None:
    """Each piece of work in a process of its own, all begun at the same moment; returns when all have ended well."""
    waiting, opening = os.pipe()
    children = [fork(work, waiting, opening) for work in works]
    os.close(waiting)
    os.close(opening)  # the last writer is gone: everybody who reads is let through
    failed = [child for child in children if os.waitpid(child, 0)[1] != 0]
    assert not failed, f"{len(failed)} of {len(works)} processes failed; what they say of it is above"


def answered(work: Callable[[], str]) -> str:
    """What a piece of work in a process of its own says."""
    reading, writing = os.pipe()
    at_once(lambda: os.write(writing, work().encode()) and None)
    os.close(writing)
    with os.fdopen(reading) as said:
        return said.read()


def killed_within(seconds: float, work: Work) -> bool:
    """Do the work in a child and SIGKILL it after so many seconds. False when it had ended before, and well."""
    reading, writing = os.pipe()
    child = fork(work, None, reading)
    os.close(writing)
    select.select([reading], [], [], seconds)  # readable as soon as the child is gone
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(reading)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the work failed by itself"
    return os.WIFSIGNALED(status)


def fork(work: Work, waiting: int | None, closing: int) -> int:
    """A child that does the work once ``waiting`` is at its end, and closes ``closing`` first."""
    let_go()
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        os.close(closing)
        if waiting is not None:
            os.read(waiting, 1)
        work()
        code = 0
    except BaseException:  # noqa: BLE001  a child tells what went wrong and never returns into the parent's test
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)
