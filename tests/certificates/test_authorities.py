"""The authorities that this installation knows."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from certportal import ca, create_app
from certportal.certificates import authorities, ceremonies
from certportal.identifiers import Environment
from certportal.refusals import Refusal
from certportal.settings import Settings, current_settings
from tests.certificates.steps import Kit
from tests.conftest import FakeClock


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
        ceremonies.roll_over(Environment.PRODUCTION, authorities.ISSUING, taken, ca.Transcript())
    assert authorities.labels(Environment.PRODUCTION) == before


def test_a_name_that_the_settings_keep_for_another_line_is_taken(settings: Settings, clock: FakeClock) -> None:
    named = replace(settings, ca_issuers_production=(("payroll", "Example Payroll Issuing CA"),))
    with create_app(named, clock).app_context(), pytest.raises(Refusal, match="ca_name_taken"):
        ceremonies.roll_over(Environment.PRODUCTION, authorities.ISSUING, "Example Payroll Issuing CA", ca.Transcript())


@pytest.mark.parametrize("free", ["Certportal Issuing CA (production)", "Another Issuing CA"])
def test_its_own_lines_name_or_an_unused_one_is_free(free: str, app: Flask) -> None:
    label = ceremonies.roll_over(Environment.PRODUCTION, authorities.ISSUING, free, ca.Transcript())
    assert authorities.authority(Environment.PRODUCTION, label).name == free


def test_the_authority_that_follows_is_trusted_before_it_issues(kit: Kit, clock: FakeClock) -> None:
    day = clock.at.date() + timedelta(days=90)
    label = ceremonies.roll_over(Environment.PRODUCTION, authorities.ISSUING, None, ca.Transcript(), day)
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
