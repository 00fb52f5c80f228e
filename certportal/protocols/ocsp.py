"""The Online Certificate Status Protocol over HTTP (RFC 6960 appendix A, RFC 5019): one address for every authority."""

from flask import Blueprint, make_response, request
from werkzeug.wrappers import Response

from certportal.answers import allow
from certportal.ca import ocsp
from certportal.certificates import answering
from certportal.extensions import csrf

blueprint = Blueprint("ocsp", __name__)
MIMETYPE = "application/ocsp-response"
KEPT_SECONDS = 30
"""So long may others keep an answer: a revocation is to be known everywhere within a minute, so much less than it holds."""


@blueprint.post("/ocsp")
@csrf.exempt
@allow("program", any_host=True)
def asked_by_post() -> Response:
    """The request is the body, whatever its media type is called."""
    return _answer(answering.answer(request.get_data(cache=False)), keep=False)


@blueprint.get("/ocsp/<path:encoded>", merge_slashes=False)
@allow("program", any_host=True)
def asked_by_get(encoded: str) -> Response:
    """The request is the rest of the address, in base64."""
    try:
        sent = ocsp.decode_get(encoded)
    except ocsp.Refused as refused:
        return _answer(answering.Answer(refused.failure.encoded), keep=False)
    return _answer(answering.answer(sent), keep=True)


def _answer(answer: answering.Answer, *, keep: bool) -> Response:
    """With what RFC 5019 section 6.2 asks for where it may be kept."""
    response = make_response(answer.der)
    response.mimetype = MIMETYPE
    if keep and answer.since is not None and answer.until is not None:
        response.headers["Cache-Control"] = f"max-age={KEPT_SECONDS}, public, no-transform, must-revalidate"
        response.last_modified = answer.since
        response.expires = answer.until
        response.add_etag()
    else:
        response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
