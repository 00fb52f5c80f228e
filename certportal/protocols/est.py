"""EST: enrolment over secure transport (RFC 7030, with the encodings of RFC 8951). docs/est.md is for those who call it.

Strict in what is sent: base64 on one line with its length, for there are clients that read nothing else; liberal in what is
taken: base64 with or without line breaks, PEM with its header lines, DER, whatever Content-Type and encoding are named.

The environments never mix. A label in the path (RFC 7030 section 3.2.2) names one; without a label, which many clients cannot
send, the authorities are production's, and a certificate is of the environment that its codes or its predecessor belong to.
"""

import base64
import logging
import math
from datetime import datetime

from cryptography import x509
from flask import Blueprint, make_response, request
from flask_babel import force_locale
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from certportal import ca, clock
from certportal.answers import allow, found, status_of
from certportal.certificates import authorities
from certportal.certificates.service import (
    CertificateState,
    Collected,
    enrol,
    operator_mends,
    order_number_of_codes,
    presented,
    renew,
)
from certportal.client_certificates import client_certificate
from certportal.extensions import csrf
from certportal.formats import LOCALES
from certportal.identifiers import Actor, ActorKind, Environment, Language
from certportal.protocols.wording import told
from certportal.refusals import Conflict, Forbidden, Refusal
from certportal.secrecy import Secret
from certportal.settings import current_settings

log = logging.getLogger(__name__)
blueprint = Blueprint("est", __name__, url_prefix="/.well-known/est")

LABELS = {environment.value.lower(): environment for environment in Environment}
CA_CERTIFICATES = "application/pkcs7-mime"
"""As it stands: there are clients that compare it with this text, parameters and all."""
ISSUED = "application/pkcs7-mime; smime-type=certs-only"
CHALLENGE = 'Basic realm="EST: TransferID and TransferPassword", charset="UTF-8"'
AGAIN_SECONDS = 300
"""When to ask again after a fault in the service; somebody must see to it first."""

_STATUS = {
    "transfer_codes_missing": 401,
    "transfer_codes_wrong": 401,
    "csr_too_large": 413,
    "client_certificate_unclear": 400,
    "not_orderable_any_more": 403,
    "organisation_over": 403,
    "key_of_another": 403,
    "key_distrusted": 403,
    "certificate_expired": 403,
    "certificate_revoked": 403,
    "renewal_too_early": 403,
    "renewal_right_missing": 403,
    "renewal_used_up": 403,
    "revocation_planned": 403,
}
"""Where the kind of a refusal says too little. Any other that is no conflict is the request's fault: 400."""


@blueprint.get("/cacerts")
@blueprint.get("/<label>/cacerts")
@allow("program")
def cacerts(label: str | None = None) -> Response:
    """The authorities of one environment, those that issue or have issued and what is above them (RFC 7030 section 4.1)."""
    environment = _environment(label) or Environment.PRODUCTION
    return _certificates(authorities.standing(environment), CA_CERTIFICATES)


@blueprint.get("/csrattrs")
@blueprint.get("/<label>/csrattrs")
@allow("program")
def csrattrs(label: str | None = None) -> Response:
    """A signing request brings a key and nothing else, so there is nothing to ask for in it (RFC 7030 section 4.5.2)."""
    _environment(label)
    return make_response("", 204)


@blueprint.post("/simpleenroll")
@blueprint.post("/<label>/simpleenroll")
@allow("program")
@csrf.exempt
def simpleenroll(label: str | None = None) -> Response:
    """Redeem transfer codes with a signing request. The same codes and key again: the same certificate (section 4.2.1)."""
    environment, given = _environment(label), request.authorization
    if given is None or given.type != "basic" or not given.username or not given.password:
        raise Refusal("transfer_codes_missing")
    return _answer(enrol(given.username, Secret(given.password), _body(), _caller(), environment))


