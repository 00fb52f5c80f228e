"""A program that speaks EST, strict about what it reads."""

import base64
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from flask import Flask
from werkzeug.test import TestResponse

from certportal.secrecy import Secret
from tests.certificates.steps import Codes

ADDRESS = "203.0.113.20"
WRONG = Secret("notThePassword22")


def der_of(request: bytes) -> bytes:
    """A signing request in PEM, as DER."""
    return x509.load_pem_x509_csr(request).public_bytes(Encoding.DER)


def one_line(request: bytes) -> bytes:
    """As strongSwan sends it."""
    return base64.b64encode(der_of(request))


def by_nginx(certificate: x509.Certificate | bytes) -> dict[str, str]:
    """The header with which nginx hands a client certificate over."""
    der = certificate if isinstance(certificate, bytes) else certificate.public_bytes(Encoding.DER)
    digits = base64.b64encode(der).decode()
    lines = "\n".join(digits[at : at + 64] for at in range(0, len(digits), 64))
    pem = f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"
    return {"X-SSL-Client-Cert": quote(pem, safe="")}


def by_rfc9440(certificate: x509.Certificate) -> dict[str, str]:
    return {"Client-Cert": f":{base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()}:"}


@dataclass
class Caller:
    """Calls from one network address, with a label in the path or without."""

    app: Flask
    label: str = ""
    address: str = ADDRESS

    def path(self, operation: str) -> str:
        return "/".join(part for part in ("/.well-known/est", self.label, operation) if part)

    def get(self, operation: str, **more: Any) -> TestResponse:
        return self.app.test_client().get(self.path(operation), **self._from(more))

    def post(self, operation: str, body: bytes, **more: Any) -> TestResponse:
        values = {"content_type": "application/pkcs10"} | more
        return self.app.test_client().post(self.path(operation), data=body, **self._from(values))

    def enrol(self, codes: Codes, request: bytes, password: Secret | None = None, **more: Any) -> TestResponse:
        """With a signing request in PEM, sent as strongSwan does."""
        return self.enrol_as_it_is(codes, one_line(request), password, **more)

    def enrol_as_it_is(self, codes: Codes, body: bytes, password: Secret | None = None, **more: Any) -> TestResponse:
        auth = (codes.transfer_id, (password or codes.password).reveal())
        return self.post("simpleenroll", body, auth=auth, **more)

    def reenrol(self, request: bytes, headers: dict[str, str], **more: Any) -> TestResponse:
        return self.post("simplereenroll", one_line(request), headers=headers, **more)

    def _from(self, values: dict[str, Any]) -> dict[str, Any]:
        return {"environ_overrides": {"REMOTE_ADDR": self.address}} | values


def certificates_in(answer: TestResponse, content_type: str) -> list[x509.Certificate]:
    """What an answer holds, read as the strictest client does: base64 on one line, with its length and its exact type."""
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.headers["Content-Type"] == content_type
    assert answer.headers["Content-Length"] == str(len(answer.data))
    assert "Transfer-Encoding" not in answer.headers
    assert not set(answer.data) & set(b"\r\n -")
    return pkcs7.load_der_pkcs7_certificates(base64.b64decode(answer.data, validate=True))


def issued(answer: TestResponse) -> x509.Certificate:
    """The one certificate of an enrolment's answer."""
    [certificate] = certificates_in(answer, "application/pkcs7-mime; smime-type=certs-only")
    return certificate


def refused(answer: TestResponse) -> tuple[int, str]:
    """Status and code of a refusal, which is plain text with a remedy."""
    assert answer.mimetype == "text/plain"
    code, colon, remedy = answer.get_data(as_text=True).partition(": ")
    assert (colon, remedy[-1:], len(remedy) > 20) == (": ", "\n", True), answer.get_data(as_text=True)
    return answer.status_code, code
