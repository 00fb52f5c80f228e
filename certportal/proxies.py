"""Forwarding headers are believed from trusted proxies alone: the socket's peer decides, before anything else is read."""

import ipaddress
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.middleware.proxy_fix import ProxyFix

from certportal.settings import Network

FORWARDED = (
    "HTTP_FORWARDED",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PREFIX",
    "HTTP_X_REAL_IP",
)
WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]


class TrustedProxies:
    """WSGI middleware: X-Forwarded-For and -Proto of one trusted proxy are taken, everybody else's are dropped."""

    def __init__(self, app: WsgiApp, trusted: tuple[Network, ...]) -> None:
        self.app, self.trusted = app, trusted
        self.fixed = ProxyFix(app, x_for=1, x_proto=1, x_host=0, x_port=0, x_prefix=0)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if self._is_trusted(environ.get("REMOTE_ADDR", "")):
            return self.fixed(environ, start_response)
        for name in FORWARDED:
            environ.pop(name, None)
        return self.app(environ, start_response)

    def _is_trusted(self, peer: str) -> bool:
        if not peer:  # a Unix socket: only a proxy on this machine can speak here
            return bool(self.trusted)
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self.trusted)
