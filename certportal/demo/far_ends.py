"""The demo's mail server and SMS gateway: a process of its own on loopback, so that what arrives really went out.

``python -m certportal.demo.far_ends INBOX`` prints its two ports as JSON, then serves until its standard input ends, that is
until the demo that started it is gone. A number that ends in 0000 is not in use: the gateway refuses it. An address whose
domain begins with "nowhere." is refused by the mail server.
"""

import json
import sys
import threading
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from certportal.demo.inbox import MAIL, SMS, Inbox

HOST = "127.0.0.1"
NOT_IN_USE = "0000"
NOWHERE = "nowhere."


class Gateway(BaseHTTPRequestHandler):
    """Kannel's sendsms interface: to and text in the query."""

    def __init__(self, inbox: Inbox, *args: Any, **kwargs: Any) -> None:
        self.inbox = inbox
        super().__init__(*args, **kwargs)

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        to, text = query.get("to", [""])[0], query.get("text", [""])[0]
        if not to or to.endswith(NOT_IN_USE):
            self._answer(HTTPStatus.BAD_GATEWAY, b"4: number not in use")
            return
        self.inbox.add(SMS, to if to.startswith("+") else f"+{to.strip()}", text.encode())
        self._answer(HTTPStatus.ACCEPTED, b"0: Accepted for delivery")

    def _answer(self, status: HTTPStatus, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Nothing: the query holds PIN codes."""


class MailHandler:
    """aiosmtpd's handler: take every mail but those to nowhere."""

    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if address.rpartition("@")[2].startswith(NOWHERE):
            return "550 5.1.1 No such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        for recipient in envelope.rcpt_tos:
            self.inbox.add(MAIL, recipient.casefold(), envelope.content)
        return "250 OK, it is in the demo's inbox"


def main() -> None:
    """Serve until the other end of standard input is gone."""
    import asyncio

    from aiosmtpd.controller import UnthreadedController

    inbox = Inbox(Path(sys.argv[1]))
    gateway = ThreadingHTTPServer((HOST, 0), partial(Gateway, inbox))
    gateway.daemon_threads = True
    threading.Thread(target=gateway.serve_forever, daemon=True).start()
    loop = asyncio.new_event_loop()
    controller = UnthreadedController(MailHandler(inbox), hostname=HOST, port=0, loop=loop)
    controller.begin()
    port = controller.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
    threading.Thread(target=loop.run_forever, daemon=True).start()
    sys.stdout.write(json.dumps({"mail": port, "sms": gateway.server_port}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
