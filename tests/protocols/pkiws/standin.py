"""A signer of replies, made here."""

import datetime
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from certportal.certificates import authorities
from certportal.settings import current_settings


@dataclass(frozen=True)
class StandIn:
    key: Any
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()


@cache
def signer(kind: str) -> StandIn:
    key, above = (rsa.generate_private_key(public_exponent=65537, key_size=3072) for _ in range(2))
    if kind.startswith("EC"):
        key = ec.generate_private_key(ec.SECP256R1())
    first = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "PKI web service")]))
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Services Issuing CA")]))
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(first)
        .not_valid_after(first + datetime.timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(above, hashes.SHA256())
    )
    return StandIn(key, made)


if not hasattr(authorities, "reply_signer"):
    authorities.reply_signer = lambda environment: signer(current_settings().reply_key)  # type: ignore[attr-defined]
