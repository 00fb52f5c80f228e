"""Revocation by proof of possession: whoever has a certificate's private key may end it, with no account at all (RFC 5652)."""

import re

from certportal import ca
from certportal.certificates import lookups, reasons, rules
from certportal.certificates.models import Certificate
from certportal.certificates.revocation import revoke_within
from certportal.certificates.revocation_lists import publish_soon
from certportal.extensions import db, transaction
from certportal.identifiers import Actor
from certportal.refusals import NotFound, Refusal

_SERIAL_IN_TEXT = re.compile(rb"revoke ([0-9A-Fa-f]{1,40}) ")


def revoke_by_key(
    sent: bytes, by: Actor, reason: ca.Reason = ca.Reason.KEY_LOST, serial: str = ""
) -> list[Certificate]:
    """A use case: ``sent`` is a CMS SignedData by the certificate's key over its ``proof_text``. Everyone concerned is told.
    Answers what was revoked, that certificate first.

    ``serial``: as it was typed, for a proof that names its signer by key identifier and encloses no content. The certificate
    is looked for by what the proof says of itself, and the proof then judged by that certificate alone.
    Refusals: ProofRefused; proof_certificate_unknown (not found); revocation_reason_unknown (none that a holder may give); those
    of ``revoke``.
    """
    signed = ca.read_signed(sent)
    found = _named_by(signed, serial)
    if found is None or found.der is None:
        raise NotFound("proof_certificate_unknown")
    ca.require_proof(signed, found.der, proof_text(found))
    if reason not in reasons.HOLDERS:
        raise Refusal("revocation_reason_unknown")
    with transaction():
        done = revoke_within(found.id, reason, by)
        row_ids, issuers = [each.id for each in done], {each.signed_by for each in done}
    publish_soon(issuers)
    return [db.session.get_one(Certificate, row_id) for row_id in row_ids]


def proof_text(certificate: Certificate) -> str:
    """The text that the certificate's key signs."""
    if certificate.der is None:
        raise ValueError("not issued")
    return rules.revocation_text(certificate.serial, ca.describe(certificate.der).issuer)


def issued_by_serial(serial: str) -> Certificate | None:
    """The certificate of this serial number that was issued, in force or not; ``serial`` as ``rules.typed_serial`` answers."""
    found = lookups.by_serial(serial)
    return found if found is not None and found.state in lookups.STORED else None


def _named_by(signed: ca.Signed, serial: str) -> Certificate | None:
    if isinstance(signed.signer, int):
        return issued_by_serial(ca.serial_hex(signed.signer)) if signed.signer > 0 else None
    in_text = _SERIAL_IN_TEXT.match(signed.content or b"")
    typed = in_text[1].decode() if in_text else serial
    return issued_by_serial(rules.typed_serial(typed)) if typed else None
