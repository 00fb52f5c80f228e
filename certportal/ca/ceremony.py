"""Making an environment's authorities: a root that signs itself, and an issuing authority that it signs."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from certportal.ca import keys
from certportal.ca.authority import Environment, Issuer
from certportal.ca.errors import CaRefused
from certportal.ca.keys import KeyKind, SigningKey
from certportal.ca.profile import key_identifier, key_usage, whole_seconds, years_after

CLIENTS_LOOK_FOR = "Issuing"  # real clients accept a certificate only from an issuer whose name says so
EARLIER = timedelta(days=1)  # an authority is valid before the first certificate it issues, which begins an hour early


@dataclass(frozen=True, slots=True)
class Plan:
    """What one environment's authorities are called, whose they are, what keys they have and how long they last.

    ``root`` and ``issuing`` are common names. The issuing certificate has a CRL address only if ``root_crl_url`` is given, for
    then somebody must keep the root's list fresh. Names that no client or no X.509 accepts make no Plan: CaRefused
    ca_name_refused.
    """

    root: str
    issuing: str
    organisation: str | None = None
    country: str | None = None
    kind: KeyKind = KeyKind.EC_P384
    root_years: int = 20
    issuing_years: int = 10
    root_crl_url: str | None = None

    def __post_init__(self) -> None:
        if CLIENTS_LOOK_FOR not in self.issuing or self.root == self.issuing:
            raise CaRefused("ca_name_refused", name=self.issuing, needed=CLIENTS_LOOK_FOR)
        self.name(self.root)
        self.name(self.issuing)

    def name(self, common_name: str) -> x509.Name:
        """C and O where they are set, and CN."""
        oids = x509.NameOID
        parts = (
            (oids.COUNTRY_NAME, self.country),
            (oids.ORGANIZATION_NAME, self.organisation),
            (oids.COMMON_NAME, common_name),
        )
        try:
            return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts if value is not None])
        except ValueError:
            raise CaRefused("ca_name_refused", name=common_name, needed=CLIENTS_LOOK_FOR) from None


def make_root(environment: Environment, plan: Plan, *, now: datetime, serial: int) -> Issuer:
    """A new key and its self-signed certificate, without a limit on the length of paths below."""
    key, start = keys.make(plan.kind), whole_seconds(now)
    name, end = plan.name(plan.root), years_after(start, plan.root_years)
    builder = _certificate(name, key, path_length=None).issuer_name(name).serial_number(serial)
    builder = _valid(builder, start, end).add_extension(_pointing_to(identifier_of(key)), critical=False)
    certificate = builder.sign(key, keys.digest_for(key.public_key()))
    return Issuer(environment, (certificate,), key)


def make_issuing(root: Issuer, plan: Plan, *, now: datetime, serial: int) -> Issuer:
    """A new key and its certificate under ``root``, which it does not outlive; no authority may stand below it (pathLen 0)."""
    key, start = keys.make(plan.kind), whole_seconds(now)
    end = min(years_after(start, plan.issuing_years), root.not_after)
    builder = _certificate(plan.name(plan.issuing), key, path_length=0).serial_number(serial)
    builder = _valid(builder.issuer_name(root.certificate.subject), start, end)
    builder = builder.add_extension(_pointing_to(root.key_identifier), critical=False)
    if plan.root_crl_url is not None:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(plan.root_crl_url)], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    certificate = builder.sign(root.key, keys.digest_for(root.public_key))
    return Issuer(root.environment, (certificate, *root.chain), key)


def identifier_of(key: SigningKey) -> bytes:
    """The subjectKeyIdentifier of a key's certificate."""
    return key_identifier(keys.public_key_info(key.public_key()))


def _certificate(name: x509.Name, key: SigningKey, *, path_length: int | None) -> x509.CertificateBuilder:
    """An authority's certificate (RFC 5280 4.2.1.9: CA TRUE, critical; 4.2.1.3: keyCertSign and cRLSign, critical)."""
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier(identifier_of(key)), critical=False)
    )


def _valid(builder: x509.CertificateBuilder, start: datetime, end: datetime) -> x509.CertificateBuilder:
    return builder.not_valid_before(start - EARLIER).not_valid_after(end)


def _pointing_to(identifier: bytes) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier(identifier, None, None)
