"""An organisation that may order, and its signatory at a browser."""

import pytest
from flask import Flask

from tests.browsing import BrowsingClient
from tests.orders.steps import House, browsing, housed


@pytest.fixture
def house(app: Flask) -> House:
    return housed()


@pytest.fixture
def browser(app: Flask, house: House) -> BrowsingClient:
    return browsing(app, house.person, house.organisation)
