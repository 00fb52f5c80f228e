"""Text messages through Apprise: one door to whatever gateway SMS_URL names.

Apprise answers yes or no and tells no kinds of failure apart, so every failure, a time-out included, is temporary; what
it warned of is kept as the reply. At level debug it would write texts, and so PIN codes, to the log; so would urllib3 for
a gateway that is asked by GET. While a text is being sent, nothing of theirs reaches any log, whatever level is set.
"""

import logging
import re
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from certportal.outbox.outcomes import Accepted, Temporary, kept_reply
from certportal.settings import current_settings

PLACE = "{to}"
TIMEOUT = 15.0
TALKATIVE = ("apprise", "urllib3", "requests")
LATE = ("urllib3.connectionpool", "urllib3.util.retry")  # Apprise imports these when the first text is on its way
BAD_URL = "SMS_URL is no Apprise URL that works here; check it, and whether its service needs another package"

_E164 = re.compile(r"\+[1-9][0-9]{4,14}")
_TELLING = 6  # shorter words of the URL (method=post) are no secrets, and starring them would hide the cause


def sms_gateway() -> "SmsGateway":
    """The gateway of the app at work."""
    return SmsGateway(current_settings().sms_url)


@dataclass(frozen=True)
class SmsGateway:
    """An Apprise URL with ``{to}`` in the recipient's place, and how many seconds one message may take."""

    url_template: str = field(repr=False)
    timeout: float = TIMEOUT

    def send(self, number: str, text: str) -> Accepted | Temporary:
        """Hand over one text message as it is, to a number in E.164 (``+358401234567``); ValueError for another."""
        if not _E164.fullmatch(number):
            raise ValueError("not a phone number in E.164")
        with _kept_out_of_the_log() as warnings:
            service = self._service(number)
            if service is None:
                return Temporary(BAD_URL, "server")
            door = _apprise().Apprise(asset=service.asset)
            door.add(service)
            if bool(door.notify(body=text, timeout=self.timeout)):
                return Accepted(f"accepted by the gateway ({service.service_name})")
            said = " ".join(warnings) or "the gateway did not take it in time"
            return Temporary(kept_reply(said, (text,), self._secrets()), "server")

    def can_send(self) -> bool:
        """Whether the URL makes a service here; nothing is sent."""
        with _kept_out_of_the_log():
            return self._service("+358401234567") is not None

    def _service(self, number: str) -> Any:
        """The Apprise service that reaches this number, or None if the URL makes none."""
        apprise = _apprise()
        asset = apprise.AppriseAsset(
            interpret_emojis=False,
            interpret_escapes=False,
            http_redirects=False,  # a PIN goes where SMS_URL says, and nowhere else
            async_mode=False,
        )
        url = self.url_template.replace(PLACE, quote(number, safe=""))
        service = apprise.Apprise.instantiate(url, asset=asset)
        if service is not None:
            service.optional = False  # else a URL with optional=yes would call a failure a success
            service.socket_connect_timeout = min(service.socket_connect_timeout, self.timeout)
            service.socket_read_timeout = self.timeout
        return service

    def _secrets(self) -> list[str]:
        """What of the URL must not be kept: user, password, values of the query, long parts of the path."""
        parts = urlsplit(self.url_template)
        words = [
            parts.username,
            parts.password,
            *(value for _, value in parse_qsl(parts.query)),
            *parts.path.split("/"),
        ]
        return [unquote(word) for word in words if word and len(word) >= _TELLING and word != PLACE]


def _apprise() -> Any:
    import apprise  # takes as long to import as the rest of the portal

    return apprise


_warnings: ContextVar[list[str] | None] = ContextVar("warnings of the text message being sent", default=None)


class _Muffle(logging.Filter):
    """While this context (Apprise's threads copy it) sends a text: keep Apprise's warnings for the reply, let nothing pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        warnings = _warnings.get()
        if warnings is not None and record.levelno >= logging.WARNING and record.name == "apprise":
            warnings.append(record.getMessage())
        return warnings is None


_MUFFLE = _Muffle()


@contextmanager
def _kept_out_of_the_log() -> Generator[list[str]]:
    _apprise()
    for name in (*logging.root.manager.loggerDict, *LATE):
        if name.partition(".")[0] in TALKATIVE:  # a filter holds for its own logger alone, not for those below
            logging.getLogger(name).addFilter(_MUFFLE)
    logging.getLogger("smpp").setLevel(logging.CRITICAL + 1)  # smpplib makes a logger below it for each connection
    warnings: list[str] = []
    token = _warnings.set(warnings)
    try:
        yield warnings
    finally:
        _warnings.reset(token)
