"""The inbox shows what came over the wire, and a mail can do nothing but be read."""

import re
from datetime import timedelta
from email.message import EmailMessage

import pytest
from flask import Flask

from certportal import clock
from certportal.demo import reading
from certportal.demo.inbox import MAIL, SMS, Inbox
from certportal.identifiers import Language
from tests import builders
from tests.browsing import BrowsingClient


def mail(subject: str = "Säkert meddelande", html: str = "<html><head></head><body><p>Hej</p></body></html>") -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"] = subject, "portal@service.example"
    message.set_content("Öppna: http://localhost/messages/abc.")
    message.add_alternative(html, subtype="html")
    message["Content-Language"] = "sv"
    return message.as_bytes()


def test_a_mail_is_shown_as_it_came(inbox: Inbox) -> None:
    inbox.add(MAIL, "maija@mallisto.example", mail())
    [received] = inbox.received()
    assert (received.subject, received.sender) == ("Säkert meddelande", "portal@service.example")
    assert received.language == "sv"
    assert received.text.strip() == "Öppna: http://localhost/messages/abc."
    assert "<p>Hej</p>" in received.html


def test_a_message_came_when_it_came(demo: Flask, inbox: Inbox) -> None:
    inbox.add(SMS, "+358457000022", b"hej")
    assert abs(inbox.received()[0].at - clock.machine()) < timedelta(seconds=10)


def test_the_newest_comes_first_and_one_readers_messages_can_be_picked(inbox: Inbox) -> None:
    inbox.add(SMS, "+358457000022", b"first")
    inbox.add(MAIL, "maija@mallisto.example", mail("second"))
    inbox.add(SMS, "+358457000023", b"third")
    assert [each.subject for each in inbox.received()] == ["third", "second", "first"]
    mine = inbox.received(["+358457000022", "maija@mallisto.example"])
    assert [each.subject for each in mine] == ["second", "first"]
    assert inbox.count_after(mine[0].id) == 1


def test_an_inbox_takes_the_place_of_another(inbox: Inbox) -> None:
    inbox.add(SMS, "+358457000022", b"old")
    other = Inbox(inbox.path.with_name("other.sqlite3"))
    other.add(SMS, "+358457000022", b"new")
    inbox.become(other)
    assert [each.text for each in inbox.received()] == ["new"]


def test_messages_are_named_by_whose_address_and_number_it_is(visitor: BrowsingClient, inbox: Inbox) -> None:
    organisation = builders.organisation()
    builders.contact(
        organisation, "Maija Mallikas", "maija@mallisto.example", phone="+358457000022", language=Language.FI
    )
    inbox.add(MAIL, "maija@mallisto.example", mail("For Maija"))
    inbox.add(SMS, "+358457000022", b"Certportal: PIN-koodi 123456 viestiin.\n\n@localhost #123456")
    inbox.add(MAIL, "nobody@nowhere.example", mail("For nobody known"))
    page = visitor.get("/demo/inbox?to=Maija+Mallikas")
    assert [row.get_text(" ", strip=True) for row in page.soup.select("tbody th")] == [
        "Certportal: PIN-koodi 123456 viestiin.",
        "For Maija",
    ]
    everything = visitor.get("/demo/inbox")
    options = [option["value"] for option in everything.soup.select("select option")]
    assert options == ["", "Maija Mallikas", "nobody@nowhere.example"]


def test_the_bar_shows_the_pin_code_that_has_just_come(visitor: BrowsingClient, inbox: Inbox) -> None:
    inbox.add(SMS, "+358457000022", b"Certportal: PIN code 123456 for the message about order 2026-000417.")
    news = visitor.get("/sign-in").soup.select_one("#demo-news")
    assert news is not None
    assert "123456" in news.text
    visitor.get("/demo/inbox")
    seen = visitor.get("/sign-in").soup.select_one("#demo-news")
    assert seen is not None
    assert "123456" not in seen.text


def test_scripts_get_the_news_alone_and_a_reader_the_inbox(visitor: BrowsingClient) -> None:
    partial = visitor.get("/demo/news", htmx=True)
    assert [tag["id"] for tag in partial.soup.find_all(True, recursive=False)] == ["demo-news"]
    assert visitor.get("/demo/news").path == "/demo/inbox"


def test_a_mails_own_markup_is_locked_in(visitor: BrowsingClient, inbox: Inbox) -> None:
    inbox.add(MAIL, "maija@mallisto.example", mail(html="<html><head></head><body><script>x()</script></body></html>"))
    page = visitor.get("/demo/inbox/1")
    [frame] = page.soup.select("iframe")
    assert "allow-scripts" not in frame["sandbox"]
    assert "allow-same-origin" not in frame["sandbox"]
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    policy = visitor.http.get(str(frame["src"])).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy


def test_a_mails_links_lead_out_of_its_frame(visitor: BrowsingClient, inbox: Inbox) -> None:
    inbox.add(MAIL, "maija@mallisto.example", mail())
    assert '<head><base target="_top">' in visitor.http.get("/demo/inbox/1/mail").get_data(as_text=True)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("See http://localhost/a?b=1&c=2.", 'See <a href="http://localhost/a?b=1&amp;c=2">'),
        ("<b>http://localhost.evil.example/x</b>", "&lt;b&gt;http://localhost.evil.example/x&lt;/b&gt;"),
        ("http://elsewhere.example/", "http://elsewhere.example/"),
    ],
)
def test_addresses_of_the_service_alone_can_be_pressed(demo: Flask, text: str, shown: str) -> None:
    linked = str(reading.linked(text))
    assert shown in linked
    assert len(re.findall("<a ", linked)) == shown.count("<a ")


def test_a_message_that_is_not_there_is_not_found(visitor: BrowsingClient) -> None:
    visitor.get("/demo/inbox/99", expect=404)
    visitor.get("/demo/inbox/99/mail", expect=404)
