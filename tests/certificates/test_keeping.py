"""What the signatory sees of one certificate and does about it."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from certportal.certificates import service
from certportal.certificates.models import CertificateState
from certportal.extensions import db
from certportal.identifiers import Environment
from certportal.messages.models import MessageEnd, SecureMessage
from tests import builders
from tests.browsing import BrowsingClient, Page
from tests.certificates.steps import Kit, certificates
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd
from tests.orders.steps import House, browsing


def shown(browser: BrowsingClient, number: int = 1) -> Page:
    return browser.get(f"/certificates/{number}", expect=200)


def test_the_page_tells_what_the_certificate_is_and_who_has_it(browser: BrowsingClient, kit: Kit) -> None:
    issued = kit.certificate()
    page = shown(browser)
    assert page.h1 == "Mallilön 6"
    for told in (
        "Valid",
        "731 days left",
        "Sami Salminen",
        "+358 45 700 0003",
        "9900001-8",
        "EC P-256",
        issued.order.number,
    ):
        assert told in page.text, told
    assert "The certificate was issued for the order" in page.text
    assert re.search(r"([0-9a-f]{2} ){19}[0-9a-f]{2}", page.text)


def test_from_sixty_days_before_the_end_the_page_warns(browser: BrowsingClient, kit: Kit, clock: FakeClock) -> None:
    kit.certificate()
    clock.move(days=731 - 61)
    assert "Ends on" not in shown(browser_again(browser, kit)).text
    clock.move(days=1)
    page = shown(browser_again(browser, kit))
    assert "Ends on 1 December 2028: 60 days left" in page.text
    assert page.link("Renew") == "/orders/renewal/1"


def browser_again(browser: BrowsingClient, kit: Kit) -> BrowsingClient:
    """The signatory signs in anew: sessions do not last for years."""
    return browsing(browser.app, kit.house.person, kit.house.organisation)


def test_the_day_after_it_has_ended(browser: BrowsingClient, kit: Kit, clock: FakeClock) -> None:
    kit.certificate()
    clock.move(days=732)
    page = shown(browser_again(browser, kit))
    assert "Expired" in page.text
    assert "Ended on 1 December 2028" in page.text
    assert "Revoke" not in page.text


def test_another_organisations_certificate_is_not_found(app: Flask, kit: Kit) -> None:
    kit.certificate()
    stranger = builders.organisation("Exempelholm Bygg Ab", "9900002-6")
    person = builders.signatory(stranger, "else@exempelholm.example")
    other = browsing(app, person, stranger)
    for path in ("/certificates/1", "/certificates/1/revoke", "/certificates/1/files/certificate.pem"):
        assert other.get(path).status == 404
    assert other.post("/certificates/1/revoke", {"reason": "unnecessary"}).status == 404
    assert certificates()[0].state is CertificateState.ISSUED


def test_a_link_to_a_certificate_of_another_organisation_of_mine_asks_for_whom_to_act(app: Flask, kit: Kit) -> None:
    kit.certificate()
    other = builders.organisation("Exempelholm Bygg Ab", "9900002-6")
    builders.right_to_sign(kit.house.person, other)
    page = browsing(app, kit.house.person, other).get("/certificates/1/revoke?not-us=1")
    assert page.path.startswith("/organisations?next=")
    assert "The certificate belongs to Mallilön Ab" in page.text


@pytest.mark.parametrize("number", ["2", "0", "99999999999999999999999999"])
def test_what_is_not_there_is_not_found(browser: BrowsingClient, kit: Kit, number: str) -> None:
    assert browser.get(f"/certificates/{number}").status == 404


def test_revoking_says_first_what_stops_working_and_then_does_it(
    browser: BrowsingClient, kit: Kit, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    issued = kit.certificate()
    deliver()
    smtp.messages.clear()
    page = shown(browser).follow("Revoke the certificate")
    assert "This cannot be undone" in page.text
    assert (
        "“Mallilön 6” stops working at once on the channel Earnings payment data – Web Service, production" in page.text
    )
    assert "no other valid certificate for this channel" in page.text
    refused = page.submit("Revoke the certificate")
    assert refused.status == 422
    assert refused.errors == ["Why is it revoked? Choose why the certificate is revoked"]
    done = refused.submit("Revoke the certificate", reason="key_lost", note="A stolen laptop")
    assert "The certificate is revoked. It cannot be used any more." in done.text
    assert "The private key is lost or has been disclosed" in done.text
    assert "A stolen laptop" in done.text
    deliver()
    assert {mail.recipient for mail in smtp.messages} == {"sami@ohjelmisto.example", "anna.andersson@mallilon.example"}
    published = service.published_crl(Environment.PRODUCTION)
    assert published is not None
    assert bytes.fromhex(issued.serial) in published.der


def test_a_revoked_certificate_is_not_revoked_again(browser: BrowsingClient, kit: Kit) -> None:
    kit.certificate()
    page = browser.get("/certificates/1/revoke")
    page.submit("Revoke the certificate", reason="unnecessary")
    again = page.submit("Revoke the certificate", reason="organisation_ended")
    assert again.status == 409
    assert "has been revoked already" in again.errors[0]
    assert certificates()[0].revocation_reason == "unnecessary"
    raised = browser.get("/certificates/1/revoke").submit("Change the reason", reason="key_lost")
    assert "The reason has been changed" in raised.text
    assert browser.get("/certificates/1/revoke").path == "/certificates/1"


def test_the_issuers_reasons_are_not_the_signatorys_to_give(browser: BrowsingClient, kit: Kit) -> None:
    kit.certificate()
    page = browser.get("/certificates/1/revoke")
    assert "misused" not in page.text
    assert page.submit("Revoke the certificate", reason="misuse").status == 422
    assert certificates()[0].state is CertificateState.ISSUED


def test_this_was_not_us_comes_from_the_mail_with_its_reason_chosen(
    browser: BrowsingClient, kit: Kit, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    kit.certificate()
    deliver()
    [mail] = [mail for mail in smtp.messages if mail.recipient == "anna.andersson@mallilon.example"]
    found = re.search(r"http://localhost(/certificates/\S+revoke\S*)", mail.text)
    assert found is not None, mail.text
    page = browser.get(found[1], expect=200)
    assert "You did not order it?" in page.text
    assert page.field("reason") == "key_suspected"
    assert "Revoked on" in page.submit("Revoke the certificate").text


def test_will_not_be_renewed_can_be_said_and_taken_back(browser: BrowsingClient, kit: Kit, clock: FakeClock) -> None:
    kit.certificate()
    page = shown(browser).submit("It will not be renewed")
    assert "No more reminders" in page.text
    assert certificates()[0].will_not_be_renewed_at == clock.at
    page = page.submit("Take it back")
    assert "reminders of the certificate’s end are sent again" in page.text
    assert certificates()[0].will_not_be_renewed_at is None
    assert [entry.verb for entry in service.activity(certificates()[0])][:2] == [
        "certificate_will_be_renewed",
        "certificate_will_not_be_renewed",
    ]


def test_nothing_is_said_of_a_certificate_that_has_ended(browser: BrowsingClient, kit: Kit, clock: FakeClock) -> None:
    kit.certificate()
    clock.move(days=800)
    again = browser_again(browser, kit)
    shown(again)
    page = again.post("/certificates/1/will-not-be-renewed")
    assert (page.status, page.errors) == (
        409,
        ["The certificate has ended by itself. There is nothing left to do with it."],
    )


def test_a_successor_is_named_on_both_pages_and_the_warning_is_gone(
    browser: BrowsingClient, kit: Kit, clock: FakeClock
) -> None:
    old = kit.certificate()
    clock.move(days=700)
    order = kit.order(description="Mallilön 7", reason="replaces", replaces_certificate_id=old.id)
    again = browser_again(browser, kit)
    page = shown(again)
    assert "A new one has been ordered" in page.text
    assert "Ends on" not in page.text
    kit.certificate(order)
    page = shown(again)
    assert "A new certificate has taken its place" in page.text
    assert page.follow("Mallilön 7").h1 == "Mallilön 7"
    assert "It took the place of Mallilön 6" in shown(again, 2).text


def test_from_an_order_to_its_certificate(browser: BrowsingClient, kit: Kit) -> None:
    order = kit.order()
    assert browser.get(f"/certificates/of-order/{order.number}").path == f"/orders/{order.number}"
    kit.certificate(order)
    assert browser.get(f"/certificates/of-order/{order.number}").path == "/certificates/1"
    assert browser.get("/certificates/of-order/2026-999999").status == 404


def test_with_the_certificate_its_contacts_page_ends(browser: BrowsingClient, kit: Kit) -> None:
    kit.certificate()
    browser.get("/certificates/1/revoke").submit("Revoke the certificate", reason="unnecessary")
    [page] = db.session.scalars(db.select(SecureMessage).where(SecureMessage.subject == "certificate:1")).all()
    assert page.ended_because is MessageEnd.REVOKED


def test_files_again_for_the_signatory(browser: BrowsingClient, kit: Kit) -> None:
    issued = kit.certificate()
    for name in ("certificate.cer", "chain.pem", "full-chain.p7b", "last-day.ics"):
        answer = browser.http.get(f"/certificates/1/files/{name}")
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"] == f"attachment; filename={answer_name(issued.order.number, name)}"
    assert browser.http.get("/certificates/1/files/root.key").status_code == 404


def answer_name(number: str, name: str) -> str:
    endings = {
        "certificate.cer": ".cer",
        "chain.pem": "-chain.pem",
        "full-chain.p7b": ".p7b",
        "last-day.ics": "-last-day.ics",
    }
    return number + endings[name]


def test_what_uses_a_channel_is_told_before_it_is_given_up(kit: Kit, house: House) -> None:
    kit.certificate(description="One")
    revoked = kit.certificate(description="Two")
    service.revoke(revoked.id, service.Reason.UNNECESSARY, builders.acting(house.person))
    kit.order(description="Three")
    use = service.using_channel(house.organisation.id, house.channel.id)
    assert [each.description for each in use.certificates] == ["One"]
    assert [each.description for each in use.orders] == ["Three"]
    assert service.using_channel(house.organisation.id, house.other.id).certificates == []


@pytest.mark.parametrize("words", ["mallilön 6", "ohjelmisto.example", "9900001-8", "SALMINEN", "2026-000001"])
def test_the_operator_finds_a_certificate_by(kit: Kit, words: str) -> None:
    issued = kit.certificate()
    assert [found.id for found in service.search(words)] == [issued.id]
    assert service.search("nothing like it") == []
    assert service.search("  ") == []


def test_the_operator_finds_a_certificate_by_serial_and_fingerprint_however_they_are_grouped(kit: Kit) -> None:
    issued = kit.certificate()
    pairs = ":".join(re.findall("..", issued.serial)).upper()
    assert [found.id for found in service.search(pairs)] == [issued.id]
    assert [found.id for found in service.search(issued.sha256 or "")] == [issued.id]
    assert service.by_serial(pairs.replace(":", " ")) is not None
    assert service.by_serial("zz") is None
