"""The contact's way from the link in the mail to the transfer codes, and what the pages say when something is in the way."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from certportal.audit import AuditEntry
from certportal.extensions import db, transaction
from certportal.identifiers import Language
from certportal.messages import service
from certportal.messages.endings import end_messages
from certportal.messages.models import MessageEnd, SecureMessage
from certportal.messages.visiting import COOKIE
from certportal.registry.models import TechnicalContact
from tests.browsing import BrowsingClient, Page
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd
from tests.messages.steps import LINK, NUMBER, Phone, Post, dump, issued, open_with_pin, password_on, posted

WORDS = {
    Language.FI: {
        "cover": "Turvasähköposti",
        "send": "Lähetä PIN-koodi numeroon •• 03",
        "pin": "Anna PIN-koodi",
        "show": "Näytä viesti",
        "wrong": "PIN-koodi ei ole oikea. Kopioi se uusimmasta tekstiviestistä. Yrityksiä jäljellä: 4",
        "left": "Sinulla on 4 yritystä jäljellä.",
        "opened": "Tässä ovat siirtotunnuksesi",
        "last": "15.12.2026 klo 23.59",
        "id": "Siirtotunnus (TransferID)",
        "password": "Kertakäyttösalasana (TransferPassword)",
    },
    Language.SV: {
        "cover": "Säkert meddelande",
        "send": "Skicka PIN-koden till •• 03",
        "pin": "Ange PIN-koden",
        "show": "Visa meddelandet",
        "wrong": "PIN-koden är inte rätt. Kopiera den från det nyaste textmeddelandet. Försök kvar: 4",
        "left": "Du har 4 försök kvar.",
        "opened": "Här är dina överföringskoder",
        "last": "15.12.2026 kl. 23.59",
        "id": "Överföringskod (TransferID)",
        "password": "Engångslösenord (TransferPassword)",
    },
    Language.EN: {
        "cover": "Secure message",
        "send": "Send the PIN code to •• 03",
        "pin": "Enter the PIN code",
        "show": "Show the message",
        "wrong": "The PIN code is not right. Copy it from the newest text message. Tries left: 4",
        "left": "You have 4 tries left.",
        "opened": "Here are your transfer codes",
        "last": "15 December 2026, 23:59",
        "id": "Transfer ID (TransferID)",
        "password": "One-time password (TransferPassword)",
    },
}


@pytest.mark.parametrize("language", list(Language))
def test_from_the_mail_to_the_codes_in_the_contacts_language(
    client: BrowsingClient, deliver: Callable[[], int], smtp: SmtpFarEnd, phone: Phone, language: Language
) -> None:
    post, words = posted(deliver, smtp, language), WORDS[language]
    cover = client.get(post.path, expect=200)
    assert cover.h1 == words["cover"]
    assert cover.soup.html is not None
    assert cover.soup.html["lang"] == language.value
    for shown in ("Anna Andersson, Mallilön Ab", "Mallilön 6", NUMBER, words["last"], "03"):
        assert shown in cover.text
    assert "+358457000003" not in str(cover.soup)
    assert "045" not in cover.text
    assert "sami@ohjelmisto.example" not in str(cover.soup)
    page = cover.submit(words["send"])
    assert page.h1 == words["pin"]
    page = page.submit(words["show"], pin=phone.other_than_pin())
    assert page.status == 422
    assert page.errors
    assert page.errors[0].endswith(words["wrong"])
    assert words["left"] in page.text
    page = page.submit(words["show"], pin=f" {phone.pin()[:3]} {phone.pin()[3:]} ")
    assert page.status == 200
    assert page.h1 == words["opened"]
    assert page.path == f"{post.path}/content"
    for shown in (words["id"], words["password"], post.codes.transfer_id, words["last"], "9900001-8"):
        assert shown in page.text
    assert len(password_on(page)) == 16


@pytest.mark.parametrize("path", ["", "/pin", "/open", "/content", "/not-my-number"])
def test_looking_changes_nothing(client: BrowsingClient, post: Post, phone: Phone, path: str) -> None:
    open_with_pin(client, post, phone)
    before = dump()
    scanner = BrowsingClient(client.app, "203.0.113.66")
    for browser in (scanner, client):
        browser.get(post.path + path, expect=200)
        assert browser.http.head(post.path + path).status_code in (200, 302, 303)
        assert browser.http.options(post.path + path).status_code == 200
    assert dump() == before
    assert len(phone.messages) == 1


def test_a_scanner_that_opens_the_link_sends_no_pin(client: BrowsingClient, post: Post, phone: Phone) -> None:
    for _ in range(3):
        client.get(post.path, expect=200)
    assert phone.messages == []
    assert client.get(f"{post.path}/pin").h1 == "Secure message"


def test_a_button_pressed_without_the_pages_token_does_nothing(
    client: BrowsingClient, post: Post, phone: Phone
) -> None:
    for verb in ("pin", "open", "not-my-number", "close"):
        client.csrf_token = "forged"
        assert client.post(f"{post.path}/{verb}", {"pin": "000000"}).status == 400
    assert phone.messages == []
    assert post.message.wrong_number_at is None


def test_every_answer_stays_out_of_caches_and_search_engines(client: BrowsingClient, post: Post, phone: Phone) -> None:
    answers = [client.get(post.path), client.get(f"{post.path}x"), open_with_pin(client, post, phone)]
    answers.append(client.get(f"{post.path}/pin").browser.post(f"{post.path}/open", {"pin": "1"}))
    assert [answer.status for answer in answers] == [200, 404, 200, 422]
    for answer in answers:
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def cookie_of(page: Page) -> str:
    found = [line for line in page.response.headers.getlist("Set-Cookie") if line.startswith(COOKIE)]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("secure", [False, True])
def test_the_openings_cookie_is_for_this_message_alone(
    client: BrowsingClient, post: Post, phone: Phone, app: Flask, secure: bool
) -> None:
    page = client.get(post.path).submit("Send the PIN code")
    pin = phone.pin()
    if secure:
        object.__setattr__(app.extensions["certportal.settings"], "base_url", "https://localhost")
    answer = page.submit("Show the message", pin=pin, follow=False)
    assert answer.status == 303
    cookie = cookie_of(answer)
    assert f"Path={post.path}" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert ("Secure" in cookie) is secure
    assert "Max-Age=900" in cookie
    value = cookie.partition("=")[2].partition(";")[0]
    assert len(value) == 43
    assert value not in dump()


def test_the_opened_message_is_open_in_this_browser_only(
    client: BrowsingClient, other_browser: BrowsingClient, post: Post, phone: Phone
) -> None:
    open_with_pin(client, post, phone)
    page = other_browser.get(f"{post.path}/content")
    assert page.h1 == "Send a new PIN code"
    assert post.codes.transfer_id not in str(page.soup)


def test_after_fifteen_minutes_a_new_pin_is_needed(
    client: BrowsingClient, post: Post, phone: Phone, clock: FakeClock
) -> None:
    open_with_pin(client, post, phone)
    clock.move(minutes=14)
    assert client.get(f"{post.path}/content").h1 == "Here are your transfer codes"
    clock.move(minutes=1)
    page = client.get(f"{post.path}/content")
    assert page.h1 == "Send a new PIN code"
    page = page.submit("Send a new PIN code")
    assert page.submit("Show the message", pin=phone.pin()).h1 == "Here are your transfer codes"


def test_the_cover_leads_back_to_a_message_that_is_open_here(client: BrowsingClient, post: Post, phone: Phone) -> None:
    open_with_pin(client, post, phone)
    assert client.get(post.path).follow("Show the message").h1 == "Here are your transfer codes"


def test_a_closed_message_is_closed(client: BrowsingClient, post: Post, phone: Phone) -> None:
    page = open_with_pin(client, post, phone).submit("Close the message")
    assert page.h1 == "Secure message"
    assert "The message is closed" in page.text
    assert client.get(f"{post.path}/content").h1 == "Send a new PIN code"
    assert client.http.get_cookie(COOKIE, path=post.path) is None
    verbs = list(db.session.scalars(sa.select(AuditEntry.verb).order_by(AuditEntry.id)))
    assert verbs == ["pin_sent", "message_opened", "message_closed"]


def test_a_kept_cookie_is_worth_nothing_after_closing(client: BrowsingClient, post: Post, phone: Phone) -> None:
    open_with_pin(client, post, phone)
    kept = client.http.get_cookie(COOKIE, path=post.path)
    assert kept is not None
    client.get(post.path).browser.post(f"{post.path}/close")
    client.http.set_cookie(COOKIE, kept.value, path=post.path)
    assert client.get(f"{post.path}/content").h1 == "Send a new PIN code"


def test_the_record_names_the_contact_and_where_from(client: BrowsingClient, post: Post, phone: Phone) -> None:
    open_with_pin(client, post, phone)
    db.session.rollback()
    entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.verb == "message_opened")).one()
    assert (entry.actor_kind, entry.actor_name, entry.client_address) == ("contact", "Sami Salminen", "198.51.100.7")
    assert (entry.subject, entry.organisation_id) == ("order:1", post.organisation.id)


HOSTILE = [
    "",
    "   ",
    "1" * 10_240,
    "<script>alert(1)</script>",
    "\x00\x01\x02",
    "' OR 1=1 --",
    "💥",
]


@pytest.mark.parametrize("typed", HOSTILE)
@pytest.mark.parametrize("language", list(Language))
def test_whatever_is_typed_as_pin_gets_a_clear_answer(
    client: BrowsingClient,
    deliver: Callable[[], int],
    smtp: SmtpFarEnd,
    language: Language,
    typed: str,
) -> None:
    post, words = posted(deliver, smtp, language), WORDS[language]
    page = client.get(post.path).submit(words["send"]).submit(words["show"], pin=typed)
    assert page.status == 422
    assert page.h1 == words["pin"]
    assert len(page.errors) == 1
    assert "PIN" in page.errors[0]
    assert post.message.pin_tries == 0
    assert "alert(1)" not in str(page.soup)


@pytest.mark.parametrize("body", [b"pin=%ff%fe%00", b"pin=\xff\xff", b"%%%=%%&pin", b"pin[]=1", b"pin=1&pin=2"])
def test_a_form_in_a_wrong_encoding_gets_a_clear_answer(client: BrowsingClient, post: Post, body: bytes) -> None:
    client.get(post.path).submit("Send the PIN code")
    answer = client.http.post(
        f"{post.path}/open",
        data=body + b"&csrf_token=" + client.csrf_token.encode(),
        content_type="application/x-www-form-urlencoded; charset=utf-16",
        headers={"Referer": "http://localhost/"},
    )
    assert answer.status_code in (400, 422)
    assert "<h1>" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "wrong", ["x", "..", "%00", "a" * 5000, "%E2%82%AC", "%FF%FE", "<script>", "%0d%0aSet-Cookie:x"]
)
@pytest.mark.parametrize("verb", ["", "/pin", "/content", "/not-my-number"])
def test_a_broken_link_says_that_the_mail_program_may_have_broken_it(
    client: BrowsingClient, post: Post, wrong: str, verb: str
) -> None:
    page = client.get(f"/messages/{wrong}{verb}", expect=404)
    assert "Set-Cookie:x" not in str(page.headers)
    if page.headers.get("X-Robots-Tag"):
        assert page.h1 == "The message was not found" or page.h1 == "Viestiä ei löytynyt"
        assert "riv" in page.text or "lines" in page.text


def test_half_a_link_is_an_unknown_link(client: BrowsingClient, post: Post) -> None:
    page = client.get(post.path[:-20], expect=404)
    assert "Mallilön" not in page.text
    for verb in ("pin", "open", "close", "not-my-number"):
        assert client.post(f"{post.path[:-20]}/{verb}", {"pin": "123456"}).status == 404


def test_caps_on_pins_are_told_with_the_time_when_they_end(
    client: BrowsingClient, post: Post, phone: Phone, clock: FakeClock
) -> None:
    page = client.get(post.path).submit("Send the PIN code")
    for _ in range(4):
        page = page.submit("Send a new PIN code")
    assert "The next PIN code can be sent on 1 December 2026, 11:00" in page.text
    page = client.post(f"{post.path}/pin")
    assert page.status == 429
    assert "the next one can be sent on 1 December 2026, 11:00" in page.errors[0]
    assert len(phone.messages) == 1
    assert client.get(post.path).h1 == "Secure message"
    clock.move(hours=1)
    client.get(post.path).submit("Send the PIN code")
    assert len(phone.messages) == 2


def test_the_first_pin_is_refused_on_the_cover_when_the_days_text_messages_are_spent(
    client: BrowsingClient, post: Post, app: Flask
) -> None:
    object.__setattr__(app.extensions["certportal.settings"], "sms_per_organisation_day", 0)
    page = client.get(post.path).submit("Send the PIN code")
    assert page.status == 429
    assert page.h1 == "Secure message"
    assert "No more text messages can be sent for this organisation today" in page.errors[0]


def test_five_wrong_pins_take_the_field_away_and_offer_a_new_pin(
    client: BrowsingClient, post: Post, phone: Phone
) -> None:
    page = client.get(post.path).submit("Send the PIN code")
    wrong = phone.other_than_pin()
    for _ in range(5):
        page = page.submit("Show the message", pin=wrong)
        assert page.status == 422
    assert page.errors == ["The PIN code was wrong 5 times and can no longer be used. Send a new one"]
    assert not page.soup.select("[name=pin]")
    page = page.submit("Send a new PIN code to •• 03")
    assert page.submit("Show the message", pin=phone.pin()).h1 == "Here are your transfer codes"


def test_wrong_number_is_recorded_once_and_the_signatory_told_once(
    client: BrowsingClient,
    other_browser: BrowsingClient,
    post: Post,
    deliver: Callable[[], int],
    smtp: SmtpFarEnd,
    clock: FakeClock,
) -> None:
    page = client.get(post.path).submit("This is not my number")
    assert page.h1 == "Thank you: the number will be corrected"
    assert NUMBER in page.text
    first = post.message.wrong_number_at
    assert first is not None
    clock.move(hours=1)
    other_browser.get(post.path)
    assert other_browser.post(f"{post.path}/not-my-number").h1 == "Thank you: the number will be corrected"
    assert post.message.wrong_number_at == first
    assert db.session.get_one(TechnicalContact, post.contact.id).wrong_number_at == first
    deliver()
    told = [mail for mail in smtp.messages if mail.recipient == "anna.andersson@mallilon.example"]
    assert len(told) == 1
    assert f"http://localhost/orders/{NUMBER}" in told[0].text
    assert "03" in told[0].text
    assert "+358" not in told[0].text
    page = client.get(post.path)
    assert "You told us so on 1 December 2026, 10:00" in page.text
    assert page.submit("Send the PIN code").h1 == "Enter the PIN code"


def told_that_the_number_is_wrong(smtp: SmtpFarEnd) -> int:
    return len([mail for mail in smtp.messages if mail.recipient == "anna.andersson@mallilon.example"])


def is_reported(post: Post) -> tuple[bool, bool]:
    """On the message, and on its contact."""
    at = post.message.wrong_number_at
    return at is not None, db.session.get_one(TechnicalContact, post.contact.id).wrong_number_at is not None


def test_it_was_my_number_after_all_takes_the_report_back(
    client: BrowsingClient, post: Post, deliver: Callable[[], int], smtp: SmtpFarEnd, clock: FakeClock
) -> None:
    page = client.get(post.path).submit("This is not my number")
    assert is_reported(post) == (True, True)
    deliver()
    page = page.submit("It was my number after all")
    assert (page.h1, page.path) == ("Secure message", post.path)
    assert "The number is no longer said to be wrong." in page.text
    assert is_reported(post) == (False, False)
    assert db.session.scalar(sa.select(AuditEntry.subject).where(AuditEntry.verb == "wrong_number_taken_back"))
    for _ in range(3):
        page = page.submit("This is not my number")
        page = client.get(post.path).submit("It was my number after all")
    deliver()
    assert told_that_the_number_is_wrong(smtp) == 1
    clock.move(hours=25)
    page.submit("This is not my number")
    deliver()
    assert told_that_the_number_is_wrong(smtp) == 2


def test_what_was_taken_back_before_the_mail_left_is_not_mailed_until_it_is_said_again(
    client: BrowsingClient, post: Post, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    page = client.get(post.path).submit("This is not my number").submit("It was my number after all")
    deliver()
    assert told_that_the_number_is_wrong(smtp) == 0
    page.submit("This is not my number")
    deliver()
    assert told_that_the_number_is_wrong(smtp) == 1


def test_another_message_to_the_same_number_keeps_its_report(
    client: BrowsingClient, post: Post, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    issued(post.organisation, post.orderer, post.contact, order_id=2)
    deliver()
    other = LINK.findall(smtp.messages[-1].text)[0]
    client.get(f"/messages/{other}").submit("This is not my number")
    client.get(post.path).submit("This is not my number").submit("It was my number after all")
    assert is_reported(post) == (False, True)
    client.get(f"/messages/{other}").submit("It was my number after all")
    assert is_reported(post) == (False, False)


def test_a_message_that_is_over_takes_nothing_back(client: BrowsingClient, post: Post) -> None:
    page = client.get(post.path).submit("This is not my number")
    with transaction():
        end_messages(SecureMessage.id == post.message_id, MessageEnd.CANCELLED)
    assert page.submit("It was my number after all").h1 == "The order has been cancelled"
    assert is_reported(post) == (True, True)


def test_a_right_pin_ends_the_report(client: BrowsingClient, post: Post, phone: Phone) -> None:
    client.get(post.path).submit("This is not my number")
    open_with_pin(client, post, phone)
    assert is_reported(post) == (False, False)
    [entry] = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.verb == "number_proved_right"))
    assert entry.actor_name == post.contact.name


def test_a_right_pin_to_a_former_number_says_nothing_of_the_present_one(
    client: BrowsingClient, post: Post, phone: Phone
) -> None:
    client.get(post.path).submit("This is not my number")
    with transaction() as session:
        session.get_one(TechnicalContact, post.contact.id).phone = "+358457000099"
    open_with_pin(client, post, phone)
    assert is_reported(post) == (False, True)


def test_a_number_corrected_meanwhile_is_not_marked_wrong(client: BrowsingClient, post: Post) -> None:
    with transaction() as session:
        session.get_one(TechnicalContact, post.contact.id).phone = "+358457000099"
    client.get(post.path).submit("This is not my number")
    db.session.rollback()
    assert db.session.get_one(TechnicalContact, post.contact.id).wrong_number_at is None


ENDINGS: dict[MessageEnd, tuple[str, str]] = {
    MessageEnd.USED: ("The transfer codes have been used", "ask for the certificate to be revoked"),
    MessageEnd.LAPSED: ("The transfer codes have lapsed", "to send new codes"),
    MessageEnd.SUPERSEDED: ("A newer message has been sent", "Open the newest e-mail"),
    MessageEnd.CANCELLED: ("The order has been cancelled", "If you think that this is a mistake"),
    MessageEnd.LOCKED: ("The message is locked", "to send new codes"),
    MessageEnd.CONTACT_CHANGED: ("The contact details have been changed", "open the newest e-mail"),
    MessageEnd.CERTIFICATE_ENDED: ("This certificate page is closed", "to apply for a new one"),
    MessageEnd.REVOKED: ("The certificate has been revoked", "to apply for a new one"),
    MessageEnd.NOT_ISSUED: ("The certificate could not be issued", "to send new codes"),
}


def ended(post: Post, because: MessageEnd) -> None:
    with transaction():
        end_messages(SecureMessage.id == post.message_id, because)


@pytest.mark.parametrize("because", list(MessageEnd))
def test_an_ended_message_says_what_happened_and_what_to_do(
    client: BrowsingClient, post: Post, phone: Phone, because: MessageEnd
) -> None:
    shown_before = client.get(post.path).text
    page = client.get(post.path).submit("Send the PIN code")
    ended(post, because)
    heading, remedy = ENDINGS[because]
    for answer in (
        client.get(post.path),
        page.submit("Show the message", pin="000000"),
        client.get(f"{post.path}/pin"),
    ):
        assert answer.h1 == heading
        assert remedy in answer.text
        for known in re.findall(r"Mallilön Ab|Anna Andersson|\d{4}-\d{6}|Earnings[^,]*", answer.text):
            assert known in shown_before, "a stranger learns no more than the cover told"
        for secret in (post.codes.transfer_id, "sami@ohjelmisto.example", "9900001-8", "03."):
            assert secret not in answer.text
    for verb in ("pin", "not-my-number", "close"):
        assert client.post(f"{post.path}/{verb}").h1 == heading
    assert phone.messages == []
    assert post.message.wrong_number_at is None


@pytest.mark.parametrize("language", ["fi", "sv"])
@pytest.mark.parametrize("because", list(MessageEnd))
def test_an_ended_message_speaks_the_readers_language(
    client: BrowsingClient, post: Post, because: MessageEnd, language: str
) -> None:
    ended(post, because)
    with client.http.session_transaction() as cookie:
        cookie["language"] = language
    page = client.get(post.path)
    assert page.soup.html is not None
    assert page.soup.html["lang"] == language
    assert page.h1 not in {heading for heading, _ in ENDINGS.values()}
    assert not re.search(r"\b(the|has been|ask)\b", page.text)


def test_codes_lapse_at_midnight_without_anybody_doing_anything(
    client: BrowsingClient, post: Post, phone: Phone, clock: FakeClock
) -> None:
    clock.at = post.codes.usable_until - timedelta(minutes=1)
    open_with_pin(client, post, phone)
    clock.move(minutes=1)
    page = client.get(f"{post.path}/content")
    assert page.h1 == "The transfer codes have lapsed"
    assert "15 December 2026, 23:59" in page.text


def spent(post: Post) -> None:
    with transaction():
        service.take_codes(post.codes_id, "a" * 64)
        service.spend_codes(post.codes_id)


def test_an_open_page_learns_that_the_certificate_has_been_collected(
    client: BrowsingClient, post: Post, phone: Phone
) -> None:
    page = open_with_pin(client, post, phone)
    waiting = page.soup.find(id="collected")
    assert waiting is not None
    assert waiting["hx-get"] == f"{post.path}/content"
    part = client.get(f"{post.path}/content", htmx=True)
    assert [tag.get("id") for tag in part.soup.find_all(recursive=False)] == ["collected"]
    assert "hx-get" in str(part.soup)
    spent(post)
    part = client.get(f"{post.path}/content", htmx=True)
    assert "Collected on 1 December 2026, 10:00" in part.text
    assert "hx-get" not in str(part.soup), "nothing more to ask for"
    whole = client.get(f"{post.path}/content")
    assert whole.h1 == "The certificate has been collected"
    assert post.codes.transfer_id not in whole.text


def test_an_open_page_leaves_by_itself_when_the_message_closes(
    client: BrowsingClient, post: Post, phone: Phone, clock: FakeClock
) -> None:
    open_with_pin(client, post, phone)
    clock.move(minutes=15)
    part = client.get(f"{post.path}/content", htmx=True)
    assert part.status == 204
    assert part.headers["HX-Redirect"] == f"{post.path}/pin"


def test_the_visitors_own_choice_of_language_goes_before_the_contacts(client: BrowsingClient, post: Post) -> None:
    with client.http.session_transaction() as cookie:
        cookie["language"] = "sv"
    assert client.get(post.path).h1 == "Säkert meddelande"


def test_the_address_that_a_refused_pin_leaves_in_the_browser_can_be_reloaded(
    client: BrowsingClient, post: Post, phone: Phone
) -> None:
    page = client.get(post.path).submit("Send the PIN code").submit("Show the message", pin="1")
    assert page.path == f"{post.path}/open"
    assert client.get(page.path).h1 == "Enter the PIN code"


def test_typing_into_an_old_page_after_the_pin_was_used_offers_a_new_one(
    client: BrowsingClient, post: Post, phone: Phone
) -> None:
    old = client.get(post.path).submit("Send the PIN code")
    old.submit("Show the message", pin=phone.pin())
    for typed in ("1", phone.pin()):
        page = old.submit("Show the message", pin=typed)
        assert (page.status, page.h1) == (422, "Send a new PIN code")
        assert len(page.errors) == 1


def opened_page(post: Post, certificate_id: int = 7) -> str:
    """A link to a certificate's page."""
    contact, cover = post.contact, dict(post.message.cover)
    until = post.codes.usable_until + timedelta(days=700)
    with transaction():
        message_id, token = service.new_page(
            certificate_id=certificate_id,
            organisation_id=contact.organisation_id,
            contact=contact,
            cover=cover,
            usable_until=until,
        )
        assert db.session.get_one(SecureMessage, message_id).cover["certificate"] == certificate_id
    return token.reveal()


def test_the_same_link_and_pin_guard_a_certificates_page(client: BrowsingClient, post: Post, phone: Phone) -> None:
    token = opened_page(post)
    page = client.get(f"/messages/{token}")
    assert "It opens the page of a certificate" in page.text
    page = page.submit("Send the PIN code")
    answer: Any = page.submit("Show the message", pin=phone.pin(), follow=False)
    assert answer.headers["Location"] == f"/messages/{token}/content"
    there = client.http.get(f"/messages/{token}/content")
    assert (there.status_code, there.headers["Location"]) == (303, f"/messages/{token}/certificate")


def test_a_certificates_page_ends_with_its_certificate(client: BrowsingClient, post: Post, phone: Phone) -> None:
    token, other = opened_page(post), opened_page(post, 8)
    with transaction():
        assert service.end_pages(7, MessageEnd.CERTIFICATE_ENDED) == 1
    assert client.get(f"/messages/{token}").h1 == "This certificate page is closed"
    assert client.get(f"/messages/{other}").h1 == "Secure message"
    assert client.get(post.path).h1 == "Secure message"
