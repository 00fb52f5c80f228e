"""What is done with a request: its one use case is called, and what came of it is a signed reply."""

import base64
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from certportal.certificates import authorities, service, signers
from certportal.certificates.service import CertificateState
from certportal.identifiers import Actor, Environment
from certportal.protocols.pkiws import errors, reading, replying, verifying
from certportal.protocols.pkiws.asked import Get, Renew, Request, SignNew
from certportal.protocols.pkiws.signing import Signer
from certportal.refusals import Refusal

log = logging.getLogger(__name__)

OK, FAULT = "OK", "Fault"
RETRIEVAL_ID: Final = "RetrievalId"
FAULT_STATUS: Final = 500
"""SOAP 1.1, 6.2. Everything else is 200: to clients, any other status is a lost reply."""


@dataclass
class Call:
    """What the log tells of one call. ``order``: its number, as soon as it is known; ``code``: OK, one of ours, or Fault and
    its cause."""

    operation: str = "-"
    order: str = "-"
    code: str = FAULT


@dataclass(frozen=True)
class Answer:
    """A reply with its HTTP status."""

    reply: bytes
    status: int
    call: Call


def answer(sent: bytes, by: Actor) -> Answer:
    """The reply to whatever was sent. Nothing is taken for a reply that cannot be signed: that one says FAIL without a signature,
    because any status but 200 is a lost reply to clients, and a Fault means that no request was understood."""
    call = Call()
    try:
        request = reading.read(sent)
    except reading.NotARequest as refused:
        return not_a_request(refused, call)
    call.operation = request.operation.value
    try:
        return Answer(_signed_reply(request, by, _signer(request), call), 200, call)
    except Exception as error:
        log.exception("the reply to %s cannot be signed", call.operation)
        failure = errors.failure(error if isinstance(error, Refusal) else Refusal("issuing_not_possible"))
        call.code = failure.code
        return Answer(replying.failed(request.operation, failure, None), 200, call)


def not_a_request(refused: reading.NotARequest, call: Call | None = None) -> Answer:
    """A Fault: only for what is none of the three requests."""
    call = call or Call()
    call.code = f"{FAULT}: {refused.reason}"
    return Answer(replying.fault(refused.code, refused.reason), FAULT_STATUS, call)


def _signer(request: Request) -> Signer:
    """The environment's own as it is: a job follows it, and only the first is made here. Where the request names none that there
    is, any will do to say so."""
    environment = reading.environment_of(request) or Environment.PRODUCTION
    try:
        return signers.present_reply_signer(environment) or signers.reply_signer(environment)
    except Refusal:
        others = [each for each in authorities.present() if each is not environment]
        found = signers.present_reply_signer(others[0]) if others else None
        if found is None:
            raise
        return found


def _signed_reply(request: Request, by: Actor, signer: Signer, call: Call) -> bytes:
    """OK with a RetrievalId is signed before anything is taken for it, and used if it comes to that."""
    signed: dict[str, bytes] = {}

    def sign_first(retrieval_id: str) -> None:
        signed[retrieval_id] = replying.succeeded(request.operation, RETRIEVAL_ID, retrieval_id, signer)

    try:
        name, value = _done(request, by, call, sign_first)
    except Refusal as refusal:
        failure = errors.failure(refusal)
        if refusal.code in errors.OF_THE_SERVICE:
            log.error("no certificate can be issued: %s", refusal.code)
    except Exception:
        log.exception("%s failed", call.operation)
        failure = errors.failure(Refusal("issuing_not_possible"))
    else:
        call.code = OK
        return signed.get(value) or replying.succeeded(request.operation, name, value, signer)
    call.code = failure.code
    return replying.failed(request.operation, failure, signer)


def _done(request: Request, by: Actor, call: Call, sign_first: Callable[[str], None]) -> tuple[str, str]:
    """The reply's one element: its name and its text."""
    match reading.message_of(request):
        case SignNew() as asked:
            return RETRIEVAL_ID, _sign_new(asked, by, call, sign_first)
        case Get() as asked:
            return "Certificate", _get(asked, call)
        case Renew() as asked:
            return RETRIEVAL_ID, _renew(asked, by, call, sign_first)


def _sign_new(asked: SignNew, by: Actor, call: Call, sign_first: Callable[[str], None]) -> str:
    """The RetrievalId, also while the signature waits for its key: then ``getCertificate`` says "not ready". Refusals: those of
    ``enrol``; certificate_given_up."""
    try:
        codes = (asked.transfer_id, asked.transfer_password)
        named = (asked.environment, asked.customer_id)
        certificate = service.enrol(*codes, asked.signing_request, by, *named, before_taking=sign_first)
    except Exception:
        call.order = service.order_number_of_codes(asked.transfer_id) or call.order
        raise
    call.order = certificate.order_number
    _require_kept(certificate)
    return certificate.retrieval_id


def _get(asked: Get, call: Call) -> str:
    """Refusals: retrieval_unknown; certificate_not_issued, certificate_given_up, renewal_given_up, certificate_revoked."""
    found = service.collected(asked.retrieval_id, asked.environment, asked.customer_id)
    if found is None:
        raise Refusal("retrieval_unknown")
    call.order = found.order_number
    if found.state is CertificateState.PREPARED:
        raise Refusal("certificate_not_issued")
    _require_kept(found)
    if found.state is CertificateState.REVOKED or found.der is None:
        raise Refusal("certificate_revoked")
    return base64.b64encode(found.der).decode()


def _renew(asked: Renew, by: Actor, call: Call, sign_first: Callable[[str], None]) -> str:
    """Refusals: those of ``verifying`` and of ``renew``; renewal_of_another, renewal_given_up."""
    old = verifying.certificate_of(asked.element)
    call.order = old.order.number
    covered = verifying.covered(asked.element, old)
    environment, customer_id, signing_request = reading.values_of(covered)
    if environment is not old.environment or customer_id != old.organisation.business_id:
        raise Refusal("renewal_of_another")
    renewed = service.renew(old.id, signing_request, by, before_taking=sign_first)
    _require_kept(renewed)
    return renewed.retrieval_id


def _require_kept(certificate: service.Collected) -> None:
    """It is issued, or will be. Refusals: certificate_given_up, renewal_given_up."""
    if certificate.state is CertificateState.GIVEN_UP:
        raise Refusal("renewal_given_up" if certificate.is_renewal else "certificate_given_up")