@blueprint.post("/simplereenroll")
@blueprint.post("/<label>/simplereenroll")
@allow("program")
@csrf.exempt
def simplereenroll(label: str | None = None) -> Response:
    """A successor of the certificate that the caller has proved to hold, for a new key (section 4.2.2)."""
    environment, der = _environment(label), client_certificate()
    if der is None:
        raise Forbidden("client_certificate_missing")
    old = presented(der)
    order = old.order.number if old is not None else None
    try:
        if old is None or environment not in (None, old.environment):
            raise Forbidden("client_certificate_unknown")
        return _answer(renew(old.id, _body(), _caller()))
    except Refusal as refusal:
        return refused(refusal, order)


@blueprint.errorhandler(Refusal)
def refused(refusal: Refusal, order: str | None = None) -> Response:
    """Plain text that names cause and remedy (RFC 7030 section 4.2.3), in English; the log has the cause, and the number of the
    order: the one that is known, or that the codes belong to. What only the operator can mend, the log alone names."""
    status = _status(refusal)
    public = Refusal("issuing_not_possible") if operator_mends(refusal) else refusal
    with force_locale(LOCALES[Language.EN]):
        answer = _text(f"{public.code}: {told(public)}\n", status)
    if status == 401:
        answer.headers["WWW-Authenticate"] = CHALLENGE
    if status in (429, 503):
        answer.headers["Retry-After"] = str(_seconds_until(refusal.details.get("at")))
    _log_refused(f"{refusal.code} {refusal.details.get('cause', '')}".strip(), status, order)
    return answer


def _body() -> bytes:
    """What was sent. Refusals: csr_too_large, also for what is longer than the server reads at all."""
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise Refusal("csr_too_large", limit_kb=64) from None


def _answer(certificate: Collected) -> Response:
    """The certificate alone (section 4.2.3); or when to ask again, while it has no signature yet."""
    if certificate.state is CertificateState.REVOKED:
        raise Forbidden("certificate_revoked")
    if certificate.state is CertificateState.PREPARED:
        answer = _text("The certificate is prepared and waits for its signature. Send the same request again.\n", 202)
        answer.headers["Retry-After"] = str(current_settings().prepared_seconds)
        log.warning(
            "EST %s from %s: not signed yet (order %s)", request.path, request.remote_addr, certificate.order_number
        )
        return answer
    if certificate.der is None:
        raise Conflict("renewal_given_up" if certificate.is_renewal else "certificate_given_up")
    log.info("EST %s from %s: issued (order %s)", request.path, request.remote_addr, certificate.order_number)
    return _certificates([x509.load_der_x509_certificate(certificate.der)], ISSUED)


def _certificates(certificates: list[x509.Certificate], content_type: str) -> Response:
    """A certs-only PKCS #7 (RFC 5751 section 3.2.2), in base64 on one line. RFC 8951 ignores the header of its encoding, and
    older clients ask for it."""
    headers = {"Content-Transfer-Encoding": "base64"}
    return Response(base64.b64encode(ca.chain_p7b(certificates)), headers=headers, content_type=content_type)


def _text(text: str, status: int) -> Response:
    return Response(text, status, mimetype="text/plain")


def _status(refusal: Refusal) -> int:
    if refusal.code in _STATUS:
        return _STATUS[refusal.code]
    if operator_mends(refusal):
        return 503
    return 400 if refusal.kind == "refusal" else status_of(refusal)


def _seconds_until(moment: object) -> int:
    """How long from now by the machine's clock, which limits on tries go by."""
    if not isinstance(moment, datetime):
        return AGAIN_SECONDS
    return max(1, math.ceil((moment - clock.machine()).total_seconds()))


def _log_refused(cause: str, status: int, order: str | None) -> None:
    """What is needed to help a program that cannot get in; nothing secret: neither codes nor the request itself."""
    given, kind = request.authorization, (request.content_type or "")[:60]
    if order is None and given is not None and given.username:
        order = order_number_of_codes(given.username)
    line = "EST %s from %s refused with %s: %s (order %s, %s octets of %r)"
    log.warning(line, request.path, request.remote_addr, status, cause, order or "-", request.content_length, kind)


def _environment(label: str | None) -> Environment | None:
    """The environment that the label names, None without one. Any other label is not found."""
    return None if label is None else found(LABELS.get(label))


def _caller() -> Actor:
    return Actor(ActorKind.PROGRAM, None, "EST", request.remote_addr)
