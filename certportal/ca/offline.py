"""A root that is kept on a machine of its own: made there, asked there for an intermediate's certificate, and for its list.

<directory>/production.root/  root.key  root.pem  root.crl  signed.pem (what it has signed)  and the transcripts
"""

from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certportal.ca import ceremony, keys
from certportal.ca.authority import Authority, Issuer
from certportal.ca.ceremony import Below
from certportal.ca.crl import build_crl, read_crl
from certportal.ca.describe import chain_pem, describe, pairs
from certportal.ca.errors import CaRefused
from certportal.ca.folders import only_one, root_folder_of, whole_folder
from certportal.ca.hierarchy import Desk, read_chain
from certportal.ca.keys import VerifyingKey
from certportal.ca.plan import INTERMEDIATE, ROOT, Plan
from certportal.ca.transcript import Transcript
from certportal.keyfiles import replace_whole, write_whole

SIGNED = "signed.pem"
LIST_DAYS = 180
"""How long a list holds unless somebody says otherwise: each costs a walk to that machine."""


def make_root(desk: Desk, plan: Plan, said: Transcript) -> Authority:
    """Make the root alone, in a folder of its own. Raises CaRefused: ca_exists, ca_busy, ca_passphrase_short."""
    keys.require_good_passphrase(desk.passphrase)
    with whole_folder(desk.directory, root_folder_of(desk.directory, desk.environment)) as folder:
        name = f"{desk.environment.value.lower()} {ROOT}"
        key = keys.make_and_store(folder / f"{ROOT}.key", plan.kind, desk.passphrase, desk.token, name)
        root = ceremony.make_root(desk.environment, plan, key, now=desk.now, serial=next(desk.serials))
        write_whole(folder / f"{ROOT}.pem", chain_pem(root.chain), 0o644)
        said.authority(ROOT, root)
        said.keep(folder, desk.now)
    return Authority(desk.environment, root.chain)


def tell_request(
    desk: Desk, plan: Plan, request: bytes, said: Transcript, common_name: str | None = None
) -> VerifyingKey:
    """What a request of ``under_root`` asks for, and what the root has signed before; answers its key.

    ``common_name``: of an intermediate that follows another; unless given, the plan's. Raises CaRefused: ca_missing,
    ca_request_refused, ca_name_refused (the plan has no intermediate); CeremonyRefused:
    ca_request_named, ca_key_refused.
    """
    if plan.intermediate is None:
        raise CaRefused("ca_name_refused", name="", needed=INTERMEDIATE)
    read_chain(_in_root_folder(desk, f"{ROOT}.pem"), desk.environment)
    name = common_name or plan.intermediate
    key = ceremony.read_request(plan, name, request)
    said.request(INTERMEDIATE, plan.name(name), key)
    for earlier in _signed(desk):
        which = "this key already" if earlier.public_key() == key else "another key"
        described = describe(earlier.public_bytes(Encoding.DER))
        said.note(
            f"CAUTION: the root has signed {which}, on {described.not_before + ceremony.EARLIER:%Y-%m-%d %H:%M:%S} UTC: "
            f"{earlier.subject.rfc4514_string()}, serial number {pairs(described.serial)}"
        )
    return key


def sign_intermediate(
    desk: Desk, plan: Plan, request: bytes, said: Transcript, common_name: str | None = None
) -> bytes:
    """The certificate for such a request, in PEM. Only the key is taken from the request. It is kept, and so is the transcript.

    Raises what ``tell_request`` and ``load_root`` raise.
    """
    with only_one(desk.directory):
        key, root = tell_request(desk, plan, request, said, common_name), load_root(desk)
        what = Below(INTERMEDIATE, common_name or plan.intermediate or "", plan.intermediate_years, authorities_below=1)
        signed = ceremony.sign_below(root, plan, what, key, above_label=ROOT, now=desk.now, serial=next(desk.serials))
        said.authority(INTERMEDIATE, Authority(desk.environment, (signed, *root.chain)))
        replace_whole(_in_root_folder(desk, SIGNED), chain_pem([*_signed(desk), signed]), 0o644)
        said.keep(root_folder_of(desk.directory, desk.environment), desk.now)
    return keys.pem_of(signed)


def _signed(desk: Desk) -> list[x509.Certificate]:
    """Every certificate that the root has signed here, in their order."""
    kept = _in_root_folder(desk, SIGNED)
    try:
        return x509.load_pem_x509_certificates(kept.read_bytes()) if kept.exists() else []
    except ValueError:
        raise CaRefused("ca_broken", name=kept.name, what="no certificates") from None


def sign_list(desk: Desk, holds_for: timedelta) -> bytes:
    """The root's next revocation list, DER, also kept beside its key, which is how the next number is known.

    Raises CaRefused: as ``load_root``; crl_refused, where the kept list is not this root's.
    """
    root = load_root(desk)
    kept = _in_root_folder(desk, f"{ROOT}.crl")
    number = read_crl(root, kept.read_bytes()).number + 1 if kept.exists() else 1
    crl = build_crl(root, [], number=number, this_update=desk.now, next_update=desk.now + holds_for)
    replace_whole(kept, crl, 0o644)
    return crl


def load_root(desk: Desk) -> Issuer:
    """The root with its key. Raises CaRefused: ca_missing, ca_passphrase_wrong, ca_broken, ca_key_mismatch."""
    root = read_chain(_in_root_folder(desk, f"{ROOT}.pem"), desk.environment)
    key = keys.load(_in_root_folder(desk, f"{ROOT}.key"), desk.passphrase, desk.token)
    return Issuer(desk.environment, root.chain, key)


def _in_root_folder(desk: Desk, name: str) -> Path:
    return root_folder_of(desk.directory, desk.environment) / name
