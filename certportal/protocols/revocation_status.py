"""Revocation lists over HTTP (RFC 5280 section 4.2.1.13, media type of RFC 2585 section 4.2), the same bytes as the files."""

from flask import Blueprint, make_response
from werkzeug.wrappers import Response

from certportal.answers import allow, found
from certportal.certificates.service import published_crl
from certportal.identifiers import Environment

blueprint = Blueprint("revocation_status", __name__)
ENVIRONMENTS = {environment.value.lower(): environment for environment in Environment}


@blueprint.get("/crl/<environment>.crl")
@allow("program")
def crl(environment: str) -> Response:
    """The newest list of an environment's issuing CA, DER."""
    newest = found(published_crl(found(ENVIRONMENTS.get(environment))))
    answer = make_response(newest.der)
    answer.mimetype = "application/pkix-crl"
    answer.last_modified = newest.this_update
    answer.headers["Cache-Control"] = "public, max-age=300"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
