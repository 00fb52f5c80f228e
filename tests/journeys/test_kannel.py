"""One story with a real SMS gateway between the portal and the contact's mobile."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from certportal.settings import Settings
from tests.far_ends.kannel import KANNEL, Kannel, running_kannel
from tests.journeys.people import PIN, Contact, World
from tests.journeys.steps import collected, is_good

pytestmark = KANNEL


@pytest.fixture
def kannel(tmp_path: Path) -> Iterator[Kannel]:
    folder = tmp_path / "kannel"
    folder.mkdir()
    with running_kannel(folder) as running:
        yield running


@pytest.fixture
def settings(settings: Settings, kannel: Kannel) -> Settings:
    return replace(settings, sms_url=kannel.url)


class ContactOfKannel(Contact):
    """Reads what the message centre has got for the mobile."""

    kannel: Kannel

    def pin(self) -> str:
        self.world.deliver()
        [text] = self.kannel.received(1, self.mobile.replace(" ", ""))
        found = PIN.search(text)
        assert found is not None, text
        return found[1]


@pytest.mark.parametrize("language", ["sv"])
@pytest.mark.usefixtures("order")
def test_the_pin_comes_through_a_real_gateway_and_opens_the_message(
    world: World, contact: Contact, kannel: Kannel
) -> None:
    reader = ContactOfKannel(world, contact.email, contact.name)
    reader.kannel = kannel
    assert is_good(collected(reader), world)
    assert world.sms.messages == []
