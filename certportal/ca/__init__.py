"""The certification authority: bytes in, bytes out.

It knows no web, no database and no clock. ``now`` and the serial number are arguments; it trusts nobody and checks all that it is
given, though the caller did. It imports cryptography, ``refusals`` (it raises them) and ``keyfiles`` (it writes key files by it).

Issuing, in two steps with a database row between them::

    authority = hierarchy.read(directory, Environment.PRODUCTION)              # no key, no passphrase
    prepared = prepare(authority, environment=…, subject=Subject("9900001-8", "FI", "Malliyritys Oy"),
                       request=csr, serial=serial_from(twenty_random_octets), now=now, crl_url=…)
    …store prepared.tbs with prepared.serial, prepared.request.public_key_hash, prepared.not_after…
    issuer = hierarchy.load(directory, Environment.PRODUCTION, passphrase, now)  # keep it: decrypting takes a moment
    certificate = sign(issuer, prepared.tbs)                                   # DER; again after a crash, with the same bytes

Reading a request before that, for what it says of the key: ``read_signing_request(csr)`` → SigningRequest.
Revocation: ``build_crl(issuer, entries, number=…, this_update=…, next_update=…)`` → DER; ``crl_as_pem``.
For pages and downloads: ``describe(der)``, ``pairs``, ``fours``, ``as_pem``, ``chain_pem(authority.chain)``, ``chain_p7b``.
Proof that somebody holds a certificate's key: ``require_proof(read_signed(cms), certificate, text)``.
Setting up: ``hierarchy.initialise(Desk(directory, environment, passphrase, now, serials), Plan(root=…, issuing=…), transcript)``.

Refusals, each with a stable code (errors.py): RequestRefused is for the one who made the signing request, ProofRefused for the
one who made the proof, IssueRefused for the operator or a developer, CaRefused for the operator. ``sign`` and ``build_crl``
also let through what the key raises when it cannot be used, as a token that is away does.
"""

from certportal.ca.authority import Authority, Environment, Issuer
from certportal.ca.crl import ReadList, Reason, Revoked, build_crl, crl_as_pem, read_crl
from certportal.ca.describe import Description, as_pem, chain_p7b, chain_pem, describe, fours, pairs, serial_hex
from certportal.ca.errors import CaRefused, CeremonyRefused, IssueRefused, ProofRefused, RequestRefused
from certportal.ca.hierarchy import Desk
from certportal.ca.issuing import Prepared, prepare, sign
from certportal.ca.keys import KeyKind
from certportal.ca.names import Service, Subject
from certportal.ca.plan import Plan
from certportal.ca.possession import require_proof
from certportal.ca.profile import CLIENT, SERIAL_BITS, Access, Profile, serial_from
from certportal.ca.reference import TokenAccess
from certportal.ca.request import SigningRequest, read_signing_request
from certportal.ca.signed import Signed, read_signed
from certportal.ca.signers import Signer
from certportal.ca.transcript import Transcript

__all__ = [
    "CLIENT",
    "SERIAL_BITS",
    "Access",
    "Authority",
    "CaRefused",
    "CeremonyRefused",
    "Description",
    "Desk",
    "Environment",
    "IssueRefused",
    "Issuer",
    "KeyKind",
    "Plan",
    "Prepared",
    "Profile",
    "ProofRefused",
    "ReadList",
    "Reason",
    "RequestRefused",
    "Revoked",
    "Service",
    "Signed",
    "Signer",
    "SigningRequest",
    "Subject",
    "TokenAccess",
    "Transcript",
    "as_pem",
    "build_crl",
    "chain_p7b",
    "chain_pem",
    "crl_as_pem",
    "describe",
    "fours",
    "pairs",
    "prepare",
    "read_crl",
    "read_signed",
    "read_signing_request",
    "require_proof",
    "serial_from",
    "serial_hex",
    "sign",
]
