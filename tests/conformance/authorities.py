"""Everything that an authority signs, made now, as files: other people's programs look at the machine's own clock."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from certportal.ca import (
    Access,
    Environment,
    Issuer,
    KeyKind,
    Plan,
    Reason,
    Revoked,
    Transcript,
    build_crl,
    chain_pem,
    hierarchy,
    keys,
    ocsp,
    offline,
    sign,
)
from certportal.ca.names import Service
from certportal.ca.own import certify
from certportal.ca.profile import OCSP_RESPONDER, SERVICES
from certportal.ca.responder import Responder
from tests.ca.making import CRL, PASSPHRASE, desk, plain_request, prepared, serial

ACCESS = Access("http://portal.example/ocsp", "http://portal.example/ca/issuing.cer")


@dataclass(frozen=True)
class Signed:
    """Certificates in PEM, lists in DER, and the responder that answers for the issuing authority."""

    folder: Path
    issuer: Issuer
    responder: Responder
    now: datetime

    def file(self, name: str) -> Path:
        return self.folder / name

    def answer(self, question: bytes, status: ocsp.Status) -> Path:
        """The file of the answer to a question: the same status for every certificate asked about."""
        asked = ocsp.read_request(question)
        assert all(ocsp.matches(one, self.issuer) for one in asked.cert_ids)
        span = {"produced_at": self.now, "this_update": self.now, "next_update": self.now + timedelta(hours=12)}
        statuses = [(one, status) for one in asked.cert_ids]
        path = self.file("answer.der")
        path.write_bytes(ocsp.build_answer(self.responder, statuses, **span, nonce=asked.nonce))
        return path


def signed_by(kind: KeyKind, folder: Path) -> Signed:
    now, place = datetime.now(UTC), Environment.PRODUCTION
    plan = Plan(
        root="Model Root CA",
        intermediate="Model Intermediate CA",
        issuing="Model Issuing CA",
        services="Model Services Issuing CA",
        organisation="Example Agency",
        country="FI",
        kind=kind,
        crl_url=lambda label: f"http://portal.example/crl/{label}.crl",
        certificate_url=lambda label: f"http://portal.example/ca/{label}.cer",
    )
    hierarchy.initialise(desk(folder / "ca", place, now), plan, Transcript())
    issuer = hierarchy.load(folder / "ca", place, PASSPHRASE, now)
    services_issuer = hierarchy.load(folder / "ca", place, PASSPHRASE, now, "services")
    holder = plain_request(ec.generate_private_key(ec.SECP256R1())).public_bytes(Encoding.DER)
    key, name = keys.make(kind), Service("Certportal services", "Example Agency", "FI")
    responder = certify(issuer, key, Service("OCSP responder"), OCSP_RESPONDER, serial=serial(3), now=now)
    made = {
        "leaf": x509.load_der_x509_certificate(sign(issuer, prepared(issuer, holder, now=now, access=ACCESS).tbs)),
        "services": certify(services_issuer, key, name, SERVICES, serial=serial(2), now=now, crl_url=CRL),
        "responder": responder,
        "services_issuing": services_issuer.certificate,
        **dict(zip(("issuing", "intermediate", "root"), issuer.chain, strict=True)),
    }
    for file, certificate in made.items():
        (folder / f"{file}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "chain.pem").write_bytes(chain_pem(issuer.chain))
    lines = [Revoked(serial(seed), now, reason) for seed, reason in enumerate(Reason, 20)]
    week = {"this_update": now, "next_update": now + timedelta(days=7)}
    (folder / "full.crl").write_bytes(build_crl(issuer, lines, number=2, **week))
    (folder / "empty.crl").write_bytes(build_crl(issuer, [], number=1, **week))
    half_year = {"this_update": now, "next_update": now + timedelta(days=offline.LIST_DAYS)}
    for label, span in (("services", week), ("intermediate", week), ("root", half_year)):
        above = hierarchy.load(folder / "ca", place, PASSPHRASE, now, label)
        (folder / f"{label}.crl").write_bytes(build_crl(above, [], number=1, **span))
    return Signed(folder, issuer, Responder(issuer, responder, key), now)
