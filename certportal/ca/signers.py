"""The portal's own signing keys with their certificates, on disk: they follow each other before they end.

    <directory>/production/own/  replies-1.key replies-1.pem  ocsp-issuing-1.key ocsp-issuing-1.pem  …

The .pem is written after the .key, by one rename, so a pair is there whole or not at all. Several processes find the same one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509

from certportal.ca import keys
from certportal.ca.describe import chain_pem
from certportal.ca.errors import CaRefused
from certportal.ca.folders import folder_of, only_one
from certportal.ca.hierarchy import Desk
from certportal.ca.keys import KeyKind, SigningKey
from certportal.keyfiles import replace_whole

_OF_NO_USE = ("ca_broken", "ca_key_kind_refused", "ca_passphrase_wrong", "ca_token_key_missing")


@dataclass(frozen=True)
class Signer:
    """A key of the portal's own, its certificate, and the chain above that, from its issuer to the root.

    The key of another certificate makes no Signer: CaRefused ca_key_mismatch.
    """

    key: SigningKey = field(repr=False)
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]

    def __post_init__(self) -> None:
        if self.certificate.public_key() != self.key.public_key():
            raise CaRefused("ca_key_mismatch", name=self.certificate.subject.rfc4514_string())

    def is_good(self, issuer: x509.Certificate, until: datetime) -> bool:
        """Whether it lasts until that moment, and was issued by the authority that issues now."""
        return self.chain[:1] == (issuer,) and self.certificate.not_valid_after_utc >= until


def newest(desk: Desk, name: str) -> Signer | None:
    """The newest pair of that name, ended or not; None before the first. Raises CaRefused where its key cannot be had."""
    number = _newest_number(_folder(desk), name)
    return _read(desk, f"{name}-{number}") if number is not None else None


def newest_certificate(desk: Desk, name: str) -> x509.Certificate | None:
    """The certificate of the same; None where a half of the pair is missing or unreadable. No key is opened."""
    folder = _folder(desk)
    number = _newest_number(folder, name)
    if number is None or not (folder / f"{name}-{number}.key").exists():
        return None
    try:
        return x509.load_pem_x509_certificate((folder / f"{name}-{number}.pem").read_bytes())
    except (OSError, ValueError):
        return None


def follow(
    desk: Desk,
    name: str,
    before: Signer | None,
    kind: KeyKind,
    certify: Callable[[SigningKey], x509.Certificate],
    chain: tuple[x509.Certificate, ...],
) -> Signer:
    """Make the pair that follows ``before``: a key, and the certificate that ``certify`` gives for it. A key that a try has left
    is used by the next, so that tries that fail fill no token.

    Where another process has made it meanwhile, that one is answered. Raises what key or authority raise.
    """
    with only_one(desk.directory, wait=True):
        there = newest(desk, name)
        if there is not None and (before is None or there.certificate != before.certificate):
            return there
        folder = _folder(desk)
        folder.mkdir(mode=0o700, exist_ok=True)
        stem = f"{name}-{(_newest_number(folder, name) or 0) + 1}"
        key = _left(folder / f"{stem}.key", desk, kind) or _new(folder / f"{stem}.key", desk, kind)
        made = Signer(key, certify(key), chain)
        replace_whole(folder / f"{stem}.pem", chain_pem((made.certificate, *chain)), 0o644)
        keys.sync_directory(folder)
        return made


def _left(path: Path, desk: Desk, kind: KeyKind) -> SigningKey | None:
    """The key that a try left which came to no certificate; None where it is not as one would be made now, or of no use."""
    try:
        if not path.exists() or keys.token_of(path) != (desk.token.token if desk.token is not None else None):
            return None
        key = keys.load(path, desk.passphrase, desk.token)
    except CaRefused as refused:
        if refused.code in _OF_NO_USE:
            return None
        raise
    return key if keys.is_of(kind, key.public_key()) else None


def _new(path: Path, desk: Desk, kind: KeyKind) -> SigningKey:
    """A new key. What lies there is of no use, and without a .pem nobody has used it."""
    path.unlink(missing_ok=True)
    return keys.make_and_store(path, kind, desk.passphrase, desk.token, f"{desk.environment.value.lower()} {path.stem}")


def _read(desk: Desk, stem: str) -> Signer:
    chain = x509.load_pem_x509_certificates((_folder(desk) / f"{stem}.pem").read_bytes())
    key = keys.load(_folder(desk) / f"{stem}.key", desk.passphrase, desk.token)
    return Signer(key, chain[0], tuple(chain[1:]))


def _folder(desk: Desk) -> Path:
    return folder_of(desk.directory, desk.environment) / "own"


def _newest_number(folder: Path, name: str) -> int | None:
    numbers = (path.stem.removeprefix(f"{name}-") for path in folder.glob(f"{name}-*.pem"))
    return max((int(number) for number in numbers if number.isdecimal()), default=None)
