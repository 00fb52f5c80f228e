"""Reading what a person typed: white space, characters that do not show, and the limits of a text."""

import unicodedata
from typing import Final

from certportal.refusals import Refusal

_TYPED_SPACES: Final = frozenset("\t\v\f\x85")
"""Control characters that are white space to whoever pressed the key. The rest of category Cc is refused."""

_INVISIBLE: Final = frozenset("\u00ad\u061c\u200b\u200e\u200f\u2060\ufeff")
"""Soft hyphen, direction marks, zero width space, word joiner, byte order mark: pasted with text, and dropped."""

_JOINERS: Final = frozenset("\u200c\u200d")
"""Some scripts and emoji are spelled with these, so a text may hold them, but not consist of them."""

_SHOWN_LENGTH: Final = 40


def plain_text(text: str, limit: int, *, keep_lines: bool = False) -> str:
    r"""`text` as it is kept: NFC, nothing white at its ends, one space where there were several.

    With `keep_lines` line breaks stay, each as "\n" and never more than two together; otherwise they are white space.
    A text may end in a mail header, a certificate or an XML answer, and on a page beside other people's names, so
    control characters, surrogates, noncharacters and whatever turns the writing direction are refused.

    Refusals: text_missing; text_too_long (`limit` and `length` in characters); text_control_characters.
    """
    if len(text) > 10 * limit + 1000:  # nobody's spaces make up the difference, so spare the work
        raise Refusal("text_too_long", limit=limit, length=len(text))
    unix = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    lines = [" ".join(_legible(line).split()) for line in unix.split("\n")]
    joined = _with_single_gaps(lines) if keep_lines else " ".join(line for line in lines if line)
    cleaned = unicodedata.normalize("NFC", joined)
    if all(character in _JOINERS or character.isspace() for character in cleaned):
        raise Refusal("text_missing")
    if len(cleaned) > limit:
        raise Refusal("text_too_long", limit=limit, length=len(cleaned))
    return cleaned


def one_line(text: str) -> str:
    """`text` for reading a number or an address: digits, hyphens and spaces are ASCII, nothing invisible is left.

    People paste from contact lists that wrap numbers in direction marks, and from documents with en dashes and no-break
    spaces; some type full-width or Arabic digits.
    """
    return text.strip() if text.isascii() else "".join(_plain(character) for character in text).strip()


def shown(text: str) -> str:
    """What was typed, short and safe to quote in a sentence. Nothing printable in it gives a question mark."""
    visible = " ".join("".join(character if character.isprintable() else " " for character in text[:400]).split())
    if len(visible) > _SHOWN_LENGTH:
        return visible[: _SHOWN_LENGTH - 1].rstrip() + "…"
    return visible or "?"


def _legible(line: str) -> str:
    return "".join(_kept(character) for character in line)


def _kept(character: str) -> str:
    if character in _TYPED_SPACES:
        return " "
    if character in _INVISIBLE:
        return ""
    if unicodedata.category(character) in {"Cc", "Cs"} or _is_noncharacter(character):
        raise Refusal("text_control_characters")
    if unicodedata.category(character) == "Cf" and character not in _JOINERS:
        raise Refusal("text_control_characters")
    return character


def _is_noncharacter(character: str) -> bool:
    """Unicode 23.7: never meant for interchange, and XML 1.0 (2.2) cannot hold U+FFFE and U+FFFF."""
    code = ord(character)
    return 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE


def _with_single_gaps(lines: list[str]) -> str:
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).strip("\n")


def _plain(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Pd" or character == "\u2212":
        return "-"
    if category in {"Zs", "Zl", "Zp"}:
        return " "
    if category == "Cf":
        return ""
    return "+" if character == "\uff0b" else character
