"""Revocation lists over HTTP (RFC 5280 section 4.2.1.13, media type of RFC 2585 section 4.2), the same bytes as the files."""

from flask import Blueprint, make_response
from werkzeug.wrappers import Response

from certportal.answers import allow, found
from certportal.certificates.service import Signer, published_bundle, published_crl
from certportal.identifiers import Environment

blueprint = Blueprint("revocation_status", __name__)
ENVIRONMENTS = {environment.value.lower(): environment for environment in Environment}
LISTS = {name: (environment, Signer.ISSUING) for name, environment in ENVIRONMENTS.items()} | {
    f"{name}-root": (environment, Signer.ROOT) for name, environment in ENVIRONMENTS.items()
}


@blueprint.get("/crl/<name>.crl")
@allow("program")
def crl(name: str) -> Response:
    """The newest list of an environment's issuing authority, or of its root (``production-root``), DER."""
    newest = found(published_crl(*found(LISTS.get(name))))
    answer = _open_to_all(newest.der, "application/pkix-crl")
    answer.last_modified = newest.this_update
    return answer


@blueprint.get("/crl/<environment>.pem")
@allow("program")
def bundle(environment: str) -> Response:
    """Both lists, PEM: for servers that check a whole chain, such as nginx with ssl_crl."""
    return _open_to_all(found(published_bundle(found(ENVIRONMENTS.get(environment))) or None), "application/x-pem-file")


def _open_to_all(content: bytes, mimetype: str) -> Response:
    answer = make_response(content)
    answer.mimetype = mimetype
    answer.headers["Cache-Control"] = "public, max-age=300"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
