"""Letters and text messages: rendered in the recipient's language, and put into the bytes that a mail server gets.

The style sheet of templates/mail/base.html is written into the elements once a letter is rendered (mail programs drop
style sheets), which costs a tenth of rendering. The bytes are made here, not by ``email.message``: that alone would cost
more than rendering, sending and settling together, and Flask-Mail's own way sends UTF-8 as raw 8bit lines of any length,
which servers refuse (RFC 5321 section 4.5.3.1.6: 998 characters and CR LF).
"""

import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from flask import current_app
from flask_babel import force_locale  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]
from flask_mail import Message

from certportal.formats import LOCALES
from certportal.identifiers import Language
from certportal.outbox.addresses import MESSAGE_ID, Mailbox, checked, header_text, known_mailbox
from certportal.settings import current_settings

if TYPE_CHECKING:
    from css_inline import CSSInliner

_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029 ]+")
_BLANK_LINES = re.compile(r"[ \t]*\n(?:[ \t]*\n){2,}")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]+")
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")

_PLAIN = b"\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
_HTML = b"\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"


@dataclass(frozen=True, slots=True)
class RenderedLetter:
    """A letter's words: the subject on one line, the plain text, the whole HTML page. Secrets among them: no repr."""

    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)


def render_letter(kind: str, language: Language, context: Mapping[str, Any]) -> RenderedLetter:
    """The letter of templates/mail/<kind>/ in this language. The HTML is autoescaped, subject and text are not.

    Besides ``context`` the templates are given what ``_house`` names, and the bodies the ``subject``.
    """
    with force_locale(LOCALES[Language(language)]):
        given = {**context, **_house(language)}
        subject = _BREAKS.sub(" ", _rendered(f"mail/{kind}/subject.txt", given)).strip()
        given["subject"] = subject
        text = _BLANK_LINES.sub("\n\n", _rendered(f"mail/{kind}/body.txt", given)).strip() + "\n"
        html = _inliner().inline(_rendered(f"mail/{kind}/body.html", given)).strip() + "\n"
    return RenderedLetter(subject, text, html)


def render_sms(kind: str, language: Language, context: Mapping[str, Any]) -> str:
    """The text message of templates/sms/<kind>.txt in this language, without white space around it."""
    with force_locale(LOCALES[Language(language)]):
        return _rendered(f"sms/{kind}.txt", {**context, **_house(language)}).strip()


def _rendered(template: str, given: Mapping[str, Any]) -> str:
    return current_app.jinja_env.get_template(template).render(given)


def _house(language: Language) -> dict[str, str]:
    """What every letter and text message may name."""
    settings = current_settings()
    return {
        "service_name": settings.service_name,
        "provider_name": settings.provider_name,
        "base_url": settings.base_url,
        "support_phone": settings.support_phone,
        "support_email": settings.support_email,
        "support_hours": settings.support_hours,
        "lang": str(language),
    }


@lru_cache(maxsize=1)
def _inliner() -> "CSSInliner":
    """Writes style sheets into elements, but for those marked data-css-inline="keep"; fetches nothing."""
    from css_inline import CSSInliner

    return CSSInliner(load_remote_stylesheets=False)


def build(
    letter: RenderedLetter,
    *,
    to: str,
    name: str = "",
    language: str,
    message_id: str,
    date: datetime,
    sender: str | None = None,
    reply_to: str | None = None,
) -> "LetterMessage":
    """The message, ready for ``Line.send``, from the service's sender (MAIL_SENDER, with the service's name unless it
    brings one) and with the support address to reply to, if there is one. ``date`` is aware.

    ValueError where a header would hold a line break or another control character, or an address is none.
    """
    settings = current_settings()
    sender = sender or settings.mail_sender
    signed = sender if "<" in sender else (settings.service_name, sender)
    reply_to = settings.support_email if reply_to is None else reply_to
    message = LetterMessage(letter, (name, to), language, message_id, signed, reply_to, date)
    message.header_lines()
    return message


class LetterMessage(Message):
    """A letter to one recipient, as text and as HTML, that makes its own bytes.

    Flask-Mail's constructor is passed over on purpose: it asks the name service for a Message-ID.
    """

    def __init__(
        self,
        letter: RenderedLetter,
        to: tuple[str, str],
        language: str,
        message_id: str,
        sender: str | tuple[str, str],
        reply_to: str,
        date: datetime,
    ) -> None:
        self.language, self.sent_at = language, date
        self.recipients, self.cc, self.bcc = [to], [], []
        self.sender, self.reply_to, self.subject = sender, reply_to or None, letter.subject
        self.body, self.alts, self.attachments = letter.text, {"html": letter.html}, []
        self.msgId, self.date, self.charset = message_id, date.timestamp(), "utf-8"
        self.extra_headers, self.mail_options, self.rcpt_options = None, [], []

    def __repr__(self) -> str:
        return f"<LetterMessage {self.msgId}>"

    __str__ = __repr__  # Flask-Mail's prints the whole letter, secrets included

    def as_string(self) -> str:
        return self.as_bytes().decode()

    def has_bad_headers(self) -> bool:
        """Never: ``as_bytes`` raises ValueError instead, and names what is wrong."""
        return False

    def as_bytes(self) -> bytes:
        """Headers, then text and HTML as quoted-printable; every line ends in CR LF and has at most 76 characters, but
        for a header with a single long address. ValueError as ``build``."""
        if self.cc or self.bcc or self.attachments or set(self.alts) != {"html"}:
            raise ValueError("a letter has one recipient, a text and an HTML part, and nothing else")
        # "=_" cannot stand in quoted-printable text, so the boundary never occurs in a part (RFC 2045 section 6.7).
        boundary = "=_" + hashlib.sha256(self.msgId.encode()).hexdigest()[:32]
        head = [
            *self.header_lines(),
            "MIME-Version: 1.0",
            f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"',
        ]
        delimiter = f"\r\n--{boundary}".encode()
        text, html = _quoted_printable(self.body or ""), _quoted_printable(self.alts["html"])
        top = "\r\n".join(head).encode() + b"\r\n"
        return b"".join((top, delimiter, _PLAIN, text, delimiter, _HTML, html, delimiter, b"--\r\n"))

    def header_lines(self) -> list[str]:
        """The letter's headers without MIME's; ValueError as ``build``."""
        (recipient,) = self.recipients
        if self.sent_at.utcoffset() is None:
            raise ValueError("a letter's date names its zone")
        lines = [
            f"From: {known_mailbox(self.sender)[1]}",
            f"To: {Mailbox.parse(recipient).header()}",
            f"Subject: {header_text(self.subject)}",
            f"Date: {format_datetime(self.sent_at)}",
            f"Message-ID: {checked(self.msgId, MESSAGE_ID, 'Message-ID')}",
        ]
        if self.reply_to:
            lines.append(f"Reply-To: {known_mailbox(self.reply_to)[1]}")
        lines.append("Auto-Submitted: auto-generated")  # RFC 3834 section 5: no holiday messages in answer, please
        lines.append(f"Content-Language: {checked(self.language, _LANGUAGE_TAG, 'language')}")
        for name, value in (self.extra_headers or {}).items():
            lines.append(f"{checked(name, _HEADER_NAME, 'header name')}: {header_text(value)}")
        return lines


def _quoted_printable(text: str) -> bytes:
    """UTF-8 in lines of at most 76 characters that end in CR LF (RFC 2045 section 6.7)."""
    encoded = text.replace("\r\n", "\n").replace("\r", "\n").encode()
    return binascii.b2a_qp(encoded, istext=True).replace(b"\n", b"\r\n")
