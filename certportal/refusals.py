"""What the rules raise when the answer is no.

A refusal names a stable code, never a sentence: certportal.sentences has one for every code, in the reader's language.
The kinds are words about the world, not about HTTP; answers.py alone turns a kind into a status.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar


class Refusal(Exception):
    """A rule says no.

    `code` is snake_case and never changes once released: tests, audit rows and clients rely on it.
    `details` fill the %(name)s of the code's sentence. They may be shown to the person who asked, so never a secret.
    """

    kind: ClassVar[str] = "refusal"

    code: str
    details: Mapping[str, object]

    def __init__(self, code: str, /, **details: object) -> None:
        super().__init__(code)
        self.code = code
        self.details = MappingProxyType(details)

    def __str__(self) -> str:
        """The code alone: details may hold what a person typed, and do not belong in a log."""
        return self.code

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.code!r})"


class Conflict(Refusal):
    """It was possible a moment ago, or is possible for another state of the same thing."""

    kind = "conflict"


class NotFound(Refusal):
    """There is no such thing, or not for the one who asks: both answer alike."""

    kind = "not_found"


class Forbidden(Refusal):
    """The one who asks may not do this, whatever the values are."""

    kind = "forbidden"


class TooMany(Refusal):
    """A cap on tries or sendings is reached; `details` may say when it ends."""

    kind = "too_many"
