"""Mailboxes and Message-IDs as headers and envelopes want them (RFC 5322 sections 3.4 and 3.6.4, RFC 6531)."""

import ipaddress
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Self
from urllib.parse import urlsplit

# Anything that ends a line for some mail program, and every other control character.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NAMED = re.compile(r"(?P<name>[^<>]*?)\s*<(?P<address>[^<>]+)>")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_LOCAL_PART = re.compile(r"[^\s@<>()\[\]\\,;:\"]{1,64}")
MESSAGE_ID = re.compile(r"<[A-Za-z0-9._+=-]+@[A-Za-z0-9.\[\]:-]+>")
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_ASCII_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_PLAIN_LENGTH = 60  # an unencoded header value stays well under 78 with any header's name before it
_WORD_BYTES = 39  # 52 characters of base64, 12 around them, a header's name: a line of at most 76 (RFC 2047 section 2)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A display name, perhaps empty, and an address whose domain is ASCII (names in other scripts as xn--…)."""

    name: str
    address: str

    @classmethod
    def parse(cls, text: str | tuple[str, str]) -> Self:
        """From ``a@b``, ``Name <a@b>`` or ``(name, a@b)``; ValueError for anything else, above all for line breaks."""
        if isinstance(text, tuple):
            name, address = text
        else:
            named = _NAMED.fullmatch(text.strip(" "))
            name, address = (named["name"], named["address"]) if named else ("", text)
        return cls(one_line(name).strip(' "'), _ascii_domain(address))

    @property
    def needs_smtputf8(self) -> bool:
        """Whether only a server with SMTPUTF8 can take it: letters beyond ASCII before the @ have no other spelling."""
        return not self.address.isascii()

    def header(self) -> str:
        """As the value of From, To or Reply-To."""
        if not self.name:
            return self.address
        if _plain(self.name):
            escaped = self.name.replace("\\", "\\\\").replace('"', '\\"')
            name = self.name if _ATOMS.fullmatch(self.name) else f'"{escaped}"'
        else:
            name = encoded_words(self.name)
        return (
            f"{name}\r\n <{self.address}>"
            if len(name) + len(self.address) > _PLAIN_LENGTH
            else f"{name} <{self.address}>"
        )


@lru_cache(maxsize=64)
def known_mailbox(text: str | tuple[str, str]) -> tuple[Mailbox, str]:
    """Mailbox and header of one of the few that stand in every letter: the sender, the support address."""
    mailbox = Mailbox.parse(text)
    return mailbox, mailbox.header()


def one_line(value: str) -> str:
    """The value itself; ValueError if it could begin a new header or hides a control character."""
    if _CONTROL.search(value):
        raise ValueError("a line break or another control character has no place in a mail header")
    return value


def checked(value: str, pattern: re.Pattern[str], what: str) -> str:
    """The value itself; ValueError unless all of it fits the pattern."""
    if not pattern.fullmatch(one_line(value)):
        raise ValueError(f"not a {what}")
    return value


def message_id(reference: str, base_url: str) -> str:
    """A Message-ID in the domain of BASE_URL's host, the same for the same ``reference`` (RFC 5322 section 3.6.4)."""
    return checked(f"<{reference}@{_mail_domain(base_url)}>", MESSAGE_ID, "Message-ID")


@lru_cache(maxsize=8)
def _mail_domain(base_url: str) -> str:
    host = urlsplit(base_url).hostname or "localhost"
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        return Mailbox.parse(f"postmaster@{host}").address.partition("@")[2]
    return f"[IPv6:{literal}]" if literal.version == 6 else f"[{literal}]"


def header_text(value: str) -> str:
    """The value of a header that is free text: plain if short and ASCII, else in encoded words (RFC 2047)."""
    return value if _plain(one_line(value)) else encoded_words(value)


def _plain(value: str) -> bool:
    return value.isascii() and len(value) <= _PLAIN_LENGTH and "=?" not in value


def encoded_words(value: str) -> str:
    """UTF-8 in base64 words of at most 75 characters, one a line; no character is divided (RFC 2047 section 5)."""
    return "\r\n ".join(f"=?utf-8?b?{b64encode(piece).decode()}?=" for piece in _pieces(value))


def _pieces(value: str) -> Iterator[bytes]:
    piece = b""
    for character in value:
        encoded = character.encode()
        if len(piece) + len(encoded) > _WORD_BYTES:
            yield piece
            piece = b""
        piece += encoded
    yield piece


def _ascii_domain(address: str) -> str:
    local_part, at, domain = one_line(address.strip(" ")).rpartition("@")
    if at and not domain.isascii():
        import idna  # its tables are large, and most addresses never need them

        domain = idna.encode(domain, uts46=True).decode()
    if not (at and _LOCAL_PART.fullmatch(local_part) and _ASCII_DOMAIN.fullmatch(domain)):
        raise ValueError("not an e-mail address")
    return f"{local_part}@{domain}"
