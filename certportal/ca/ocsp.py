"""The Online Certificate Status Protocol as bytes (RFC 6960, 5019, 9654): questions read, answers signed by a responder.

    asked = read_request(body)                              # or read_request(decode_get(path))
    if not all(matches(each, authority) for each in asked.cert_ids): answer Failure.UNAUTHORIZED.encoded
    statuses = [(each, GOOD) for each in asked.cert_ids]
    build_answer(responder, statuses, produced_at=now, this_update=…, next_update=…, nonce=asked.nonce)

An answer without a nonce is the same for everybody and may be signed ahead of time (``cert_id``) and stored under
``CertId.encoded``, which the answer repeats: it must be the question's, octet for octet. Every question that cannot be answered
is a Refused, which holds the answer to give.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from certportal.ca import der, keys
from certportal.ca.crl import Reason
from certportal.ca.ocsp_questions import (
    ENUMERATED,
    LARGEST,
    MOST_CERTIFICATES,
    NONCE_OID,
    Asked,
    CertId,
    Failure,
    Refused,
    cert_id,
    decode_get,
    issuer_hashes,
    matches,
    read_request,
    request_about,
)
from certportal.ca.responder import Responder

__all__ = [
    "GOOD",
    "LARGEST",
    "MOST_CERTIFICATES",
    "UNKNOWN",
    "Asked",
    "CertId",
    "Failure",
    "Known",
    "Refused",
    "Revocation",
    "Status",
    "build_answer",
    "cert_id",
    "decode_get",
    "issuer_hashes",
    "matches",
    "read_request",
    "request_about",
]

_BASIC_OID = bytes.fromhex("06092b0601050507300101")


@dataclass(frozen=True, slots=True)
class Revocation:
    """The status of a revoked certificate: since when (aware), and why."""

    at: datetime
    reason: Reason


class Known(Enum):
    """The other two kinds of status (RFC 6960 2.2)."""

    GOOD = "good"
    UNKNOWN = "unknown"


GOOD, UNKNOWN = Known.GOOD, Known.UNKNOWN
Status = Known | Revocation


def build_answer(
    responder: Responder,
    statuses: Sequence[tuple[CertId, Status]],
    *,
    produced_at: datetime,
    this_update: datetime,
    next_update: datetime,
    nonce: bytes | None = None,
) -> bytes:
    """A whole OCSPResponse (RFC 6960 4.2.1), signed, with the responder's certificate and its key's hash as its name (byKey).

    One status for each certificate asked about, which must all be of the responder's own authority. Moments are aware. Raises
    ValueError for moments in the wrong order, and whatever the key raises when it cannot be used.
    """
    if not statuses or not this_update < next_update or not this_update <= produced_at:
        raise ValueError("something must be answered, from this update to the next")
    span = (_time(this_update), der.encode(der.TAG_0, _time(next_update)))
    singles = (der.encode(der.SEQUENCE, one.encoded, _status(status), *span) for one, status in statuses)
    to_be_signed = der.encode(
        der.SEQUENCE,
        der.encode(der.TAG_2, der.encode(der.OCTET_STRING, responder.key_hash)),
        _time(produced_at),
        der.encode(der.SEQUENCE, *singles),
        _nonce_extension(nonce) if nonce is not None else b"",
    )
    basic = der.encode(
        der.SEQUENCE,
        to_be_signed,
        keys.algorithm_identifier(responder.public_key),
        der.bit_string(keys.sign(responder.key, to_be_signed)),
        der.encode(der.TAG_0, der.encode(der.SEQUENCE, responder.certificate_der)),
    )
    body = der.encode(der.SEQUENCE, _BASIC_OID, der.encode(der.OCTET_STRING, basic))
    return der.encode(der.SEQUENCE, der.encode(ENUMERATED, b"\x00"), der.encode(der.TAG_0, body))


def _nonce_extension(nonce: bytes) -> bytes:
    """responseExtensions with the nonce alone, not critical (RFC 6960 4.4.1)."""
    value = der.encode(der.OCTET_STRING, der.encode(der.OCTET_STRING, nonce))
    return der.encode(der.TAG_1, der.encode(der.SEQUENCE, der.encode(der.SEQUENCE, NONCE_OID, value)))


def _status(status: Status) -> bytes:
    """CertStatus; a reason that is unspecified is left out, as in the lists (RFC 5280 5.3.1)."""
    if isinstance(status, Known):
        return b"\x80\x00" if status is Known.GOOD else b"\x82\x00"
    code = status.reason.rfc_code
    reason = der.encode(der.TAG_0, der.encode(ENUMERATED, bytes((code,)))) if code else b""
    return der.encode(der.TAG_1, _time(status.at), reason)


def _time(moment: datetime) -> bytes:
    """GeneralizedTime in UTC, whole seconds (RFC 6960 4.2.2.1 by 5280 4.1.2.5.2). Raises ValueError for a naive moment."""
    if moment.tzinfo is None:
        raise ValueError("an aware datetime is needed")
    utc = moment.astimezone(UTC)
    text = f"{utc.year:04}{utc.month:02}{utc.day:02}{utc.hour:02}{utc.minute:02}{utc.second:02}Z"
    return der.encode(der.GENERALIZED_TIME, text.encode())
