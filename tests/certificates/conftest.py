"""An organisation that may order, authorities for both environments, its signatory at a browser and its contact's mobile."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from certportal.settings import Settings
from tests.browsing import BrowsingClient
from tests.certificates.steps import Kit
from tests.far_ends import SmsFarEnd
from tests.messages.steps import Phone
from tests.orders.steps import House, browsing, housed
from tests.signin.steps import english


@pytest.fixture
def settings(settings: Settings, made_authorities: Path) -> Settings:
    shutil.copytree(made_authorities, settings.ca_dir)
    return settings


@pytest.fixture
def house(app: Flask) -> House:
    return housed()


@pytest.fixture
def kit(app: Flask, house: House, tmp_path: Path) -> Kit:
    """Orders, codes and keys, made by short words."""
    return Kit(house, tmp_path)


@pytest.fixture
def browser(app: Flask, house: House) -> BrowsingClient:
    """The signatory, who reads English."""
    return browsing(app, house.person, house.organisation)


@pytest.fixture
def visitor(app: Flask) -> BrowsingClient:
    """Somebody who is not signed in and reads English."""
    return english(app)


@pytest.fixture
def phone(deliver: Callable[[], int], sms: SmsFarEnd) -> Phone:
    """The contact's mobile."""
    return Phone(deliver, sms)
