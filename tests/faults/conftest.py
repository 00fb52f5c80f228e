"""An organisation whose certificates end."""

import pytest
from flask import Flask

from tests.notices.steps import Register


@pytest.fixture
def register(app: Flask) -> Register:
    return Register.opened()
