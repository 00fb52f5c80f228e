"""An organisation with orders, and a service whose replies are signed."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from flask import Flask

from certportal.certificates import signers
from certportal.identifiers import Environment
from certportal.settings import Settings
from tests.certificates.steps import Kit
from tests.orders.steps import House, housed
from tests.protocols.pkiws.wire import Line


@pytest.fixture
def settings(settings: Settings, made_authorities: Path) -> Settings:
    shutil.copytree(made_authorities, settings.ca_dir)
    return settings


@pytest.fixture
def house(app: Flask) -> House:
    return housed()


@pytest.fixture
def kit(app: Flask, house: House, tmp_path: Path) -> Kit:
    return Kit(house, tmp_path)


@pytest.fixture
def line(app: Flask) -> Line:
    """To the service, from a program."""
    return Line(app)


@pytest.fixture
def trusted(app: Flask) -> Callable[[], x509.Certificate]:
    """The certificate that signs production's replies, as its users were told it."""
    return lambda: signers.reply_signer(Environment.PRODUCTION).certificate
