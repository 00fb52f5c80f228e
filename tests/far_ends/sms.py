"""An SMS gateway over HTTP on loopback that can be told to fail."""

import threading
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from tests.far_ends.script import HANG, HOST, PATIENCE, Answer, Arrivals, Script, Silence


@dataclass(frozen=True)
class ReceivedSms:
    """One text message as the gateway got it."""

    to: str
    text: str
    sender: str


class SmsFarEnd:
    """An SMS gateway with Kannel's sendsms interface over HTTP, on a loopback port of its own.

    ``url_template`` is the setting SMS_URL that reaches it: an Apprise URL with ``{to}`` in the recipient's place.
    Answers to script: an HTTP status such as "503 Service Unavailable", DROP or HANG. A text message answered by DROP
    or HANG is kept in ``messages``, as a real gateway may well have kept it.
    """

    def __init__(self, port: int = 0, *, username: str = "portal", password: str = "far-end-password") -> None:
        self.host, self.username, self.password = HOST, username, password
        self.messages: Arrivals[ReceivedSms] = Arrivals()
        self.requests: list[str] = []
        self._script = Script()
        self._stopping = threading.Event()
        self._server = ThreadingHTTPServer((HOST, port), partial(_SendSms, self))
        self._server.daemon_threads = True
        self.port: int = self._server.server_port
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="sms far end", daemon=True
        )

    @property
    def url_template(self) -> str:
        """The Apprise URL of this gateway, with ``{to}`` in the recipient's place; it asks by GET, as Kannel wants."""
        return self.url_by("get")

    def url_by(self, method: Literal["get", "post"]) -> str:
        """The same by the HTTP method named."""
        return (
            f"form://{self.host}:{self.port}/cgi-bin/sendsms?method={method}&:username={self.username}"
            f"&:password={self.password}&:to={{to}}&:from=Certportal&:charset=utf-8"
            "&:message=text&:title=&:version=&:type="
        )

    def script(self, *answers: Answer) -> None:
        """Answer the next text message (messages) so; then as usual."""
        self._script.once("sendsms", *answers)

    def always(self, answer: Answer) -> None:
        """Answer every text message so until ``heal()``."""
        self._script.always("sendsms", answer)

    def heal(self) -> None:
        """Forget every script: an ordinary gateway again."""
        self._script.clear()

    def reset(self) -> None:
        """As freshly started: no script, nothing received."""
        self.heal()
        self.messages.clear()
        self.requests.clear()

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._thread.join(PATIENCE)
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()


class _SendSms(BaseHTTPRequestHandler):
    """Kannel's /cgi-bin/sendsms, by GET or by a posted form."""

    timeout = PATIENCE

    def __init__(self, far_end: SmsFarEnd, *args: Any) -> None:
        self.far_end = far_end
        super().__init__(*args)

    def do_GET(self) -> None:
        self._take(urlsplit(self.path).query)

    def do_POST(self) -> None:
        self._take(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def _take(self, form: str) -> None:
        self.far_end.requests.append(self.requestline)
        given = dict(parse_qsl(form, keep_blank_values=True))
        answer = self.far_end._script.next("sendsms") or self._judge(given)
        if isinstance(answer, Silence) or answer.startswith("2"):
            sms = ReceivedSms(given.get("to", ""), given.get("text", ""), given.get("from", ""))
            self.far_end.messages.append(sms)
        if isinstance(answer, Silence):
            if answer is HANG:
                self.far_end._stopping.wait(PATIENCE)
            self.close_connection = True
            return
        status, _, phrase = answer.partition(" ")
        self.send_response(HTTPStatus(int(status)), phrase)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(b"0: Accepted for delivery" if status == "202" else phrase.encode())

    def _judge(self, given: dict[str, str]) -> str:
        if urlsplit(self.path).path != "/cgi-bin/sendsms":
            return "404 Not Found"
        if (given.get("username"), given.get("password")) != (self.far_end.username, self.far_end.password):
            return "403 Authorization failed for sendsms"
        return "202 Accepted" if given.get("to") and given.get("text") else "400 Missing to or text"
