"""Addresses of the PKI web service: the service itself, its WSDL and its schemas. No cookie is read or set."""

import logging
import time
from functools import cache
from importlib.resources import files

from flask import Blueprint, request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.wrappers import Response

from certportal.answers import allow, found
from certportal.extensions import csrf
from certportal.identifiers import Actor, ActorKind
from certportal.protocols.pkiws import answering, reading
from certportal.protocols.pkiws.names import PATH, SCHEMAS_PATH
from certportal.settings import current_settings

blueprint = Blueprint("pkiws", __name__)
log = logging.getLogger(__name__)
XML = "text/xml; charset=utf-8"
SCHEMAS = ("certificateservices", "xmldsig")
PLACE = "https://localhost"
"""Where the files of the package say that the service is."""


@blueprint.post(PATH)
@csrf.exempt
@allow("program")
def serve() -> Response:
    """A request, answered. The SOAPAction header is not looked at: programs write it in several ways."""
    began = time.perf_counter()
    by = Actor(ActorKind.PROGRAM, None, "PKI web service", request.remote_addr)
    answer = answering.answer(sent, by) if (sent := _body()) is not None else _too_large()
    call, took = answer.call, (time.perf_counter() - began) * 1000
    log.info("%s order=%s client=%s %.0f ms %s", call.operation, call.order, by.address or "-", took, call.code)
    return Response(answer.reply, answer.status, content_type=XML)


@blueprint.get(PATH)
@allow("program")
def describe() -> Response:
    """The WSDL, with ``?wsdl`` or without: nothing else can be read here."""
    return _described("certificateservices.wsdl")


@blueprint.get(f"{SCHEMAS_PATH}/<name>.xsd")
@allow("program")
def schema(name: str) -> Response:
    """A schema that the WSDL names."""
    return _described(found(f"{name}.xsd" if name in SCHEMAS else None))


def _body() -> bytes | None:
    """What was sent; None if it is too much to be read. Of a body that does not say how long it is, one octet too many is read:
    it would only be cut off at the limit."""
    request.max_content_length = reading.LARGEST + 1
    try:
        return request.get_data(cache=False)
    except ClientDisconnected:
        return b""
    except RequestEntityTooLarge:
        return None


def _too_large() -> answering.Answer:
    return answering.not_a_request(reading.NotARequest(f"The request is larger than {reading.LARGEST // 1024} kB."))


def _described(name: str) -> Response:
    """A file of the package, with the installation's address in it."""
    base_url = current_settings().base_url
    text = (
        _file(name).replace(PLACE, base_url).replace('schemaLocation="', f'schemaLocation="{base_url}{SCHEMAS_PATH}/')
    )
    answer = Response(text, content_type=XML)
    answer.headers["Cache-Control"] = "public, max-age=300"
    return answer


@cache
def _file(name: str) -> str:
    return (files(reading.PACKAGE) / "schemas" / name).read_text("utf-8")
