"""The folders that ceremonies fill: whole by one rename, or not at all; one ceremony at a time."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Generator
from pathlib import Path

from certportal.ca import keys
from certportal.ca.authority import Environment
from certportal.ca.errors import CaRefused


def folder_of(directory: Path, environment: Environment) -> Path:
    """Where an environment's authorities lie."""
    return directory / environment.value.lower()


def waiting_of(directory: Path, environment: Environment) -> Path:
    """Where an environment waits for its intermediate's certificate, while the root is elsewhere."""
    return directory / f"{environment.value.lower()}.waiting"


def root_folder_of(directory: Path, environment: Environment) -> Path:
    """Where a root lies that is kept on a machine of its own."""
    return directory / f"{environment.value.lower()}.root"


@contextlib.contextmanager
def whole_folder(directory: Path, place: Path, *others: Path, made_from: Path | None = None) -> Generator[Path]:
    """A folder to fill, which takes ``place`` when all is in it and on disk; neither it nor one of ``others`` may stand.

    ``made_from`` is a folder that begins it, and goes once it stands. Raises CaRefused: ca_exists, ca_busy.
    """
    draft = directory / f".{place.name}.draft"
    with only_one(directory):
        for standing in (place, *others):
            if standing.exists():
                raise CaRefused("ca_exists", name=standing.name)
        if draft.exists():
            shutil.rmtree(draft)  # what a call that was stopped half-way left; nobody has used it
        draft.mkdir(mode=0o700) if made_from is None else shutil.copytree(made_from, draft)
        try:
            yield draft
        except BaseException:
            shutil.rmtree(draft)
            raise
        keys.sync_directory(draft)
        draft.rename(place)
        keys.sync_directory(directory)
        if made_from is not None:
            shutil.rmtree(made_from)


@contextlib.contextmanager
def only_one(directory: Path, *, wait: bool = False) -> Generator[None]:
    """Hold the directory's lock, which ends with the process that holds it. Raises CaRefused ca_busy, unless it may ``wait``."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(directory / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise CaRefused("ca_busy") from None
    try:
        yield
    finally:
        os.close(descriptor)
