"""Names on the wire: namespaces, elements, addresses."""

from enum import StrEnum
from typing import Final

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
MESSAGES: Final = "http://certificates.vero.fi/2017/10/certificateservices"
SIGNATURES: Final = "http://www.w3.org/2000/09/xmldsig#"
SCHEMA: Final = "http://www.w3.org/2001/XMLSchema"

PATH: Final = "/2017/10/CertificateServices"
SCHEMAS_PATH: Final = "/2017/10"

ENVELOPE: Final = f"{{{SOAP}}}Envelope"
HEADER: Final = f"{{{SOAP}}}Header"
BODY: Final = f"{{{SOAP}}}Body"
MUST_UNDERSTAND: Final = f"{{{SOAP}}}mustUnderstand"
SIGNATURE: Final = f"{{{SIGNATURES}}}Signature"


class Operation(StrEnum):
    """The three things that can be asked, by the names that their messages begin with."""

    SIGN_NEW = "SignNewCertificate"
    GET = "GetCertificate"
    RENEW = "RenewCertificate"


REQUESTS: Final = {f"{{{MESSAGES}}}{operation.value}Request": operation for operation in Operation}
