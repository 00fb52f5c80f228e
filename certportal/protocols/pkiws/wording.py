"""What some refusals say to programs, where the pages' words would send their reader to a form or a file."""

from flask_babel import LazyString

from certportal.languages import lazy_gettext as _l

WORDS: dict[str, LazyString] = {
    "transfer_codes_wrong": _l(
        "The transfer codes are not right, not for this CustomerId and Environment, or no longer valid. Check all four; capital "
        "and small letters differ. After 10 wrong passwords the codes are locked. If they have lapsed, ask the one who ordered for "
        "new ones."
    ),
    "retrieval_too_many": _l(
        "Wrong transfer codes have come too many times from this network address. Wait an hour, then send the right ones."
    ),
    "order_cancelled": _l("The order of this certificate has been cancelled. Ask the one who ordered for a new one."),
    "order_collected": _l(
        "The certificate of this order has been collected already. Ask the one who ordered for a new certificate."
    ),
    "certificate_not_issued": _l(
        "The certificate is not ready yet. Ask again in a minute with the same RetrievalId. Nothing has been used up."
    ),
    "certificate_revoked": _l(
        "The certificate has been revoked, so it is neither handed out nor renewed. Ask for a new one to be ordered."
    ),
    "certificate_expired": _l("The certificate has ended, so it cannot be renewed. Ask for a new one to be ordered."),
    "csr_empty": _l("CertificateRequest is empty. Put the signing request (PKCS #10) there, DER in base64."),
    "csr_too_large": _l("CertificateRequest is too large for a signing request. Send one PKCS #10, DER in base64."),
    "csr_is_certificate": _l(
        "CertificateRequest holds a certificate, not a signing request. Send the PKCS #10 made with the private key."
    ),
    "csr_unreadable": _l(
        "CertificateRequest is not a signing request, or part of it is missing. Send a whole PKCS #10, DER in base64."
    ),
    "issuing_not_possible": _l(
        "Certificates cannot be issued just now, because of the service. Nothing has been used up: send the same request again "
        "later."
    ),
}
