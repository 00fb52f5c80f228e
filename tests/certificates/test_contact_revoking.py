"""The technical contact revokes without signing in, and finds the way to the page again when the mail's link is lost."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from certportal.audit import AuditEntry
from certportal.certificates import service
from certportal.certificates.models import CertificateState, PageAsk
from certportal.extensions import db
from certportal.identifiers import ActorKind
from certportal.messages.models import MessageEnd, SecureMessage
from certportal.refusals import TooMany
from tests import builders
from tests.browsing import BrowsingClient, Page
from tests.certificates.steps import Kit, certificates, end_the_organisation, end_the_right
from tests.certificates.test_letters import CONTACT, SIGNATORY, mails_to
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd
from tests.messages.steps import Phone, token_in
from tests.orders.steps import House

SENTENCE = "If such a certificate is in force, its technical contact person gets an e-mail"


@pytest.fixture
def token(kit: Kit, deliver: Callable[[], int], smtp: SmtpFarEnd) -> str:
    """The link in the mail about a certificate that was issued."""
    kit.certificate()
    return token_in(next(mail for mail in mails_to(CONTACT, deliver, smtp) if "ready" in mail.subject))


def opened(browser: BrowsingClient, token: str, phone: Phone) -> Page:
    return browser.get(f"/messages/{token}").submit("Send the PIN code").submit("Show the message", pin=phone.pin())


def test_the_contact_revokes_with_a_reason_and_everyone_is_told_that_it_was_the_contact(
    token: str, visitor: BrowsingClient, phone: Phone, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    page = opened(visitor, token, phone).follow("Revoke the certificate")
    assert page.h1 == "Revoke the certificate"
    assert "This cannot be undone" in page.text
    assert "stops working at once on the channel Earnings payment data – Web Service, production" in page.text
    done = page.submit("Revoke the certificate", reason="key_lost", note="Stolen laptop")
    [revoked] = certificates()
    assert (revoked.state, revoked.revocation_reason) == (CertificateState.REVOKED, "key_lost")
    entry = db.session.scalars(db.select(AuditEntry).where(AuditEntry.verb == "certificate_revoked")).one()
    assert (entry.actor_kind, entry.actor_name, entry.client_address) == (
        ActorKind.CONTACT, "Sami Salminen", "198.51.100.7",
    )  # fmt: skip
    assert entry.details["note"] == "Stolen laptop"
    assert done.h1 == "The certificate has been revoked"
    assert "You and those who may sign for the organisation are told by e-mail." in done.text
    assert "ask Anna Andersson to apply for a new one" in done.text
    [to_contact] = [mail for mail in mails_to(CONTACT, deliver, smtp) if "revoked" in mail.subject]
    assert "Sami Salminen, technical contact person" in to_contact.text
    [to_signatory] = [mail for mail in mails_to(SIGNATORY, deliver, smtp) if "spärr" in mail.subject.lower()]
    assert "Sami Salminen" in to_signatory.text
    assert "Stolen laptop" not in to_contact.text


def test_the_link_ends_with_the_certificate_in_every_browser(
    token: str, app: Flask, visitor: BrowsingClient, phone: Phone
) -> None:
    page = opened(visitor, token, phone).follow("Revoke the certificate")
    page.submit("Revoke the certificate", reason="unnecessary")
    for path in ("", "/pin", "/content", "/certificate", "/certificate/revoke", "/certificate/certificate.pem"):
        assert visitor.get(f"/messages/{token}{path}").h1 == "The certificate has been revoked"
    again = visitor.post(f"/messages/{token}/certificate/revoke", {"reason": "key_lost"})
    assert again.h1 == "The certificate has been revoked"
    assert certificates()[0].revocation_reason == "unnecessary"
    ended = db.session.scalars(db.select(SecureMessage).where(SecureMessage.subject == "certificate:1")).all()
    assert {message.ended_because for message in ended} == {MessageEnd.REVOKED}


def test_reading_and_the_link_alone_revoke_nothing(token: str, visitor: BrowsingClient, phone: Phone) -> None:
    visitor.get(f"/messages/{token}")
    stranger = visitor.post(f"/messages/{token}/certificate/revoke", {"reason": "key_lost"})
    assert stranger.h1 == "Secure message"
    page = opened(visitor, token, phone)
    page.follow("Revoke the certificate")
    assert certificates()[0].state is CertificateState.ISSUED


@pytest.mark.parametrize("reason", ["", "misuse", "agreement_ended", "unspecified", "nonsense", "key_lost\x00"])
def test_a_reason_that_is_not_the_holders_is_refused(
    token: str, visitor: BrowsingClient, phone: Phone, reason: str
) -> None:
    opened(visitor, token, phone).follow("Revoke the certificate")
    answer = visitor.post(f"/messages/{token}/certificate/revoke", {"reason": reason}, expect=422)
    assert len(answer.errors) == 1
    assert certificates()[0].state is CertificateState.ISSUED


def test_the_contact_sees_that_it_was_revoked_meanwhile(
    kit: Kit, token: str, visitor: BrowsingClient, phone: Phone
) -> None:
    page = opened(visitor, token, phone).follow("Revoke the certificate")
    service.revoke(1, service.Reason.KEY_SUSPECTED, builders.acting(kit.house.person))
    assert page.submit("Revoke the certificate", reason="key_lost").h1 == "The certificate has been revoked"
    assert certificates()[0].revocation_reason == "key_suspected"


def test_codes_have_no_page_to_revoke_on(
    kit: Kit, visitor: BrowsingClient, phone: Phone, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    kit.order()
    deliver()
    link = token_in(smtp.messages[-1])
    opened(visitor, link, phone)
    assert visitor.get(f"/messages/{link}/certificate/revoke").status == 404
    assert visitor.post(f"/messages/{link}/certificate/revoke", {"reason": "key_lost"}).status == 404


def asked(visitor: BrowsingClient, serial: str) -> Page:
    return visitor.get("/revocations/link").submit("Send the link", serial=serial)


def links(deliver: Callable[[], int], smtp: SmtpFarEnd) -> list[str]:
    return [token_in(mail) for mail in mails_to(CONTACT, deliver, smtp) if mail.subject.startswith("Link to")]


def test_a_lost_link_is_mailed_anew_to_the_contact_and_opens_with_a_pin(
    kit: Kit, visitor: BrowsingClient, phone: Phone, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    issued = kit.certificate()
    colons = ":".join(issued.serial[i : i + 2] for i in range(0, 40, 2)).upper()
    assert SENTENCE in asked(visitor, colons).text
    [token] = links(deliver, smtp)
    page = opened(visitor, token, phone).follow("Revoke the certificate")
    page.submit("Revoke the certificate", reason="key_lost")
    assert certificates()[0].state is CertificateState.REVOKED


@pytest.mark.parametrize("end", [end_the_right, end_the_organisation])
def test_what_is_left_in_force_when_its_right_or_the_organisation_ends_can_still_be_revoked(
    kit: Kit,
    visitor: BrowsingClient,
    phone: Phone,
    deliver: Callable[[], int],
    smtp: SmtpFarEnd,
    end: Callable[[House], None],
) -> None:
    issued = kit.certificate()
    end(kit.house)
    asked(visitor, issued.serial)
    [token] = links(deliver, smtp)
    page = opened(visitor, token, phone)
    assert issued.serial.upper()[:4] in page.text.upper().replace(" ", "")
    page.follow("Revoke the certificate").submit("Revoke the certificate", reason="key_lost")
    assert certificates()[0].state is CertificateState.REVOKED


def test_whatever_is_typed_the_answer_is_the_same_and_only_a_certificate_in_force_gets_a_mail(
    kit: Kit, visitor: BrowsingClient, deliver: Callable[[], int], smtp: SmtpFarEnd, clock: FakeClock
) -> None:
    revoked, ended, valid = (kit.certificate() for _ in range(3))
    service.revoke(revoked.id, service.Reason.UNNECESSARY, builders.acting(kit.house.person))
    answers = {asked(visitor, serial).text for serial in (revoked.serial, "ab" * 20, valid.serial)}
    assert len(answers) == 1
    assert len(links(deliver, smtp)) == 1
    clock.move(days=732)
    assert {asked(visitor, ended.serial).text} == answers
    assert len(links(deliver, smtp)) == 1


def test_the_mail_goes_to_the_contact_of_today(
    kit: Kit, visitor: BrowsingClient, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    from certportal.extensions import transaction

    issued = kit.certificate()
    new = builders.contact(kit.house.organisation, "Nina Ny", "nina@ohjelmisto.example")
    with transaction() as session:
        session.get_one(service.Certificate, issued.id).name_contact(new.id)
    asked(visitor, issued.serial)
    deliver()
    assert links(deliver, smtp) == []
    assert "http://localhost/messages/" in smtp.messages[-1].text
    assert smtp.messages[-1].recipient == "nina@ohjelmisto.example"


def test_three_links_a_day_go_out_for_one_certificate_and_nobody_sees_the_difference(
    kit: Kit, app: Flask, visitor: BrowsingClient, deliver: Callable[[], int], smtp: SmtpFarEnd, clock: FakeClock
) -> None:
    issued = kit.certificate()
    answers = {asked(visitor, issued.serial).text for _ in range(5)}
    assert len(answers) == 1
    assert len(links(deliver, smtp)) == 3
    clock.move(hours=25)
    asked(visitor, issued.serial)
    assert len(links(deliver, smtp)) == 4


def test_ten_asks_an_hour_come_from_one_network(kit: Kit, visitor: BrowsingClient, clock: FakeClock) -> None:
    for _ in range(10):
        assert SENTENCE in asked(visitor, "ab" * 20).text
    refused = asked(visitor, "ab" * 20)
    assert refused.status == 429
    assert "Links have been asked for too many times from your network" in refused.errors[0]
    assert db.session.scalar(db.select(db.func.count(PageAsk.id))) == 10
    clock.move(minutes=61)
    assert SENTENCE in asked(visitor, "ab" * 20).text


def test_asking_at_the_cap_is_a_refusal_that_leaves_nothing(kit: Kit, clock: FakeClock) -> None:
    for _ in range(10):
        service.ask_for_page("ab" * 20, builders.COMMAND)
    with pytest.raises(TooMany) as refused:
        service.ask_for_page("ab" * 20, builders.COMMAND)
    assert refused.value.details["at"] == clock.at + timedelta(hours=1)


@pytest.mark.parametrize(
    "typed", ["", "   ", "hello", "zz" * 20, "ab" * 21, "0", "-" * 500, "１２ \x00", "' OR 1=1 --"]
)
def test_what_is_no_serial_number_is_said_at_the_field(visitor: BrowsingClient, kit: Kit, typed: str) -> None:
    answer = asked(visitor, typed)
    assert answer.status == 422
    assert len(answer.errors) == 1
    assert db.session.scalar(db.select(db.func.count(PageAsk.id))) == 0


def test_no_form_without_its_token_asks(visitor: BrowsingClient, kit: Kit) -> None:
    assert visitor.http.post("/revocations/link", data={"serial": "ab" * 20}).status_code == 400
