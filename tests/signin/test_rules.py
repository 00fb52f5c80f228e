"""The decisions of signing in, apart from everything else."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certportal.refusals import Refusal, TooMany
from certportal.signin import rules
from certportal.signin.rules import Ended

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    "typed", ["12345678", "1234 5678", " 1234-5678 ", "１２３４５６７８", "1234\u00a05678", "12 34 56 78"]
)
def test_a_code_is_read_however_it_is_written(typed: str):
    assert rules.typed_code(typed, 8) == "12345678"


@given(st.text(max_size=200))
def test_any_text_is_a_code_or_is_refused(text: str):
    code, refused = None, None
    try:
        code = rules.typed_code(text, 8)
    except Refusal as refusal:
        refused = refusal.code
    assert refused in {None, "code_missing", "code_form"}
    assert refused or re.fullmatch("[0-9]{8}", code)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        (None, ""),
        ("unix:", ""),
    ],
)
def test_a_client_is_an_ipv4_address_or_an_ipv6_network(address: str | None, key: str):
    assert rules.client_key(address) == key


@given(st.ip_addresses())
def test_a_clients_key_fits_its_column(address: object):
    assert 0 < len(rules.client_key(str(address))) <= 45


def test_a_cap_ends_to_the_second():
    fifth = NOW - HOUR
    rules.may_ask(NOW, by_address=fifth, by_client=None)
    with pytest.raises(TooMany) as refused:
        rules.may_ask(NOW - timedelta(seconds=1), by_address=fifth, by_client=None)
    assert refused.value.details["until"] == NOW


def test_the_last_wrong_try_of_a_hundred_is_taken():
    rules.may_guess(NOW, wrong=99, since=NOW)
    with pytest.raises(TooMany):
        rules.may_guess(NOW, wrong=100, since=NOW)


@pytest.mark.parametrize(
    ("ends_in", "seen_ago", "answer"),
    [
        (timedelta(seconds=1), timedelta(minutes=59, seconds=59), None),
        (timedelta(seconds=1), HOUR, Ended.IDLE),
        (timedelta(0), timedelta(0), Ended.TOO_LONG),
        (timedelta(0), 2 * HOUR, Ended.TOO_LONG),
        (HOUR, None, Ended.IDLE),
    ],
)
def test_a_sign_in_ends_by_its_length_or_by_idling(
    ends_in: timedelta, seen_ago: timedelta | None, answer: Ended | None
):
    seen_at = NOW - seen_ago if seen_ago is not None else None
    assert rules.ended(NOW, ends_at=NOW + ends_in, seen_at=seen_at, idle=HOUR) is answer
