"""Where things are, as settings write it: the service's address, its database, where it listens.

Each function answers the value as it is kept, or raises Misplaced with the remedy.
"""

import re
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

HOST = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|[0-9a-f]*:[0-9a-f:.]+")
OWN_PORTS = {"http": 80, "https": 443}


class Misplaced(Exception):
    """What was written cannot work; the text is the remedy, and never repeats a password."""


def public_address(url: str) -> str:
    """Scheme and host as browsers write them: small letters, and no port where it is the scheme's own (RFC 3986 6.2.3)."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # a port that is no number, a bracket that is not closed
        raise Misplaced("give scheme and host, such as https://certificates.example.org") from None
    if parts.scheme not in OWN_PORTS or not host or parts.query or parts.fragment:
        raise Misplaced("give scheme and host, such as https://certificates.example.org")
    if "@" in parts.netloc:
        raise Misplaced("leave out the user name and password: everybody gets links with this address")
    if not HOST.fullmatch(host):
        raise Misplaced("write the host in ASCII, an international name in its xn-- form")
    if parts.path not in ("", "/"):
        raise Misplaced("leave out the path: the service lives at the root of its host")
    written = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{written}" + (f":{port}" if port not in (None, OWN_PORTS[parts.scheme]) else "")


def published(url: str) -> str:
    """An address that certificates name: of lists (RFC 5280 4.2.1.13), of authorities and of OCSP answers (4.2.2.1)."""
    remedy = "give an address without ?, # and @, such as http://certificates.example.org/crl"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:  # a bracket that is not closed
        raise Misplaced(remedy) from None
    plain = re.fullmatch(r"[!-~]{1,300}", url) and not {"?", "#", "@"} & set(url)
    if not (plain and parts.scheme in OWN_PORTS and HOST.fullmatch(host)):
        raise Misplaced(remedy)
    return url.rstrip("/")


def database(url: str) -> str:
    """SQLite in a file, or PostgreSQL with its driver installed."""
    try:
        read = make_url(url)
        kind = read.get_backend_name()
        if kind not in ("sqlite", "postgresql") or (kind == "sqlite" and read.database in (None, "", ":memory:")):
            raise ArgumentError
        read.get_dialect().import_dbapi()
    except ImportError:
        raise Misplaced("its driver is not installed; install certportal with the extra postgresql") from None
    except (ArgumentError, ValueError):  # an unknown driver's NoSuchModuleError is an ArgumentError
        raise Misplaced("give sqlite:///file or postgresql+psycopg://user:password@host/database") from None
    return url


def listening(bind: str) -> str:
    """Host and port, or a Unix socket, as gunicorn takes them."""
    host, _, port = bind.rpartition(":")
    is_host = re.fullmatch(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]", host)
    is_port = re.fullmatch(r"[0-9]{1,5}", port) and 1 <= int(port) <= 65535
    if not (is_host and is_port) and not re.fullmatch(r"unix:/?[^/:]\S*", bind):
        raise Misplaced("give host:port, such as 127.0.0.1:8000, or unix:/run/certportal/portal.sock")
    return bind
