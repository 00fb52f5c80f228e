"""The far ends as the demo sees them: a process of its own, started and ended here.

A process, and not threads: the web server forks, and what runs in threads is lost in the child.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from certportal.demo.far_ends import HOST
from certportal.demo.inbox import Inbox


@dataclass(frozen=True)
class FarEnds:
    """The process behind the demo's mail server and SMS gateway."""

    process: "subprocess.Popen[str]"
    mail_port: int
    sms_port: int

    @property
    def sms_url(self) -> str:
        """The Apprise URL that reaches the gateway."""
        return (
            f"form://{HOST}:{self.sms_port}/cgi-bin/sendsms?method=get&:to={{to}}&:charset=utf-8"
            "&:message=text&:title=&:version=&:type="
        )

    def stop(self) -> None:
        """End it, and wait until it has ended."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait(10)
        if self.process.stdout is not None:
            self.process.stdout.close()


def start_far_ends(directory: Path) -> FarEnds:
    """Start the far ends; they write what they receive into the directory's inbox."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "certportal.demo.far_ends", str(Inbox.of(directory).path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    ports = json.loads(process.stdout.readline()) if process.stdout is not None else {}
    return FarEnds(process, ports["mail"], ports["sms"])
