"""The pages of renewal: the contact's behind the PIN, the signatory's word, both certificates beside each other."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from flask import Flask

from certportal.ca import Reason
from certportal.certificates import contact_renewal, service
from certportal.certificates.models import Certificate, CertificateState
from certportal.certificates.naming import end_contact_links, name_contact
from certportal.contacts import service as contacts
from certportal.extensions import db, transaction
from certportal.identifiers import Actor, ActorKind, Environment
from certportal.messages import service as messages
from certportal.messages.models import SecureMessage
from certportal.outbox.models import OutboxRow
from certportal.refusals import Conflict, Forbidden
from certportal.registry import service as registry
from tests import builders
from tests.browsing import BrowsingClient, Page
from tests.certificates.steps import (
    Kit,
    certificates,
    days_before_the_end,
    end_the_right,
    key_and_request,
    renewable,
    request,
    row_of,
)
from tests.certificates.test_enrolment import Breakdown
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd
from tests.messages.steps import Phone, token_in
from tests.orders.steps import browsing

GET_IT = "Get the new certificate"
CONTACT = Actor(ActorKind.CONTACT, 1, "Sami Salminen")
CONTACTS_ADDRESS = "sami@ohjelmisto.example"


@pytest.fixture
def old(kit: Kit, clock: FakeClock, deliver: Callable[[], int]) -> Certificate:
    """A certificate that ends in thirty days; its mails have gone out."""
    issued = renewable(kit, clock)
    deliver()
    return issued


@pytest.fixture
def link(old: Certificate, smtp: SmtpFarEnd) -> str:
    """The PIN-guarded link of the mail that said it was ready."""
    return f"/messages/{token_in(next(mail for mail in smtp.messages if 'ready' in mail.subject))}"


@pytest.fixture
def page(link: str, visitor: BrowsingClient, phone: Phone) -> Page:
    """The certificate's page, opened by its contact."""
    return opened(link, visitor, phone)


def opened(link: str, visitor: BrowsingClient, phone: Phone) -> Page:
    sent = visitor.get(link, expect=200).submit("Send the PIN code to •• 03")
    return sent.submit("Show the message", pin=phone.pin())


@pytest.fixture
def signatory(app: Flask, kit: Kit, old: Certificate) -> BrowsingClient:
    """The signatory's browser, signed in today."""
    return browsing(app, kit.house.person, kit.house.organisation)


def test_the_contact_renews_with_a_pasted_request_and_gets_the_files(page: Page, old: Certificate) -> None:
    form = page.follow("Renew")
    assert form.h1 == "Renew the certificate"
    assert "openssl genpkey" in form.text
    assert f"{old.order.number}-2.key" in form.text
    done = form.submit(GET_IT, request_text=request().decode())
    assert (done.status, done.h1) == (200, "The certificate is ready")
    [_, new] = certificates()
    assert (new.successor_of_id, new.state) == (old.id, CertificateState.ISSUED)
    answer = done.browser.http.get(done.link("Download the certificate (.pem)"))
    assert answer.status_code == 200
    assert f"{old.order.number}-2.pem" in answer.headers["Content-Disposition"]
    assert f"-inkey {old.order.number}-2.key" in done.text
    [issued, prepared] = service.activity(new)
    assert (issued.actor_kind, issued.actor_name, prepared.actor_kind) == (
        ActorKind.CONTACT,
        "Sami Salminen",
        ActorKind.CONTACT,
    )


def test_the_contact_renews_with_a_file(page: Page) -> None:
    form = page.follow("Renew")
    done = form.submit(GET_IT, request_file=(io.BytesIO(request()), "new.csr"))
    assert done.h1 == "The certificate is ready"
    assert len(certificates()) == 2


def test_both_are_shown_beside_each_other_until_the_old_one_ends(
    page: Page, old: Certificate, signatory: BrowsingClient, clock: FakeClock, kit: Kit
) -> None:
    page.follow("Renew").submit(GET_IT, request_text=request().decode())
    new = certificates()[1]
    here = page.browser.get(page.path, expect=200)
    hers = signatory.get(f"/certificates/{old.id}", expect=200)
    also = signatory.get(f"/certificates/{new.id}", expect=200)
    for shown in (here, hers, also):
        beside = shown.soup.select_one("#together")
        assert beside is not None, shown.path
        text = " ".join(beside.get_text(" ").split())
        for certificate in (old, new):
            assert certificate.serial[:2].upper() in text.upper()
        for told in (
            "1 December 2028",
            "1 November 2030",
            "30 days left",
            "Which one does my program use?",
            "openssl x509 -in",
        ):
            assert told in text, told
        assert beside.select(".pair > section h3")[0].get_text(" ").startswith("The old certificate")
        assert beside.select(".pair > section h3")[1].get_text(" ").startswith("The new certificate")
    days_before_the_end(clock, old, -1)
    later = browsing(signatory.app, kit.house.person, kit.house.organisation).get(f"/certificates/{new.id}", expect=200)
    assert later.soup.select_one("#together") is None


