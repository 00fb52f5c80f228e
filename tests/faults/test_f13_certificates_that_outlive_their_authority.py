"""F13: a certificate that outlives its authority cannot be verified to its end, nor revoked."""

from datetime import timedelta

import pytest
from flask import Flask

from certportal import ca, create_app, runs, scheduler
from certportal.certificates import authorities, ceremonies, service, signers
from certportal.extensions import db
from certportal.health import service as health
from certportal.health.seen import Level
from certportal.identifiers import Environment
from certportal.settings import Settings, current_settings
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
    ceremonies.roll_over(Environment.PRODUCTION, authorities.ISSUING, None, ca.Transcript())
    collected = service.enrol(codes.transfer_id, codes.password, request(), PROGRAM)
    issued = service.by_retrieval_id(collected.retrieval_id)
    assert issued is not None
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
            ceremonies.roll_over(environment, line, None, ca.Transcript())
    assert not {"ca_ends", "ca_over"} & set(levels())
    service.publish_all(Environment.PRODUCTION)
    lists = [service.published_crl(Environment.PRODUCTION, label) for label in ("issuing", "issuing-2")]
    assert all(each is not None and each.number == 1 for each in lists)
    assert old.issuer == "issuing"


def run_jobs() -> None:
    for job in scheduler.jobs(current_settings()):
        if job.name in (runs.PUBLISH, runs.ANSWERS):
            assert scheduler.run_now(job)


def of_lists(found: dict[str, Level]) -> set[str]:
    """What is amiss with lists, answers and the jobs that sign them."""
    return {code for code, level in found.items() if level > Level.GOOD and code.startswith(("crl", "ocsp", "job_"))}


def test_f13_one_that_has_ended_retires_in_peace(kit: Kit, clock: FakeClock, settings: Settings) -> None:
    kit.certificate()
    run_jobs()
    ends = authorities.authority(Environment.PRODUCTION).not_after
    days_before_the_end(clock, 800)
    for line in (authorities.ISSUING, authorities.SERVICES):
        for environment in Environment:
            ceremonies.roll_over(environment, line, None, ca.Transcript())
    run_jobs()
    last = service.published_crl(Environment.PRODUCTION)
    assert last is not None
    clock.at = ends
    fresh = create_app(settings, clock)
    with fresh.app_context():
        run_jobs()
        assert of_lists(levels()) == set()
        assert service.published_crl(Environment.PRODUCTION).number == last.number  # type: ignore[union-attr]
        following = service.published_crl(Environment.PRODUCTION, "issuing-2")
        assert following is not None
        assert following.this_update == clock.at
        service.publish_all(Environment.PRODUCTION)
        db.session.remove()
        db.engine.dispose()


def test_f13_answers_go_on_to_an_authoritys_last_day_with_one_more_responder(
    kit: Kit, app: Flask, clock: FakeClock
) -> None:
    ends = authorities.authority(Environment.PRODUCTION).not_after
    days_before_the_end(clock, 10)
    made = signers.keep_responder(Environment.PRODUCTION, authorities.ISSUING)
    assert made.certificate.not_valid_after_utc == ends
    app.extensions.pop("certportal.signers")
    clock.move(days=9, hours=23)
    assert signers.keep_responder(Environment.PRODUCTION, authorities.ISSUING).certificate == made.certificate
