"""Text messages through Apprise: one door to whatever gateway SMS_URL names.

Apprise answers yes or no and tells no kinds of failure apart, so every failure, a time-out included, is temporary; what it
warned of is kept as the reply. It would also write texts, and so PIN codes, to the log at level debug, and so would
urllib3 with gateways that are asked by GET: neither reaches the log here, whatever level is set.
"""

import logging
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from certportal.outbox.outcomes import Accepted, Temporary, kept_reply
from certportal.settings import current_settings

PLACE = "{to}"
TIMEOUT = 15.0
TALKATIVE = ("apprise", "urllib3", "smpp")
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
        _keep_out_of_the_log()
        import apprise  # takes as long to import as the rest of the portal

        service = self._service(apprise, number)
        if service is None:
            return Temporary(BAD_URL, "server")
        door: Any = apprise.Apprise(asset=service.asset)
        door.add(service)
        result = door.notify(body=text, timeout=self.timeout)
        if bool(result):
            return Accepted(f"accepted by the gateway ({service.service_name})")
        warnings = " ".join(entry.message for entry in result.logs())
        return Temporary(kept_reply(warnings or "no reply from the gateway", (text,), self._secrets()), "server")

    def _service(self, apprise: Any, number: str) -> Any:
        """The Apprise service that reaches this number, or None if the URL makes none."""
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


def _keep_out_of_the_log() -> None:
    for name in TALKATIVE:
        logging.getLogger(name).propagate = False
        if not logging.getLogger(name).handlers:
            logging.getLogger(name).addHandler(logging.NullHandler())