def test_a_private_key_is_refused_with_a_warning_and_goes_nowhere(page: Page) -> None:
    key, _ = key_and_request()
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    refused = page.follow("Renew").submit(GET_IT, request_text=pem)
    assert refused.status == 422
    assert "This holds a private key" in refused.errors[0]
    assert "PRIVATE KEY" not in str(refused.soup)
    assert len(certificates()) == 1


def test_the_old_key_is_refused_with_words_and_what_was_pasted_stays(
    kit: Kit, clock: FakeClock, visitor: BrowsingClient, phone: Phone, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    key, sent = key_and_request()
    renewable(kit, clock, sent=sent)
    deliver()
    link = f"/messages/{token_in(next(mail for mail in smtp.messages if 'ready' in mail.subject))}"
    again = key_and_request(key)[1].decode()
    refused = opened(link, visitor, phone).follow("Renew").submit(GET_IT, request_text=again)
    assert refused.status == 422
    assert "This is the key of the certificate that is to be renewed" in refused.errors[0]
    assert refused.field("request_text").split() == again.split()


HOSTILE = [
    "",
    " ",
    "-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----",
    "<script>alert(1)</script>",
    "\x00\x01",
    "A" * 70_000,
    "'; DROP TABLE certificate; --",
    "{{ 7 * 7 }}",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
]


@pytest.mark.parametrize("typed", HOSTILE)
def test_anything_else_is_refused_on_the_same_page(page: Page, typed: str) -> None:
    form = page.follow("Renew")
    refused = form.submit(GET_IT, request_text=typed)
    assert refused.status == 422
    assert refused.errors
    assert "<script>alert" not in str(refused.soup)
    assert len(certificates()) == 1


def test_the_same_request_sent_twice_ends_on_the_same_page(page: Page) -> None:
    form, sent = page.follow("Renew"), request().decode()
    first, second = form.submit(GET_IT, request_text=sent), form.submit(GET_IT, request_text=sent)
    assert first.path == second.path
    assert len(certificates()) == 2


def test_once_renewed_the_page_offers_it_once_more_in_small_letters_and_not_a_fourth_time(page: Page) -> None:
    for _ in range(3):
        page.browser.get(f"{page.path.removesuffix('certificate')}renew").submit(
            GET_IT, request_text=request().decode()
        )
        shown = page.browser.get(page.path, expect=200)
        assert "A new certificate has taken its place" in shown.text
    assert "Renew once more" not in shown.text
    assert page.browser.get(f"{page.path.removesuffix('certificate')}renew").path == page.path


def test_while_the_key_is_away_the_page_waits_and_says_nothing_of_codes(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = page.follow("Renew")
    Breakdown(monkeypatch)
    waiting = form.submit(GET_IT, request_text=request().decode())
    assert waiting.h1 == "The certificate is being issued"
    assert "transfer codes" not in waiting.text


def test_before_the_sixtieth_day_there_is_nothing_to_press(
    kit: Kit, visitor: BrowsingClient, phone: Phone, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    kit.certificate()
    deliver()
    link = f"/messages/{token_in(next(mail for mail in smtp.messages if 'ready' in mail.subject))}"
    page = opened(link, visitor, phone)
    assert not page.soup.select('a[href$="/renew"]')
    assert "From then on you renew it here" in page.text
    assert visitor.get(f"{link}/renew").path == page.path
    refused = visitor.post(f"{link}/renew", {"request_text": request().decode()})
    assert refused.status == 409
    assert "2 October 2028" in refused.errors[0]


def test_nobody_renews_without_the_pin(link: str, visitor: BrowsingClient) -> None:
    assert visitor.get(f"{link}/renew").path == link
    assert visitor.post(f"{link}/renew", {"request_text": request().decode()}).path == link
    assert visitor.post(f"{link}/ask-for-renewal").path == link
    assert visitor.get("/messages/nonsense/renew").status == 404
    assert len(certificates()) == 1


def test_where_it_is_not_allowed_the_page_says_so_and_asks_the_signatory_once_a_day(
    page: Page, old: Certificate, clock: FakeClock, deliver: Callable[[], int], smtp: SmtpFarEnd, visitor: BrowsingClient,
    link: str, phone: Phone,
) -> None:  # fmt: skip
    contact_renewal.forbid(old.id, builders.COMMAND)
    here = page.browser.get(page.path, expect=200)
    assert "Only those who may sign for Mallilön Ab can renew it" in here.text
    assert not here.soup.select('a[href$="/renew"]')
    assert page.browser.get(f"{link}/renew").path == page.path
    refused = page.browser.post(f"{link}/renew", {"request_text": request().decode()})
    assert refused.status == 403
    smtp.reset()
    asked = here.submit("Ask them to renew it")
    assert "They were asked to renew it on 1 November 2028" in asked.text
    assert "Ask them to renew it" not in asked.text
    page.browser.post(f"{link}/ask-for-renewal", expect=200)
    deliver()
    [mail] = smtp.messages
    assert mail.recipient == "anna.andersson@mallilon.example"
    assert f"/orders/renewal/{old.id}" in mail.text
    assert "Sami Salminen" in mail.text
    clock.move(days=1, minutes=1)
    opened(link, visitor, phone).submit("Ask them to renew it")
    deliver()
    assert len([mail for mail in smtp.messages if f"/orders/renewal/{old.id}" in mail.text]) == 2
    assert len(certificates()) == 1


def test_a_request_that_has_been_heard_meanwhile_is_not_mailed(
    old: Certificate, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    smtp.reset()
    contact_renewal.ask_signatory(old.id, CONTACT)
    service.renew(old.id, request(), CONTACT)
    deliver()
    assert not any("/orders/renewal/" in mail.text for mail in smtp.messages)


def test_the_rules_hold_behind_the_pages(old: Certificate) -> None:
    contact_renewal.forbid(old.id, builders.COMMAND)
    with pytest.raises(Forbidden, match="renewal_by_signatory"):
        contact_renewal.renew_by_contact(old.id, request(), CONTACT)
    contact_renewal.ask_signatory(old.id, CONTACT)
    with pytest.raises(Conflict, match="renewal_asked_already"):
        contact_renewal.ask_signatory(old.id, CONTACT)
    contact_renewal.allow(old.id, builders.COMMAND)
    assert row_of(contact_renewal.renew_by_contact(old.id, request(), CONTACT)).successor_of_id == old.id


def test_the_signatory_allows_and_forbids_on_the_certificates_page(signatory: BrowsingClient, old: Certificate) -> None:
    page = signatory.get(f"/certificates/{old.id}", expect=200)
    assert "Sami Salminen may renew it too, without you." in page.text
    page = page.submit("Let only those who may sign renew it")
    assert "Only those who may sign renew it" in page.text
    assert certificates()[0].contact_may_renew is False
    page = page.submit("Let the contact renew it")
    assert certificates()[0].contact_may_renew is True
    verbs = [entry.verb for entry in service.activity(old)]
    assert verbs[:2] == ["contact_may_renew", "contact_may_not_renew"]
    contact_renewal.allow(old.id, builders.COMMAND)
    assert [entry.verb for entry in service.activity(old)] == verbs


def test_page_list_and_start_page_offer_to_renew_it(signatory: BrowsingClient, old: Certificate) -> None:
    for path in (f"/certificates/{old.id}", "/certificates", "/"):
        page = signatory.get(path, expect=200)
        assert page.link("Renew") == f"/orders/renewal/{old.id}", path


def test_a_renewal_by_the_signatory_becomes_the_successor(
    signatory: BrowsingClient, old: Certificate, kit: Kit
) -> None:
    signatory.get(f"/orders/renewal/{old.id}", expect=200).submit("Send new transfer codes", terms="y")
    order = service.open_replacement(old)
    assert order is not None
    shown = signatory.get(f"/certificates/{old.id}", expect=200)
    assert "A new one has been ordered" in shown.text
    new = kit.certificate(order)
    assert (new.successor_of_id, new.contact_may_renew, new.description) == (old.id, True, "Mallilön 6")


ENDED = "The access right to the channel has ended"


def test_without_the_access_right_the_link_shows_the_certificate_and_renews_nothing(
    page: Page, link: str, old: Certificate, kit: Kit, visitor: BrowsingClient
) -> None:
    form = page.follow("Renew")
    end_the_right(kit.house)
    assert visitor.get(link).h1 == "Secure message"
    refused = form.submit(GET_IT, request_text=request().decode())
    assert "the organisation’s right to the channel has ended" in refused.text
    again = visitor.get(page.path)
    assert ENDED in again.text
    assert "Renew" not in [each.get_text(strip=True) for each in again.soup.select("main a")]
    assert "From then on you renew it here" not in again.text
    assert len(certificates()) == 1


def test_a_right_that_ends_by_its_last_day_leaves_the_links_too(
    link: str, kit: Kit, clock: FakeClock, visitor: BrowsingClient, phone: Phone
) -> None:
    with transaction():
        right = registry.right_to(kit.house.organisation.id, kit.house.channel.id, registry.today())
        assert right is not None
        registry.end_right(right, registry.today() + timedelta(days=2), builders.OPERATOR)
    clock.move(days=3)
    assert ENDED in opened(link, visitor, phone).text


def test_a_test_certificate_needs_no_right(
    kit: Kit, clock: FakeClock, visitor: BrowsingClient, phone: Phone, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    renewable(kit, clock, environment=Environment.TEST)
    deliver()
    link = f"/messages/{token_in(next(mail for mail in smtp.messages if 'ready' in mail.subject))}"
    with transaction():
        right = registry.right_to(kit.house.organisation.id, kit.house.channel.id, registry.today())
        assert right is not None
        registry.end_right(right, registry.today() - timedelta(days=1), builders.OPERATOR)
    done = opened(link, visitor, phone).follow("Renew").submit(GET_IT, request_text=request().decode())
    assert done.h1 == "The certificate is ready"


@pytest.mark.parametrize(
    ("ending", "heading"),
    [("revoked", "The certificate has been revoked"), ("expired", "This certificate page is closed")],
)
def test_the_links_die_with_the_certificate(
    page: Page, link: str, old: Certificate, clock: FakeClock, visitor: BrowsingClient, ending: str, heading: str
) -> None:
    if ending == "revoked":
        service.revoke(old.id, Reason.UNNECESSARY, builders.COMMAND)
    else:
        days_before_the_end(clock, old, -0.01)
    assert visitor.get(f"{link}/renew").h1 == heading
    assert visitor.post(f"{link}/renew", {"request_text": request().decode()}).h1 == heading
    assert len(certificates()) == 1


def test_a_contact_by_another_name_renews_under_it(
    page: Page, link: str, old: Certificate, kit: Kit, visitor: BrowsingClient
) -> None:
    """The same mailbox and number: a name that was mended ends no link, and the record names who is contact now."""
    contact = old.contact
    details = replace(registry.details_of(contact), name="Sami Salmi")
    contacts.update_contact(contact.id, contact.version, details, builders.acting(kit.house.person))
    done = visitor.get(f"{link}/renew").submit(GET_IT, request_text=request().decode())
    assert done.h1 == "The certificate is ready"
    by = {each.actor_name for each in service.activity(certificates()[-1]) if each.actor_kind is ActorKind.CONTACT}
    assert by == {"Sami Salmi"}


def test_the_links_die_when_the_contact_changes(
    page: Page, link: str, old: Certificate, visitor: BrowsingClient
) -> None:
    other = builders.contact(old.organisation, "Bo Berg", "bo@taksi.example")
    with transaction() as session:
        certificate = session.get_one(Certificate, old.id)
        name_contact(certificate, other, builders.COMMAND)
        end_contact_links([certificate])
    assert visitor.get(f"{link}/renew").h1 == "The contact details have been changed"
    assert (
        visitor.post(f"{link}/renew", {"request_text": request().decode()}).h1
        == "The contact details have been changed"
    )
    assert len(certificates()) == 1


def test_a_link_is_kept_only_as_a_hash(link: str) -> None:
    token = link.rsplit("/", 1)[1]
    assert messages.behind(token) is not None
    for table in (SecureMessage, OutboxRow):
        for row in db.session.query(table):
            assert token not in repr([getattr(row, column.key) for column in table.__table__.columns])


def test_on_the_first_day_it_is_renewed_from_the_first_hour(
    app: Flask,
    kit: Kit,
    clock: FakeClock,
    deliver: Callable[[], int],
    smtp: SmtpFarEnd,
    visitor: BrowsingClient,
    phone: Phone,
) -> None:
    old = kit.certificate(description="Mallilön 7")
    days_before_the_end(clock, old, 60.4)  # 1.24 on 2 October in Helsinki; 60 times 24 hours before the end is at 11
    deliver()
    signatory = browsing(app, kit.house.person, kit.house.organisation)
    assert old.description in signatory.get("/certificates?state=expires_soon", expect=200).text
    assert old.description not in signatory.get("/certificates?state=valid", expect=200).text
    assert signatory.get(f"/certificates/{old.id}", expect=200).link("Renew") == f"/orders/renewal/{old.id}"
    link = f"/messages/{token_in(next(mail for mail in smtp.messages if 'ready' in mail.subject))}"
    assert opened(link, visitor, phone).follow("Renew").h1 == "Renew the certificate"
