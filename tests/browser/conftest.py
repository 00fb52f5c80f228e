"""One Chromium and one served portal for each test process."""

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright
from pyotp.totp import TOTP

from certportal.demo.cast import AINO, OPERATOR
from tests.browser.portal import Portal, settings_of
from tests.browser.visiting import Visitor
from tests.far_ends import SmsFarEnd, SmtpFarEnd
from tests.no_skips import find_program
from tests.running import free_port, serving

Visits = Callable[..., Visitor]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = find_program("chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=str(program), args=["--no-sandbox", "--disable-dev-shm-usage"], headless=True
        )
        yield running
        running.close()


@pytest.fixture(scope="session")
def portal(
    story: Path, tmp_path_factory: pytest.TempPathFactory, smtp_server: SmtpFarEnd, sms_server: SmsFarEnd
) -> Iterator[Portal]:
    folder, port = tmp_path_factory.mktemp("served") / "portal", free_port()
    shutil.copytree(story, folder)
    with serving(settings_of(folder, port, smtp_server, sms_server), port):
        yield Portal(f"http://localhost:{port}", folder, smtp_server, sms_server)


@pytest.fixture
def visits(browser: Browser, portal: Portal) -> Iterator[Visits]:
    """``visits("fi", scripts=False)`` opens a window; at the end every window's console must have stayed empty."""
    opened: list[Visitor] = []

    def visit(language: str, **how: Any) -> Visitor:
        visitor = Visitor(browser, portal, language, **how)
        opened.append(visitor)
        return visitor

    yield visit
    consoles = [line for visitor in opened for line in visitor.console]
    for visitor in opened:
        visitor.context.close()
    assert consoles == []


def _keep(portal: Portal, role: str, enter: Callable[[Visitor], None], visitor: Visitor) -> Any:
    """The browser state of somebody who has signed in; the first time through the door."""
    if role not in portal.signed_in:
        enter(visitor)
        portal.signed_in[role] = visitor.context.storage_state()
    return portal.signed_in[role]


def _by_code(visitor: Visitor, door: str, email: str) -> None:
    before = len(visitor.portal.smtp.messages)
    visitor.open(door)
    visitor.page.locator("#email").fill(email)
    visitor.press("Send the sign-in code")
    visitor.page.locator("#code").fill(visitor.portal.emailed_code(email, before))
    visitor.press("Sign in")


def _signatory(visitor: Visitor) -> None:
    _by_code(visitor, "/sign-in", AINO.email)
    visitor.page.get_by_role("button", name=AINO.business_id).click()
    visitor.page.wait_for_url("**/")


def _operator(visitor: Visitor) -> None:
    _by_code(visitor, "/desk/sign-in", OPERATOR[0])
    key = visitor.page.locator("#totp-secret").inner_text().replace(" ", "")
    visitor.page.locator("#code").fill(TOTP(key).now())
    visitor.press("Sign in")
    visitor.page.wait_for_url("**/desk")


@pytest.fixture
def signatory(visits: Visits, portal: Portal) -> Visits:
    """Windows of a signatory who has signed in."""
    state = _keep(portal, "signatory", _signatory, visits("en"))
    return partial(visits, state=state)


@pytest.fixture
def operator(visits: Visits, portal: Portal) -> Visits:
    """Windows of an operator who has signed in."""
    state = _keep(portal, "operator", _operator, visits("en"))
    return partial(visits, state=state)
