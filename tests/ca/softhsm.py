"""Tokens of SoftHSM: real PKCS#11 without a device. Each has a configuration and a folder of its own, and can be pulled out."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from certportal.ca import token_session
from certportal.ca.reference import TokenAccess
from tests.no_skips import needs

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "73915 is the PIN"
needs_softhsm = needs("softhsm2-util", "softhsm2")


@dataclass(frozen=True)
class Reader:
    """Where tokens are put in: this process sees the tokens of one reader at a time."""

    folder: Path

    @property
    def access(self) -> TokenAccess:
        return TokenAccess(MODULE, PIN, "portal")

    @property
    def elsewhere(self) -> Path:
        return self.folder / "elsewhere"

    def environment(self) -> dict[str, str]:
        return {**os.environ, "SOFTHSM2_CONF": str(self.folder / "softhsm2.conf")}

    def configure(self, mechanisms: str = "ALL") -> None:
        text = f"directories.tokendir = {self.folder / 'tokens'}\nlog.level = ERROR\nslots.mechanisms = {mechanisms}\n"
        (self.folder / "softhsm2.conf").write_text(text)

    def add(self, label: str) -> TokenAccess:
        command = [
            "softhsm2-util",
            "--init-token",
            "--free",
            "--label",
            label,
            "--pin",
            PIN,
            "--so-pin",
            "only for tests",
        ]
        subprocess.run(command, env=self.environment(), check=True, capture_output=True)
        return replace(self.access, token=label)

    def pull(self) -> None:
        (self.folder / "tokens").rename(self.elsewhere)
        (self.folder / "tokens").mkdir()

    def put_back(self) -> None:
        (self.folder / "tokens").rmdir()
        self.elsewhere.rename(self.folder / "tokens")


@contextmanager
def reader_in(folder: Path, mechanisms: str = "ALL") -> Iterator[Reader]:
    """A reader with one token, "portal", seen by this process until the end."""
    reader = Reader(folder)
    (folder / "tokens").mkdir()
    reader.configure(mechanisms)
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    try:
        reader.add("portal")
        yield reader
    finally:
        start_anew()
        os.environ.pop("SOFTHSM2_CONF")
        if before is not None:
            os.environ["SOFTHSM2_CONF"] = before


def start_anew() -> None:
    """Nothing of the module is left in this process, as when the service is started anew."""
    import pkcs11

    token_session._modules.clear()
    if str(MODULE) in pkcs11._loaded and pkcs11.lib(str(MODULE)).initialized:
        pkcs11.lib(str(MODULE)).finalize()
