"""The signature on a reply (XML Signature 1.1): enveloped, over the payload as a document of its own, exclusive C14N.

The payload is written in its canonical form at once, so its digest is that of its octets, and SignedInfo is a text in which one
value changes. No XML library is needed, and any key will do, one in a token too; other people's programs verify it in the tests.
"""

import base64
import hashlib
from functools import lru_cache
from typing import Final, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

from certportal.ca import keys
from certportal.protocols.pkiws.names import SIGNATURES

EXCLUSIVE_C14N: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
RSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
ECDSA: Final = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha"

_SIGNED_INFO: Final = (
    "<ds:SignedInfo{declared}>"
    f'<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE_C14N}"></ds:CanonicalizationMethod>'
    '<ds:SignatureMethod Algorithm="{method}"></ds:SignatureMethod>'
    '<ds:Reference URI=""><ds:Transforms>'
    f'<ds:Transform Algorithm="{SIGNATURES}enveloped-signature"></ds:Transform>'
    f'<ds:Transform Algorithm="{EXCLUSIVE_C14N}"></ds:Transform></ds:Transforms>'
    '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod>'
    "<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
)
_DECLARED: Final = f' xmlns:ds="{SIGNATURES}"'


class Signer(Protocol):
    """A key and the certificate that says whose it is."""

    @property
    def key(self) -> keys.SigningKey: ...

    @property
    def certificate(self) -> x509.Certificate: ...


def signature(payload: bytes, signer: Signer) -> str:
    """The ds:Signature that belongs into the root of ``payload``, a document in exclusive canonical form. Raises whatever the key
    raises when it cannot be used."""
    digest = base64.b64encode(hashlib.sha256(payload).digest()).decode()
    method = _method(signer.key)
    signed_info = _SIGNED_INFO.format(declared=_DECLARED, method=method, digest=digest)
    value = base64.b64encode(_signed(signer.key, signed_info.encode())).decode()
    return (
        f"<ds:Signature{_DECLARED}>{_SIGNED_INFO.format(declared='', method=method, digest=digest)}"
        f"<ds:SignatureValue>{value}</ds:SignatureValue><ds:KeyInfo><ds:X509Data>"
        f"<ds:X509Certificate>{_as_base64(signer.certificate)}</ds:X509Certificate>"
        "</ds:X509Data></ds:KeyInfo></ds:Signature>"
    )


def _method(key: keys.SigningKey) -> str:
    """RFC 9231 2.3.2 and 2.3.6."""
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        return RSA_SHA256
    return f"{ECDSA}{keys.digest_for(key.public_key()).digest_size * 8}"


def _signed(key: keys.SigningKey, message: bytes) -> bytes:
    """The value as XML Signature has it: of ECDSA, both numbers in full width one after the other (RFC 9231 2.3.6)."""
    made = keys.sign(key, message)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        return made
    width = (key.curve.key_size + 7) // 8
    return b"".join(number.to_bytes(width, "big") for number in decode_dss_signature(made))


@lru_cache(maxsize=8)
def _as_base64(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
