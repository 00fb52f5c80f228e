"""Client certificates of TLS, which a trusted proxy hands over in one header; in no other spelling, and from nobody else.

The proxy ends the TLS connection, so it alone has seen the caller prove the private key. It says which certificate that was, as
nginx does (``$ssl_client_escaped_cert``: PEM, percent-encoded) or by RFC 9440 (``Client-Cert: :base64 of DER:``); the setting
CLIENT_CERTIFICATE_HEADER says which. Whoever sends such a header past the proxy would be anybody they like (F17), so every
header that looks like one is taken out of the request before anything reads it, and put back by nobody.

Who the certificate belongs to is not asked here: the register knows it by the SHA-256 of its whole DER.
"""

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import request

from certportal.refusals import Refusal
from certportal.settings import ClientCertificateHeader

LARGEST = 8 * 1024
"""Octets of a header's value; gunicorn takes no longer ones."""

_DER, _CAUSE = "certportal.client_certificate", "certportal.client_certificate_cause"
_NO_LETTERS = re.compile(r"[^A-Z0-9]+")
_PEM = re.compile(rb"\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*")
_BYTE_SEQUENCE = re.compile(r":([A-Za-z0-9+/]+={0,2}):")
_WHITE_SPACE = re.compile(rb"\s+")


def take(environ: dict[str, Any], header: ClientCertificateHeader, *, trusted: bool) -> None:
    """Remove whatever could be read as a client certificate; keep the one that a trusted proxy hands over.

    ``trusted``: whether the socket's peer is a trusted proxy. Two at once, in one spelling or in several, are none: then the
    proxy does not overwrite what its callers send, and nobody can tell which of them is the proxy's own.
    """
    environ.pop(_DER, None)
    environ.pop(_CAUSE, None)
    found = {name: environ.pop(name) for name in list(environ) if _looks_like_one(name)}
    given = {name: value for name, value in found.items() if value.strip() and _spelled(name).endswith("CLIENT_CERT")}
    if not (trusted and header is not ClientCertificateHeader.NONE and given):
        return
    name = _READERS[header][0]
    if set(given) != {name}:
        environ[_CAUSE] = "several headers" if name in given else "another header"
        return
    try:
        environ[_DER] = _READERS[header][1](given[name].strip())
    except ValueError as error:
        environ[_CAUSE] = str(error)


def client_certificate() -> bytes | None:
    """The DER of the certificate whose key the caller has proved to the trusted proxy; None where there was none.

    It may be anybody's: ask the register. Refusals: client_certificate_unclear.
    """
    if _CAUSE in request.environ:
        raise Refusal("client_certificate_unclear", cause=request.environ[_CAUSE])
    return request.environ.get(_DER)


def _looks_like_one(name: str) -> bool:
    """Any spelling: with dashes, underscores or dots between the words, with HTTP_ before them or not; and its chain."""
    return "CERT" in name and "CLIENT_CERT" in _spelled(name)


def _spelled(name: str) -> str:
    return _NO_LETTERS.sub("_", name)


def _from_nginx(value: str) -> bytes:
    """Percent-encoded PEM of one certificate. A comma in it is where a server joined two headers of one name."""
    text = unquote_to_bytes(value) if len(value) <= LARGEST and "," not in value else b""
    match = _PEM.fullmatch(text)
    if match is None:
        raise ValueError("not one percent-encoded PEM certificate")
    return _decoded(_WHITE_SPACE.sub(b"", match[1]))


def _from_rfc9440(value: str) -> bytes:
    """A byte sequence of structured fields (RFC 8941 section 3.3.5), and nothing beside it."""
    match = _BYTE_SEQUENCE.fullmatch(value) if len(value) <= LARGEST else None
    if match is None:
        raise ValueError("not one byte sequence between colons")
    return _decoded(match[1].encode("ascii"))


def _decoded(digits: bytes) -> bytes:
    try:
        return base64.b64decode(digits, validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None


_READERS: dict[ClientCertificateHeader, tuple[str, Callable[[str], bytes]]] = {
    ClientCertificateHeader.NGINX: ("HTTP_X_SSL_CLIENT_CERT", _from_nginx),
    ClientCertificateHeader.RFC9440: ("HTTP_CLIENT_CERT", _from_rfc9440),
}
