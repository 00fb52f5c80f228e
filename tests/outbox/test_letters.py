"""A letter is written in its reader's language, in lines that every server takes, and no header can be smuggled into it."""

import quopri
import re
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import ChoiceLoader, DictLoader

from certportal.identifiers import Language
from certportal.outbox.addresses import Mailbox, header_text, message_id
from certportal.outbox.letters import LetterMessage, RenderedLetter, build, render_letter, render_sms
from certportal.outbox.smtp import post
from certportal.settings import Settings
from tests.far_ends import SmtpFarEnd
from tests.outbox.letter_writing import a_letter

MOMENT = datetime(2026, 12, 4, 10, 5, tzinfo=UTC)
TEMPLATES = {
    "mail/greeting/subject.txt": "{{ service_name }}:\n  {{ who }} {{ when | datetime }}\n",
    "mail/greeting/body.txt": "Hello {{ who }}\n\n{% if False %}\nnever\n{% endif %}\n\n\n{{ base_url }} {{ lang }}\n"
    "{{ support_phone }}",
    "mail/greeting/body.html": "<title>{{ subject }}</title><style>p { margin: 0 }</style>"
    '<style data-css-inline="keep">@media (max-width: 480px) { p { margin: 1px } }</style>'
    '<link rel="stylesheet" href="http://remote.invalid/x.css">'
    '<p lang="{{ lang }}">Hello {{ who }}, {{ support_email }}, {{ when | date }}</p>',
    "sms/greeting.txt": "\n{{ service_name }}: {{ who }} <{{ when | time }}>\n",
}
# Text without lone surrogates, which no UTF-8 can carry.
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=400)
WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=200)


@pytest.fixture
def greeting(app: Flask) -> None:
    own = app.jinja_loader
    assert own is not None
    app.jinja_loader = ChoiceLoader([DictLoader(TEMPLATES), own])


def parsed(content: bytes) -> EmailMessage:
    return cast(EmailMessage, message_from_bytes(content, policy=policy.default))


def part(content: bytes, subtype: str) -> str:
    """The decoded part with the line ends that Python writes."""
    body = parsed(content).get_body((subtype,))  # pyright: ignore[reportArgumentType]
    assert body is not None
    payload = body.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode().replace("\r\n", "\n")


def lines(content: bytes) -> list[bytes]:
    assert content.count(b"\n") == content.count(b"\r") == content.count(b"\r\n")
    return content.split(b"\r\n")


# Rendering


@pytest.mark.usefixtures("greeting")
@pytest.mark.parametrize(
    ("language", "when", "day"),
    [
        (Language.FI, "4.12.2026 klo 12.05", "4.12.2026"),
        (Language.SV, "4.12.2026 kl. 12.05", "4.12.2026"),
        (Language.EN, "4 December 2026, 12:05", "4 December 2026"),
    ],
)
def test_a_letter_is_written_in_its_readers_language(language: Language, when: str, day: str) -> None:
    letter = render_letter("greeting", language, {"who": "Åsa", "when": MOMENT})
    assert letter.subject == f"Certportal: Åsa {when}"
    assert letter.text == f"Hello Åsa\n\nhttp://localhost {language}\n029 000 0000\n"
    assert f'<p lang="{language}" style="margin: 0;">Hello Åsa, support@service.example, {day}</p>' in letter.html


@pytest.mark.usefixtures("greeting")
def test_markup_is_escaped_in_html_and_left_alone_in_text() -> None:
    letter = render_letter("greeting", Language.EN, {"who": "<b>A & B</b>", "when": MOMENT})
    assert "&lt;b&gt;A &amp; B&lt;/b&gt;" in letter.html
    assert "<b>A & B</b>" in letter.text
    assert "<b>A & B</b>" in letter.subject


@pytest.mark.usefixtures("greeting")
def test_styles_are_written_into_the_elements_but_for_those_that_depend_on_the_screen() -> None:
    html = render_letter("greeting", Language.FI, {"who": "Åsa", "when": MOMENT}).html
    assert "<title>Certportal: Åsa 4.12.2026 klo 12.05</title>" in html
    assert "p { margin: 0 }" not in html
    assert "@media (max-width: 480px) { p { margin: 1px } }" in html


@pytest.mark.usefixtures("greeting")
def test_a_subject_is_one_line_whatever_a_name_brings() -> None:
    letter = render_letter("greeting", Language.EN, {"who": "A\r\nBcc: c@x.example\x85\u2028\x0bB", "when": MOMENT})
    assert letter.subject == "Certportal: A Bcc: c@x.example B 4 December 2026, 12:05"


@pytest.mark.usefixtures("greeting")
def test_nothing_of_the_context_passes_for_the_services_own_name() -> None:
    letter = render_letter("greeting", Language.EN, {"who": "", "when": MOMENT, "service_name": "Other"})
    assert letter.subject.startswith("Certportal:")


@pytest.mark.usefixtures("greeting")
def test_a_text_message_is_plain_and_without_white_space_around_it() -> None:
    assert render_sms("greeting", Language.FI, {"who": "A & B", "when": MOMENT}) == "Certportal: A & B <12.05>"


