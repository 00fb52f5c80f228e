"""A certificate's ledger, as those who may sign read it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from certportal import clock as service_clock
from certportal.notices.models import NoticeRole
from certportal.notices.service import ledger
from tests import builders
from tests.browsing import BrowsingClient
from tests.conftest import FakeClock
from tests.far_ends import DROP, SmtpFarEnd
from tests.notices.steps import Register, change, swept
from tests.orders.steps import browsing

Deliver = Callable[[], int]


@pytest.fixture
def browser(app: Flask, register: Register) -> BrowsingClient:
    return browsing(app, register.person, register.organisation)


def test_before_the_first_rung_the_page_says_when_the_first_reminder_goes_out(
    register: Register, browser: BrowsingClient
) -> None:
    certificate = register.certificate(70)
    page = browser.get(f"/certificates/{certificate.id}/notices", expect=200)
    assert "No reminders yet" in page.text
    assert "The next reminder goes out on 11 December 2026" in page.text
    assert "60 days before the end" in page.text


def test_each_reminder_is_listed_with_whom_it_went_to_and_what_became_of_it(
    app: Flask, register: Register, smtp: SmtpFarEnd, deliver: Deliver, clock: FakeClock
) -> None:
    certificate = register.certificate(60)
    smtp.refuse("karin@mallilon.example")
    swept()
    deliver()
    clock.move(days=30)
    swept()
    deliver()
    browser = browsing(app, register.person, register.organisation)
    text = browser.get(f"/certificates/{certificate.id}/notices", expect=200).text
    assert text.index("30 days before the end") < text.index("60 days before the end")
    assert text.count("Accepted by the mail server") == 2
    assert text.count("Sami Salminen") == 2
    assert "Refused by the mail server" in text
    assert "550 5.1.1 No such user here" in text
    assert "karin@mallilon.example" in text
    assert "14 days before the end" in text


@pytest.mark.parametrize(
    ("happening", "state"),
    [
        ("waits", "waiting"),
        ("busy", "retried"),
        ("lost", "unknown"),
        ("accepted", "accepted"),
        ("renewed", "dropped"),
        ("overtaken", "superseded"),
    ],
)
def test_the_state_of_a_reminder_is_told_as_it_is(
    register: Register, smtp: SmtpFarEnd, deliver: Deliver, clock: FakeClock, happening: str, state: str
) -> None:
    certificate = register.certificate(60)
    swept()
    match happening:
        case "busy":
            smtp.script("rcpt", "450 Busy")
        case "lost":
            smtp.script("dot", DROP)
        case "renewed":
            register.certificate(730, successor_of_id=certificate.id)
        case "overtaken":
            clock.move(days=31)
            swept()
    if happening != "waits":
        deliver()
    [line] = [each for each in ledger(certificate).lines if each.rung == 60]
    assert line.state == state
    assert bool(line.address) == (state not in ("dropped", "superseded"))


def test_whom_a_reminder_went_to_stays_when_the_contact_changes(
    register: Register, deliver: Deliver, smtp: SmtpFarEnd
) -> None:
    certificate = register.certificate(60)
    swept()
    deliver()
    change(register.contact, name="Erik Exempelsson", email="erik@uusi.example", email_key="erik@uusi.example")
    [line] = ledger(certificate).lines
    assert (line.name, line.address, line.role) == ("", "sami@ohjelmisto.example", NoticeRole.CONTACT)


def test_a_silenced_certificate_says_that_nothing_more_is_sent(register: Register, browser: BrowsingClient) -> None:
    certificate = register.certificate(60)
    change(certificate, will_not_be_renewed_at=service_clock.now())
    page = browser.get(f"/certificates/{certificate.id}/notices", expect=200)
    assert "No more reminders are sent" in page.text
    assert "The next reminder" not in page.text


def test_a_rung_dated_before_the_issue_is_not_promised(register: Register) -> None:
    certificate = register.certificate(65, issued_at=service_clock.now())
    assert ledger(certificate).coming is not None
    young = register.certificate(40, issued_at=service_clock.now() - timedelta(days=1))
    coming = ledger(young).coming
    assert coming is not None
    assert coming.rung == 30


def test_another_organisations_ledger_is_not_found(register: Register, browser: BrowsingClient) -> None:
    other = builders.organisation("Exempelholm Oy", "9900002-6")
    certificate = register.certificate(60, organisation=other)
    browser.get(f"/certificates/{certificate.id}/notices", expect=404)


def test_the_certificates_page_links_to_the_ledger(register: Register, browser: BrowsingClient) -> None:
    certificate = register.certificate(60)
    page = browser.get(f"/certificates/{certificate.id}", expect=200)
    assert page.link("Reminders that have been sent") == f"/certificates/{certificate.id}/notices"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fi", ("Muistutukset varmenteen vanhenemisesta", "60 vuorokautta ennen vanhenemista", "Odottaa lähetystä")),
        ("sv", ("Påminnelser om att certifikatet går ut", "60 dygn före utgången", "Väntar på att skickas")),
    ],
)
def test_the_ledger_is_in_the_readers_language(
    app: Flask, register: Register, language: str, words: tuple[str, ...]
) -> None:
    certificate = register.certificate(60)
    swept()
    browser = browsing(app, register.person, register.organisation, language)
    text = browser.get(f"/certificates/{certificate.id}/notices", expect=200).text
    assert all(word in text for word in words)
