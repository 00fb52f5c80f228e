"""The portal as people run it: the real command, in a process of its own, on a loopback port."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.far_ends import SmsFarEnd, SmtpFarEnd

HOST = "127.0.0.1"
PATIENCE = 60.0
CERTPORTAL = [sys.executable, "-c", "from certportal.cli import main; main()"]


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind((HOST, 0))
        return int(listening.getsockname()[1])


def environment(directory: Path, port: int, smtp: SmtpFarEnd, sms: SmsFarEnd, **more: str) -> dict[str, str]:
    """The environment of a production installation whose far ends are the tests'."""
    settings = {
        "BASE_URL": f"http://localhost:{port}",
        "BIND": f"{HOST}:{port}",
        "DATA_DIR": str(directory),
        "MAIL_SERVER": HOST,
        "MAIL_PORT": str(smtp.port),
        "MAIL_TLS": "none",
        "MAIL_SENDER": "no-reply@service.example",
        "SMS_URL": sms.url_template,
        "WORKERS": "1",
        "THREADS": "4",
    }
    named = {f"CERTPORTAL_{name}": value for name, value in (settings | more).items()}
    return {name: value for name, value in os.environ.items() if not name.startswith("CERTPORTAL_")} | named


def command(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """``certportal …`` to its end."""
    return subprocess.run([*CERTPORTAL, *arguments], env=environ, capture_output=True, text=True, timeout=PATIENCE)


class Served:
    """A running portal: its port, its process, and what it has logged so far."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        self.process, self.port = process, port
        self.lines: list[str] = []
        self._grown = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Status and body of one address."""
        connection = http.client.HTTPConnection("localhost", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def wait_for_line(self, words: str) -> str:
        """The first line of the log that has these words."""
        with self._grown:
            found = self._grown.wait_for(lambda: next((x for x in self.lines if words in x), None), PATIENCE)
        assert found, f"{words!r} was not logged; this was:\n" + "".join(self.lines)
        return found

    @property
    def log(self) -> str:
        with self._grown:
            return "".join(self.lines)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; answers the exit status."""
        self.process.send_signal(number)
        status = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return status

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._grown:
                self.lines.append(line)
                self._grown.notify_all()


@contextmanager
def serving(environ: dict[str, str], port: int) -> Iterator[Served]:
    """``certportal serve`` until the block ends."""
    process = subprocess.Popen(
        [*CERTPORTAL, "serve"], env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    served = Served(process, port)
    try:
        served.wait_for_line("Booting worker")
        yield served
    finally:
        if process.poll() is None:
            served.stop()
