"""A portal with a past: the demo's story, played once for all tests through the service's own use cases, then copied.

Every page has something to show: three organisations, certificates and orders in each state, requests, mistakes on the way.
"""

import fcntl
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from certportal.demo import seeding
from certportal.demo.inbox import Inbox
from certportal.settings import Settings
from tests.conftest import FakeClock, settings_in
from tests.far_ends import SmsFarEnd, SmtpFarEnd

PLAYED = "played"


def played_story(tmp_path_factory: pytest.TempPathFactory, smtp: SmtpFarEnd, sms: SmsFarEnd) -> Path:
    """The folder of the played story. Whichever of the test processes comes first plays it; the others wait."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen-") else base
    place = shared / PLAYED
    with (shared / f"{PLAYED}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            making = shared / f"{PLAYED}.making"
            making.mkdir()
            seeding.fill(settings_in(making, smtp, sms), lambda _done, _of: None)
            making.rename(place)
    return place


def moved_into(place: Path, folder: Path, settings: Settings) -> Settings:
    """A copy of the played story, and the settings to run it with."""
    shutil.copytree(place, folder)
    return replace(settings, data_dir=folder, database_url=seeding.database_in(folder))


def clock_of_today() -> FakeClock:
    """The story ends on the day on which it is played."""
    return FakeClock(datetime.now(UTC))


def token_for(place: Path, address: str) -> str:
    """The token of the newest link to a secure message that the address has got."""
    from tests.messages.steps import LINK

    mails = (mail.text for mail in Inbox.of(place).received([address]) if mail.is_mail)
    return next(found[1] for text in mails if (found := LINK.search(text)))
