"""Renewals as programs sign them: written here from the recommendation, so that nothing of ours is used to test ours."""

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from lxml import etree

from tests.protocols.pkiws.wire import DS, Key, message

EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ENVELOPED = f"{DS}enveloped-signature"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
ECDSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
DIGESTS: dict[str, Any] = {SHA256: hashlib.sha256, f"{DS}sha1": hashlib.sha1}
HASHES: dict[str, hashes.HashAlgorithm] = {f"{DS}rsa-sha1": hashes.SHA1()}


def renewal(request: bytes, prefix: str = "c", more: str = "", **changes: str) -> str:
    """The request before it is signed."""
    values = {
        "Environment": "PRODUCTION",
        "CustomerId": "9900001-8",
        "CertificateRequest": base64.b64encode(request).decode(),
    }
    return message("RenewCertificate", values | changes, prefix, more)


@dataclass(frozen=True)
class Style:
    """How a program signs. ``prefix`` is the signature's, "" its default namespace."""

    prefix: str = "ds"
    transforms: tuple[str, ...] = (ENVELOPED, EXCLUSIVE)
    method: str = RSA_SHA256
    digest: str = SHA256
    uri: str = ""
    key_info: str | None = None
    more_info: str = ""
    attributes: dict[str, str] = field(default_factory=dict)

    def sign(self, document: str, key: Key, certificate: bytes) -> str:
        """The document with its signature as the last child. ``certificate``: the DER in force."""
        root = etree.fromstring(document)
        signature = etree.fromstring(self.signature(self.canonical(root), key, certificate))
        root.append(signature)
        return etree.tostring(root, encoding="unicode")

    def canonical(self, root: Any) -> bytes:
        """The whole document by the last transform that makes octets of it; without one, inclusively (XML Signature 4.4.3.2)."""
        return etree.tostring(root, method="c14n", exclusive=EXCLUSIVE in self.transforms)

    def signature(self, covered: bytes, key: Key, certificate: bytes) -> str:
        digest = base64.b64encode(DIGESTS[self.digest](covered).digest()).decode()
        bare = self.around(self.signed_info(digest), "", self.info(certificate))
        signed_info = etree.fromstring(bare)[0]
        octets = etree.tostring(signed_info, method="c14n", exclusive=True)
        value = base64.b64encode(signed(key, octets, HASHES.get(self.method, hashes.SHA256()))).decode()
        return self.around(self.signed_info(digest), value, self.info(certificate))

    def signed_info(self, digest: str) -> str:
        p = self.before
        transforms = "".join(f'<{p}Transform Algorithm="{each}"/>' for each in self.transforms)
        return (
            f'<{p}SignedInfo><{p}CanonicalizationMethod Algorithm="{EXCLUSIVE}"/>'
            f'<{p}SignatureMethod Algorithm="{self.method}"/><{p}Reference URI="{self.uri}">'
            f'<{p}Transforms>{transforms}</{p}Transforms><{p}DigestMethod Algorithm="{self.digest}"/>'
            f"<{p}DigestValue>{digest}</{p}DigestValue></{p}Reference></{p}SignedInfo>"
        )

    def info(self, certificate: bytes) -> str:
        if self.key_info is not None:
            return self.key_info
        p, text = self.before, base64.b64encode(certificate).decode()
        return f"<{p}KeyInfo>{self.more_info}<{p}X509Data><{p}X509Certificate>{text}</{p}X509Certificate></{p}X509Data></{p}KeyInfo>"

    def around(self, signed_info: str, value: str, info: str) -> str:
        p = self.before
        declared = f'xmlns:{self.prefix}="{DS}"' if self.prefix else f'xmlns="{DS}"'
        return (
            f"<{p}Signature {declared}>{signed_info}<{p}SignatureValue>{value}</{p}SignatureValue>{info}</{p}Signature>"
        )

    @property
    def before(self) -> str:
        return f"{self.prefix}:" if self.prefix else ""


def signed(key: Key, octets: bytes, digest: hashes.HashAlgorithm) -> bytes:
    """RFC 9231: of ECDSA, both numbers in full width."""
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(octets, padding.PKCS1v15(), digest)
    width = (key.key_size + 7) // 8
    pair = decode_dss_signature(key.sign(octets, ec.ECDSA(digest)))
    return b"".join(number.to_bytes(width, "big") for number in pair)


STYLES = {
    "exclusive C14N, prefix ds": Style(),
    "a prefix of its own": Style(prefix="dsig"),
    "a default namespace": Style(prefix=""),
    "only the enveloped transform": Style(transforms=(ENVELOPED,)),
    "only the enveloped transform, a default namespace": Style(prefix="", transforms=(ENVELOPED,)),
    "inclusive C14N named": Style(transforms=(ENVELOPED, INCLUSIVE)),
}
"""The ways that clients were seen to sign in, and the one that they might."""
