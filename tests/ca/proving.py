"""Proofs of possession made by hand, so that tests can make them wrong in one place at a time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from asn1crypto import algos, cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


def digest(content: bytes, name: str) -> bytes:
    hashing = hashes.Hash(HASHES[name])
    hashing.update(content)
    return hashing.finalize()


def attribute(kind: str, *values: Any) -> dict[str, Any]:
    return {"type": kind, "values": list(values)}


@dataclass
class Proof:
    """A SignedData as the right program makes it; every field may be bent before ``der()``."""

    key: Key
    certificate: x509.Certificate
    content: bytes
    digest: str = "sha256"
    attached: bool = True
    with_attributes: bool = True
    content_type: str = "data"
    claims_serial: int | None = None
    by_key_identifier: bytes | None = None
    attributes: list[dict[str, Any]] | None = None
    order: Callable[[list[bytes]], list[bytes]] = sorted
    signed_instead: bytes | None = None
    algorithm: dict[str, Any] | None = None
    padding: Any = None
    signers: int = 1
    certificates: list[x509.Certificate] = field(default_factory=list)

    def der(self) -> bytes:
        enclosed: dict[str, Any] = {"content_type": self.content_type}
        if self.attached:
            enclosed["content"] = self.content
        signed = cms.SignedData(
            {
                "version": "v1",
                "digest_algorithms": [{"algorithm": self.digest}],
                "encap_content_info": enclosed,
                "certificates": [
                    asn1_x509.Certificate.load(each.public_bytes(Encoding.DER)) for each in self.certificates
                ],
                "signer_infos": [self.signer()] * self.signers,
            }
        )
        return cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump()

    def signer(self) -> cms.SignerInfo:
        info = {
            "version": "v1",
            "sid": self._sid(),
            "digest_algorithm": {"algorithm": self.digest},
            "signature_algorithm": self.algorithm or self._algorithm(),
        }
        message = self.content
        if self.with_attributes:
            attributes = cms.CMSAttributes(self.attributes if self.attributes is not None else self.right_attributes())
            encoded = self.order([each.dump() for each in attributes])
            body = b"".join(encoded)
            info["signed_attrs"] = cms.CMSAttributes.load(b"\x31" + _length(body) + body)
            sorted_body = b"".join(sorted(encoded))
            message = b"\x31" + _length(sorted_body) + sorted_body
        info["signature"] = self._signature(self.signed_instead if self.signed_instead is not None else message)
        return cms.SignerInfo(info)

    def right_attributes(self) -> list[dict[str, Any]]:
        return [
            attribute("content_type", "data"),
            attribute("signing_time", cms.Time({"utc_time": datetime.fromisoformat("2026-12-01T08:00:00+00:00")})),
            attribute("message_digest", digest(self.content, self.digest)),
        ]

    def _sid(self) -> cms.SignerIdentifier:
        if self.by_key_identifier is not None:
            return cms.SignerIdentifier("subject_key_identifier", self.by_key_identifier)
        issuer = asn1_x509.Certificate.load(self.certificate.public_bytes(Encoding.DER)).issuer
        serial = self.certificate.serial_number if self.claims_serial is None else self.claims_serial
        return cms.SignerIdentifier("issuer_and_serial_number", {"issuer": issuer, "serial_number": serial})

    def _algorithm(self) -> dict[str, Any]:
        if self.padding is not None:
            return {"algorithm": "rsassa_pss", "parameters": pss_parameters(self.digest)}
        return {"algorithm": f"{self.digest}_{'rsa' if isinstance(self.key, rsa.RSAPrivateKey) else 'ecdsa'}"}

    def _signature(self, message: bytes) -> bytes:
        algorithm = HASHES[self.digest]
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(message, self.padding or padding.PKCS1v15(), algorithm)
        return self.key.sign(message, ec.ECDSA(algorithm))


def pss_parameters(name: str, mask: str = "", salt_length: int = 32, trailer: int = 1) -> algos.RSASSAPSSParams:
    return algos.RSASSAPSSParams(
        {
            "hash_algorithm": {"algorithm": name},
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": mask or name}},
            "salt_length": salt_length,
            "trailer_field": trailer,
        }
    )


def _length(body: bytes) -> bytes:
    if len(body) < 0x80:
        return bytes((len(body),))
    octets = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets
