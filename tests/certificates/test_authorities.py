"""The authorities that this installation knows."""

import pytest

from certportal.certificates import authorities
from certportal.identifiers import Environment
from certportal.refusals import Refusal
from certportal.settings import current_settings
from tests.certificates.steps import Kit


def test_no_authority_is_made_in_place_of_one_that_has_issued_and_is_lost(kit: Kit) -> None:
    kit.certificate()
    authorities.require_nothing_lost(Environment.PRODUCTION)
    (current_settings().ca_dir / "production" / "issuing.pem").unlink()
    with pytest.raises(Refusal, match="ca_lost"):
        authorities.require_nothing_lost(Environment.PRODUCTION)
    authorities.require_nothing_lost(Environment.TEST)
