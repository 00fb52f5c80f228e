"""Revocation by proof of possession over HTTP: a CMS SignedData (RFC 5652; media type of RFC 7193) is posted as it is.

    POST /revocations                     the proof, in DER, PEM or S/MIME; ?reason=key_lost (or another of the holder's reasons)
    GET  /revocations/<serial>.txt        the text to be signed

Answers are lines of text: one of a refusal, or one for each certificate that was revoked. No cookie is read: the proof alone
decides.
"""

import logging

from flask import Blueprint, request
from flask_babel import force_locale
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from certportal.answers import allow, found, status_of
from certportal.ca import Reason
from certportal.ca.errors import ProofRefused
from certportal.ca.signed import LARGEST
from certportal.certificates import service
from certportal.extensions import csrf
from certportal.identifiers import Actor, ActorKind
from certportal.refusals import Refusal
from certportal.sentences import sentence

blueprint = Blueprint("revocations", __name__)
log = logging.getLogger(__name__)


@blueprint.post("/revocations")
@csrf.exempt
@allow("program")
def revoke() -> Response:
    """Revoke the certificate whose key made the proof."""
    sent = request.stream.read(LARGEST + 1)
    by = Actor(ActorKind.PROGRAM, None, "", request.remote_addr)
    try:
        revoked = service.revoke_by_key(sent, by, _reason(), request.args.get("serial", ""))
    except Refusal as refusal:
        return _refused(refusal)
    serials = [each.serial for each in revoked]
    log.info("certificate %s was revoked by its key, from %s", ", ".join(serials), request.remote_addr)
    return _line("\n".join(f"revoked {serial}" for serial in serials))


@blueprint.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> Response:
    """What is longer than the server reads at all is no proof either."""
    return _refused(ProofRefused("proof_too_large", limit_kb=LARGEST // 1024))


@blueprint.get("/revocations/<serial>.txt")
@allow("program")
def text(serial: str) -> Response:
    """The text to be signed, without a line break after it."""
    certificate = found(service.issued_by_serial(serial))
    return _line(service.proof_text(certificate), ending="")


def _reason() -> Reason:
    """The reason asked for; without one, that the key is lost or disclosed. Refusals: revocation_reason_unknown."""
    asked = request.args.get("reason", Reason.KEY_LOST.value)
    if asked not in list(Reason):
        raise Refusal("revocation_reason_unknown")
    return Reason(asked)


def _refused(refusal: Refusal) -> Response:
    """Code and remedy, in English."""
    log.info("a revocation by key from %s was refused: %s", request.remote_addr, refusal.code)
    with force_locale("en"):
        return _line(f"{refusal.code}: {sentence(refusal)}", status_of(refusal))


def _line(words: str, status: int = 200, ending: str = "\n") -> Response:
    answer = Response(words + ending, status, mimetype="text/plain")
    answer.headers["Cache-Control"] = "no-store"
    return answer
