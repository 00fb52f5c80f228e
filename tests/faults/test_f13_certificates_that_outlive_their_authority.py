"""F13: a certificate that outlives its authority cannot be verified to its end, nor revoked."""

from datetime import timedelta

import pytest

from certportal import ca
from certportal.certificates import authorities, service
from certportal.extensions import db
from certportal.health import service as health
from certportal.health.seen import Level
from certportal.identifiers import Environment
from tests.certificates.steps import PROGRAM, Kit, request
from tests.conftest import FakeClock


def levels() -> dict[str, Level]:
    db.session.rollback()
    return {each.code: each.level for each in health.report()}


def days_before_the_end(clock: FakeClock, days: int) -> None:
    """Move to the moment when the issuing authority of production has so many days left."""
    ends = authorities.authority(Environment.PRODUCTION).not_after
    clock.at = ends - timedelta(days=days)


def test_f13_it_is_refused_and_the_codes_live(kit: Kit, clock: FakeClock) -> None:
    days_before_the_end(clock, 700)
    codes = kit.codes()
    with pytest.raises(ca.IssueRefused, match="ca_ends_first"):
        service.enrol(codes.transfer_id, codes.password, request(), PROGRAM)
    authorities.roll_over(Environment.PRODUCTION, authorities.ISSUING, None, ca.Transcript())
    issued = service.enrol(codes.transfer_id, codes.password, request(), PROGRAM)
    assert issued.issuer == "issuing-2"
    assert issued.not_after < authorities.authority(Environment.PRODUCTION, "issuing-2").not_after


def test_f13_the_operator_is_warned_from_validity_and_half_a_year(kit: Kit, clock: FakeClock) -> None:
    days_before_the_end(clock, 732 + 181)
    assert "ca_ends" not in levels()
    days_before_the_end(clock, 732 + 179)
    assert levels()["ca_ends"] is Level.WARNING
    days_before_the_end(clock, 731)
    assert levels()["ca_over"] is Level.BAD


def test_f13_the_one_that_follows_ends_the_warning_and_both_have_lists(kit: Kit, clock: FakeClock) -> None:
    old = kit.certificate()
    days_before_the_end(clock, 800)
    for line in (authorities.ISSUING, authorities.SERVICES):
        for environment in Environment:
            authorities.roll_over(environment, line, None, ca.Transcript())
    assert not {"ca_ends", "ca_over"} & set(levels())
    service.publish_all(Environment.PRODUCTION)
    lists = [service.published_crl(Environment.PRODUCTION, label) for label in ("issuing", "issuing-2")]
    assert all(each is not None and each.number == 1 for each in lists)
    assert old.issuer == "issuing"
