"""What programs send, in the ways that they write it, and what they read of the answer."""

import base64
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from flask import Flask
from lxml import etree
from signxml import SignatureConfiguration, XMLVerifier
from werkzeug.test import TestResponse

from tests.certificates.steps import Codes

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
MESSAGES = "http://certificates.vero.fi/2017/10/certificateservices"
DS = "http://www.w3.org/2000/09/xmldsig#"
ADDRESS = "/2017/10/CertificateServices"
CLIENT = "203.0.113.20"
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass
class Reply:
    """An answer as a program reads it."""

    response: TestResponse

    @property
    def text(self) -> str:
        return self.response.text

    @property
    def envelope(self) -> Any:
        return etree.fromstring(self.response.data)

    @property
    def payload(self) -> Any:
        [body] = self.envelope.findall(f"{{{SOAP}}}Body")
        [payload] = list(body)
        return payload

    @property
    def is_fault(self) -> bool:
        return self.payload.tag == f"{{{SOAP}}}Fault"

    @property
    def fault(self) -> str:
        assert self.is_fault, self.text
        return self.payload.findtext("faultcode").partition(":")[2]

    def value(self, name: str) -> str | None:
        return self.payload.findtext(name)

    @property
    def status(self) -> str:
        return self.payload.findtext("Result/Status")

    @property
    def codes(self) -> list[str]:
        return [each.text for each in self.payload.iterfind("Result/ErrorInfo/ErrorCode")]

    @property
    def messages(self) -> list[str]:
        return [each.text for each in self.payload.iterfind("Result/ErrorInfo/ErrorMessage")]

    @property
    def retrieval_id(self) -> str:
        assert self.status == "OK", self.text
        return self.value("RetrievalId") or ""

    @property
    def certificate(self) -> x509.Certificate:
        assert self.status == "OK", self.text
        return x509.load_der_x509_certificate(base64.b64decode(self.value("Certificate") or ""))

    @property
    def signer(self) -> x509.Certificate:
        [sent] = self.payload.findall(f".//{{{DS}}}X509Certificate")
        return x509.load_der_x509_certificate(base64.b64decode(sent.text))

    def alone(self) -> bytes:
        """The payload as the document that was signed."""
        return etree.tostring(self.payload, with_tail=False)

    def verified(self, trusted: x509.Certificate) -> bytes:
        """What the signature covers, by a certificate that the reader knows."""
        wanted = SignatureConfiguration(
            location="./", expect_references=1, verification_time=trusted.not_valid_before_utc
        )
        return XMLVerifier().verify(self.alone(), x509_cert=trusted, expect_config=wanted).signed_data


@dataclass
class Line:
    """A program at the other end of the line."""

    app: Flask

    def post(self, body: str | bytes, **headers: str) -> Reply:
        sent = body.encode() if isinstance(body, str) else body
        return Reply(
            self.app.test_client().post(
                ADDRESS,
                data=sent,
                headers={"Content-Type": "text/xml; charset=utf-8"} | headers,
                environ_overrides={"REMOTE_ADDR": CLIENT},
            )
        )

    def sign_new(self, codes: Codes, request: bytes, **changes: str) -> Reply:
        return self.post(in_envelope(sign_new(codes, request, **changes)))

    def get(self, retrieval_id: str, **changes: str) -> Reply:
        return self.post(in_envelope(get(retrieval_id, **changes)))


def elements(values: dict[str, str]) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in values.items() if value)


def message(operation: str, values: dict[str, str], prefix: str = "c", more: str = "") -> str:
    """A request with its root in the namespace and its children in none."""
    return f'<{prefix}:{operation}Request xmlns:{prefix}="{MESSAGES}">{elements(values)}{more}</{prefix}:{operation}Request>'


def sign_new(codes: Codes, request: bytes, prefix: str = "c", **changes: str) -> str:
    values = {
        "Environment": "PRODUCTION",
        "CustomerId": "9900001-8",
        "CustomerName": "Mallilön Ab",
        "TransferId": codes.transfer_id,
        "TransferPassword": codes.password.reveal(),
        "CertificateRequest": base64.b64encode(request).decode(),
    }
    return message("SignNewCertificate", values | changes, prefix)


def get(retrieval_id: str, prefix: str = "c", **changes: str) -> str:
    values = {"Environment": "PRODUCTION", "CustomerId": "9900001-8", "RetrievalId": retrieval_id}
    return message("GetCertificate", values | changes, prefix)


def in_envelope(inside: str, prefix: str = "soapenv", header: str = "", more: str = "") -> str:
    """``header`` as it stands: nothing, an empty element, or one with content."""
    return f'<{prefix}:Envelope xmlns:{prefix}="{SOAP}"{more}>{header}<{prefix}:Body>{inside}</{prefix}:Body></{prefix}:Envelope>'


def der_request(key: Key | None = None, name: str = "", digest: hashes.HashAlgorithm | None = None) -> bytes:
    """A signing request in DER, as every client sends it."""
    names = [x509.NameAttribute(x509.NameOID.COMMON_NAME, name)] if name else []
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(names))
    made = builder.sign(key or ec.generate_private_key(ec.SECP256R1()), digest or hashes.SHA256())
    return made.public_bytes(serialization.Encoding.DER)