@pytest.mark.usefixtures("greeting")
def test_the_language_before_is_back_after_a_letter(app: Flask) -> None:
    from flask_babel import force_locale, get_locale

    with force_locale("sv"):
        render_letter("greeting", Language.EN, {"who": "", "when": MOMENT})
        assert str(get_locale()) == "sv"


def test_a_rendered_letter_does_not_print() -> None:
    assert repr(RenderedLetter("secret", "secret", "secret")) == "RenderedLetter()"


# The message


@pytest.mark.usefixtures("app")
def test_the_service_signs_and_answers_go_to_its_support() -> None:
    words = RenderedLetter("Hei", "Moi\n", "<p>Moi</p>\n")
    mail = build(
        words,
        to="erik@contact.example",
        name="Erik Ek",
        language="sv",
        message_id="<x.1@portal.example>",
        date=datetime(2026, 12, 1, 10, 0, tzinfo=timezone(timedelta(hours=2))),
    )
    headers = dict(parsed(mail.as_bytes()).items())
    assert re.fullmatch(r'multipart/alternative; boundary="=_[0-9a-f]{32}"', headers.pop("Content-Type"))
    assert headers == {
        "From": "Certportal <no-reply@service.example>",
        "To": "Erik Ek <erik@contact.example>",
        "Subject": "Hei",
        "Date": "Tue, 01 Dec 2026 10:00:00 +0200",
        "Message-ID": "<x.1@portal.example>",
        "Reply-To": "support@service.example",
        "Auto-Submitted": "auto-generated",
        "Content-Language": "sv",
        "MIME-Version": "1.0",
    }


@pytest.mark.usefixtures("app")
def test_a_sender_that_brings_its_name_keeps_it_and_no_support_address_means_no_reply_to() -> None:
    mail = build(
        RenderedLetter("Hei", "Moi\n", "<p>Moi</p>\n"),
        to="erik@contact.example",
        language="fi",
        message_id="<x.1@portal.example>",
        date=MOMENT,
        sender="Varmenteet <x@service.example>",
        reply_to="",
    )
    read = parsed(mail.as_bytes())
    assert (read["From"], read["To"], read["Reply-To"]) == (
        "Varmenteet <x@service.example>",
        "erik@contact.example",
        None,
    )


def test_the_same_letter_gives_the_same_bytes() -> None:
    assert a_letter().as_bytes() == a_letter().as_bytes()
    assert a_letter().as_string().encode() == a_letter().as_bytes()


def test_both_parts_are_quoted_printable_and_no_line_is_long() -> None:
    letter = a_letter(text="ä" * 5000 + "\n" + "x" * 5000 + "\n", subject="Ö" * 400, name="Å" * 200)
    letter.alts["html"] = "<p>" + "å" * 5000 + "y" * 5000 + "</p>"
    content = letter.as_bytes()
    assert max(map(len, lines(content))) <= 76
    assert content.isascii()
    for found in parsed(content).walk():
        if not found.is_multipart():
            assert found["Content-Transfer-Encoding"] == "quoted-printable"
            assert found.get_content_charset() == "utf-8"


def test_python_reads_the_letter_without_a_defect() -> None:
    for found in parsed(a_letter().as_bytes()).walk():
        assert found.defects == []
        assert all(not getattr(value, "defects", ()) for value in found.values())


@given(text=TEXT, html=TEXT)
def test_any_text_arrives_as_it_was_written(text: str, html: str) -> None:
    letter = a_letter(text=text or "x")
    letter.alts["html"] = html
    content = letter.as_bytes()
    assert part(content, "plain") == (text or "x").replace("\r\n", "\n").replace("\r", "\n")
    assert part(content, "html") == html.replace("\r\n", "\n").replace("\r", "\n")
    assert max(map(len, lines(content))) <= 76


@given(subject=WORDS)
def test_any_subject_arrives_as_it_was_written(subject: str) -> None:
    value = header_text(subject)
    assert max(map(len, f"Subject: {value}".split("\r\n"))) <= 76
    letter = a_letter(subject=subject or "x")
    assert str(parsed(letter.as_bytes())["Subject"]).strip() == (subject or "x").strip()


@given(name=WORDS)
def test_any_name_is_a_name_and_never_an_address(name: str) -> None:
    to = parsed(a_letter(name=name).as_bytes())["To"]
    assert [address.addr_spec for address in to.addresses] == ["erik@contact.example"]
    assert max(map(len, f"To: {Mailbox.parse((name, 'erik@contact.example')).header()}".split("\r\n"))) <= 76


# Nothing is smuggled in

BREAKS = [
    "\r\nBcc: c@x.example",
    "\nBcc: c@x.example",
    "\rBcc: c@x.example",
    "\x0bx",
    "\x0cx",
    "\x00",
    "\x85x",
    "\u2028x",
]


