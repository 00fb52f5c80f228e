"""An e-mail address, from what a person typed or pasted."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Self

from certportal.identifiers.texts import one_line, shown
from certportal.refusals import Refusal

if TYPE_CHECKING:
    from email_validator import ValidatedEmail

_LONGEST: Final = 254
_LONGEST_INPUT: Final = 1000
_NAMED: Final = re.compile(r"[^<>]*<\s*([^<>]*?)\s*>")
_AFTER: Final = " .,;:"
_ENDING: Final = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,59}", re.ASCII)


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """`text`: as typed before the @ (a server may tell capitals apart), the domain in small letters of its own script."""

    text: str

    def __post_init__(self) -> None:
        before, at, after = self.text.rpartition("@")
        if not (before and at and after) or not self.text.isprintable() or " " in self.text:
            raise ValueError("not an e-mail address; read what people type with EmailAddress.parse")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an address; "Name <address>", mailto: and a full stop or comma after it are taken off.

        Syntax by RFC 5321 and 5322 without quoting, comments and bare IP addresses; no DNS look-up, and reserved
        domains such as .example and .test pass. A domain may be international; what is before the @ must be ASCII,
        because a message to another needs SMTPUTF8 (RFC 6531) on every server of its way, and an ä there is nearly always
        a typing mistake.

        Refusals: email_missing; email_no_at; email_missing_ending (`domain`); email_letters_before_at (`letters`);
        email_too_long (`limit`: 254 characters in all, RFC 5321 4.5.3.1, or 64 before the @); email_unreadable
        (`typed`).
        """
        line = _unwrapped(text)
        if not line:
            raise Refusal("email_missing")
        before, at, domain = line.rpartition("@")
        if not at:
            raise Refusal("email_no_at", typed=shown(text))
        if len(line) > _LONGEST or len(before) > 64:
            raise Refusal("email_too_long", limit=_LONGEST if len(line) > _LONGEST else 64)
        foreign = "".join(dict.fromkeys(letter for letter in before if letter.isalpha() and not letter.isascii()))
        if foreign:
            raise Refusal("email_letters_before_at", letters=shown(foreign))
        normal = _readable(line, shown(text))
        if not _ENDING.fullmatch(normal.ascii_domain.rpartition(".")[2]) or "." not in normal.ascii_domain:
            raise Refusal("email_missing_ending", domain=shown(domain))
        return cls(normal.normalized)

    @property
    def ascii(self) -> str:
        """For the envelope and the headers of a mail: an international domain in its xn-- form."""
        normal = _normal(self.text)
        return str(normal.ascii_email if normal is not None else self.text)

    @property
    def key(self) -> str:
        """The same for every spelling of one address: for looking up and for UNIQUE, never for sending."""
        return self.ascii.casefold()

    @property
    def domain(self) -> str:
        return self.text.rpartition("@")[2]

    def __str__(self) -> str:
        return self.text


def _unwrapped(text: str) -> str:
    if len(text) > _LONGEST_INPUT:
        raise Refusal("email_too_long", limit=_LONGEST)
    line = one_line(unicodedata.normalize("NFC", text)).rstrip(_AFTER)
    named = _NAMED.fullmatch(line)
    line = named[1] if named else line
    if line[:7].lower() == "mailto:":
        line = line[7:].partition("?")[0]
    return line.strip().rstrip(_AFTER)


def _readable(line: str, typed: str) -> "ValidatedEmail":
    normal = _normal(line)
    if normal is None:
        raise Refusal("email_unreadable", typed=typed)
    return normal


@lru_cache(maxsize=2048)
def _normal(line: str) -> "ValidatedEmail | None":
    """None for what is no address. `globally_deliverable` off: a missing ending is ours to name.

    The library is imported when the first address is read; it would cost every start.
    """
    import email_validator as library

    for inside in {"local", "localhost", "test"}.intersection(library.SPECIAL_USE_DOMAIN_NAMES):
        library.SPECIAL_USE_DOMAIN_NAMES.remove(
            inside
        )  # its own way to allow them: an installation's mail may be its own
    try:
        return library.validate_email(
            line,
            check_deliverability=False,
            globally_deliverable=False,
            allow_smtputf8=False,
            allow_quoted_local=False,
            allow_domain_literal=False,
            allow_display_name=False,
            strict=True,
        )
    except library.EmailSyntaxError:
        return None
