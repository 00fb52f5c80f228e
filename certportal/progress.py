"""How far long work at the command line has come: one line that changes, where somebody looks at it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

ERASED = "\r\x1b[K"


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """What is told is seen on standard error while it is a terminal, and gone at the end; in a log it would be noise."""
    watched = sys.stderr.isatty()

    def tell(text: str) -> None:
        if watched:
            click.echo(f"{ERASED}{text}", nl=False, err=True)

    try:
        yield tell
    finally:
        if watched:
            click.echo(ERASED, nl=False, err=True)
