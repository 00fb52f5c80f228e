"""A gunicorn of our own kind in processes of its own, and what the whole of it has spent on CPU."""

import atexit
import http.client
import os
import select
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from flask import Flask

from certportal.serving import Server
from certportal.settings import Settings

PATIENCE = 60
VISITORS = 2
"""How many ask at once."""


class Hello(Server):
    """The same gunicorn with the smallest Flask app there is."""

    def load(self) -> Any:
        app = Flask("hello")
        app.extensions["certportal.settings"] = self.settings
        app.get("/")(lambda: "Hello, world!")
        return app


class Call(NamedTuple):
    """Something to be posted."""

    path: str
    headers: dict[str, str]
    body: bytes


class Listening:
    """A server on a port, and what its processes spend."""

    port: int
    log: Path
    pid: int

    def answers(self) -> bool:
        """Whether the worker answers, as soon as it can: a connection to a server that listens waits for it."""
        try:
            with closing(http.client.HTTPConnection("localhost", self.port, timeout=PATIENCE)) as connection:
                connection.request("GET", "/")
                connection.getresponse().read()
        except OSError:
            return False
        return True

    def post(self, calls: Sequence[Call]) -> None:
        """Make the calls one after the other, each with a connection of its own, and read the answers."""
        for call in calls:
            with closing(http.client.HTTPConnection("localhost", self.port, timeout=PATIENCE)) as connection:
                connection.request("POST", call.path, call.body, call.headers | {"Connection": "close"})
                answer = connection.getresponse()
                said = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{call.path} was answered with {answer.status}: {said[:300]!r}")

    def cost_of(self, calls: Sequence[Call]) -> float:
        """CPU seconds of the server's process tree for one of these calls."""
        before = self.cpu_seconds()
        with ThreadPoolExecutor(VISITORS) as visitors:
            for visit in [visitors.submit(self.post, calls[each::VISITORS]) for each in range(VISITORS)]:
                visit.result()
        return (self.cpu_seconds() - before) / len(calls)

    def silent(self) -> SystemExit:
        """It did not begin to answer in time."""
        return SystemExit(f"the server that was to be measured does not answer:\n{self.log.read_text()}")

    def cpu_seconds(self) -> float:
        """User and system time so far of the server and its workers."""
        return sum(cpu_of(pid) for pid in (self.pid, *_children(self.pid)))

    def ask(self, times: int, path: str, headers: dict[str, str]) -> None:
        """Ask for the page so many times, and read it. Each has a connection of its own, as from nginx (docs/deploy.md). A new
        cookie is sent from then on, as browsers do."""
        for _ in range(times):
            with closing(http.client.HTTPConnection("localhost", self.port, timeout=PATIENCE)) as connection:
                connection.request("GET", path, headers=headers | {"Connection": "close"})
                answer = connection.getresponse()
                answer.read()
            fresh = answer.getheader("Set-Cookie")
            if fresh is not None:
                headers["Cookie"] = fresh.partition(";")[0]
            if answer.status != 200:
                raise RuntimeError(f"{path} was answered with {answer.status}")

    def cost(self, times: int, path: str, headers: dict[str, str]) -> float:
        """CPU seconds of the server's process tree for one such page, over ``times`` of them."""
        each, before = times // VISITORS, self.cpu_seconds()
        with ThreadPoolExecutor(VISITORS) as visitors:
            for visit in [visitors.submit(self.ask, each, path, headers) for _ in range(VISITORS)]:
                visit.result()
        return (self.cpu_seconds() - before) / (each * VISITORS)

    def stop(self) -> None:
        """Once: the bench does it at its end for those that still run."""
        atexit.unregister(self.stop)
        os.kill(self.pid, signal.SIGTERM)
        os.waitpid(self.pid, 0)


class Running(Listening):
    """A server of ours in a forked process: one worker, gthread."""

    def __init__(self, server: Callable[[Settings], Server], settings: Settings) -> None:
        self.port = int(settings.bind.rpartition(":")[2])
        self.log = settings.data_dir / "server.log"
        listening, says = os.pipe()
        self.pid = _forked(partial(_serve, server, settings, says), self.log)
        os.close(says)
        atexit.register(self.stop)
        with os.fdopen(listening, "rb") as word:
            if not (_comes(word) and self.answers()):
                raise self.silent()


class Process(Listening):
    """Somebody else's server."""

    def __init__(
        self, command: Sequence[str | Path], port: int, folder: Path, environ: dict[str, str] | None = None
    ) -> None:
        self.port, self.log = port, folder / "server.log"
        with self.log.open("wb") as log:
            started = subprocess.Popen(command, cwd=folder, env=environ, stdout=log, stderr=log)
        self.pid, started.returncode = started.pid, 0  # waited for by its number
        atexit.register(self.stop)
        ends = time.monotonic() + PATIENCE
        while not self.answers():
            if time.monotonic() > ends or os.waitpid(self.pid, os.WNOHANG)[0]:
                raise self.silent()
            threading.Event().wait(0.05)  # it says nothing of its own when it listens


def _serve(server: type[Server], settings: Settings, says: int) -> None:
    """Serve, and say so in the pipe once the port is open."""
    made = server(settings)
    made.cfg.set("when_ready", lambda _arbiter: os.write(says, b"."))
    made.run()


def _comes(word: BinaryIO) -> bool:
    """Whether the other end of the pipe says it in time; an end that closes says nothing."""
    return bool(select.select([word], [], [], PATIENCE)[0]) and bool(word.read(1))


def _forked(run: Callable[[], None], log: Path) -> int:
    """The server's own processes end here, too: none of them may go on with the bench."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    writing = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(writing, 1)
    os.dup2(writing, 2)
    try:
        run()
    except SystemExit as end:
        os._exit(end.code if isinstance(end.code, int) else 0)
    except BaseException:  # noqa: BLE001  # told, and then this process ends
        traceback.print_exc()
        sys.stderr.flush()
    os._exit(1)


def cpu_of(pid: int) -> float:
    """CPU seconds that a process has spent, user and system time together, to the nanosecond: the clock whose number
    clock_getcpuclockid(3) would answer."""
    return time.clock_gettime(~pid << 3 | 2)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
