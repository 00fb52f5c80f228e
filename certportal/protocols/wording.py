"""What some refusals say to programs, whatever they speak, where the pages' words would send their reader to a form or a file."""

from collections.abc import Mapping

from flask_babel import LazyString

from certportal.languages import lazy_gettext as _l
from certportal.refusals import Refusal
from certportal.sentences import sentence

WORDS: dict[str, LazyString] = {
    "retrieval_too_many": _l(
        "Wrong transfer codes have come too many times from this network address. Wait an hour, then send the right ones."
    ),
    "order_cancelled": _l("The order of this certificate has been cancelled. Ask the one who ordered for a new one."),
    "order_collected": _l(
        "The certificate of this order has been collected already. Ask the one who ordered for a new certificate."
    ),
    "certificate_revoked": _l(
        "The certificate has been revoked, so it is neither handed out nor renewed. Ask for a new one to be ordered."
    ),
    "certificate_expired": _l("The certificate has ended, so it cannot be renewed. Ask for a new one to be ordered."),
    "csr_empty": _l("The signing request is empty. Send one (PKCS #10), DER in base64."),
    "csr_too_large": _l("What was sent is too large for a signing request. Send one PKCS #10, DER in base64."),
    "csr_is_certificate": _l(
        "A certificate was sent, not a signing request. Send the PKCS #10 made with the private key, DER in base64."
    ),
    "csr_unreadable": _l(
        "What was sent is not a signing request, or part of it is missing. Send a whole PKCS #10, DER in base64."
    ),
    "issuing_not_possible": _l(
        "Certificates cannot be issued just now, because of the service. Nothing has been used up: send the same request again "
        "later."
    ),
}


def told(refusal: Refusal, words: Mapping[str, LazyString] = WORDS) -> str:
    """The refusal in the language being written now: in these words, else in those that it has everywhere."""
    own = words.get(refusal.code)
    return str(own) if own is not None else sentence(refusal)
