"""What is said to programs about the messages that they send."""

from flask_babel import LazyString

from certportal.languages import lazy_gettext as _l

SENTENCES: dict[str, LazyString] = {
    # PKI web service
    "message_invalid": _l(
        "The request does not follow the schema at %(where)s. Compare the names, order and lengths with the service’s WSDL."
    ),
    "message_value_divided": _l(
        "There is a remark or something else inside the value of %(where)s. Send the value alone."
    ),
    "message_not_base64": _l(
        "%(where)s is not in base64. Send DER in base64, or the whole PEM file in base64 once more: not its lines as they are."
    ),
    "message_in_namespace": _l(
        "The elements inside the request are in a namespace and must be in none: only the request itself and its ds:Signature "
        "have one. Take away their prefix, or give the request a prefix in place of a default namespace."
    ),
    "retrieval_unknown": _l(
        "There is no certificate with this RetrievalId for this CustomerId and Environment. Check all three."
    ),
    "renewal_signature_wrong": _l(
        "The request’s signature is not right. Sign the whole request once, as its own document, with the key of the "
        "certificate in force, and change nothing after that."
    ),
    "renewal_signature_weak": _l("The request is signed with SHA-1 or MD5, which is not safe. Sign it with SHA-256."),
    "renewal_certificate_unknown": _l(
        "The certificate in KeyInfo was not issued by this service. Put the certificate in force there, the one whose key signs."
    ),
    "renewal_of_another": _l(
        "The certificate that signed belongs to another CustomerId or Environment than the request names. Correct them."
    ),
}
