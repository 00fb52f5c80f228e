"""pkilint judges what is about to be signed, as Boulder has zlint do: a stranger to this code, which knows RFC 5280 rule by rule.

It reads whole certificates, so a throw-away key signs a twin with the same to-be-signed bytes. It is imported when it is first
asked, which takes as long as judging two hundred certificates: ``warm`` does that before anybody waits.
"""

from functools import cache
from importlib import import_module
from typing import Any

from certportal.ca import unsigned
from certportal.ca.authority import Authority
from certportal.ca.errors import IssueRefused

PASSED_OVER = frozenset({"pkix.invalid_uri_syntax"})
"""A host of one label, such as localhost, is no fully qualified name (RFC 5280 4.2.1.6), but where an installation lives is its
own choice; the addresses come from its settings, and profile.py holds their form."""


def lint_certificate(to_be_signed: bytes, authority: Authority) -> None:
    """Raise IssueRefused certificate_refused for anything at NOTICE or worse; ``what`` holds the codes of all that was found.

    The same where pkilint itself breaks: what it has not judged is not signed.
    """
    try:
        found = _findings(unsigned.twin(authority, to_be_signed))
    except Exception as error:
        raise IssueRefused("certificate_refused", what=f"pkilint: {type(error).__name__}") from error
    if found:
        raise IssueRefused("certificate_refused", what=", ".join(found))


def warm() -> None:
    """Import pkilint and put its rules together."""
    _rules()


def _findings(certificate: bytes) -> list[str]:
    """The codes found, each once."""
    document = _part("loader").RFC5280CertificateDocumentLoader().load_der_document(certificate)
    worst_that_passes = _part("validation").ValidationFindingSeverity.INFO
    described = [each.finding for result in _rules().validate(document.root) for each in result.finding_descriptions]
    codes = dict.fromkeys(str(each.code) for each in described if each.severity < worst_that_passes)
    return [code for code in codes if code not in PASSED_OVER]


@cache
def _rules() -> Any:
    """What ``lint_pkix_cert lint`` holds certificates against."""
    certificate, mappings = _part("pkix.certificate"), (_part("pkix.name"), _part("pkix.extension"))
    decoding = certificate.create_decoding_validators(
        mappings[0].ATTRIBUTE_TYPE_MAPPINGS, mappings[1].EXTENSION_MAPPINGS
    )
    return certificate.create_pkix_certificate_validator_container(
        decoding,
        [
            certificate.create_issuer_validator_container([]),
            certificate.create_validity_validator_container(),
            certificate.create_subject_validator_container([]),
            certificate.create_extensions_validator_container([]),
            certificate.create_spki_validator_container([]),
        ],
    )


def _part(name: str) -> Any:
    """A module of pkilint, whose package tells no types."""
    import pkilint  # pyright: ignore[reportMissingTypeStubs]

    return import_module(f"{pkilint.__name__}.{name}")
