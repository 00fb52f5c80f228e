"""The authority's own keys: made, kept encrypted on disk or in a token, loaded.

Everything that signs takes a ``SigningKey``. A key in a token is a subclass of the same two types whose ``sign`` asks the token;
its file holds a reference (reference.py) where another's holds the encrypted key, so both are loaded through one door.
"""

import os
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
)

from certportal.ca.errors import CaRefused
from certportal.ca.reference import KeyReference, TokenAccess, is_reference, read_reference
from certportal.keyfiles import write_whole

SigningKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
VerifyingKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

SHORTEST_PASSPHRASE = 12


class KeyKind(StrEnum):
    """The keys an authority may have, by the names the settings use."""

    EC_P384 = "EC-P384"
    EC_P256 = "EC-P256"
    RSA_3072 = "RSA-3072"
    RSA_4096 = "RSA-4096"


def make(kind: KeyKind, token: TokenAccess | None = None, label: str = "") -> SigningKey:
    """A new key: in the token under ``label`` where there is a token, else here. Its chance is the token's own or OpenSSL's,
    which no caller can hand in. Raises CaRefused ca_token_… (token.make_key)."""
    if token is not None:
        from certportal.ca import token as tokens

        return tokens.make_key(token, kind, label)
    match kind:
        case KeyKind.EC_P384:
            return ec.generate_private_key(ec.SECP384R1())
        case KeyKind.EC_P256:
            return ec.generate_private_key(ec.SECP256R1())
        case KeyKind.RSA_3072:
            return rsa.generate_private_key(public_exponent=65537, key_size=3072)
        case KeyKind.RSA_4096:
            return rsa.generate_private_key(public_exponent=65537, key_size=4096)


def is_of(kind: KeyKind, key: VerifyingKey) -> bool:
    """Whether a key is of that kind."""
    match kind:
        case KeyKind.EC_P384 | KeyKind.EC_P256:
            wanted = ec.SECP384R1 if kind is KeyKind.EC_P384 else ec.SECP256R1
            return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, wanted)
        case KeyKind.RSA_3072 | KeyKind.RSA_4096:
            return isinstance(key, rsa.RSAPublicKey) and key.key_size == (3072 if kind is KeyKind.RSA_3072 else 4096)


def require_good_passphrase(passphrase: bytes) -> None:
    """At least 12 octets: it carries all the strength there is. Raises CaRefused ca_passphrase_short."""
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise CaRefused("ca_passphrase_short", least=SHORTEST_PASSPHRASE)


def store(path: Path, key: SigningKey, passphrase: bytes) -> None:
    """Write the key as encrypted PKCS #8 in PEM (AES-256), or a token's key as its ``pkcs11:`` URI; mode 0600, whole and on disk,
    or not at all. Never over another.

    The passphrase is stretched little (PKCS #8 by OpenSSL's defaults, so that ``openssl pkey`` reads it), so it must carry its
    own strength. A token's key needs none. Raises CaRefused ca_passphrase_short, ca_exists.
    """
    from certportal.ca.token import TokenKey

    if isinstance(key, TokenKey):
        content = f"{key.reference.uri()}\n".encode()
    else:
        require_good_passphrase(passphrase)
        content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase))
    draft = path.with_name(f".{path.name}.draft")
    write_whole(draft, content)
    try:
        os.link(draft, path)
    except FileExistsError:
        raise CaRefused("ca_exists", name=path.name) from None
    finally:
        draft.unlink()
    sync_directory(path.parent)


def make_and_store(
    path: Path, kind: KeyKind, passphrase: bytes, token: TokenAccess | None = None, label: str = ""
) -> SigningKey:
    """A new key, on disk before it is returned. What cannot be stored is not made: the passphrase and the place are looked at
    first, for a key in a token cannot be taken back. Raises CaRefused: what ``make`` and ``store`` raise."""
    if token is None:
        require_good_passphrase(passphrase)
    if path.exists():
        raise CaRefused("ca_exists", name=path.name)
    key = make(kind, token, label)
    store(path, key, passphrase)
    return key


def load(path: Path, passphrase: bytes, token: TokenAccess | None = None) -> SigningKey:
    """Read a key that ``store`` wrote, or openssl did; or find the key in a token that the file refers to.

    Raises CaRefused: ca_missing, ca_passphrase_wrong, ca_broken (no such kind of key, or no encryption on it, or a reference that
    cannot be read), ca_token_unset (a reference, and no token is set up), ca_token_… (token.open_key).
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise CaRefused("ca_missing", name=path.name) from None
    return _in_token(path, content, token) if is_reference(content) else _decrypted(path, content, passphrase)


def token_of(path: Path) -> str | None:
    """The label of the token that holds the key of a file; None: the file itself does. Raises CaRefused ca_broken."""
    content = path.read_bytes()
    return _reference(path, content).token if is_reference(content) else None


def _in_token(path: Path, content: bytes, token: TokenAccess | None) -> SigningKey:
    from certportal.ca.token import open_key

    if token is None:
        raise CaRefused("ca_token_unset", name=path.name)
    return open_key(token, _reference(path, content))


def _reference(path: Path, content: bytes) -> KeyReference:
    try:
        return read_reference(content.decode())
    except ValueError:
        raise CaRefused("ca_broken", name=path.name, what="pkcs11 URI") from None


def _decrypted(path: Path, pem: bytes, passphrase: bytes) -> SigningKey:
    if b"ENCRYPTED" not in pem:
        raise CaRefused("ca_broken", name=path.name, what="not encrypted")
    try:
        key = load_pem_private_key(pem, passphrase)
    except ValueError as error:
        wrong = "password" in str(error).lower() or "decrypt" in str(error).lower()
        raise CaRefused("ca_passphrase_wrong" if wrong else "ca_broken", name=path.name) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise CaRefused("ca_key_kind_refused", name=path.name)
    return key


def sync_directory(directory: Path) -> None:
    """Have the names in a directory on disk before returning."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def digest_for(key: VerifyingKey) -> hashes.SHA256 | hashes.SHA384:
    """The digest this key signs over: as strong as the curve (RFC 5758 3.2), SHA-256 for RSA."""
    return hashes.SHA384() if isinstance(key, ec.EllipticCurvePublicKey) and key.key_size > 256 else hashes.SHA256()


def algorithm_identifier(key: VerifyingKey) -> bytes:
    """The AlgorithmIdentifier in DER of what ``sign`` makes: RFC 5758 3.2 for ECDSA, without parameters; RFC 4055 5 for RSA."""
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return bytes.fromhex("300d06092a864886f70d01010b0500")
    strong = digest_for(key).digest_size > 32
    return bytes.fromhex("300a06082a8648ce3d040303" if strong else "300a06082a8648ce3d040302")


def sign(key: SigningKey, message: bytes) -> bytes:
    """The signature over ``message`` as certificates and CRLs carry it: ECDSA, or RSASSA-PKCS1-v1_5."""
    digest = digest_for(key.public_key())
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(message, ec.ECDSA(digest))
    return key.sign(message, padding.PKCS1v15(), digest)


def public_key_info(key: VerifyingKey) -> bytes:
    """The SubjectPublicKeyInfo of a key, in DER."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def pem_of(thing: x509.Certificate | x509.CertificateSigningRequest) -> bytes:
    """A certificate or signing request in PEM."""
    return thing.public_bytes(Encoding.PEM)


def load_public_key(info: bytes) -> VerifyingKey:
    """The key in a SubjectPublicKeyInfo. Raises ValueError for one that is neither EC nor RSA."""
    key = load_der_public_key(info)
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise ValueError("neither EC nor RSA")
    return key
