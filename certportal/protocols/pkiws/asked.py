"""The three requests as values, once they are read."""

from dataclasses import dataclass
from typing import Any

from certportal.identifiers import Environment
from certportal.protocols.pkiws.names import Operation
from certportal.secrecy import Secret


@dataclass(frozen=True)
class SignNew:
    """Transfer codes and a signing request, for a certificate."""

    environment: Environment
    customer_id: str
    transfer_id: str
    transfer_password: Secret
    signing_request: bytes


@dataclass(frozen=True)
class Get:
    """A RetrievalId, for the certificate itself."""

    environment: Environment
    customer_id: str
    retrieval_id: str


@dataclass(frozen=True)
class Renew:
    """A signing request that the holder of a certificate in force has signed. ``element`` is the request as it came: its values
    are believed only after the signature has been verified (``verifying``)."""

    environment: Environment
    element: Any


@dataclass(frozen=True)
class Request:
    """Which of the three it is, and its element: what is known before anything else is looked at."""

    operation: Operation
    element: Any
