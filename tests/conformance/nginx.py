"""nginx as other people run it: started with a configuration of the test's own on loopback, reloaded, stopped."""

import http.client
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from pathlib import Path

from tests.far_ends.script import HOST
from tests.no_skips import find_program

PATIENCE = 20.0
GUIDE = Path(__file__).parents[2] / "docs" / "deploy.md"
AROUND = """
daemon off;
error_log stderr info;
pid {folder}/nginx.pid;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {servers}
}}
"""


def blocks_of_guide() -> list[str]:
    """The configurations that docs/deploy.md shows: in front of the portal, and of somebody's interface."""
    blocks = re.findall(r"```nginx\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 2
    return blocks


class Nginx:
    """A running nginx. ``reload()`` returns when a new worker has taken over."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.lines: list[str] = []
        self._grown = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def reload(self) -> None:
        before = len(self.lines)
        self.process.send_signal(signal.SIGHUP)
        with self._grown:
            done = self._grown.wait_for(
                lambda: any("exited with code 0" in line for line in self.lines[before:]), PATIENCE
            )
        assert done, self.log

    @property
    def log(self) -> str:
        return "".join(self.lines)

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._grown:
                self.lines.append(line)
                self._grown.notify_all()


@contextmanager
def running_nginx(folder: Path, servers: str, port: int) -> Iterator[Nginx]:
    """nginx with these ``server`` blocks, until the block ends."""
    config = folder / "nginx.conf"
    config.write_text(AROUND.format(folder=folder, servers=servers))
    program = find_program("nginx")
    command = [str(program), "-p", str(folder), "-c", str(config), "-g", "user root;" if os.getuid() == 0 else ""]
    process = subprocess.Popen([part for part in command if part], stderr=subprocess.PIPE, text=True)
    nginx = Nginx(process)
    try:
        _until_it_listens(nginx, port)
        yield nginx
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _until_it_listens(nginx: Nginx, port: int) -> None:
    waiting, end = threading.Event(), time.monotonic() + PATIENCE
    while True:
        with socket.socket() as asking:
            if asking.connect_ex((HOST, port)) == 0:
                return
        assert nginx.process.poll() is None, nginx.log
        assert time.monotonic() < end, nginx.log
        waiting.wait(0.05)


def asked(port: int, context: ssl.SSLContext, path: str = "/") -> tuple[int, str]:
    """Status and body of a call over TLS."""
    status, _, body = asked_for(port, context, path)
    return status, body.decode("utf-8", "replace")


def asked_for(
    port: int, context: ssl.SSLContext | None, path: str, body: bytes | None = None, kind: str = ""
) -> tuple[int, Message, bytes]:
    """Status, headers and body of a call, over TLS where there is a context; by POST where there is something to send."""
    if context is None:
        connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE)
    else:
        connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=PATIENCE)
    headers = {"Host": "certificates.example.org"} if context is None else {}
    headers |= {"Content-Type": kind} if kind else {}
    try:
        connection.request("GET" if body is None else "POST", path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()
