"""What is kept of a reply holds no secret, whatever the far end makes of it."""

from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certportal.outbox.outcomes import REPLY_LENGTH, kept_reply

CODES = st.from_regex(r"[0-9]{4,8}", fullmatch=True)
TOKENS = st.from_regex(r"[A-Za-z0-9_-]{43}", fullmatch=True)


@given(reply=st.text() | st.binary())
def test_any_reply_becomes_one_printable_line_of_bounded_length(reply: str | bytes) -> None:
    kept = kept_reply(reply)
    assert len(kept) <= REPLY_LENGTH
    assert len(kept.splitlines()) <= 1


@given(code=CODES, token=TOKENS, around=st.sampled_from([" ", ": ", "/", "=", '"', "'", "."]))
def test_a_code_or_token_quoted_from_the_letter_is_not_kept(code: str, token: str, around: str) -> None:
    letter = f"Your code is {code}.\nhttps://portal.example/messages/{token}\n"
    for quoted in (letter, quote(letter), quote_plus(letter), f"554{around}{token}{around}{code}{around}", token[:16]):
        kept = kept_reply(quoted, (letter,))
        assert code not in kept
        assert token[:16] not in kept


@pytest.mark.parametrize(
    "reply", ["250 2.0.0 Ok: queued as 4F2A99B1", "550 5.1.1 <erik@contact.example>: no such user"]
)
def test_a_reply_that_quotes_nothing_is_kept_whole(reply: str) -> None:
    assert kept_reply(reply, ("Your code is 48151623.",), ("password",)) == reply
