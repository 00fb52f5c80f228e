"""An operator at the browser, and an organisation that may order."""

from collections.abc import Callable

import pytest
from flask import Flask

from certportal.registry.models import Operator
from tests import builders
from tests.browsing import BrowsingClient
from tests.console.steps import Post, at_desk, make_authorities
from tests.far_ends import SmtpFarEnd
from tests.orders.steps import House, housed


@pytest.fixture
def olli(app: Flask) -> Operator:
    return builders.operator()


@pytest.fixture
def desk(app: Flask, olli: Operator) -> BrowsingClient:
    """Olli at the desk, who reads English."""
    return at_desk(app, olli)


@pytest.fixture
def house(app: Flask) -> House:
    return housed()


@pytest.fixture
def authorities(app: Flask) -> None:
    make_authorities()


@pytest.fixture
def post(smtp: SmtpFarEnd, deliver: Callable[[], int]) -> Post:
    return Post(smtp, deliver)
