"""Starting quickly: what is imported stays until the end, so looking for garbage among it finds none."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collecting() -> Iterator[None]:
    """No garbage collection inside: it would cost a sixth of the time that starting takes."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def keep_what_is_there() -> None:
    """Once in a process: what has been imported and made so far is never looked through again.

    Else every full collection does so, and a last one when the process ends, which costs a quarter of a short command.
    """
    if not gc.get_freeze_count():
        gc.freeze()
