"""What people see while the authority cannot sign: in words, and nothing is lost."""

from collections.abc import Callable

import pytest
from flask import Flask

from certportal.certificates import service
from certportal.messages.models import CodesState
from tests.browsing import BrowsingClient
from tests.certificates.steps import Kit, certificates, request
from tests.certificates.test_enrolment import Breakdown, StandingLease
from tests.certificates.test_retrieving import redeem, typed
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd


def test_the_page_says_that_the_certificate_waits_and_shows_it_when_it_is_there(
    visitor: BrowsingClient,
    browser: BrowsingClient,
    kit: Kit,
    monkeypatch: pytest.MonkeyPatch,
    clock: FakeClock,
    deliver: Callable[[], int],
    smtp: SmtpFarEnd,
) -> None:
    breakdown = Breakdown(monkeypatch)
    order = kit.order()
    page = redeem(visitor, typed(kit.codes(order)))
    assert page.h1 == "The certificate is being issued"
    assert "nothing is lost if you close the page" in page.text
    waiting = visitor.get(page.path, htmx=True)
    assert waiting.soup.find(id="waiting") is not None
    assert waiting.soup.find("html") is None
    assert visitor.get(f"{page.path}/certificate.pem").status == 404
    order_page = browser.get(f"/orders/{order.number}", expect=200)
    assert "The certificate is being made" in order_page.text
    assert "Being issued" in browser.get("/certificates", expect=200).text
    assert browser.get("/certificates/1").status == 404
    breakdown.ready = True
    clock.move(minutes=1)
    service.resume_prepared(StandingLease())  # type: ignore[arg-type]
    answer = visitor.get(page.path, htmx=True)
    assert answer.headers["HX-Redirect"] == page.path
    assert visitor.get(page.path).h1 == "The certificate is ready"
    deliver()
    assert "The certificate is ready: Mallilön 6" in [mail.subject for mail in smtp.messages]


def test_without_an_authority_the_contact_reads_that_nothing_was_used_up(
    visitor: BrowsingClient, kit: Kit, app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    codes = kit.codes()
    authority = app.extensions["certportal.settings"].ca_dir / "production"
    authority.rename(authority.with_name("away"))
    page = redeem(visitor, typed(codes))
    assert page.status == 503
    assert "Certificates cannot be issued just now. Nothing has been used up" in page.errors[0]
    assert "certportal ca init" not in page.text
    assert "ca_missing" in caplog.text
    assert kit.codes_now(codes).state is CodesState.LIVE


def test_a_clock_that_is_behind_reads_the_same(visitor: BrowsingClient, kit: Kit, clock: FakeClock) -> None:
    codes = kit.codes()
    clock.move(minutes=-10)
    page = redeem(visitor, typed(codes))
    assert page.status == 503
    assert certificates() == []


def test_a_passphrase_that_opens_nothing_makes_it_wait_too(
    visitor: BrowsingClient, kit: Kit, app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    key = app.extensions["certportal.settings"].ca_dir / "production" / "issuing.key"
    key.write_bytes(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n")
    page = redeem(visitor, typed(kit.codes(), request()))
    assert page.h1 == "The certificate is being issued"
    assert "only for tests" not in caplog.text
