"""Where a key in a token is: a ``pkcs11:`` URI (RFC 7512), which names the token and the key and never holds a PIN.

A key's file may hold such a line instead of the key. Lines that other programs write (``p11tool --list-all``) are read too.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

SCHEME = "pkcs11:"

_DESCRIBES_ONLY = {"manufacturer", "model", "library-manufacturer", "library-description", "library-version"}
_ATTRIBUTE = re.compile(r"([a-z][a-z-]*)=((?:[A-Za-z0-9\-._~:\[\]@!$'()*+,=&]|%[0-9A-Fa-f]{2})+)")  # 2.3: pk11-pchar


@dataclass(frozen=True, slots=True)
class TokenAccess:
    """How this process reaches its token: the PKCS#11 module's file, the user PIN, and the label of the token for new keys.

    Keys that exist are looked for in the token that their own reference names; the PIN is the same.
    """

    module: Path
    pin: str = field(repr=False)
    token: str


@dataclass(frozen=True, slots=True)
class KeyReference:
    """A private key in a token: the token's label, and the key's label (CKA_LABEL) or its id (CKA_ID), or both.

    ``serial`` is the token's, where the reference names it: then a copy of the token under the same label is another token.
    """

    token: str
    label: str | None
    id: bytes | None
    serial: str | None = None

    @property
    def name(self) -> str:
        """What people call the key: its label, or its id in hexadecimal."""
        return self.label if self.label is not None else (self.id or b"").hex()

    def uri(self) -> str:
        """The reference as one line: ``pkcs11:token=certportal;object=production%20issuing;id=%1F%A0;type=private``."""
        parts = {"token": quote(self.token, safe="")}
        if self.serial is not None:
            parts["serial"] = quote(self.serial, safe="")
        if self.label is not None:
            parts["object"] = quote(self.label, safe="")
        if self.id is not None:
            parts["id"] = "".join(f"%{octet:02X}" for octet in self.id)  # 2.3: the id SHOULD be percent-encoded whole
        parts["type"] = "private"
        return SCHEME + ";".join(f"{name}={value}" for name, value in parts.items())


def is_reference(content: bytes) -> bool:
    """Whether a key's file holds a reference instead of the key."""
    return content.lstrip().startswith(SCHEME.encode())


def read_reference(line: str) -> KeyReference:
    """The reference in a ``pkcs11:`` URI. Raises ValueError.

    A query part (module-path, pin-source, pin-value) is refused: module and PIN are settings. So is what would choose among keys
    by something that is not looked at here (slot-id): a key must not be taken for another.
    """
    scheme, _, path = line.strip().partition(":")
    if scheme != SCHEME.rstrip(":") or "?" in path:
        raise ValueError("not a pkcs11 URI, or one with a query part")
    found: dict[str, bytes] = {}
    for part in path.split(";"):
        attribute = _ATTRIBUTE.fullmatch(part)
        if attribute is None or attribute[1] in found:
            raise ValueError("no attribute of a pkcs11 URI, or one that comes twice")
        found[attribute[1]] = unquote_to_bytes(attribute[2])
    names = found.keys() - _DESCRIBES_ONLY - {"type"}
    if not names <= {"token", "serial", "object", "id"} or "token" not in names or not names & {"object", "id"}:
        raise ValueError("token, and object or id, and nothing else")
    if found.get("type", b"private") != b"private":
        raise ValueError("not a private key")
    text = {name: found[name].decode() for name in names - {"id"}}  # UnicodeDecodeError is a ValueError
    return KeyReference(text["token"], text.get("object"), found.get("id"), text.get("serial"))
