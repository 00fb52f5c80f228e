"""Short ways through the pages of signing in."""

import re
from collections.abc import Callable

from flask import Flask
from pyotp.totp import TOTP

from tests.browsing import BrowsingClient, Page
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd

AINO = "aino@exempelholm.example"
OLLI = "olli@service.example"


class Mailbox:
    """What has come by e-mail, after delivery."""

    def __init__(self, smtp: SmtpFarEnd, deliver: Callable[[], int]) -> None:
        self.smtp, self.deliver = smtp, deliver

    def to(self, address: str) -> list[str]:
        """The texts of all mails to the address, oldest first."""
        self.deliver()
        return [mail.text for mail in self.smtp.messages if mail.recipient == address]

    def code(self, address: str) -> str:
        """The digits of the newest sign-in code."""
        texts = self.to(address)
        assert texts, f"no mail has come to {address}"
        found = re.search(r"^ *(\d{4}) (\d{4})\s*$", texts[-1], re.MULTILINE)
        assert found, texts[-1]
        return found[1] + found[2]


def another(code: str) -> str:
    """A wrong code."""
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"


def english(app: Flask, address: str = "198.51.100.7") -> BrowsingClient:
    """A browser whose reader has chosen English."""
    browser = BrowsingClient(app, address)
    with browser.http.session_transaction(base_url="http://localhost") as cookie:
        cookie["language"] = "en"
    return browser


def ask(browser: BrowsingClient, email: str = AINO, path: str = "/sign-in") -> Page:
    return browser.get(path).submit("Send the sign-in code", email=email)


def sign_in(browser: BrowsingClient, mailbox: Mailbox, email: str = AINO, path: str = "/sign-in") -> Page:
    """All the way through the signatories' door."""
    return ask(browser, email, path).submit("Sign in", code=mailbox.code(email))


def app_code(page: Page, clock: FakeClock) -> str:
    """What the authenticator app shows after scanning the key on the page."""
    key = page.soup.select_one("#totp-secret")
    assert key is not None, page.text
    return TOTP(key.get_text().replace(" ", "")).at(clock.at)
