"""Ceremonies whose root is kept elsewhere (``ca.offline``), the server's half: a request goes there, a certificate comes back.

The first intermediate waits in a folder of its own, for nothing stands before it; one that follows waits beside the others, as a
key and a request without a certificate.
"""

from datetime import datetime
from pathlib import Path

from cryptography import x509

from certportal.ca import ceremony, keys
from certportal.ca.authority import Authority, Issuer
from certportal.ca.describe import chain_pem
from certportal.ca.errors import CaRefused, CeremonyRefused
from certportal.ca.folders import only_one, waiting_of, whole_folder
from certportal.ca.following import require_place, set_aside
from certportal.ca.hierarchy import (
    Desk,
    authority_in,
    keep,
    labels,
    make_issuers,
    new_key,
    read,
    require_names_of_its_own,
)
from certportal.ca.plan import INTERMEDIATE, ROOT, Plan, next_label
from certportal.ca.transcript import Transcript
from certportal.keyfiles import write_whole


def begin(desk: Desk, plan: Plan, root: bytes, said: Transcript) -> Path:
    """The first half of a ceremony whose root is kept elsewhere: an intermediate's key, and the request to be signed there.

    ``root`` is the root's certificate, PEM. Returns the request's path. Raises as ``hierarchy.initialise``, and CaRefused:
    ca_broken for a root that is none; ca_name_refused where the plan has no intermediate, or another root's name.
    """
    keys.require_good_passphrase(desk.passphrase)
    authority = authority_in(root, desk.environment, ROOT)
    if plan.intermediate is None or authority.certificate.subject != plan.name(plan.root):
        raise CaRefused("ca_name_refused", name=authority.name, needed=plan.root)
    waiting = waiting_of(desk.directory, desk.environment)
    with whole_folder(desk.directory, waiting, desk.folder) as folder:
        require_names_of_its_own(desk, plan)
        write_whole(folder / f"{ROOT}.pem", chain_pem(authority.chain), 0o644)
        _ask(folder, INTERMEDIATE, plan.intermediate, desk, plan, said)
    return waiting / f"{INTERMEDIATE}.csr"


def complete(desk: Desk, plan: Plan, intermediate: bytes, said: Transcript) -> Authority:
    """The second half: the intermediate's certificate has come back from the root, and everything below it is made.

    Raises CaRefused: ca_missing (nothing waits), ca_broken (the certificate is not the root's, or no authority's),
    ca_key_mismatch (it is for another key), ca_name_refused (it bears another name than the plan's); CeremonyRefused
    ca_key_refused.
    """
    waiting = waiting_of(desk.directory, desk.environment)
    if not waiting.is_dir():
        raise CaRefused("ca_missing", name=waiting.name)
    with whole_folder(desk.directory, desk.folder, made_from=waiting) as folder:
        root = authority_in((folder / f"{ROOT}.pem").read_bytes(), desk.environment, ROOT)
        below = authority_in(intermediate + chain_pem(root.chain), desk.environment, INTERMEDIATE)
        if plan.intermediate is None or below.certificate.subject != plan.name(plan.intermediate):
            raise CaRefused("ca_name_refused", name=below.name, needed=plan.intermediate or "")
        ceremony.good_key(below.public_key, below.name)
        key = keys.load(folder / f"{INTERMEDIATE}.key", desk.passphrase, desk.token)
        between = Issuer(desk.environment, below.chain, key)
        keep(folder, INTERMEDIATE, between, said)
        (folder / f"{INTERMEDIATE}.csr").unlink(missing_ok=True)
        made = make_issuers(folder, between, INTERMEDIATE, desk, plan, said)
    return Authority(desk.environment, made.chain)


def begin_next(
    desk: Desk, plan: Plan, label: str, common_name: str, said: Transcript, needed_until: datetime | None = None
) -> Path:
    """The first half for an intermediate that follows another. Returns the request's path.

    Raises as ``following.require_place``, and CeremonyRefused ca_asked where a request waits already.
    """
    with only_one(desk.directory):
        require_place(desk, plan, label, common_name, needed_until)
        request = desk.folder / f"{label}.csr"
        if request.exists():
            raise CeremonyRefused("ca_asked", name=request.name)
        set_aside(desk.folder / f"{label}.key", desk.now)
        _ask(desk.folder, label, common_name, desk, plan, said)
        keys.sync_directory(desk.folder)
    return request


def complete_next(desk: Desk, intermediate: bytes, said: Transcript) -> str:
    """The second half: the certificate has come back. Returns the label.

    Raises CeremonyRefused: ca_not_asked (nothing waits), ca_other_intermediate (another name or key was signed), ca_key_refused;
    CaRefused ca_broken (it is not the root's, or no authority's), and what ``keys.load`` raises.
    """
    with only_one(desk.directory):
        label = next_label(labels(desk.directory, desk.environment), INTERMEDIATE)
        request = desk.folder / f"{label}.csr"
        if not request.exists():
            raise CeremonyRefused("ca_not_asked", name=request.name)
        asked = x509.load_pem_x509_csr(request.read_bytes())
        root = read(desk.directory, desk.environment, ROOT)
        below = authority_in(intermediate + chain_pem(root.chain), desk.environment, label)
        if (below.certificate.subject, below.public_key) != (asked.subject, asked.public_key()):
            raise CeremonyRefused("ca_other_intermediate", name=request.name)
        ceremony.good_key(below.public_key, below.name)
        key = keys.load(desk.folder / f"{label}.key", desk.passphrase, desk.token)
        keep(desk.folder, label, Issuer(desk.environment, below.chain, key), said)
        request.unlink()
        keys.sync_directory(desk.folder)
    return label


def _ask(folder: Path, label: str, common_name: str, desk: Desk, plan: Plan, said: Transcript) -> None:
    """A key, and the request for its certificate; the request last, for with it the authority waits."""
    key = new_key(folder, label, desk, plan)
    said.request(label, plan.name(common_name), key.public_key())
    said.keep(folder, desk.now)
    draft = folder / f".{label}.csr.draft"
    write_whole(draft, ceremony.request_for(plan, common_name, key), 0o644)
    draft.rename(folder / f"{label}.csr")
