"""Our table of error codes: ``PKI`` and three digits for each refusal that a program can meet, with cause and remedy.

Clients know PKI020, wrong transfer codes; the others are ours (docs/pki-web-service.md), and none ever changes its meaning. Some
clients show only the codes, some only the messages, one after the other: each message ends with a full stop and has at most 255
characters. A refusal says what it says everywhere, unless ``wording`` has better words for a program's operator.
"""

from typing import Final

from flask_babel import force_locale

from certportal.formats import LOCALES
from certportal.identifiers import Language
from certportal.protocols.pkiws.replying import Failure
from certportal.protocols.pkiws.wording import WORDS
from certportal.protocols.wording import told
from certportal.refusals import Refusal
from certportal.settings import current_settings

LONGEST: Final = 255

CODES: Final[dict[str, str]] = {
    # the message
    "message_invalid": "PKI001",
    "message_value_divided": "PKI002",
    "message_not_base64": "PKI003",
    "message_in_namespace": "PKI004",
    # the transfer codes
    "transfer_codes_wrong": "PKI020",
    "retrieval_too_many": "PKI021",
    "codes_taken": "PKI022",
    "not_orderable_any_more": "PKI023",
    "order_cancelled": "PKI024",
    "order_collected": "PKI025",
    # the retrieval
    "retrieval_unknown": "PKI030",
    "certificate_not_issued": "PKI031",
    "certificate_given_up": "PKI032",
    "certificate_revoked": "PKI033",
    "renewal_given_up": "PKI034",
    # the signing request and its key
    "csr_empty": "PKI040",
    "csr_too_large": "PKI041",
    "csr_private_key": "PKI042",
    "csr_is_certificate": "PKI043",
    "csr_is_public_key": "PKI044",
    "csr_several": "PKI045",
    "csr_unreadable": "PKI046",
    "csr_weak_hash": "PKI047",
    "csr_bad_signature": "PKI048",
    "key_type_refused": "PKI049",
    "key_size_refused": "PKI050",
    "key_exponent_refused": "PKI051",
    "key_weak": "PKI052",
    "key_of_another": "PKI053",
    "key_distrusted": "PKI054",
    # the renewal
    "renewal_signature_wrong": "PKI060",
    "renewal_signature_weak": "PKI061",
    "renewal_certificate_unknown": "PKI062",
    "renewal_of_another": "PKI063",
    "certificate_expired": "PKI064",
    "renewal_too_early": "PKI065",
    "renewal_right_missing": "PKI066",
    "renewal_used_up": "PKI067",
    "renewal_same_key": "PKI068",
    "organisation_over": "PKI069",
    "revocation_planned": "PKI059",
    # the service itself: nothing is used up, and later it works
    "clock_behind": "PKI070",
    "ca_environment_differs": "PKI071",
    "ca_not_yet_valid": "PKI072",
    "ca_ends_first": "PKI073",
    "certificate_refused": "PKI074",
    "subject_refused": "PKI075",
    "ca_broken": "PKI076",
    "ca_busy": "PKI077",
    "ca_exists": "PKI078",
    "ca_expired": "PKI079",
    "ca_key_kind_refused": "PKI080",
    "ca_key_mismatch": "PKI081",
    "ca_label_refused": "PKI082",
    "ca_missing": "PKI083",
    "ca_name_refused": "PKI084",
    "ca_passphrase_short": "PKI085",
    "ca_passphrase_wrong": "PKI086",
    "ca_request_refused": "PKI087",
    "crl_refused": "PKI088",
    "ca_token_away": "PKI089",
    "ca_token_key_missing": "PKI090",
    "ca_token_mechanism": "PKI091",
    "ca_token_module": "PKI092",
    "ca_token_pin": "PKI093",
    "ca_token_unset": "PKI094",
    "issuing_not_possible": "PKI099",
}

OF_THE_SERVICE: Final = frozenset(code for code, number in CODES.items() if number >= "PKI070")
"""What only the service's operator can mend: the program is told to try later, in the same words for all, the log why."""


def failure(refusal: Refusal) -> Failure:
    """The refusal as a program is told it, in the installation's language for programs."""
    code = refusal.code if refusal.code in CODES else "issuing_not_possible"
    with force_locale(LOCALES[Language(current_settings().pkiws_language)]):
        return Failure(CODES[code], _finished(refusal))


def _finished(refusal: Refusal) -> str:
    text = told(Refusal("issuing_not_possible") if refusal.code in OF_THE_SERVICE else refusal, WORDS)
    return text if text.endswith(".") else f"{text}."
