"""An organisation with orders, and a service whose replies are signed."""

from collections.abc import Callable

import pytest
from cryptography import x509
from flask import Flask

from certportal.certificates import signers
from certportal.identifiers import Environment
from tests.protocols.pkiws.wire import Line


@pytest.fixture
def line(app: Flask) -> Line:
    """To the service, from a program."""
    return Line(app)


@pytest.fixture
def trusted(app: Flask) -> Callable[[], x509.Certificate]:
    """The certificate that signs production's replies, as its users were told it."""
    return lambda: signers.reply_signer(Environment.PRODUCTION).certificate
