"""The authorities that this installation knows."""

import shutil
from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask

from certportal import ca, create_app
from certportal.certificates import authorities, ceremonies, revocation_lists
from certportal.identifiers import Environment
from certportal.refusals import Refusal
from certportal.settings import Settings, current_settings
from tests.certificates.steps import Kit
from tests.conftest import FakeClock


def roll_over(line: str = authorities.ISSUING, name: str | None = None, day: date | None = None) -> str:
    return ceremonies.roll_over(Environment.PRODUCTION, line, name, ca.Transcript(), day)


def test_no_authority_is_made_in_place_of_one_that_has_issued_and_is_lost(kit: Kit) -> None:
    kit.certificate()
    ceremonies.require_nothing_lost(Environment.PRODUCTION)
    (current_settings().ca_dir / "production" / "issuing.pem").unlink()
    with pytest.raises(Refusal, match="ca_lost"):
        ceremonies.require_nothing_lost(Environment.PRODUCTION)
    ceremonies.require_nothing_lost(Environment.TEST)


@pytest.mark.parametrize(
    "taken",
    [
        "Certportal Issuing CA (test)",
        "Certportal Services Issuing CA (production)",
        "certportal  services Issuing CA (production)",
        "Certportal Services Issuing CA (test)",
    ],
)
def test_no_authority_that_follows_bears_anothers_name(taken: str, app: Flask) -> None:
    before = authorities.labels(Environment.PRODUCTION)
    with pytest.raises(Refusal, match="ca_name_taken"):
        roll_over(name=taken)
    assert authorities.labels(Environment.PRODUCTION) == before


def test_a_name_that_the_settings_keep_for_another_line_is_taken(settings: Settings, clock: FakeClock) -> None:
    named = replace(settings, ca_issuers_production=(("payroll", "Example Payroll Issuing CA"),))
    with create_app(named, clock).app_context(), pytest.raises(Refusal, match="ca_name_taken"):
        roll_over(name="Example Payroll Issuing CA")


@pytest.mark.parametrize("free", ["Certportal Issuing CA (production)", "Another Issuing CA"])
def test_its_own_lines_name_or_an_unused_one_is_free(free: str, app: Flask) -> None:
    label = roll_over(name=free)
    assert authorities.authority(Environment.PRODUCTION, label).name == free


def test_no_authority_follows_on_a_day_that_has_passed_or_past_its_own_use(app: Flask, clock: FakeClock) -> None:
    today = clock.at.date()
    for day, code in (
        (today - timedelta(days=1), "ca_day_past"),
        (today + timedelta(days=8 * 366), "ca_day_late"),
        (date.max, "ca_day_late"),
    ):
        with pytest.raises(Refusal, match=code):
            roll_over(day=day)
    assert roll_over(day=today) == "issuing-2"


def test_one_that_waits_is_followed_by_no_other_and_issues_at_once_when_its_day_is_taken_away(
    kit: Kit, clock: FakeClock
) -> None:
    label = roll_over(day=clock.at.date() + timedelta(days=90))
    for day in (None, clock.at.date() + timedelta(days=30)):
        with pytest.raises(Refusal, match="ca_waits") as refused:
            roll_over(day=day)
    (current_settings().ca_dir / str(refused.value.details["file"])).unlink()
    assert kit.certificate().issuer == label
    assert roll_over() == "issuing-3"


@pytest.mark.parametrize("line", [authorities.ISSUING, authorities.SERVICES])
def test_no_authority_is_made_that_ends_too_soon_to_issue(line: str, app: Flask, clock: FakeClock) -> None:
    clock.at = authorities.authority(Environment.PRODUCTION, authorities.INTERMEDIATE).not_after - timedelta(days=364)
    with pytest.raises(Refusal, match="ca_above_ends"):
        roll_over(line)
    clock.move(days=-2)
    if line == authorities.SERVICES:
        assert roll_over(line) == "services-2"


def test_a_day_must_leave_the_authority_long_enough_to_issue(app: Flask, clock: FakeClock) -> None:
    clock.at = authorities.authority(Environment.PRODUCTION, authorities.INTERMEDIATE).not_after - timedelta(days=800)
    with pytest.raises(Refusal, match="ca_above_ends"):
        roll_over(day=clock.at.date() + timedelta(days=90))
    assert roll_over(day=clock.at.date() + timedelta(days=30)) == "issuing-2"


def test_below_an_intermediate_that_follows_authorities_issue_again_and_both_chains_are_published(
    kit: Kit, clock: FakeClock
) -> None:
    old = kit.certificate()
    ends = authorities.authority(Environment.PRODUCTION, authorities.INTERMEDIATE).not_after
    clock.at = ends - timedelta(days=700)
    assert roll_over(authorities.INTERMEDIATE) == "intermediate-2"
    between = authorities.authority(Environment.PRODUCTION, "intermediate-2")
    assert between.name == "Certportal Intermediate CA (production) 2"
    assert between.not_after > ends
    assert between.certificate in authorities.standing(Environment.PRODUCTION)
    assert roll_over() == "issuing-2"
    new = kit.certificate(kit.order())
    assert (old.issuer, new.issuer) == ("issuing", "issuing-2")
    chain = authorities.authority(Environment.PRODUCTION, "issuing-2").chain
    assert chain[1:] == between.chain
    published = authorities.standing(Environment.PRODUCTION)
    assert {*chain, *authorities.authority(Environment.PRODUCTION, "issuing").chain} <= set(published)
    revocation_lists.publish_all(Environment.PRODUCTION)
    assert revocation_lists.published_crl(Environment.PRODUCTION, "intermediate-2") is not None


def test_no_intermediate_follows_where_the_root_ends_too_soon(app: Flask, clock: FakeClock) -> None:
    clock.at = authorities.authority(Environment.PRODUCTION, authorities.ROOT).not_after - timedelta(days=700)
    with pytest.raises(Refusal, match="ca_root_ends"):
        roll_over(authorities.INTERMEDIATE)


def test_under_a_root_that_ends_too_soon_it_is_named(settings: Settings, clock: FakeClock) -> None:
    """In a hierarchy of two levels the root is the one above, and nothing follows it."""
    shutil.rmtree(settings.ca_dir)
    with create_app(replace(settings, ca_levels=2), clock).app_context():
        authorities.initialise(Environment.PRODUCTION)
        clock.at = authorities.authority(Environment.PRODUCTION, authorities.ROOT).not_after - timedelta(days=700)
        with pytest.raises(Refusal, match="ca_root_ends"):
            roll_over()


def test_the_authority_that_follows_is_trusted_before_it_issues(kit: Kit, clock: FakeClock) -> None:
    day = clock.at.date() + timedelta(days=90)
    label = roll_over(day=day)
    assert label == "issuing-2"
    assert kit.certificate().issuer == "issuing"
    assert authorities.authority(Environment.PRODUCTION, label).certificate in authorities.standing(
        Environment.PRODUCTION
    )
    assert authorities.last(Environment.PRODUCTION, authorities.ISSUING) == label
    clock.move(days=89)
    assert kit.certificate(kit.order()).issuer == "issuing"
    clock.move(days=1)
    assert kit.certificate(kit.order()).issuer == label
