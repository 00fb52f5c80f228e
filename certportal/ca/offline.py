"""A root that is kept on a machine of its own: made there, asked there for an intermediate's certificate, and for its list.

<directory>/production.root/  root.key  root.pem  root.crl  and the transcripts
"""

from datetime import timedelta

from certportal.ca import ceremony, keys
from certportal.ca.authority import Authority, Issuer
from certportal.ca.ceremony import Below
from certportal.ca.crl import build_crl, read_crl
from certportal.ca.describe import chain_pem
from certportal.ca.errors import CaRefused
from certportal.ca.folders import root_folder_of, whole_folder
from certportal.ca.hierarchy import Desk, read_chain
from certportal.ca.plan import INTERMEDIATE, ROOT, Plan
from certportal.ca.transcript import Transcript
from certportal.keyfiles import write_whole


def make_root(desk: Desk, plan: Plan, said: Transcript) -> Authority:
    """Make the root alone, in a folder of its own. Raises CaRefused: ca_exists, ca_busy, ca_passphrase_short."""
    keys.require_good_passphrase(desk.passphrase)
    with whole_folder(desk.directory, root_folder_of(desk.directory, desk.environment)) as folder:
        name = f"{desk.environment.value.lower()} {ROOT}"
        key = keys.make_and_store(folder / f"{ROOT}.key", plan.kind, desk.passphrase, desk.token, name)
        root = ceremony.make_root(desk.environment, plan, key, now=desk.now, serial=next(desk.serials))
        write_whole(folder / f"{ROOT}.pem", chain_pem(root.chain), 0o644)
        said.authority(ROOT, root)
        write_whole(folder / "ceremony.txt", said.text(folder).encode(), 0o644)
    return Authority(desk.environment, root.chain)


def sign_intermediate(desk: Desk, plan: Plan, request: bytes, said: Transcript) -> bytes:
    """The certificate for a request of ``hierarchy.begin_under_root``, in PEM. Only the key is taken from the request.

    Raises CaRefused: ca_missing, ca_passphrase_wrong, ca_request_refused, ca_key_kind_refused, ca_name_refused (the plan
    has no intermediate).
    """
    if plan.intermediate is None:
        raise CaRefused("ca_name_refused", name="", needed=INTERMEDIATE)
    root = load_root(desk)
    what = Below(INTERMEDIATE, plan.intermediate, plan.intermediate_years, authorities_below=1)
    signed = ceremony.sign_request(root, plan, what, request, above_label=ROOT, now=desk.now, serial=next(desk.serials))
    said.authority(INTERMEDIATE, Authority(desk.environment, (signed, *root.chain)))
    return keys.pem_of(signed)


def sign_list(desk: Desk, holds_for: timedelta) -> bytes:
    """The root's next revocation list, DER, also kept beside its key, which is how the next number is known.

    Raises CaRefused: as ``load_root``; crl_refused, where the kept list is not this root's.
    """
    root = load_root(desk)
    kept = root_folder_of(desk.directory, desk.environment) / f"{ROOT}.crl"
    number = read_crl(root, kept.read_bytes()).number + 1 if kept.exists() else 1
    crl = build_crl(root, [], number=number, this_update=desk.now, next_update=desk.now + holds_for)
    draft = kept.with_name(f".{kept.name}.draft")
    write_whole(draft, crl, 0o644)
    draft.replace(kept)
    return crl


def load_root(desk: Desk) -> Issuer:
    """The root with its key. Raises CaRefused: ca_missing, ca_passphrase_wrong, ca_broken, ca_key_mismatch."""
    folder = root_folder_of(desk.directory, desk.environment)
    root = read_chain(folder / f"{ROOT}.pem", desk.environment)
    return Issuer(desk.environment, root.chain, keys.load(folder / f"{ROOT}.key", desk.passphrase, desk.token))
