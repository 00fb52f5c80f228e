"""How long a certificate lasts, and its serial number."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certportal.ca import CLIENT, serial_from
from certportal.ca.profile import EARLIER, is_serial

LONG_AGO, LONG_AHEAD = datetime(2020, 1, 1), datetime(2090, 1, 1)  # noqa: DTZ001 - hypothesis adds the zone


@pytest.mark.parametrize(
    ("now", "last"),
    [
        (datetime(2026, 12, 1, 8, 30, 15, 999_999, tzinfo=UTC), datetime(2028, 12, 1, 8, 30, 15, tzinfo=UTC)),
        (datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC), datetime(2030, 2, 28, 23, 59, 59, tzinfo=UTC)),
        (datetime(2026, 2, 28, tzinfo=UTC), datetime(2028, 2, 28, tzinfo=UTC)),
        (datetime(2027, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=2))), datetime(2028, 12, 31, 22, 30, tzinfo=UTC)),
    ],
)
def test_it_ends_two_years_on_at_the_same_time_of_day(now: datetime, last: datetime) -> None:
    assert CLIENT.validity(now)[1] == last


def test_it_begins_an_hour_early_for_machines_whose_clock_is_late() -> None:
    """failures.md F11."""
    now = datetime(2026, 12, 1, 8, 30, 15, 999_999, tzinfo=UTC)
    assert CLIENT.validity(now)[0] == datetime(2026, 12, 1, 7, 30, 15, tzinfo=UTC)


def test_a_moment_without_a_time_zone_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="aware"):
        CLIENT.validity(datetime(2026, 12, 1))  # noqa: DTZ001


@given(now=st.datetimes(LONG_AGO, LONG_AHEAD, timezones=st.just(UTC)))
def test_every_validity_is_recognised_and_no_other(now: datetime) -> None:
    begins, ends = CLIENT.validity(now)
    assert CLIENT.matches(begins, ends)
    assert begins + EARLIER <= now < begins + EARLIER + timedelta(seconds=1)
    assert not CLIENT.matches(begins, ends + timedelta(seconds=1))
    assert not CLIENT.matches(begins - timedelta(seconds=1), ends)


@given(octets=st.binary(min_size=20, max_size=20).filter(lambda octets: any(octets[:12])))
def test_a_serial_number_is_positive_and_has_at_most_159_bits(octets: bytes) -> None:
    serial = serial_from(octets)
    assert 0 < serial < 2**159
    assert is_serial(serial)


@pytest.mark.parametrize("octets", [b"", bytes(20), bytes(19) + b"\x03", b"\x01" * 19, b"\x01" * 21])
def test_octets_that_were_not_drawn_at_random_make_no_serial_number(octets: bytes) -> None:
    with pytest.raises(ValueError, match="random"):
        serial_from(octets)
