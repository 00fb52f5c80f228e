"""Short ways through the operators' door."""

from datetime import timedelta

from pyotp.totp import TOTP

from tests.browsing import BrowsingClient, Page
from tests.conftest import FakeClock
from tests.signin.steps import OLLI, Mailbox, ask


def key_on(page: Page) -> str:
    """The key that an operator would type into the app."""
    found = page.soup.select_one("#totp-secret")
    assert found is not None, page.text
    return found.get_text().replace(" ", "")


def shown(key: str, clock: FakeClock, steps: int = 0) -> str:
    """What the authenticator app shows now, or so many steps of 30 seconds later."""
    return TOTP(key).at(clock.at + timedelta(seconds=30 * steps))


def with_emailed_code(browser: BrowsingClient, mailbox: Mailbox, email: str = OLLI) -> Page:
    """Through the first half: to the page that asks for the authenticator."""
    return ask(browser, email, "/desk/sign-in").submit("Sign in", code=mailbox.code(email))


def sign_in_at_desk(browser: BrowsingClient, mailbox: Mailbox, clock: FakeClock, email: str = OLLI) -> str:
    """All the way in for the first time. Answers the key that the app now has."""
    page = with_emailed_code(browser, mailbox, email)
    key = key_on(page)
    page.submit("Sign in", code=shown(key, clock))
    return key
