"""Starting quickly, and running on: what is imported stays until the end, so looking for garbage among it finds none."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collecting() -> Iterator[None]:
    """No garbage collection inside, which would cost a sixth of the time that starting takes.

    If modules were imported inside, what is there at the end is never looked through again: else every full collection
    would do so, and a last one when the process ends, which costs a quarter of a short command.
    """
    was_on, modules = gc.isenabled(), len(sys.modules)
    gc.disable()
    try:
        yield
    finally:
        if len(sys.modules) > modules:
            gc.freeze()
        if was_on:
            gc.enable()


def collect_seldom() -> None:
    """For a process that serves: what is there now stays, and a page's own garbage, which is little, may wait for others'.

    A page makes a few thousand objects and drops nearly all of them by itself; Python would look for cycles every seven
    hundred, a twentieth of what a page costs.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
