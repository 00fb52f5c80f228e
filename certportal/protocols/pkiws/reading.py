"""From the octets of a POST to one of the three requests.

DTD, entities and network are off, and there is a limit of size. What is not a SOAP envelope around one of the three is a
``NotARequest`` and gets a Fault; what is one of them, but not by the schema, is refused like anything else.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, Final

from certportal.identifiers import Environment
from certportal.protocols.pkiws.asked import Get, Renew, Request, SignNew
from certportal.protocols.pkiws.names import (
    BODY,
    ENVELOPE,
    HEADER,
    MESSAGES,
    MUST_UNDERSTAND,
    REQUESTS,
    SCHEMA,
    SIGNATURE,
    Operation,
)
from certportal.refusals import Refusal
from certportal.secrecy import Secret

PACKAGE: Final = "certportal.protocols.pkiws"
LARGEST: Final = 64 * 1024
"""Octets of a whole request: a renewal with a chain of certificates in its signature has some twenty thousand."""
FAULTY: Final = re.compile(r"Element '(?:\{[^}]*\})?([^']+)'")
"""How libxml2 begins what it finds."""


class NotARequest(Exception):
    """What came is none of the three requests. ``code`` is SOAP's: Client, VersionMismatch or MustUnderstand."""

    def __init__(self, reason: str, code: str = "Client") -> None:
        super().__init__(reason)
        self.reason, self.code = reason, code


def read(sent: bytes) -> Request:
    """The one request in the Body. Raises NotARequest."""
    envelope = _parsed(sent)
    if envelope.tag != ENVELOPE:
        is_other_version = _local(envelope.tag) == "Envelope"
        raise NotARequest("This is not a SOAP 1.1 envelope.", "VersionMismatch" if is_other_version else "Client")
    children = list(_elements(envelope))
    names = [child.tag for child in children]
    if names not in ([BODY], [HEADER, BODY]):
        raise NotARequest("The envelope must have one Body, and before it at most one Header.")
    if any(part.get(MUST_UNDERSTAND) in ("1", "true") for header in children[:-1] for part in _elements(header)):
        raise NotARequest("No header is understood here.", "MustUnderstand")
    inside = list(_elements(children[-1]))
    if len(inside) != 1 or inside[0].tag not in REQUESTS:
        raise NotARequest("The Body must have one request of this service in it; see its WSDL.")
    return Request(REQUESTS[inside[0].tag], inside[0])


def environment_of(request: Request) -> Environment | None:
    """Which environment a request says that it is for, before anything of it is believed; None if it says neither."""
    said = request.element.findtext("Environment", "").strip()
    return Environment(said) if said in list(Environment) else None


def message_of(request: Request) -> SignNew | Get | Renew:
    """The request by the schema. Refusals: message_in_namespace; message_invalid, message_value_divided, message_not_base64
    (``where``)."""
    _require_schema(request.element)
    environment = Environment(_value(request.element, "Environment"))
    customer_id = _value(request.element, "CustomerId")
    match request.operation:
        case Operation.SIGN_NEW:
            return SignNew(
                environment,
                customer_id,
                _value(request.element, "TransferId"),
                Secret(_value(request.element, "TransferPassword")),
                octets(_value(request.element, "CertificateRequest"), "CertificateRequest"),
            )
        case Operation.GET:
            return Get(environment, customer_id, _value(request.element, "RetrievalId"))
        case Operation.RENEW:
            return Renew(environment, request.element)


def values_of(signed: Any) -> tuple[Environment, str, bytes]:
    """Environment, CustomerId and signing request of a renewal, from what its signature covers. Refusals as ``message_of``."""
    return (
        Environment(_value(signed, "Environment")),
        _value(signed, "CustomerId"),
        octets(_value(signed, "CertificateRequest"), "CertificateRequest"),
    )


def octets(text: str, name: str) -> bytes:
    """Base64 with any white space in it (XML Schema's base64Binary), of the element of that name. Refusals: message_not_base64
    (``where``): the schema lets pass what PEM has around it."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Refusal("message_not_base64", where=name) from None


def _parsed(sent: bytes) -> Any:
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

    if len(sent) > LARGEST:
        raise NotARequest(f"The request is larger than {LARGEST // 1024} kB.")
    if b"<!DOCTYPE" in sent or b"<!ENTITY" in sent:
        raise NotARequest("A document type or an entity has no place in a SOAP message.")
    try:
        parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
        root = etree.fromstring(sent, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise NotARequest("This is not well-formed XML.") from None
    if root.getroottree().docinfo.doctype or root.getroottree().docinfo.internalDTD is not None:
        raise NotARequest("A document type or an entity has no place in a SOAP message.")  # in UTF-16, for one
    return root


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _elements(parent: Any) -> Iterator[Any]:
    """The children that are elements: remarks between them are let be."""
    return (child for child in parent if isinstance(child.tag, str))


def _require_schema(element: Any) -> None:
    """The schema holds, and no value is divided by a remark: programs differ in what they read of such a one."""
    schema = _schema()
    if not schema.validate(element):
        if any(child.tag.startswith(f"{{{MESSAGES}}}") and child.tag not in REQUESTS for child in _elements(element)):
            raise Refusal("message_in_namespace")
        raise Refusal("message_invalid", where=_where(schema, element))
    for child in element:
        if child.tag != SIGNATURE and len(child) and isinstance(child.tag, str):
            raise Refusal("message_value_divided", where=child.tag)


def _where(schema: Any, element: Any) -> str:
    """The element at fault, by its name alone: the value may be a password. Of names that the schema does not know, which would
    be the sender's own text, the request's."""
    found = next((FAULTY.match(entry.message) for entry in schema.error_log), None)
    name = found[1] if found else ""
    return name if name in _names() else _local(element.tag)


def _value(element: Any, name: str) -> str:
    found = element.findall(name)
    if len(found) != 1 or len(found[0]):
        raise Refusal("message_invalid", where=name)
    return (found[0].text or "").strip()


@cache
def _schema() -> Any:
    """Compiled once in each process."""
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

    return etree.XMLSchema(_written("certificateservices"))


@cache
def _names() -> frozenset[str]:
    """Of every element that the schema knows, and the one that it imports."""
    written = [_written(name) for name in ("certificateservices", "xmldsig")]
    return frozenset(each.get("name", "") for schema in written for each in schema.iter(f"{{{SCHEMA}}}element")) - {""}


def _written(name: str) -> Any:
    """A schema as it stands in the package; its address is for what it imports."""
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True)
    place = files(PACKAGE) / "schemas" / f"{name}.xsd"
    with place.open("rb") as file:
        return etree.parse(file, parser, base_url=str(place))
