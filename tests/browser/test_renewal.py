"""Renewal in Chromium, with scripts and without, on a desk and on a telephone: the signatory's page, the contact's own way."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from certportal.demo.cast import ERIK
from tests.browser.conftest import Visits
from tests.browser.portal import Portal, settings_of
from tests.browser.test_story import STORIES
from tests.browser.visiting import Visitor, tick
from tests.far_ends import SmsFarEnd, SmtpFarEnd
from tests.lived_in import token_for
from tests.no_skips import needs
from tests.running import free_port, serving

pytestmark = needs("chromium")
BUTTON = "verb on a button"


@pytest.fixture
def portal(story: Path, tmp_path: Path, smtp_server: SmtpFarEnd, sms_server: SmsFarEnd) -> Iterator[Portal]:
    """One for each test: a certificate is renewed only a few times."""
    folder, port = tmp_path / "portal", free_port()
    shutil.copytree(story, folder)
    with serving(settings_of(folder, port, smtp_server, sms_server), port):
        yield Portal(f"http://localhost:{port}", folder, smtp_server, sms_server)


@STORIES
def test_the_contact_renews_with_a_new_key(
    signatory: Visits,
    visits: Visits,
    story: Path,
    tmp_path: Path,
    language: str,
    *,
    scripts: bool,
    viewport: dict[str, int],
) -> None:
    contact = visits(language, scripts=scripts, viewport=viewport)
    page, texts = contact.page, len(contact.portal.sms.messages)
    contact.open("/sign-in")
    contact.read_in(language)
    link = f"/messages/{token_for(story, ERIK.email.key)}"
    assert contact.open(link) == 200
    contact.press("Send the PIN code to %(number)s", number="•• 21")
    page.locator("#pin").fill(contact.pin(texts))
    contact.press("Show the message")
    page.get_by_role("heading", level=1, name="Mallilön 5").wait_for()
    well_drawn(contact)
    contact.follow("Renew", BUTTON)
    assert contact.h1 == contact.words("Renew the certificate")
    well_drawn(contact)
    commands = page.locator("#ec-posix").inner_text()
    subprocess.run(["sh", "-e", "-c", commands], cwd=tmp_path, check=True, capture_output=True, timeout=60)
    page.locator("#request_text").fill(next(tmp_path.glob("*.key")).read_text())
    contact.press("Get the new certificate")
    page.locator("#error-summary").wait_for()
    assert "PRIVATE KEY" not in page.locator("#request_text").input_value()
    page.locator('input[type="file"]').set_input_files(next(tmp_path.glob("*.csr")))
    contact.press("Get the new certificate")
    page.get_by_role("heading", level=1, name=contact.words("The certificate is ready")).wait_for()
    well_drawn(contact)
    with page.expect_download() as downloaded:
        contact.follow("Download the certificate (.pem)")
    assert x509.load_pem_x509_certificate(downloaded.value.path().read_bytes()).serial_number
    contact.open(f"{link}/certificate")
    beside = page.locator("#together").inner_text()
    assert contact.words("The old certificate") in beside
    assert contact.words("The new certificate") in beside
    well_drawn(contact)

    orderer = signatory(language, scripts=scripts, viewport=viewport)
    orderer.open("/certificates?q=Mallil%C3%B6n+5")
    orderer.read_in(language)
    orderer.page.get_by_role("link", name="Mallilön 5", exact=True).first.click()
    assert orderer.words("The new certificate") in orderer.page.locator("#together").inner_text()
    well_drawn(orderer)


@STORIES
def test_the_signatory_renews_on_one_page(
    signatory: Visits, language: str, *, scripts: bool, viewport: dict[str, int]
) -> None:
    orderer = signatory(language, scripts=scripts, viewport=viewport)
    orderer.open("/")
    orderer.read_in(language)
    orderer.follow("Renew", BUTTON)
    assert orderer.h1 == orderer.words("Renew the certificate")
    page = orderer.page
    assert page.locator("#description").input_value() == "Mallilön 5"
    well_drawn(orderer)
    page.locator("#description").fill("Mallilön 5 igen")
    orderer.press("Send new transfer codes")
    page.locator("#error-summary").wait_for()  # the terms
    assert page.locator("#description").input_value() == "Mallilön 5 igen"
    tick(orderer, "terms", "y")
    orderer.press("Send new transfer codes")
    page.wait_for_url(re.compile(r"/orders/\d{4}-\d+$"))
    assert "Mallilön 5 igen" in orderer.h1


def well_drawn(visitor: Visitor) -> None:
    """Nothing is wider than the window, and where scripts run, axe finds nothing."""
    if visitor.scripts:
        assert visitor.too_wide() == []
        assert visitor.violations() == []
