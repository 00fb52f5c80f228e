"""Names as certificates hold them: composed, on one line, without what nobody sees, and no longer than X.509 allows."""

import unicodedata
from collections.abc import Callable

LONGEST = 64  # RFC 5280 A.1, ub-organization-name and ub-common-name
REMEDY = f"write the name with single spaces and nothing invisible, in at most {LONGEST} characters"
"""What a setting's reader is told of a name that no certificate holds as it is."""
JOINERS = "\u200c\u200d"


def octets(text: str) -> int:
    """How long a text is in UTF-8: by that, common names are measured, as cryptography counts them."""
    return len(text.encode())


def shortened(full: str, longest: int = LONGEST, size: Callable[[str], int] = len) -> str:
    """The name composed (NFC), on one line, at most so long by ``size``; empty where nothing is left.

    Control and direction characters go; the cut never parts a letter from its accents.
    """
    line = _one_line(full)
    short = line[: _place_to_cut(line, longest, size)].rstrip()
    return short if short.strip(JOINERS) else ""


def is_written_so(name: str, size: Callable[[str], int] = len) -> bool:
    """Whether a name is there, and is written as a certificate would hold it: nothing to cut, compose or take out."""
    return bool(name) and name == shortened(name, size=size)


def _one_line(full: str) -> str:
    if full.isascii() and full.isprintable():  # the common case, in a tenth of the time
        return " ".join(full.split())
    composed = unicodedata.normalize("NFC", full)
    spaced = "".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in composed)
    visible = "".join(c for c in spaced if c in JOINERS or unicodedata.category(c) not in {"Cf", "Cs", "Co", "Cn"})
    return " ".join(visible.split())


def _place_to_cut(line: str, longest: int, size: Callable[[str], int]) -> int:
    """How many characters of ``line`` to keep: those that fit, or fewer where the next belongs to the letter before it."""
    if size(line) <= longest:
        return len(line)
    fitting = min(longest, len(line) - 1)
    while size(line[:fitting]) > longest:
        fitting -= 1
    place = fitting
    while place and (_joins_to_the_left(line[place]) or line[place - 1] == JOINERS[1]):
        place -= 1
    return place or fitting


def _joins_to_the_left(character: str) -> bool:
    return character in JOINERS or unicodedata.category(character) in {"Mn", "Mc", "Me"}
