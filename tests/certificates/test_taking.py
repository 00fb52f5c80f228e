"""Lists that were signed elsewhere: taken where they hold now, and refused in words where they do not."""

from datetime import datetime, timedelta

import pytest
from flask import Flask

from certportal import ca
from certportal.certificates import authorities, revocation_lists
from certportal.identifiers import Environment
from certportal.refusals import Refusal
from certportal.sentences import sentence
from tests.conftest import FakeClock

PRODUCTION, ROOT = Environment.PRODUCTION, authorities.ROOT


def signed(number: int, since: datetime, until: datetime) -> bytes:
    """A list as the root's machine signs it."""
    root = authorities.issuer(PRODUCTION, ROOT)
    return ca.build_crl(root, [], number=number, this_update=since, next_update=until)


def refused(number: int, since: datetime, until: datetime) -> Refusal:
    before = revocation_lists.published_crl(PRODUCTION, ROOT)
    with pytest.raises(Refusal) as refusal:
        revocation_lists.take(PRODUCTION, ROOT, signed(number, since, until))
    assert revocation_lists.published_crl(PRODUCTION, ROOT) is before
    return refusal.value


@pytest.mark.usefixtures("app")
class TestAListThatDoesNotHoldNow:
    def test_has_lapsed(self, clock: FakeClock) -> None:
        refusal = refused(1, clock.at - timedelta(days=30), clock.at)
        assert refusal.code == "crl_lapsed"
        assert refusal.details["now"] == clock.at

    def test_is_of_the_future(self, clock: FakeClock) -> None:
        refusal = refused(1, clock.at + timedelta(minutes=1), clock.at + timedelta(days=30))
        assert refusal.code == "crl_of_future"
        assert refusal.details["now"] == clock.at

    def test_uses_no_number_up(self, clock: FakeClock) -> None:
        refused(7, clock.at + timedelta(days=1), clock.at + timedelta(days=30))
        taken = revocation_lists.take(PRODUCTION, ROOT, signed(1, clock.at, clock.at + timedelta(days=30)))
        assert (taken.number, taken.reserved) == (1, 1)


@pytest.mark.parametrize("bits", [62, 63, 64, 158])
def test_a_number_that_leaves_no_room_for_the_next_is_refused(bits: int, app: Flask, clock: FakeClock) -> None:
    refusal = refused(1 << bits, clock.at, clock.at + timedelta(days=30))
    assert refusal.code == "crl_number"
    assert str(1 << bits) in sentence(refusal)


def test_a_number_made_of_a_moment_is_taken(app: Flask, clock: FakeClock) -> None:
    """Other programs number lists so."""
    taken = revocation_lists.take(PRODUCTION, ROOT, signed(20261201083015, clock.at, clock.at + timedelta(days=30)))
    assert taken.number == 20261201083015
    assert revocation_lists.publish(PRODUCTION, ROOT).number == 20261201083016
