"""Forwarding headers are believed from trusted proxies alone: the socket's peer decides, before anything else is read."""

import ipaddress
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, current_app
from werkzeug.middleware.proxy_fix import ProxyFix

from certportal import client_certificates
from certportal.settings import ClientCertificateHeader, Network, Settings

FORWARDED = (
    "HTTP_FORWARDED",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PREFIX",
    "HTTP_X_REAL_IP",
)
MOST_PEERS = 3
NOTED = "certportal.undeclared_proxies"
WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]


class TrustedProxies:
    """WSGI middleware: X-Forwarded-For and -Proto of one trusted proxy are taken, and the client certificate that it hands
    over; everybody else's are dropped."""

    def __init__(self, app: WsgiApp, trusted: tuple[Network, ...], header: ClientCertificateHeader) -> None:
        self.app, self.trusted, self.header = app, trusted, header
        self.undeclared: dict[str, None] = {}
        """Peers that forwarded a request without being trusted, as this process has seen them; in order."""
        self.fixed = ProxyFix(app, x_for=1, x_proto=1, x_host=0, x_port=0, x_prefix=0)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        peer = environ.get("REMOTE_ADDR", "")
        trusted = self._is_trusted(peer)
        client_certificates.take(environ, self.header, trusted=trusted)
        if trusted:
            return self.fixed(environ, start_response)
        if "HTTP_X_FORWARDED_FOR" in environ and len(self.undeclared) < MOST_PEERS and _is_near(peer):
            self.undeclared[peer] = None
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


def _is_near(peer: str) -> bool:
    """On this machine or its private network (or a Unix socket): what comes from afar is somebody who makes headers up."""
    try:
        return not peer or ipaddress.ip_address(peer).is_private
    except ValueError:
        return False


def init_app(app: Flask, settings: Settings) -> None:
    """Stand in front of everything that reads a request."""
    front = TrustedProxies(app.wsgi_app, settings.trusted_proxies, settings.client_certificate_header)
    app.extensions[NOTED] = front.undeclared
    app.wsgi_app = front  # type: ignore[method-assign]


def undeclared() -> list[str]:
    """Addresses of proxies that forward requests here although no setting names them, as this process has seen them."""
    return list(current_app.extensions[NOTED])
