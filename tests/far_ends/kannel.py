"""Debian's kannel, an SMS gateway of other people's making, in front of its own fake message centre.

Tests that use it bear ``pytestmark = KANNEL``.
"""

import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.far_ends.script import HOST
from tests.no_skips import find_program, needs

FAKESMSC = "/usr/lib/kannel/test/fakesmsc"
KANNEL = [needs("bearerbox", "kannel"), needs("smsbox", "kannel"), needs(FAKESMSC, "kannel-extras")]

PATIENCE = 20.0
CONFIG = """
group = core
admin-interface = {host}
admin-port = {admin}
admin-password = only-for-tests
smsbox-interface = {host}
smsbox-port = {boxes}
box-allow-ip = {host}
log-level = 0

group = smsc
smsc = fake
port = {centre}
connect-allow-ip = {host}

group = smsbox
bearerbox-host = {host}
sendsms-interface = {host}
sendsms-port = {sendsms}
log-level = 0

group = sendsms-user
username = portal
password = only-for-tests
concatenation = true
max-messages = 10

group = sms-service
keyword = default
text = none
max-messages = 0
"""


@dataclass
class Kannel:
    url: str
    centre_log: Path

    def received(self, count: int, number: str) -> list[str]:
        """The texts for the number that the message centre got; waits until there are ``count``."""
        until(lambda: len(self._texts(number)) >= count, f"{count} messages at the centre")
        return self._texts(number)

    def _texts(self, number: str) -> list[str]:
        log = self.centre_log.read_text("utf-8")
        return re.findall(rf"Got message \d+: <Certportal {re.escape(number)} text (.*)>", log)


def until(true: Callable[[], bool], what: str) -> None:
    waiting, end = threading.Event(), time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, f"waited {PATIENCE:g} s for {what}"
        waiting.wait(0.05)


def answers(port: int) -> bool:
    with socket.socket() as asking:
        asking.settimeout(1)
        return asking.connect_ex((HOST, port)) == 0


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        taken = [stack.enter_context(socket.create_server((HOST, 0))) for _ in range(count)]
        return [server.getsockname()[1] for server in taken]


@contextmanager
def running(folder: Path, program: str, *arguments: str) -> Iterator[Path]:
    """A program in a process group of its own, ended with all its children; gives its log."""
    log = folder / f"{Path(program).name}.log"
    path = find_program(program)
    with log.open("wb") as out:
        command = [str(path), *arguments]
        started = subprocess.Popen(command, cwd=folder, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        yield log
    finally:
        os.killpg(started.pid, signal.SIGKILL)
        started.wait(PATIENCE)


@contextmanager
def running_kannel(folder: Path) -> Iterator[Kannel]:
    """bearerbox, smsbox and the fake message centre, on loopback ports of their own."""
    admin, boxes, centre, sendsms = free_ports(4)
    config = folder / "kannel.conf"
    config.write_text(CONFIG.format(host=HOST, admin=admin, boxes=boxes, centre=centre, sendsms=sendsms))
    with ExitStack() as stack:
        stack.enter_context(running(folder, "bearerbox", str(config)))
        until(lambda: answers(boxes) and answers(centre), "bearerbox")
        stack.enter_context(running(folder, "smsbox", str(config)))
        until(lambda: answers(sendsms), "smsbox")
        log = stack.enter_context(running(folder, FAKESMSC, "-H", HOST, "-r", str(centre), "-m", "0", "1 2 text x"))
        url = (
            f"form://{HOST}:{sendsms}/cgi-bin/sendsms?method=get&:username=portal&:password=only-for-tests&:to={{to}}"
            "&:from=Certportal&:charset=utf-8&:message=text&:title=&:version=&:type="
        )
        yield Kannel(url, log)
