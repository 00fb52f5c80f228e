"""What a certificate is handed out as: itself and its chain, each in the forms that programs ask for, and its calendar file."""

from collections.abc import Callable
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certportal import ca
from certportal.certificates import authorities
from certportal.certificates.calendars import calendar_file
from certportal.certificates.lookups import stem_of
from certportal.certificates.models import Certificate

PEM, DER, P7B, ICS = (
    "application/x-pem-file",
    "application/pkix-cert",
    "application/x-pkcs7-certificates",
    "text/calendar",
)


@dataclass(frozen=True)
class CertificateFile:
    """A file to download, and the name that it is saved under: it begins as the key's file does (``stem_of``)."""

    content: bytes
    mimetype: str
    filename: str


@dataclass(frozen=True)
class _Kind:
    mimetype: str
    ending: str
    content: Callable[[Certificate, str], bytes]


def _chain(certificate: Certificate) -> tuple[x509.Certificate, ...]:
    return authorities.authority(certificate.environment, certificate.issuer).chain


def _whole_chain(certificate: Certificate) -> list[x509.Certificate]:
    return [x509.load_der_x509_certificate(certificate.der or b""), *_chain(certificate)]


KINDS: dict[str, _Kind] = {
    "certificate.pem": _Kind(PEM, ".pem", lambda it, _url: ca.as_pem(it.der or b"")),
    "certificate.cer": _Kind(DER, ".cer", lambda it, _url: it.der or b""),
    "chain.pem": _Kind(PEM, "-chain.pem", lambda it, _url: ca.chain_pem(_chain(it))),
    "full-chain.pem": _Kind(PEM, "-full-chain.pem", lambda it, _url: ca.chain_pem(_whole_chain(it))),
    "full-chain.p7b": _Kind(P7B, ".p7b", lambda it, _url: ca.chain_p7b(_whole_chain(it))),
    "issuing-ca.cer": _Kind(DER, "-issuing-ca.cer", lambda it, _url: _chain(it)[0].public_bytes(Encoding.DER)),
    "root-ca.cer": _Kind(DER, "-root-ca.cer", lambda it, _url: _chain(it)[-1].public_bytes(Encoding.DER)),
    "last-day.ics": _Kind(ICS, "-last-day.ics", calendar_file),
}


def file_of(certificate: Certificate, name: str, url: str) -> CertificateFile | None:
    """One of the files of an issued certificate; None for a name that is none. ``url``: where its reader finds it again.

    Raises CaRefused where the chain cannot be read.
    """
    kind = KINDS.get(name)
    if kind is None or certificate.der is None:
        return None
    return CertificateFile(kind.content(certificate, url), kind.mimetype, f"{stem_of(certificate)}{kind.ending}")
