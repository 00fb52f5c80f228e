"""A portal with a past, served by ``certportal serve`` on a loopback port, and who signs in there."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conftest import settings_in
from tests.far_ends import SmsFarEnd, SmtpFarEnd
from tests.far_ends.script import PATIENCE
from tests.running import environment

EIGHT_DIGITS = re.compile(r"^ *(\d{4}) (\d{4})\s*$", re.MULTILINE)
SIX_DIGITS = re.compile(r"\b(\d{6})\b")


@dataclass
class Portal:
    """Where it listens, what its far ends have received, and the browser state of those who have signed in."""

    url: str
    place: Path
    smtp: SmtpFarEnd
    sms: SmsFarEnd
    signed_in: dict[str, Any] = field(default_factory=dict)
    signing_in: int = 0

    def mailed(self, to: str, wanted: re.Pattern[str], after: int) -> re.Match[str]:
        """What the first mail to this address holds of it that came after so many; others may come in between."""
        while True:
            mail = self.smtp.messages.wait_for(after + 1, PATIENCE)[after]
            found = wanted.search(mail.text) if mail.recipient == to else None
            if found is not None:
                return found
            after += 1

    def emailed_code(self, to: str, after: int) -> str:
        found = self.mailed(to, EIGHT_DIGITS, after)
        return found[1] + found[2]

    def pin(self, ending: str, after: int) -> str:
        """The code in the first text message to a number that ends like this, of those that came after so many."""
        while True:
            text = self.sms.messages.wait_for(after + 1, PATIENCE)[after]
            found = SIX_DIGITS.search(text.text) if text.to.endswith(ending) else None
            if found is not None:
                return found[1]
            after += 1


def settings_of(folder: Path, port: int, smtp: SmtpFarEnd, sms: SmsFarEnd) -> dict[str, str]:
    """The environment of the portal over a copy of the played story, with the keys that the story was played with."""
    secrets = settings_in(folder, smtp, sms)
    return environment(
        folder,
        port,
        smtp,
        sms,
        SECRET_KEY=secrets.secret_key.decode(),
        CA_PASSPHRASE=secrets.ca_passphrase.decode(),
        DELIVER_EVERY_SECONDS="1",
        SUPPORT_PHONE="029 000 0000",
        SUPPORT_EMAIL="support@service.example",
        PROVIDER_NAME="Example Service Centre",
    )
