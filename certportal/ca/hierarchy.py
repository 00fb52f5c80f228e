"""Each environment's authorities on disk.

    <directory>/production/  root.pem  intermediate.pem  issuing.pem  services.pem  and a .key beside each
    <directory>/test/        the same, with other keys and other names

Every .pem holds an authority's certificate and those above it up to the root. An environment's folder appears whole, by one
rename, or not at all; a further authority appears with its .pem, which is written after its .key. Nothing here ever writes over
an existing one. The root's key may be taken away after the ceremony, or never have been here (``under_root``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from cryptography import x509

from certportal.ca import ceremony, keys
from certportal.ca.authority import Authority, Environment, Issuer
from certportal.ca.ceremony import Below
from certportal.ca.describe import chain_pem
from certportal.ca.errors import CaRefused, CeremonyRefused
from certportal.ca.folders import folder_of, only_one, waiting_of, whole_folder
from certportal.ca.plan import CLIENTS_LOOK_FOR, INTERMEDIATE, ISSUING, ROOT, Plan, line_of
from certportal.ca.reference import TokenAccess
from certportal.ca.transcript import Transcript
from certportal.keyfiles import replace_whole

BEFORE_LABELS = "chain.pem"  # where an earlier version kept the issuing authority’s chain


@dataclass(frozen=True)
class Desk:
    """What a ceremony works with: where the files lie, the passphrase for new keys, the moment, serial numbers, and the token
    that new keys are made in, if any."""

    directory: Path
    environment: Environment
    passphrase: bytes
    now: datetime
    serials: Iterator[int]
    token: TokenAccess | None = None

    @property
    def folder(self) -> Path:
        return folder_of(self.directory, self.environment)


def initialise(desk: Desk, plan: Plan, said: Transcript) -> Authority:
    """Make one environment's root and everything below it, with a key each, and return the shared issuing authority.

    Stopped at any point, it leaves nothing that a second call does not clear away. Raises CaRefused: ca_exists, ca_busy,
    ca_passphrase_short; CeremonyRefused ca_name_taken (the other environment has it).
    """
    keys.require_good_passphrase(desk.passphrase)
    with whole_folder(desk.directory, desk.folder, waiting_of(desk.directory, desk.environment)) as folder:
        require_names_of_its_own(desk, plan)
        root = ceremony.make_root(
            desk.environment, plan, new_key(folder, ROOT, desk, plan), now=desk.now, serial=next(desk.serials)
        )
        keep(folder, ROOT, root, said)
        if plan.intermediate is None:
            made = make_issuers(folder, root, ROOT, desk, plan, said)
        else:
            what = Below(INTERMEDIATE, plan.intermediate, plan.intermediate_years, authorities_below=1)
            between = make(folder, root, ROOT, what, desk, plan, said)
            made = make_issuers(folder, between, INTERMEDIATE, desk, plan, said)
    return Authority(desk.environment, made.chain)


def issues_from(directory: Path, environment: Environment, label: str) -> date | None:
    """The day on which an authority begins to issue; None: it does since it was made. Raises CaRefused ca_broken."""
    path = folder_of(directory, environment) / f"{label}.from"
    try:
        return date.fromisoformat(path.read_text("ascii").strip())
    except FileNotFoundError:
        return None
    except ValueError:
        raise CaRefused("ca_broken", name=path.name, what="no day") from None


def labels(directory: Path, environment: Environment) -> list[str]:
    """The labels of an environment's authorities, the root first; empty where there is none yet."""
    folder = folder_of(directory, environment)
    found = [path.stem for path in folder.glob("*.pem") if path.name != BEFORE_LABELS] if folder.is_dir() else []
    order = {ROOT: 0, INTERMEDIATE: 1, ISSUING: 2}
    return sorted(found, key=lambda label: (order.get(line_of(label), 3), line_of(label), len(label), label))


def read(directory: Path, environment: Environment, label: str = ISSUING) -> Authority:
    """An authority without its key, ended or not. Raises CaRefused: ca_missing, ca_broken, ca_name_refused."""
    authority = read_chain(folder_of(directory, environment) / f"{label}.pem", environment)
    if line_of(label) not in (ROOT, INTERMEDIATE) and (
        CLIENTS_LOOK_FOR not in authority.name or len(authority.chain) < 2
    ):
        raise CaRefused("ca_name_refused", name=authority.name, needed=CLIENTS_LOOK_FOR)
    return authority


def read_chain(path: Path, environment: Environment) -> Authority:
    """The authority whose certificate and chain a file holds. Raises CaRefused: ca_missing, ca_broken."""
    name = f"{path.parent.name}/{path.name}"
    try:
        return authority_in(path.read_bytes(), environment, name)
    except FileNotFoundError:
        raise CaRefused("ca_missing", name=name) from None


