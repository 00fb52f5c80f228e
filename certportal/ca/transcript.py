"""The transcript of a ceremony: what was made, in words that can be printed, signed by those present and kept."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certportal.ca import keys
from certportal.ca.authority import Authority
from certportal.ca.describe import describe, fours, key_in_words, pairs
from certportal.keyfiles import write_whole


@dataclass
class Transcript:
    """``heading``: lines about who, when and where; what follows is written as it happens."""

    heading: tuple[str, ...] = ()
    lines: list[str] = field(default_factory=list[str])

    def note(self, line: str) -> None:
        """One more line."""
        self.lines.append(line)

    def authority(self, label: str, made: Authority) -> None:
        """An authority's key and certificate have been made."""
        described = describe(made.certificate.public_bytes(Encoding.DER))
        self.lines += [
            f"{label}: {made.name}",
            f"    subject        {made.certificate.subject.rfc4514_string()}",
            f"    issued by      {described.issuer}",
            _key(made.public_key),
            f"    serial number  {pairs(described.serial)}",
            f"    valid          {described.not_before:%Y-%m-%d %H:%M:%S} to {described.not_after:%Y-%m-%d %H:%M:%S} UTC",
            f"    certificate    SHA-256 {fours(described.fingerprint)}",
        ]

    def request(self, label: str, subject: x509.Name, key: keys.VerifyingKey) -> None:
        """An authority's certificate is asked for. The key's hash is compared before it is signed."""
        self.lines += [f"{label}: asked for", f"    subject        {subject.rfc4514_string()}", _key(key)]

    def text(self, folder: Path | None = None) -> str:
        """The whole of it, with the SHA-256 of every certificate file in ``folder`` at the end."""
        files = sorted(folder.glob("*.pem")) if folder is not None else []
        sums = [f"    {hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}" for path in files]
        return "\n".join([*self.heading, "", *self.lines, *(["files (SHA-256)", *sums] if sums else []), ""])

    def keep(self, folder: Path, now: datetime) -> None:
        """Lay it in the folder, under the moment's name, and its number within a second."""
        moment = f"{now:%Y%m%dT%H%M%S}"
        same = len(list(folder.glob(f"ceremony-{moment}*.txt")))
        name = f"ceremony-{moment}-{same + 1}.txt" if same else f"ceremony-{moment}.txt"
        write_whole(folder / name, self.text(folder).encode(), 0o644)


def _key(key: keys.VerifyingKey) -> str:
    hashed = hashlib.sha256(keys.public_key_info(key)).hexdigest()
    return f"    key            {key_in_words(key)}, SHA-256 of the public key {fours(hashed)}"
