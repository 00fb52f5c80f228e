"""An organisation that may order, its signatory at a browser, and the rooms above where they are missing."""

import pytest
from flask import Flask

from certportal.orders import replaceable
from tests.browsing import BrowsingClient
from tests.orders.steps import Certificates, House, browsing, housed


@pytest.fixture
def house(app: Flask) -> House:
    return housed()


@pytest.fixture
def browser(app: Flask, house: House) -> BrowsingClient:
    """The signatory, who reads English."""
    return browsing(app, house.person, house.organisation)


@pytest.fixture
def certificates(monkeypatch: pytest.MonkeyPatch) -> Certificates:
    """What the organisation has; the room of certificates is above this one."""
    known = Certificates()
    monkeypatch.setattr(replaceable, "_registers", [known])
    return known
