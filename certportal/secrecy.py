"""Secrets: values that do not print, keyed hashes of short codes, and sealing.

One server key (``Settings.secret_key``) feeds every use through HKDF with a purpose of its own (RFC 5869), so that a hash
made for one purpose never matches one made for another. Codes and PINs are random and short-lived with counted tries, so a
keyed hash (HMAC-SHA-256) is right for them; a slow password hash would add nothing but time.
"""

import functools
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12  # AES-GCM, NIST SP 800-38D 8.2.1


class Secret:
    """A value that is shown as stars everywhere but where ``reveal()`` is called. Compares in constant time."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself; call it only where it leaves for its one reader."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(****)"

    __str__ = __repr__

    def __format__(self, format_spec: str) -> str:
        return "****"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and same(self._value, other._value)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a Secret is not pickled")


class Unsealable(Exception):
    """The key, the associated data or the sealed bytes are not those that were sealed."""


def same(left: str, right: str) -> bool:
    """Compare two texts in constant time; the one place where secrets are compared."""
    return hmac.compare_digest(left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))


@functools.lru_cache(maxsize=64)
def derived_key(server_key: bytes, purpose: str) -> bytes:
    """32 bytes for one purpose, from the server key (HKDF-SHA-256, RFC 5869)."""
    return HKDF(SHA256(), 32, salt=None, info=f"certportal {purpose}".encode()).derive(server_key)


def keyed_hash(server_key: bytes, purpose: str, value: str) -> str:
    """HMAC-SHA-256 of ``value`` under the purpose's key, as 64 hexadecimal digits."""
    text = value.encode("utf-8", "surrogatepass")
    return hmac.new(derived_key(server_key, purpose), text, hashlib.sha256).hexdigest()


def seal(key: bytes, plain: str, associated: str) -> bytes:
    """Nonce and AES-256-GCM ciphertext of ``plain``; opens only with the same key and associated data."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain.encode(), associated.encode())


def unseal(key: bytes, sealed: bytes, associated: str) -> Secret:
    """The sealed text, or ``Unsealable``."""
    try:
        plain = AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], associated.encode())
    except (InvalidTag, ValueError) as error:
        raise Unsealable from error
    return Secret(plain.decode())


def message_key(server_key: bytes, token: Secret) -> bytes:
    """The key that seals a secure message: HKDF over link token and server key, so neither alone opens it."""
    material = token.reveal().encode() + derived_key(server_key, "secure message")
    return HKDF(SHA256(), 32, salt=None, info=b"certportal sealed message").derive(material)
