"""Each environment's authorities on disk: a root and one issuing authority below it.

    <directory>/production/  root.key  root.pem  issuing.key  issuing.pem  chain.pem (issuing, then root)
    <directory>/test/        the same, with other keys and other names

An environment's folder appears whole, by one rename, or not at all. Nothing here ever writes over an existing one. The chain is
read from chain.pem, of whatever length; the other .pem files are there for people.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Generator
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certportal.ca import ceremony, keys
from certportal.ca.authority import Authority, Environment, Issuer
from certportal.ca.ceremony import CLIENTS_LOOK_FOR, Plan
from certportal.ca.describe import chain_pem
from certportal.ca.errors import CaRefused
from certportal.keyfiles import write_whole


def initialise(
    directory: Path, environment: Environment, plan: Plan, *, passphrase: bytes, now: datetime, serials: tuple[int, int]
) -> Authority:
    """Make one environment's root and issuing authority, with a key each, and return the issuing one.

    ``serials`` are two from ``serial_from``, for root and issuing. Stopped at any point, it leaves nothing that a second call
    does not clear away. Raises CaRefused: ca_exists, ca_busy, ca_name_refused (the other environment has it),
    ca_passphrase_short.
    """
    keys.require_good_passphrase(passphrase)
    with _new_folder(directory, environment) as folder:
        _require_names_of_its_own(directory, environment, plan)
        root = ceremony.make_root(environment, plan, now=now, serial=serials[0])
        issuing = ceremony.make_issuing(root, plan, now=now, serial=serials[1])
        for name, issuer in (("root", root), ("issuing", issuing)):
            keys.store(folder / f"{name}.key", issuer.key, passphrase)
            write_whole(folder / f"{name}.pem", issuer.certificate.public_bytes(Encoding.PEM), 0o644)
        write_whole(folder / "chain.pem", chain_pem(issuing.chain), 0o644)
    return Authority(environment, issuing.chain)


def read(directory: Path, environment: Environment) -> Authority:
    """The issuing authority without its key, ended or not. Raises CaRefused: ca_missing, ca_broken, ca_name_refused."""
    path = _folder(directory, environment) / "chain.pem"
    try:
        authority = Authority(environment, tuple(x509.load_pem_x509_certificates(path.read_bytes())))
    except FileNotFoundError:
        raise CaRefused("ca_missing", name=str(path.relative_to(directory))) from None
    except ValueError:
        raise CaRefused("ca_broken", name=str(path.relative_to(directory)), what="no certificates") from None
    if CLIENTS_LOOK_FOR not in authority.name:
        raise CaRefused("ca_name_refused", name=authority.name, needed=CLIENTS_LOOK_FOR)
    return authority


def load(directory: Path, environment: Environment, passphrase: bytes, now: datetime) -> Issuer:
    """The issuing authority with its key, fit to sign at ``now``. Decrypting takes a moment: callers keep what they get.

    Raises CaRefused: what ``read`` raises, ca_passphrase_wrong, ca_key_mismatch, ca_expired, ca_not_yet_valid.
    """
    authority = read(directory, environment)
    _require_valid(authority, now)
    return Issuer(environment, authority.chain, keys.load(_folder(directory, environment) / "issuing.key", passphrase))


def root_key_is_here(directory: Path, environment: Environment) -> bool:
    """Whether the root's key lies on disk: after the ceremony it may be taken away and kept elsewhere."""
    return (_folder(directory, environment) / "root.key").exists()


def load_root(directory: Path, environment: Environment, passphrase: bytes, now: datetime) -> Issuer:
    """The root with its key, to sign its revocation list. Callers do not keep what they get: the key may be taken away.

    Raises CaRefused: what ``load`` raises; ca_missing while root.key is away.
    """
    root = Authority(environment, read(directory, environment).chain[-1:])
    _require_valid(root, now)
    return Issuer(environment, root.chain, keys.load(_folder(directory, environment) / "root.key", passphrase))


def _require_valid(authority: Authority, now: datetime) -> None:
    if now > authority.not_after:
        raise CaRefused("ca_expired", name=authority.name, until=authority.not_after)
    if now < authority.not_before:
        raise CaRefused("ca_not_yet_valid", name=authority.name, since=authority.not_before)


def _folder(directory: Path, environment: Environment) -> Path:
    return directory / environment.value.lower()


def _require_names_of_its_own(directory: Path, environment: Environment, plan: Plan) -> None:
    """Production and test never mix, nor can anybody take one for the other: no name is used in both."""
    for other in set(Environment) - {environment}:
        if not _folder(directory, other).exists():
            continue
        taken = {certificate.subject for certificate in read(directory, other).chain}
        for name in (plan.root, plan.issuing):
            if plan.name(name) in taken:
                raise CaRefused("ca_name_refused", name=name, needed=CLIENTS_LOOK_FOR)


@contextlib.contextmanager
def _new_folder(directory: Path, environment: Environment) -> Generator[Path]:
    """A folder to fill, which takes the environment's place when all is in it and on disk. One call at a time."""
    final, draft = _folder(directory, environment), directory / f".{environment.value.lower()}.draft"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _only_one(directory):
        if final.exists():
            raise CaRefused("ca_exists", name=final.name)
        if draft.exists():
            shutil.rmtree(draft)  # what a call that was stopped half-way left; nobody has used it
        draft.mkdir(mode=0o700)
        try:
            yield draft
        except BaseException:
            shutil.rmtree(draft)
            raise
        keys.sync_directory(draft)
        draft.rename(final)
        keys.sync_directory(directory)


@contextlib.contextmanager
def _only_one(directory: Path) -> Generator[None]:
    """Hold the directory's lock, which ends with the process that holds it."""
    descriptor = os.open(directory / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise CaRefused("ca_busy") from None
    try:
        yield
    finally:
        os.close(descriptor)
