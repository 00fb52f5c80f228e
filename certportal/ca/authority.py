"""Who signs: an authority as everybody may know it, and an issuer, which has its key too."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from certportal.ca import keys
from certportal.ca.errors import CaRefused


class Environment(StrEnum):
    """Production and test never mix: each has authorities of its own."""

    PRODUCTION = "PRODUCTION"
    TEST = "TEST"


@dataclass(frozen=True, eq=False)
class Authority:
    """An authority without its key: enough to prepare a certificate, to check one, and to publish the chain.

    ``chain`` begins with the authority's own certificate and ends with the root. A chain whose links do not hold, or whose first
    certificate may not sign certificates and CRLs, makes no Authority: CaRefused ca_broken.
    """

    environment: Environment
    chain: tuple[x509.Certificate, ...]

    def __post_init__(self) -> None:
        if not self.chain:
            raise CaRefused("ca_missing", name="chain")
        for below, above in zip(self.chain, (*self.chain[1:], self.chain[-1]), strict=True):
            _require_link(below, above)
        for position, certificate in enumerate(self.chain):
            _require_authority(certificate, authorities_below=position)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._octets == self._octets

    def __hash__(self) -> int:
        return hash(self._octets)

    @cached_property
    def _octets(self) -> bytes:
        """What makes it this authority: its environment and its chain."""
        return b"".join([self.environment.encode(), *(each.public_bytes(Encoding.DER) for each in self.chain)])

    @cached_property
    def without_key(self) -> "Authority":
        """The same, and no more than that."""
        return self

    @property
    def certificate(self) -> x509.Certificate:
        """The authority's own certificate."""
        return self.chain[0]

    @cached_property
    def public_key(self) -> keys.VerifyingKey:
        key = self.certificate.public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
            raise CaRefused("ca_key_kind_refused", name=self.name)
        return key

    @cached_property
    def public_key_info(self) -> bytes:
        """The SubjectPublicKeyInfo of the authority's key, in DER."""
        return keys.public_key_info(self.public_key)

    @cached_property
    def name_der(self) -> bytes:
        """The authority's name, octet for octet as its certificates must repeat it."""
        return self.certificate.subject.public_bytes()

    @property
    def name(self) -> str:
        """The authority's common name."""
        return common_name(self.certificate)

    @cached_property
    def key_identifier(self) -> bytes:
        """The subjectKeyIdentifier that certificates and CRLs point to."""
        return self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest

    @cached_property
    def not_before(self) -> datetime:
        """The first moment at which the whole chain is valid."""
        return max(certificate.not_valid_before_utc for certificate in self.chain)

    @cached_property
    def not_after(self) -> datetime:
        """The last moment at which the whole chain is valid."""
        return min(certificate.not_valid_after_utc for certificate in self.chain)


@dataclass(frozen=True, eq=False)
class Issuer(Authority):
    """An authority with its key, which signs certificates and CRLs.

    The key of another certificate makes no Issuer: CaRefused ca_key_mismatch.
    """

    key: keys.SigningKey = field(repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if keys.public_key_info(self.key.public_key()) != self.public_key_info:
            raise CaRefused("ca_key_mismatch", name=self.name)

    @cached_property
    def without_key(self) -> Authority:
        return Authority(self.environment, self.chain)


def common_name(certificate: x509.Certificate) -> str:
    """The one common name in a certificate's subject, or "" where there is none."""
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


def _require_link(below: x509.Certificate, above: x509.Certificate) -> None:
    try:
        below.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise CaRefused("ca_broken", name=common_name(below), what="signature") from error


def _require_authority(certificate: x509.Certificate, *, authorities_below: int) -> None:
    """RFC 5280 4.2.1.9 and 4.2.1.3: CA TRUE with room for those below, keyCertSign, cRLSign, and a subjectKeyIdentifier."""
    try:
        extensions = certificate.extensions
        constraints = extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension) as error:
        raise CaRefused("ca_broken", name=common_name(certificate), what="extensions") from error
    room = constraints.path_length is None or constraints.path_length >= authorities_below
    if not (constraints.ca and room and usage.key_cert_sign and usage.crl_sign):
        raise CaRefused("ca_broken", name=common_name(certificate), what="not an authority")
