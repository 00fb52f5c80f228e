"""Who answers for an authority about its certificates: a delegated OCSP responder (RFC 6960 4.2.2.2)."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from certportal.ca import der, keys
from certportal.ca.authority import Authority, common_name
from certportal.ca.errors import CaRefused


@dataclass(frozen=True)
class Responder:
    """A responder of ``authority``: the certificate that this very authority issued to it for answering, and its key.

    Any other certificate or key makes no Responder, for clients would believe none of its answers: CaRefused ca_broken,
    ca_key_mismatch.
    """

    authority: Authority
    certificate: x509.Certificate
    key: keys.SigningKey = field(repr=False)

    def __post_init__(self) -> None:
        name = common_name(self.certificate)
        try:
            self.certificate.verify_directly_issued_by(self.authority.certificate)
            purposes = self.certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound, x509.DuplicateExtension) as error:
            raise CaRefused("ca_broken", name=name, what="not its authority's responder") from error
        if ExtendedKeyUsageOID.OCSP_SIGNING not in purposes:
            raise CaRefused("ca_broken", name=name, what="not a responder")
        if keys.public_key_info(self.public_key) != keys.public_key_info(self.key.public_key()):
            raise CaRefused("ca_key_mismatch", name=name)

    @cached_property
    def public_key(self) -> keys.VerifyingKey:
        """The key by which clients verify its answers."""
        key = self.certificate.public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
            raise CaRefused("ca_key_kind_refused", name=common_name(self.certificate))
        return key

    @cached_property
    def certificate_der(self) -> bytes:
        """Its certificate, as every answer carries it."""
        return self.certificate.public_bytes(Encoding.DER)

    @cached_property
    def key_hash(self) -> bytes:
        """SHA-1 over the key's BIT STRING: what ResponderID byKey is, whatever else is hashed with (RFC 6960 4.2.1)."""
        bits = der.octets_of(der.child(keys.public_key_info(self.public_key), 1))
        return hashlib.sha1(bits, usedforsecurity=False).digest()