def spoilt(field: str, break_: str) -> LetterMessage:
    letter = a_letter(
        to="erik@contact.example" + (break_ if field == "address" else ""),
        name="Erik" + (break_ if field == "name" else ""),
        subject="Hei" + (break_ if field == "subject" else ""),
    )
    match field:
        case "sender":
            letter.sender = f"Portal{break_} <no-reply@portal.example>"
        case "reply_to":
            letter.reply_to = f"support@portal.example{break_}"
        case "message_id":
            letter.msgId = f"<x@portal.example>{break_}"
        case "language":
            letter.language = f"sv{break_}"
        case "header value":
            letter.extra_headers = {"X-Kind": f"notice{break_}"}
        case "header name":
            letter.extra_headers = {f"X-Kind{break_}": "notice"}
    return letter


FIELDS = ["address", "name", "subject", "sender", "reply_to", "message_id", "language", "header value", "header name"]


@pytest.mark.parametrize("break_", BREAKS)
@pytest.mark.parametrize("field", FIELDS)
def test_a_line_break_is_refused_in_every_header(field: str, break_: str) -> None:
    assert b"Erik" in spoilt("none", break_).as_bytes()
    with pytest.raises(ValueError):
        spoilt(field, break_).as_bytes()


@pytest.mark.usefixtures("app")
def test_build_refuses_at_once_and_nothing_is_sent(smtp: SmtpFarEnd) -> None:
    words = RenderedLetter("Hei\r\nBcc: c@x.example", "Moi\n", "<p>Moi</p>\n")
    with pytest.raises(ValueError):
        build(words, to="erik@contact.example", language="fi", message_id="<x.1@portal.example>", date=MOMENT)
    with post().connection() as line, pytest.raises(ValueError):
        line.send(spoilt("subject", "\r\nBcc: c@x.example"))
    assert smtp.connections == 0


@pytest.mark.parametrize(
    "address",
    ["", "erik", "@contact.example", "erik@", "a@b@contact.example", "a b@contact.example", "a,b@contact.example",
     "<a@contact.example>", '"a"@contact.example', "a@contact_.example-", "a@-contact.example", "a@contact..example"],
)  # fmt: skip
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError):
        Mailbox.parse(("", address))


def test_a_letter_has_one_recipient_and_no_attachments() -> None:
    for spoil in ("cc", "bcc", "attachments"):
        letter = a_letter()
        setattr(letter, spoil, ["c@x.example"])
        with pytest.raises(ValueError):
            letter.as_bytes()


def test_a_date_without_a_zone_is_refused() -> None:
    letter = a_letter()
    letter.sent_at = datetime(2026, 12, 1)  # noqa: DTZ001
    with pytest.raises(ValueError):
        letter.header_lines()


def test_an_extra_header_that_is_a_constant_is_carried() -> None:
    letter = a_letter()
    letter.extra_headers = {"X-Kind": "påminnelse"}
    assert parsed(letter.as_bytes())["X-Kind"] == "påminnelse"


# Names and identities


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("https://portal.example", "<row-7@portal.example>"),
        ("http://localhost:8000", "<row-7@localhost>"),
        ("http://127.0.0.1:8000", "<row-7@[127.0.0.1]>"),
        ("http://[::1]:8000", "<row-7@[IPv6:::1]>"),
        ("https://intyg.åland.example", "<row-7@intyg.xn--land-poa.example>"),
    ],
)
def test_a_message_id_is_of_the_portals_own_domain(base_url: str, expected: str) -> None:
    assert message_id("row-7", base_url) == expected


def test_a_message_id_cannot_be_broken_out_of() -> None:
    with pytest.raises(ValueError):
        message_id("row 7>\r\nBcc: c@x.example", "https://portal.example")


@pytest.mark.parametrize(
    ("given", "header"),
    [
        (("Erik Ek", "e@x.example"), "Erik Ek <e@x.example>"),
        (("Ek, Erik", "e@x.example"), '"Ek, Erik" <e@x.example>'),
        (('Erik "E" \\ Ek', "e@x.example"), '"Erik \\"E\\" \\\\ Ek" <e@x.example>'),
        (("Åsa", "e@x.example"), "=?utf-8?b?w4VzYQ==?= <e@x.example>"),
        (("=?utf-8?q?x?=", "e@x.example"), "=?utf-8?b?PT91dGYtOD9xP3g/PQ==?= <e@x.example>"),
        ("Erik <e@åland.example>", "Erik <e@xn--land-poa.example>"),
        (" e@x.example ", "e@x.example"),
        ("åsa@x.example", "åsa@x.example"),
    ],
)
def test_a_mailbox_is_written_as_its_standard_says(given: str | tuple[str, str], header: str) -> None:
    assert Mailbox.parse(given).header() == header


def test_soft_line_ends_divide_no_escape() -> None:
    content = a_letter(text="ä" * 1000).as_bytes()
    assert quopri.decodestring(content).decode().count("ä") == 1000


def test_the_settings_sender_is_a_mailbox(settings: Settings) -> None:
    assert Mailbox.parse(settings.mail_sender).address == settings.mail_sender
