"""What a stranger makes of an issued certificate with openssl: the chain that was handed out, and the revocation list that it
names."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from flask.testing import FlaskClient

from tests.ca.openssl import openssl


@dataclass(frozen=True)
class Stranger:
    """Trusts the root of a chain, and keeps the files that it got."""

    folder: Path
    certificate: Path
    chain: Path

    @classmethod
    def given(cls, folder: Path, certificate: bytes, chain: bytes) -> "Stranger":
        """With certificate and chain as PEM."""
        made = cls(folder, folder / "certificate.pem", folder / "chain.pem")
        made.certificate.write_bytes(certificate)
        made.chain.write_bytes(chain)
        *below, root = x509.load_pem_x509_certificates(chain)
        (folder / "issuing.pem").write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in below))
        (folder / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
        return made

    @property
    def parsed(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.certificate.read_bytes())

    def fetch_list(self, http: FlaskClient) -> x509.CertificateRevocationList:
        """The revocation list at the address that the certificate names."""
        points = self.parsed.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        [point] = points
        assert point.full_name is not None
        answer = http.get(str(point.full_name[0].value))
        assert (answer.status_code, answer.mimetype) == (200, "application/pkix-crl")
        crl = x509.load_der_x509_crl(answer.data)
        (self.folder / "list.pem").write_bytes(crl.public_bytes(Encoding.PEM))
        return crl

    def verdict(self, at: datetime) -> str:
        """What ``openssl verify`` says of the certificate as a TLS client's, the revocation list included."""
        told = openssl(
            *("verify", "-crl_check", "-purpose", "sslclient", "-attime", str(int(at.timestamp()))),
            *("-CAfile", self.folder / "root.pem", "-untrusted", self.folder / "issuing.pem"),
            *("-CRLfile", self.folder / "list.pem", self.certificate),
            succeeds=False,
        ).decode()
        return told.replace(str(self.folder), "").strip()
