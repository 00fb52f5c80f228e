"""An organisation whose certificates end; a contact whose codes have been mailed; an organisation that orders and collects."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from certportal.identifiers import Language
from certportal.settings import Settings
from tests.certificates.steps import Kit
from tests.far_ends import SmsFarEnd, SmtpFarEnd
from tests.messages.steps import Phone, Post, posted
from tests.notices.steps import Register
from tests.orders.steps import House, housed


@pytest.fixture
def register(app: Flask) -> Register:
    return Register.opened()


@pytest.fixture
def post(app: Flask, deliver: Callable[[], int], smtp: SmtpFarEnd) -> Post:
    """Codes on their way to a contact who reads English; ``post.token`` came out of the mail."""
    return posted(deliver, smtp, language=Language.EN)


@pytest.fixture
def phone(deliver: Callable[[], int], sms: SmsFarEnd) -> Phone:
    """The contact's mobile."""
    return Phone(deliver, sms)


@pytest.fixture
def house(app: Flask) -> House:
    return housed()


@pytest.fixture
def kit(house: House, settings: Settings, made_authorities: Path, tmp_path: Path) -> Kit:
    """Orders, codes and keys, made by short words; the authorities are there."""
    shutil.copytree(made_authorities, settings.ca_dir)
    return Kit(house, tmp_path)
