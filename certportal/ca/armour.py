"""From what people and programs send to the DER of one signing request.

Liberal in what is accepted (PEM or DER, any wrapping), for a protocol that is too strict locks real clients out: PEM with text
around it, with quoted lines, without line breaks, without one of its armour lines; base64 of DER without armour; base64 of PEM;
text in UTF-16, as some consoles write it. Whatever comes out is then parsed strictly and must carry a good signature.
"""

import base64
import binascii
import re

from certportal.ca import der
from certportal.ca.errors import RequestRefused

LARGEST = 64 * 1024

_DASHES = "-\u2010-\u2015\u2212"  # word processors turn the dashes of armour lines into longer ones
_ARMOUR = re.compile(
    rf"[{_DASHES}]{{1,8}}\s{{0,4}}(BEGIN|END)\s{{1,4}}([A-Z][A-Z0-9 ]{{0,40}}?)\s{{0,4}}[{_DASHES}]{{1,8}}"
)
_HEADER_LINES = re.compile(r"^[A-Za-z][A-Za-z-]{0,40}:[^\n]*$", re.MULTILINE)
_PRIVATE = re.compile(r"PRIVATE\s{1,4}KEY|PuTTY-User-Key-File|Private-Lines:")
_WRITTEN_OUT_BREAKS = re.compile(r"\\[rn]")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/_=-]")
_SSH_PUBLIC_KEY = re.compile(r"\s*(ssh-(rsa|dss|ed25519)|ecdsa-sha2-)")
_KEY_STORES = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")  # Java's JKS and JCEKS: there for the private keys in them
_PADDING = b"\x00\t\n\r\x1a "


def der_of_request(sent: bytes) -> bytes:
    """The DER inside ``sent``, at most 64 KB, in whatever wrapping. It is one element, and may still be anything.

    Raises RequestRefused: csr_empty, csr_too_large, csr_private_key, csr_is_certificate, csr_is_public_key, csr_several,
    csr_unreadable.
    """
    if len(sent) > LARGEST:
        raise RequestRefused("csr_too_large", limit_kb=LARGEST // 1024)
    found = _unwrap(sent)
    if found is None:
        inner = _from_base64(_NOT_BASE64.sub("", _as_text(sent)))
        found = _unwrap(inner) if inner else None
    if found is None:
        raise RequestRefused("csr_unreadable")
    return found


def refuse_by_shape(found: bytes) -> None:
    """Name what was sent instead of a signing request, by the shape of its outer elements; always raises RequestRefused.

    Private keys: PKCS #8 and SEC 1 begin with a small version number, so do PKCS #1 and PKCS #12; an encrypted PKCS #8 is an
    algorithm and an OCTET STRING. Public keys: an algorithm and a BIT STRING, or two large numbers.
    """
    try:
        parts = list(der.children(found))
        shape = [part.tag for part in parts]
        version = der.integer_of(parts[0]) if shape[:1] == [der.INTEGER] else None
    except ValueError:
        raise RequestRefused("csr_unreadable") from None
    if shape == [der.SEQUENCE, der.OCTET_STRING] or (version is not None and 0 <= version <= 3):
        raise RequestRefused("csr_private_key")
    if shape in ([der.SEQUENCE, der.BIT_STRING], [der.INTEGER, der.INTEGER]):
        raise RequestRefused("csr_is_public_key")
    raise RequestRefused("csr_unreadable")


def _unwrap(sent: bytes) -> bytes | None:
    """The DER that ``sent`` is or has in its armour; None where it is neither, and may be bare base64."""
    if sent.startswith(_KEY_STORES):
        raise RequestRefused("csr_private_key")
    whole = _whole_element(sent)
    text = _as_text(sent)
    if _PRIVATE.search(text):
        raise RequestRefused("csr_private_key")
    if whole is not None:
        return whole
    if not text.strip():
        raise RequestRefused("csr_empty")
    if _SSH_PUBLIC_KEY.match(text):
        raise RequestRefused("csr_is_public_key")
    return _from_armour(text)


def _whole_element(sent: bytes) -> bytes | None:
    """``sent`` without the line break or padding some program put after it, if it is one DER SEQUENCE."""
    if not sent.startswith(bytes((der.SEQUENCE,))):
        return None
    try:
        element = der.first(sent)
    except ValueError:
        return None
    return None if sent[len(element.encoded) :].strip(_PADDING) else element.encoded


def _as_text(sent: bytes) -> str:
    """``sent`` as text; octets that are not text become replacement characters."""
    if sent.startswith((b"\xff\xfe", b"\xfe\xff")):
        return sent.decode("utf-16", errors="replace")
    if b"\x00" in sent[:2]:
        return sent.decode("utf-16-be" if sent[0] == 0 else "utf-16-le", errors="replace")
    return sent.decode("utf-8-sig", errors="replace")


def _from_armour(text: str) -> bytes | None:
    """What the armour lines of ``text`` enclose. Either line may be missing, as a hasty copy leaves it."""
    lines = list(_ARMOUR.finditer(text))
    if not lines:
        return None
    ends = [line.start() for line in lines[1:]] + [len(text)]
    bodies = {
        line.end(): (line[2], text[line.end() : end])
        for line, end in zip(lines, ends, strict=True)
        if line[1] == "BEGIN"
    }
    if not bodies:
        bodies = {0: (lines[0][2], text[: lines[0].start()])}
    requests = {
        _from_base64(_armoured(body)) for label, body in bodies.values() if label.endswith("CERTIFICATE REQUEST")
    }
    if len(requests) > 1:
        raise RequestRefused("csr_several", count=len(requests))
    found = _whole_element(requests.pop()) if requests else None
    if found is not None:
        return found
    if any(label.endswith("CERTIFICATE") for label, _ in bodies.values()):
        raise RequestRefused("csr_is_certificate")
    if any("PUBLIC KEY" in label for label, _ in bodies.values()):
        raise RequestRefused("csr_is_public_key")
    raise RequestRefused("csr_unreadable")


def _armoured(body: str) -> str:
    """The base64 in a PEM body: without RFC 1421's header lines, line breaks written out as \\n, quote marks and white space."""
    return _NOT_BASE64.sub("", _WRITTEN_OUT_BREAKS.sub("", _HEADER_LINES.sub("", body)))


def _from_base64(text: str) -> bytes:
    """The octets of base64 text in either alphabet (RFC 4648 4 and 5), padded or not. Raises RequestRefused csr_unreadable."""
    digits = text.replace("=", "").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except binascii.Error:
        raise RequestRefused("csr_unreadable") from None
