"""Replies: the payload as its own document, the signature in it, the envelope around it; and Faults.

Programs match some of it as text, so its form is fixed: the prefixes ``SOAP-ENV`` and ``ds``, ``<SOAP-ENV:Header/>``, children
without a namespace, never a default one. The payload is written in exclusive canonical form: no white space, no empty tags.
"""

from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from certportal.protocols.pkiws.names import MESSAGES, SOAP, Operation
from certportal.protocols.pkiws.signing import Signer, signature

_AROUND: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<SOAP-ENV:Envelope xmlns:SOAP-ENV="{SOAP}"><SOAP-ENV:Header/><SOAP-ENV:Body>'
    "{inside}</SOAP-ENV:Body></SOAP-ENV:Envelope>"
)


@dataclass(frozen=True)
class Failure:
    """A code of ours, and what it means to whoever reads it."""

    code: str
    message: str


def succeeded(operation: Operation, name: str, value: str, signer: Signer) -> bytes:
    """OK, with the one element that the operation gives: RetrievalId, or Certificate (base64 of DER, unwrapped)."""
    return _reply(operation, f"<{name}>{_text(value)}</{name}><Result><Status>OK</Status></Result>", signer)


def failed(operation: Operation, failure: Failure, signer: Signer | None) -> bytes:
    """FAIL, and why. ``signer``: None while nobody can sign, and then the reply goes without a signature."""
    told = f"<ErrorInfo><ErrorCode>{failure.code}</ErrorCode><ErrorMessage>{_text(failure.message)}</ErrorMessage></ErrorInfo>"
    return _reply(operation, f"<Result><Status>FAIL</Status>{told}</Result>", signer)


def fault(code: str, reason: str) -> bytes:
    """SOAP 1.1, 4.4: for what is none of the three requests."""
    inside = (
        f"<SOAP-ENV:Fault><faultcode>SOAP-ENV:{code}</faultcode>"
        f"<faultstring>{_text(reason)}</faultstring></SOAP-ENV:Fault>"
    )
    return _AROUND.format(inside=inside).encode()


def _reply(operation: Operation, children: str, signer: Signer | None) -> bytes:
    name = f"c:{operation.value}Response"
    opened, closed = f'<{name} xmlns:c="{MESSAGES}">{children}', f"</{name}>"
    made = signature(f"{opened}{closed}".encode(), signer) if signer is not None else ""
    return _AROUND.format(inside=f"{opened}{made}{closed}").encode()


def _text(value: str) -> str:
    """As canonical XML writes text (1.0, 2.3)."""
    return escape(value, {"\r": "&#xD;"})
