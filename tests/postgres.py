"""A PostgreSQL server of the tests' own, on a socket in a temporary folder: Debian's, which does not run as root."""

import os
import pwd
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import text

from certportal.extensions import db

PACKAGE = "postgresql"
WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


def binaries() -> Path | None:
    """Where Debian keeps initdb and postgres of its newest version."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


class Postgres:
    """A running server. ``fresh_database()`` makes an empty one and answers its address."""

    def __init__(self, directory: Path, programs: Path) -> None:
        self.directory, self.programs, self.made = directory, programs, 0

    def fresh_database(self) -> str:
        """The address of a new, empty database, for SQLAlchemy."""
        self.made += 1
        name = f"portal{os.getpid()}x{self.made}"
        self.run("createdb", "-h", str(self.directory), "-U", "portal", name)
        return f"postgresql+psycopg://portal@/{name}?host={self.directory}"

    def run(self, program: str, *arguments: str) -> None:
        """One of the server's programs, as a user who is not root."""
        command = [str(self.programs / program), *arguments]
        user = None if os.getuid() else "nobody"
        done = subprocess.run(command, capture_output=True, text=True, user=user, cwd="/", env={"LC_ALL": "C.UTF-8"})
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    programs = binaries()
    if programs is None:
        pytest.skip(f"needs Debian's package {PACKAGE}")
    directory = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))  # a socket's path must be short
    try:
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(directory, nobody.pw_uid, nobody.pw_gid)
        server = Postgres(directory, programs)
        place = str(directory / "data")
        server.run("initdb", "-D", place, "-U", "portal", "-A", "trust", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories={directory} -c fsync=off"
        server.run("pg_ctl", "-D", place, "-w", "-l", str(directory / "log"), "-o", options, "start")
        try:
            yield server
        finally:
            server.run("pg_ctl", "-D", place, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def at_one_moment(works: Sequence[Callable[[], object]], table: str) -> None:
    """Do each in a thread of its own, and let nobody write to a table until all of them wait or one has ended; returns when all
    have. The app context is that of the database."""
    calls = [threading.Thread(target=work) for work in works]
    with db.engine.connect() as held:
        held.execute(text(f"LOCK TABLE {table} IN SHARE MODE"))
        for each in calls:
            each.start()
        while all(each.is_alive() for each in calls) and held.scalar(WAITING) < len(calls):
            calls[0].join(0.01)
        held.rollback()
    for each in calls:
        each.join()
