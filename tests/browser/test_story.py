"""The story from order to certificate in Chromium: with scripts and without, on a desk and on a telephone."""

import re
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from playwright.sync_api import expect

from tests.browser.conftest import Visits
from tests.browser.visiting import PHONE, WIDE, Visitor, tick
from tests.no_skips import needs

pytestmark = needs("chromium")
MOBILE = "045 700 0066"
STORIES = pytest.mark.parametrize(
    ("language", "scripts", "viewport"),
    [("sv", True, WIDE), ("fi", False, WIDE), ("en", True, PHONE), ("sv", False, PHONE)],
    ids=["on-wide", "off-wide", "on-phone", "off-phone"],
)


def order(visitor: Visitor, address: str) -> None:
    """A certificate application for a new contact, up to the page of the order."""
    page = visitor.page
    visitor.open("/orders/application")
    channel = page.locator('input[name="channel"]').first.get_attribute("value")
    assert channel is not None
    tick(visitor, "channel", channel)
    tick(visitor, "environment", "TEST")
    page.locator("#description").fill(f"Mallilön 9 {address}")
    tick(visitor, "who", "new")
    page.locator("#name").fill("Nora Ny")
    page.locator("#mobile").fill(MOBILE)
    page.locator("#email").fill(address)
    tick(visitor, "language", visitor.words.language)
    tick(visitor, "terms", "y")
    visitor.press("Check your answers")
    page.get_by_text("+358 45 700 0066").wait_for()
    assert visitor.h1 == visitor.words("Check your answers")
    visitor.press("Send the application")
    page.wait_for_url(re.compile(r"/orders/\d{4}-\d+$"))


def certificate_of(visitor: Visitor, link: str, folder: Path) -> x509.Certificate:
    """From the link in the mail by PIN, openssl and the form to the downloaded certificate."""
    page, texts = visitor.page, len(visitor.portal.sms.messages)
    assert visitor.open(link) == 200
    assert len(visitor.portal.sms.messages) == texts
    visitor.press("Send the PIN code to %(number)s", number="•• 66")
    page.locator("#pin").fill(visitor.pin(texts))
    visitor.press("Show the message")
    assert visitor.h1 == visitor.words("Here are your transfer codes")
    assert re.fullmatch(r"\d{12}", page.locator("#transfer-id").inner_text())
    page.locator("details", has=page.locator("#ec-posix")).last.locator("summary").first.click()
    commands = page.locator("#ec-posix").inner_text()
    subprocess.run(["sh", "-e", "-c", commands], cwd=folder, check=True, capture_output=True, timeout=60)
    [request] = folder.glob("*.csr")
    page.locator('input[type="file"]').set_input_files(request)
    visitor.press("Get the certificate")
    page.get_by_role("heading", level=1, name=visitor.words("The certificate is ready")).wait_for()
    with page.expect_download() as downloaded:
        visitor.follow("Download the certificate (.pem)")
    return x509.load_pem_x509_certificate(downloaded.value.path().read_bytes())


@STORIES
def test_from_the_order_to_the_certificate(
    signatory: Visits, visits: Visits, tmp_path: Path, language: str, *, scripts: bool, viewport: dict[str, int]
) -> None:
    orderer = signatory(language, scripts=scripts, viewport=viewport)
    orderer.open("/")
    orderer.read_in(language)
    portal, address = orderer.portal, f"nora-{language}-{'on' if scripts else 'off'}-{viewport['width']}@ny.example"
    before = len(portal.smtp.messages)
    order(orderer, address)
    link = portal.mailed(address, re.compile(rf"{re.escape(portal.url)}(/messages/\S+)"), before)

    if scripts:
        accepted = orderer.words("The mail server accepted the message")
        expect(orderer.page.locator("#life")).to_contain_text(accepted)

    contact = visits(language, scripts=scripts, viewport=viewport)
    contact.open("/sign-in")
    contact.read_in(language)
    certificate = certificate_of(contact, link[1], tmp_path)
    assert certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value == "9900001-8"
    orderer.page.reload()
    assert orderer.words("The certificate has been collected") in orderer.page.locator("main").inner_text()
