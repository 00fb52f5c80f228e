"""For a watching program: is the service well? Yes or no and nothing more; the operator's desk has the words."""

from flask import Blueprint, make_response
from werkzeug.wrappers import Response

from certportal.answers import allow
from certportal.health.service import is_well

blueprint = Blueprint("wellness", __name__)


@blueprint.get("/healthz")
@allow("program")
def healthz() -> Response:
    """200 while nothing is red, else 503."""
    well = is_well()
    answer = make_response("ok\n" if well else "not well\n", 200 if well else 503)
    answer.mimetype = "text/plain"
    answer.headers["Cache-Control"] = "no-store"
    return answer
