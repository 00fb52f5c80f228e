"""A mailbox, and a browser whose reader has chosen English."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.browsing import BrowsingClient
from tests.far_ends import SmtpFarEnd
from tests.signin.steps import Mailbox, english


@pytest.fixture
def mailbox(smtp: SmtpFarEnd, deliver: Callable[[], int]) -> Mailbox:
    return Mailbox(smtp, deliver)


@pytest.fixture
def browser(app: Flask) -> BrowsingClient:
    return english(app)
