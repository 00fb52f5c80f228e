"""The log holds no token: whoever writes a line, the links in it are masked before any handler sees it.

A link's token is its key. Flask writes the address of a request that failed into its log, gunicorn writes the address of one
that it could not answer, and an exception may quote either.
"""

import logging
import re
import traceback
from typing import Any, Final

_MESSAGE: Final = re.compile(r"((?:/|%2F)messages(?:/|%2F)+)(?:(?!%2F)[^/?#\s\"'<>])+", re.IGNORECASE)
_OPERATOR: Final = re.compile(
    r"((?:/|%2F)desk(?:/|%2F)sign-in(?:/|%2F)link(?:/|%2F)+)(?:(?!%2F)[^/?#\s\"'<>])+", re.IGNORECASE
)


def mask(text: str) -> str:
    """A path, an address or a whole log line, with the token of every link in it replaced: a secure message's, and an
    operator's one-time address.

    >>> mask("GET /messages/pUx3…/pin HTTP/1.1")
    'GET /messages/[token]/pin HTTP/1.1'
    """
    small = text.lower()
    if "messages" in small or "sign-in" in small:  # nearly every text has neither
        return _OPERATOR.sub(r"\1[token]", _MESSAGE.sub(r"\1[token]", text))
    return text


class MaskedRecord(logging.LogRecord):
    """A line of the log. One that held a token is plain text from here on: its parts would give the token away."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._mask_words()
        self._mask_traceback()

    def _mask_words(self) -> None:
        try:
            said = self.getMessage()
        except (TypeError, ValueError, KeyError):
            return  # its arguments do not fit: logging itself reports that
        if mask(said) != said:
            self.msg, self.args = mask(said), ()

    def _mask_traceback(self) -> None:
        if self.exc_info and self.exc_info[0] is not None:
            text = "".join(traceback.format_exception(*self.exc_info)).rstrip("\n")
            if mask(text) != text:
                self.exc_text, self.exc_info = mask(text), None


def mask_the_log() -> None:
    """From now on every logger of this program makes masked records, whoever owns it and whatever handles them.

    A filter would not do: a logger's own filters do not see what its children pass up.
    """
    logging.setLogRecordFactory(MaskedRecord)
