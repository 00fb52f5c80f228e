"""Who is told what by mail when a certificate is issued or revoked."""

from collections.abc import Callable

import pytest

from certportal.certificates import service
from certportal.extensions import transaction
from certportal.identifiers import Language
from certportal.registry import service as registry
from tests import builders
from tests.browsing import BrowsingClient
from tests.certificates.steps import Kit
from tests.far_ends import SmtpFarEnd
from tests.far_ends.smtp import ReceivedMail
from tests.messages.steps import Phone, token_in

CONTACT, SIGNATORY = "sami@ohjelmisto.example", "anna.andersson@mallilon.example"


def mails_to(address: str, deliver: Callable[[], int], smtp: SmtpFarEnd) -> list[ReceivedMail]:
    deliver()
    return [mail for mail in smtp.messages if mail.recipient == address and "ecure" not in mail.subject]


def test_on_issue_the_contact_gets_what_was_issued_and_the_way_to_its_page(
    kit: Kit, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    issued = kit.certificate()
    mail = next(mail for mail in mails_to(CONTACT, deliver, smtp) if "ready" in mail.subject)
    assert mail.subject == "The certificate is ready: Mallilön 6"
    fingerprint = issued.sha256 or ""
    for told in ("Mallilön Ab, 9900001-8", "Earnings payment data – Web Service, production", "1 December 2028",
                 issued.order.number, issued.serial[:2] + " " + issued.serial[2:4], fingerprint[:4] + " " + fingerprint[4:8],
                 "revoke it at once on that page"):  # fmt: skip
        assert told in mail.text, told
        assert told in mail.html.replace("\n", " "), told
    assert token_in(mail)


def test_on_issue_the_signatory_can_say_that_it_was_not_them(
    kit: Kit, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    kit.certificate()
    [mail] = mails_to(SIGNATORY, deliver, smtp)
    assert mail.parsed["Content-Language"] == "sv"
    assert "http://localhost/certificates/1/revoke?not-us=1" in mail.text
    assert "http://localhost/certificates/1/revoke?not-us=1" in mail.html


def test_a_contact_who_has_changed_gets_nothing_about_the_old_page(
    kit: Kit, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    from certportal.messages import service as messages
    from certportal.messages.models import MessageEnd

    issued = kit.certificate()
    with transaction():
        messages.end_pages(issued.id, MessageEnd.CONTACT_CHANGED)
    assert [mail for mail in mails_to(CONTACT, deliver, smtp) if "ready" in mail.subject] == []


def test_when_it_is_revoked_contact_and_everybody_who_may_sign_are_told(
    kit: Kit, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    issued = kit.certificate()
    builders.signatory(kit.house.organisation, "bo@mallilon.example", "Bo Bergström", language=Language.FI)
    service.revoke(issued.id, service.Reason.AGREEMENT_ENDED, builders.OPERATOR, "No longer a customer")
    deliver()
    told = [mail for mail in smtp.messages if "certificates/1" in mail.text or "has been revoked" in mail.text]
    assert {mail.recipient for mail in told} >= {CONTACT, SIGNATORY, "bo@mallilon.example"}
    [contact] = [mail for mail in told if mail.recipient == CONTACT]
    assert contact.subject == "The certificate was revoked: Mallilön 6"
    assert "The agreement on using the service has ended" in contact.text
    assert "No longer a customer" not in contact.text


def test_a_lost_key_is_said_not_to_be_accepted_again(kit: Kit, deliver: Callable[[], int], smtp: SmtpFarEnd) -> None:
    issued = kit.certificate()
    service.revoke(issued.id, service.Reason.KEY_LOST, builders.acting(kit.house.person))
    mails = [mail for mail in mails_to(CONTACT, deliver, smtp) if "revoked" in mail.subject]
    assert "Make a new key for it: the old one is not accepted again." in mails[0].text


def test_the_contacts_page_shows_validity_and_files_again_after_the_pin(
    kit: Kit, visitor: BrowsingClient, phone: Phone, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    kit.certificate()
    mail = next(mail for mail in mails_to(CONTACT, deliver, smtp) if "ready" in mail.subject)
    page = visitor.get(f"/messages/{token_in(mail)}", expect=200).submit("Send the PIN code to •• 03")
    page = page.submit("Show the message", pin=phone.pin())
    assert (page.status, page.h1) == (200, "Mallilön 6")
    assert page.path.endswith("/certificate")
    assert "731 days left" in page.text
    assert "Revoke the certificate at once: it works no longer from that moment" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Robots-Tag"] == "noindex"
    for name in ("certificate.pem", "chain.pem", "full-chain.p7b", "last-day.ics"):
        assert visitor.http.get(f"{page.path}/{name}").status_code == 200
    assert token_in(mail) not in visitor.http.get(f"{page.path}/last-day.ics").get_data(as_text=True)
    assert visitor.http.get(f"{page.path}/root.key").status_code == 404
    stranger = BrowsingClient(visitor.app, "203.0.113.9")
    assert stranger.http.get(f"{page.path}/certificate.pem").status_code == 303


def test_the_page_ends_when_the_certificate_is_revoked(
    kit: Kit, visitor: BrowsingClient, phone: Phone, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    issued = kit.certificate()
    mail = next(mail for mail in mails_to(CONTACT, deliver, smtp) if "ready" in mail.subject)
    page = visitor.get(f"/messages/{token_in(mail)}").submit("Send the PIN code to •• 03")
    page = page.submit("Show the message", pin=phone.pin())
    service.revoke(issued.id, service.Reason.UNNECESSARY, builders.acting(kit.house.person))
    assert visitor.get(page.path).h1 == "The certificate has been revoked"


@pytest.mark.parametrize("language", list(Language))
def test_every_letter_speaks_its_readers_language(
    kit: Kit, deliver: Callable[[], int], smtp: SmtpFarEnd, language: Language
) -> None:
    builders.contact(kit.house.organisation, language=language)
    issued = kit.certificate()
    deliver()
    service.revoke(issued.id, service.Reason.KEY_LOST, builders.acting(kit.house.person))
    deliver()
    assert registry.contacts_of(kit.house.organisation.id)[0].language is language
    mine = [mail for mail in smtp.messages if mail.recipient == CONTACT]
    assert len(mine) == 2
    assert {mail.parsed["Content-Language"] for mail in mine} == {language.value}


def test_what_was_issued_is_told_to_whoever_signs_when_the_mail_leaves(
    kit: Kit, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    kit.certificate()
    builders.no_longer_signs(kit.house.person)
    builders.signatory(kit.house.organisation, "bengt@mallilon.example", "Bengt Berg")
    [mail] = mails_to("bengt@mallilon.example", deliver, smtp)
    assert "/revoke?not-us=1" in mail.text
    assert mails_to(SIGNATORY, deliver, smtp) == []
