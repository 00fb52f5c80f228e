"""Why the certification authority says no: stable codes, never sentences."""

from typing import Literal

from certportal.refusals import Refusal

RequestCode = Literal[
    "csr_empty",
    "csr_too_large",
    "csr_private_key",
    "csr_is_certificate",
    "csr_is_public_key",
    "csr_several",
    "csr_unreadable",
    "csr_weak_hash",
    "csr_bad_signature",
    "key_type_refused",
    "key_size_refused",
    "key_exponent_refused",
    "key_weak",
]

IssueCode = Literal[
    "ca_environment_differs",
    "ca_not_yet_valid",
    "ca_ends_first",
    "certificate_refused",
    "subject_refused",
]

CaCode = Literal[
    "ca_broken",
    "ca_busy",
    "ca_exists",
    "ca_expired",
    "ca_key_kind_refused",
    "ca_key_mismatch",
    "ca_label_refused",
    "ca_missing",
    "ca_name_refused",
    "ca_not_yet_valid",
    "ca_passphrase_short",
    "ca_passphrase_wrong",
    "ca_request_refused",
    "crl_refused",
    "ca_token_away",
    "ca_token_key_missing",
    "ca_token_mechanism",
    "ca_token_module",
    "ca_token_pin",
    "ca_token_unset",
]

CeremonyCode = Literal[
    "ca_above_ends",
    "ca_asked",
    "ca_day_late",
    "ca_day_past",
    "ca_key_refused",
    "ca_line_unknown",
    "ca_name_taken",
    "ca_not_asked",
    "ca_other_intermediate",
    "ca_request_named",
    "ca_root_ends",
    "ca_waits",
]

ProofCode = Literal[
    "proof_empty",
    "proof_too_large",
    "proof_private_key",
    "proof_unreadable",
    "proof_signers",
    "proof_weak",
    "proof_attributes",
    "proof_text",
    "proof_other_certificate",
    "proof_wrong",
]


class RequestRefused(Refusal):
    """The signing request, or the key in it, is not acceptable. The one who made it can do better."""

    def __init__(self, code: RequestCode, /, **details: object) -> None:
        super().__init__(code, **details)


class IssueRefused(Refusal):
    """The authority will not put its name under this certificate. The operator or a developer can do better."""

    kind = "conflict"

    def __init__(self, code: IssueCode, /, **details: object) -> None:
        super().__init__(code, **details)


class CaRefused(Refusal):
    """The authority itself is missing, broken, ended or in the way: the operator's to mend."""

    kind = "conflict"

    def __init__(self, code: CaCode, /, **details: object) -> None:
        super().__init__(code, **details)


class CeremonyRefused(Refusal):
    """What a ceremony is asked for would be of no use, or stand in the way: its holder can do better. No program meets it."""

    kind = "conflict"

    def __init__(self, code: CeremonyCode, /, **details: object) -> None:
        super().__init__(code, **details)


class ProofRefused(Refusal):
    """The proof that somebody holds a certificate's private key is none. The one who made it can do better."""

    def __init__(self, code: ProofCode, /, **details: object) -> None:
        super().__init__(code, **details)