def load(
    directory: Path,
    environment: Environment,
    passphrase: bytes,
    now: datetime,
    label: str = ISSUING,
    token: TokenAccess | None = None,
) -> Issuer:
    """An authority with its key, fit to sign at ``now``. Decrypting takes a moment: callers keep what they get, but for the
    root, whose key may be taken away.

    Raises CaRefused: what ``read`` raises, ca_passphrase_wrong, ca_key_mismatch, ca_expired, ca_not_yet_valid.
    """
    authority = read(directory, environment, label)
    if now > authority.not_after:
        raise CaRefused("ca_expired", name=authority.name, until=authority.not_after)
    if now < authority.not_before:
        raise CaRefused("ca_not_yet_valid", name=authority.name, since=authority.not_before)
    key = keys.load(folder_of(directory, environment) / f"{label}.key", passphrase, token)
    return Issuer(environment, authority.chain, key)


def key_is_here(directory: Path, environment: Environment, label: str) -> bool:
    """Whether an authority's key is at hand: the root's may be taken away after the ceremony and kept elsewhere."""
    return (folder_of(directory, environment) / f"{label}.key").exists()


def bring_up_to_date(directory: Path, environment: Environment) -> None:
    """Give a folder that an earlier version made the names that this one reads. Safe to run again."""
    with only_one(directory):
        folder = folder_of(directory, environment)
        if (folder / BEFORE_LABELS).exists():
            (folder / BEFORE_LABELS).replace(folder / f"{ISSUING}.pem")
            keys.sync_directory(folder)


def make_issuers(folder: Path, above: Issuer, above_label: str, desk: Desk, plan: Plan, said: Transcript) -> Issuer:
    """Every authority that stands lowest; the shared issuing one is returned."""
    made: dict[str, Issuer] = {}
    for label, common_name in plan.issuers.items():
        what = Below(label, common_name, plan.issuing_years, authorities_below=0)
        made[label] = make(folder, above, above_label, what, desk, plan, said)
    return made[ISSUING]


def make(
    folder: Path, above: Issuer, above_label: str, what: Below, desk: Desk, plan: Plan, said: Transcript
) -> Issuer:
    """An authority under another, with a key of its own."""
    key = new_key(folder, what.label, desk, plan)
    made = ceremony.make_below(above, plan, what, key, above_label=above_label, now=desk.now, serial=next(desk.serials))
    keep(folder, what.label, made, said)
    return made


def new_key(folder: Path, label: str, desk: Desk, plan: Plan) -> keys.SigningKey:
    """An authority's key, on disk or in the token."""
    name = f"{desk.environment.value.lower()} {label}"
    return keys.make_and_store(folder / f"{label}.key", plan.kind, desk.passphrase, desk.token, name)


def keep(folder: Path, label: str, made: Issuer, said: Transcript) -> None:
    """Its certificate and chain, last: with the .pem the authority is there."""
    replace_whole(folder / f"{label}.pem", chain_pem(made.chain), 0o644)
    said.authority(label, made)


def authority_in(pem: bytes, environment: Environment, name: str) -> Authority:
    """The authority whose certificate and chain these are. Raises CaRefused ca_broken."""
    try:
        return Authority(environment, tuple(x509.load_pem_x509_certificates(pem)))
    except ValueError:
        raise CaRefused("ca_broken", name=name, what="no certificates") from None


def require_names_of_its_own(desk: Desk, plan: Plan) -> None:
    """Every name of the plan, before the first authority is made. Raises as ``require_name_of_its_own``."""
    for line, common_name in plan.by_line.items():
        require_name_of_its_own(desk, plan, line, common_name)


def require_name_of_its_own(desk: Desk, plan: Plan, label: str, common_name: str) -> None:
    """Nobody can take one authority for another, of this environment or the other: only those of one line may share a name.

    Names differ as RFC 5280 7.1 compares them, without regard to case and spaces. Raises CeremonyRefused ca_name_taken.
    """
    line, wanted = line_of(label), _as_compared(common_name)
    taken = {name: other for other, name in plan.by_line.items() if other != line}
    for environment in Environment:
        for other in labels(desk.directory, environment):
            if environment is not desk.environment or line_of(other) != line:
                taken[read(desk.directory, environment, other).name] = f"{environment.value.lower()}/{other}"
    for name, other in taken.items():
        if _as_compared(name) == wanted:
            raise CeremonyRefused("ca_name_taken", name=common_name, other=other)


def _as_compared(name: str) -> str:
    return " ".join(name.split()).casefold()
