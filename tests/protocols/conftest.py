"""An organisation that may order, and authorities for both environments."""

import shutil
from pathlib import Path

import pytest
from flask import Flask

from certportal.settings import Settings
from tests.certificates.steps import Kit
from tests.orders.steps import House, housed


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
