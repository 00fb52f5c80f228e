"""No log ever holds a message's token."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certportal.masking import mask

TOKEN = "pUx3-Vb_9QmTz0aYk5WJ1cR8nE2sLd4fGh6iKo7MxBw"


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        (f"/messages/{TOKEN}", "/messages/[token]"),
        (f"/messages/{TOKEN}/pin", "/messages/[token]/pin"),
        (f"/messages/{TOKEN}?utm=1#x", "/messages/[token]?utm=1#x"),
        (f"GET /messages/{TOKEN}/content HTTP/1.1", "GET /messages/[token]/content HTTP/1.1"),
        (
            f'"GET /a HTTP/1.1" 200 "https://p.example/messages/{TOKEN}"',
            '"GET /a HTTP/1.1" 200 "https://p.example/messages/[token]"',
        ),
        (f"/portal/messages/{TOKEN}", "/portal/messages/[token]"),
        (f"//messages//{TOKEN}/pin", "//messages//[token]/pin"),
        (f"/sign-in?next=%2Fmessages%2F{TOKEN}%2Fpin", "/sign-in?next=%2Fmessages%2F[token]%2Fpin"),
        (f"/MESSAGES/{TOKEN}", "/MESSAGES/[token]"),
        ("/certificates/7", "/certificates/7"),
        ("/messages/", "/messages/"),
    ],
)
def test_the_token_is_masked_and_the_rest_stays(line: str, masked: str) -> None:
    assert mask(line) == masked


@given(
    st.text(alphabet="abcXYZ019-_", min_size=1, max_size=60), st.sampled_from(["", "/pin", "/open?x=1", " HTTP/1.1"])
)
def test_whatever_the_token_it_is_gone(token: str, rest: str) -> None:
    assert mask(f"/messages/{token}{rest}") == f"/messages/[token]{rest}"
