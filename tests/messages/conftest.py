"""An order whose codes have been mailed, as every test of this room begins."""

from collections.abc import Callable

import pytest

from certportal.identifiers import Language
from tests.browsing import BrowsingClient
from tests.far_ends import SmsFarEnd, SmtpFarEnd
from tests.messages.steps import Phone, Post, posted


@pytest.fixture
def post(deliver: Callable[[], int], smtp: SmtpFarEnd) -> Post:
    """Codes on their way to a contact who reads English; ``post.token`` came out of the mail."""
    return posted(deliver, smtp, language=Language.EN)


@pytest.fixture
def phone(deliver: Callable[[], int], sms: SmsFarEnd) -> Phone:
    """The contact's mobile."""
    return Phone(deliver, sms)


@pytest.fixture
def other_browser(client: BrowsingClient) -> BrowsingClient:
    """Another browser, somewhere else."""
    return BrowsingClient(client.app, "203.0.113.9")
