"""A text message through Debian's kannel, a real gateway, to its fake message centre."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from certportal.outbox.outcomes import Accepted, Temporary
from certportal.outbox.sms import SmsGateway
from tests.far_ends.kannel import KANNEL, Kannel, running_kannel

pytestmark = KANNEL
NUMBER = "+358401234567"


@pytest.fixture
def kannel(tmp_path: Path) -> Iterator[Kannel]:
    with running_kannel(tmp_path) as running:
        yield running


def test_wire_5_sms_goes_through_a_real_gateway_with_its_letters_whole(kannel: Kannel) -> None:
    gateway = SmsGateway(kannel.url)
    text = "PIN-kod 481516. Öppna meddelandet på sidan; älä vastaa. ÅÄÖ åäö @ & 100 %"
    assert isinstance(gateway.send(NUMBER, text), Accepted)
    assert kannel.received(1, NUMBER) == [text]


def test_a_wrong_password_at_a_real_gateway_is_temporary_and_the_right_one_then_sends(kannel: Kannel) -> None:
    wrong = SmsGateway(kannel.url.replace("only-for-tests", "something-else")).send(NUMBER, "PIN 481516")
    assert isinstance(wrong, Temporary)
    assert "something-else" not in wrong.reply
    assert isinstance(SmsGateway(kannel.url).send(NUMBER, "PIN 162342"), Accepted)
    assert kannel.received(1, NUMBER) == ["PIN 162342"]
