"""Revoking without signing in, in a browser: the lost link, the PIN, the reason, what happened; the page of the private key."""

import re
import sqlite3
from contextlib import closing

import pytest

from tests.browser.conftest import Visits
from tests.browser.portal import Portal
from tests.browser.visiting import PHONE, WIDE, Visitor
from tests.no_skips import needs

pytestmark = needs("chromium")
LINK = re.compile(r"/messages/[A-Za-z0-9_-]{43}")


def one_in_force(portal: Portal, place: int) -> tuple[str, str]:
    """A serial number, and its contact's address. Each test ends another certificate that the portal began with."""
    query = (
        "SELECT serial, email FROM certificate JOIN technical_contact ON technical_contact.id = contact_id "
        "WHERE state = 'issued' AND email NOT LIKE '%@ny.example' ORDER BY not_after DESC LIMIT 1 OFFSET ?"
    )
    with closing(sqlite3.connect(portal.place / "certportal.sqlite3")) as database:
        return database.execute(query, (place,)).fetchone()


def state_of(portal: Portal, serial: str) -> tuple[str, str]:
    query = "SELECT state, revocation_reason FROM certificate WHERE serial = ?"
    with closing(sqlite3.connect(portal.place / "certportal.sqlite3")) as database:
        return database.execute(query, (serial,)).fetchone()


def looked_at(visitor: Visitor, wrong: list[str]) -> None:
    """Scripts look, so a window without them is only walked through."""
    wrong += visitor.audit(thorough=True) if visitor.scripts else []


@pytest.mark.parametrize(("language", "scripts", "viewport"), [("fi", True, WIDE), ("sv", False, PHONE)])
def test_the_contact_finds_the_way_and_revokes(
    visits: Visits, portal: Portal, language: str, scripts: bool, viewport: dict[str, int]
) -> None:
    visitor, wrong = visits(language, scripts=scripts, viewport=viewport), list[str]()
    serial, contact = one_in_force(portal, 1)
    visitor.open("/sign-in")
    visitor.read_in(language)
    visitor.follow("Revoke a certificate without signing in")
    mails, texts = len(portal.smtp.messages), len(portal.sms.messages)
    visitor.page.locator("#serial").fill(" ".join(re.findall("..", serial.upper())))
    visitor.press("Send the link")
    assert visitor.h1 == visitor.words("Look into your e-mail")
    looked_at(visitor, wrong)
    visitor.open(portal.mailed(contact, LINK, mails)[0])
    visitor.page.locator("main form button[type=submit]").first.click()
    visitor.page.locator("#pin").fill(visitor.pin(texts))
    visitor.press("Show the message")
    looked_at(visitor, wrong)
    visitor.follow("Revoke the certificate")
    looked_at(visitor, wrong)
    visitor.press("Revoke the certificate")
    assert visitor.page.locator("#error-summary").is_visible()
    assert state_of(portal, serial)[0] == "issued"
    visitor.page.locator("input[name=reason][value=key_lost]").check()
    visitor.press("Revoke the certificate")
    assert visitor.h1 == visitor.words("The certificate has been revoked")
    looked_at(visitor, wrong)
    assert state_of(portal, serial) == ("revoked", "key_lost")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("language", "viewport"), [("en", WIDE), ("fi", PHONE), ("sv", PHONE)])
def test_the_page_of_the_private_key(visits: Visits, portal: Portal, language: str, viewport: dict[str, int]) -> None:
    visitor = visits(language, viewport=viewport)
    serial, _contact = one_in_force(portal, 2)
    visitor.open("/revocations")
    visitor.read_in(language)
    visitor.page.locator("#serial").fill(serial)
    visitor.press("Show the commands")
    assert f"revoke {serial} issued by " in visitor.page.locator("#text").inner_text()
    wrong = visitor.audit(thorough=language == "fi")
    visitor.press("Revoke the certificate")
    assert visitor.page.locator("#error-summary").is_visible()
    wrong += visitor.audit(thorough=language == "fi")
    assert state_of(portal, serial)[0] == "issued"
    assert not wrong, "\n".join(wrong)
