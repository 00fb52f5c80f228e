"""What every test of the authority starts from: a moment, a passphrase, serial numbers, authorities, requests."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as theirs

from certportal.ca import (
    Authority,
    Desk,
    Environment,
    Issuer,
    KeyKind,
    Plan,
    Prepared,
    Subject,
    Transcript,
    hierarchy,
    ocsp,
    prepare,
    serial_from,
)

NOW = datetime(2026, 12, 1, 8, 30, 15, 250_000, tzinfo=UTC)
PASSPHRASE = b"a passphrase for tests alone"
CRL = "http://portal.example/crl/production.crl"
HASHES = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256()}
ORGANISATION = Subject("9900001-8", "FI", "Malliyritys Oy")


def serial(seed: int = 1) -> int:
    return serial_from(random.Random(seed).randbytes(20))


def plan_for(environment: Environment, kind: KeyKind = KeyKind.EC_P384, **changes: object) -> Plan:
    name = environment.value.lower()
    wanted = {"root": f"Model Root CA ({name})", "issuing": f"Model Issuing CA ({name})", "kind": kind} | changes
    return Plan(**wanted)  # type: ignore[arg-type]


def make_authority(
    folder: Path, environment: Environment, kind: KeyKind = KeyKind.EC_P384, now: datetime = NOW
) -> Issuer:
    serials = map(serial, count(11))
    hierarchy.initialise(desk(folder, environment, now, serials), plan_for(environment, kind), Transcript())
    return hierarchy.load(folder, environment, PASSPHRASE, now)


def desk(
    folder: Path, environment: Environment, now: datetime = NOW, serials: Iterator[int] | None = None, **changes: Any
) -> Desk:
    serials = serials or map(serial, count(1))
    return replace(Desk(folder, environment, PASSPHRASE, now, serials), **changes)


def plain_request(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> x509.CertificateSigningRequest:
    return x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())


def prepared(issuer: Authority, request: bytes, **changes: object) -> Prepared:
    wanted = {
        "environment": issuer.environment,
        "subject": ORGANISATION,
        "serial": serial(),
        "now": NOW,
        "crl_url": CRL,
    }
    return prepare(issuer, request=request, **(wanted | changes))  # type: ignore[arg-type]


def question(authority: Authority, number: int, hash_name: str = "sha1", nonce: bytes | None = None) -> bytes:
    """An OCSPRequest about one certificate, as cryptography makes it."""
    name, key = ocsp.issuer_hashes(authority, hash_name)
    builder = theirs.OCSPRequestBuilder().add_certificate_by_hash(name, key, number, HASHES[hash_name])
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)
