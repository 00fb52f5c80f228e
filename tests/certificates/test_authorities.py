"""The authorities that this installation knows."""

from datetime import timedelta

import pytest

from certportal import ca
from certportal.certificates import authorities, ceremonies
from certportal.identifiers import Environment
from certportal.refusals import Refusal
from certportal.settings import current_settings
from tests.certificates.steps import Kit
from tests.conftest import FakeClock


def test_no_authority_is_made_in_place_of_one_that_has_issued_and_is_lost(kit: Kit) -> None:
    kit.certificate()
    ceremonies.require_nothing_lost(Environment.PRODUCTION)
    (current_settings().ca_dir / "production" / "issuing.pem").unlink()
    with pytest.raises(Refusal, match="ca_lost"):
        ceremonies.require_nothing_lost(Environment.PRODUCTION)
    ceremonies.require_nothing_lost(Environment.TEST)


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
