"""Reading a CMS SignedData (RFC 5652 5) in whatever wrapping it comes: what it says, before anything of it is believed.

Liberal in the wrapping, because people send what their program makes: DER (BER too, as openssl writes with -stream), PEM with
the label CMS or PKCS7, the S/MIME message that ``openssl cms -sign`` writes by default, base64 alone. Strict in the content:
id-data, one signer, SHA-256 or better, and with signed attributes exactly the two that RFC 5652 11 wants, each once.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes

from certportal.ca.errors import ProofRefused

LARGEST = 64 * 1024

_PEM = re.compile(r"-----BEGIN (CMS|PKCS ?#?7[A-Z ]{0,20})-----([^-]*)-----END \1-----")
_MIME = re.compile(r"^Content-Type:\s*application/(?:x-)?pkcs7-(?:signature|mime)\b", re.IGNORECASE | re.MULTILINE)
_BLANK_LINE = re.compile(r"\r?\n[ \t]*\r?\n")
_PRIVATE = re.compile(r"PRIVATE\s{1,4}KEY")
_UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)

_DATA = "1.2.840.113549.1.7.1"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"

_RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
_RSA_PSS = "1.2.840.113549.1.1.10"
_MGF1 = "1.2.840.113549.1.1.8"
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256,
    "2.16.840.1.101.3.4.2.2": hashes.SHA384,
    "2.16.840.1.101.3.4.2.3": hashes.SHA512,
}
_WITH_HASH: dict[str, tuple[str, type[hashes.HashAlgorithm]]] = {
    "1.2.840.113549.1.1.11": ("pkcs1", hashes.SHA256),
    "1.2.840.113549.1.1.12": ("pkcs1", hashes.SHA384),
    "1.2.840.113549.1.1.13": ("pkcs1", hashes.SHA512),
    "1.2.840.10045.4.3.2": ("ecdsa", hashes.SHA256),
    "1.2.840.10045.4.3.3": ("ecdsa", hashes.SHA384),
    "1.2.840.10045.4.3.4": ("ecdsa", hashes.SHA512),
}


@dataclass(frozen=True, slots=True)
class Scheme:
    """How it is signed. ``kind``: pkcs1, pss (with its salt's length in octets) or ecdsa."""

    kind: str
    digest: hashes.HashAlgorithm
    salt_length: int = 0


@dataclass(frozen=True, slots=True)
class Signed:
    """What a SignedData says. Nothing of it is proven yet.

    ``content``: None when it is detached. ``signer``: the serial number, or the key identifier, of the certificate that the
    signer claims. ``attributes``: the signed attributes as they are signed (5.4), None without any; then ``message_digest`` is
    what they say of the content.
    """

    content: bytes | None
    signer: int | bytes
    scheme: Scheme
    signature: bytes
    attributes: bytes | None
    message_digest: bytes | None


def read_signed(sent: bytes) -> Signed:
    """Read a SignedData, 64 KB at most. Raises ProofRefused, and nothing else, for whatever octets are sent:
    proof_empty, proof_too_large, proof_private_key, proof_unreadable, proof_signers, proof_weak, proof_attributes.
    """
    if len(sent) > LARGEST:
        raise ProofRefused("proof_too_large", limit_kb=LARGEST // 1024)
    encoded = _unwrapped(sent)
    try:
        return _read(encoded)
    except _UNREADABLE:
        raise ProofRefused("proof_unreadable") from None


def _unwrapped(sent: bytes) -> bytes:
    """The DER or BER inside."""
    if not sent.strip():
        raise ProofRefused("proof_empty")
    if sent[:1] == b"\x30":
        return sent
    text = sent.decode("utf-16" if sent[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", errors="replace")
    if _PRIVATE.search(text):
        raise ProofRefused("proof_private_key")
    blocks = [found[2] for found in _PEM.finditer(text)] or [_mime_body(text)]
    if len(blocks) > 1:
        raise ProofRefused("proof_signers", count=len(blocks))
    try:
        return base64.b64decode("".join(blocks[0].split()), validate=True)
    except (binascii.Error, ValueError):
        raise ProofRefused("proof_unreadable") from None


def _mime_body(text: str) -> str:
    """The base64 of an S/MIME message's signature, or of the whole message (RFC 8551 3.5); all of ``text`` when it is neither."""
    part = _MIME.search(text)
    begins = _BLANK_LINE.search(text, part.end()) if part else None
    return text if begins is None else re.split(r"^--", text[begins.end() :], maxsplit=1, flags=re.MULTILINE)[0]


def _read(encoded: bytes) -> Signed:
    from asn1crypto import cms  # pyright: ignore[reportMissingTypeStubs] - it takes a while to load, and is rarely wanted

    parser: Any = cms.ContentInfo
    outer: Any = parser.load(encoded, strict=True)
    if outer["content_type"].native != "signed_data":
        raise ProofRefused("proof_unreadable")
    inner: Any = outer["content"]
    signers = list(inner["signer_infos"])
    if len(signers) != 1:
        raise ProofRefused("proof_signers", count=len(signers))
    enclosed = inner["encap_content_info"]
    if enclosed["content_type"].dotted != _DATA:
        raise ProofRefused("proof_unreadable")
    content: bytes | None = enclosed["content"].native
    return _signed_by(signers[0], content)


def _signed_by(signer: Any, content: bytes | None) -> Signed:
    attributes = signer["signed_attrs"]
    has_attributes = attributes.native is not None
    named = signer["sid"].chosen
    claimed: int | bytes = named["serial_number"].native if signer["sid"].name.startswith("issuer") else named.native
    return Signed(
        content=content,
        signer=claimed,
        scheme=_scheme(signer),
        signature=signer["signature"].native,
        attributes=attributes.untag().dump(force=True) if has_attributes else None,
        message_digest=_message_digest(attributes) if has_attributes else None,
    )


def _message_digest(attributes: Any) -> bytes:
    """What the signed attributes say of the content. content-type and message-digest are there once each, with one value
    (11.1, 11.2), and no attribute comes twice."""
    values: dict[str, list[Any]] = {}
    for attribute in attributes:
        name: str = attribute["type"].dotted
        if name in values:
            raise ProofRefused("proof_attributes")
        values[name] = list(attribute["values"])
    types, digests = values.get(_CONTENT_TYPE, []), values.get(_MESSAGE_DIGEST, [])
    if len(types) != 1 or len(digests) != 1 or types[0].dotted != _DATA:
        raise ProofRefused("proof_attributes")
    return bytes(digests[0].native)


def _scheme(signer: Any) -> Scheme:
    """Digest and signature algorithm, which must agree (RFC 5652 5.3, RFC 3370, RFC 5753, RFC 4056)."""
    digest = _HASHES.get(signer["digest_algorithm"]["algorithm"].dotted)
    algorithm = signer["signature_algorithm"]
    name: str = algorithm["algorithm"].dotted
    if digest is None:
        raise ProofRefused("proof_weak")
    if name == _RSA_ENCRYPTION:
        return Scheme("pkcs1", digest())
    if name == _RSA_PSS:
        return _pss(algorithm["parameters"], digest)
    kind, with_hash = _WITH_HASH.get(name, ("", None))
    if with_hash is not digest:
        raise ProofRefused("proof_weak")
    return Scheme(kind, digest())


def _pss(parameters: Any, digest: type[hashes.HashAlgorithm]) -> Scheme:
    """RSASSA-PSS with one hash throughout (RFC 4056 3); parameters left out mean SHA-1 (RFC 4055 3.1), which is too weak."""
    mask = parameters["mask_gen_algorithm"]
    same_hash = _HASHES.get(parameters["hash_algorithm"]["algorithm"].dotted) is digest
    same_mask = mask["algorithm"].dotted == _MGF1 and _HASHES.get(mask["parameters"]["algorithm"].dotted) is digest
    if not same_hash or not same_mask or int(parameters["trailer_field"]) != 1:
        raise ProofRefused("proof_weak")
    return Scheme("pss", digest(), int(parameters["salt_length"].native))
