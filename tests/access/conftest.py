"""An organisation that may apply, its signatory at a browser, and authorities that can issue."""

from collections.abc import Callable

import pytest
from flask import Flask

from certportal.certificates import authorities
from certportal.identifiers import Environment
from tests.access.steps import House, housed
from tests.browsing import BrowsingClient
from tests.far_ends import SmtpFarEnd
from tests.orders.steps import browsing
from tests.signin.steps import Mailbox


@pytest.fixture
def house(app: Flask) -> House:
    return housed()


@pytest.fixture
def browser(app: Flask, house: House) -> BrowsingClient:
    """The signatory, who reads English."""
    return browsing(app, house.person, house.organisation)


@pytest.fixture
def authority(app: Flask) -> None:
    """Both environments can issue."""
    authorities.initialise(Environment.TEST)
    authorities.initialise(Environment.PRODUCTION)


@pytest.fixture
def mailbox(smtp: SmtpFarEnd, deliver: Callable[[], int]) -> Mailbox:
    return Mailbox(smtp, deliver)
