"""Proof of possession: whoever can sign a text with a certificate's private key may have that certificate revoked.

The text is compared whole, so no signature made for another purpose can serve: not one of a TLS handshake, not one over signed
attributes that is passed off as one over content. The key is taken from the certificate as it was issued, never from the proof.
"""

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from certportal.ca.errors import ProofRefused
from certportal.ca.signed import Scheme, Signed

LINE_BREAKS = (b"", b"\n", b"\r\n")
"""What may follow the text: nothing, or the one line break that shells and editors add. openssl without -binary makes it CRLF."""


def require_proof(signed: Signed, certificate: bytes, text: str) -> None:
    """The proof is a signature over exactly ``text``, made with the key of ``certificate`` (DER).

    Raises ProofRefused: proof_other_certificate when the signer claims another certificate; proof_text (with ``text``) when
    something else was signed; proof_wrong when the signature is not this key's, or not over what it encloses.
    """
    issued = x509.load_der_x509_certificate(certificate)
    if not _claims(signed.signer, issued):
        raise ProofRefused("proof_other_certificate")
    contents = [text.encode() + line_break for line_break in LINE_BREAKS]
    if signed.content is not None and signed.content not in contents:
        raise ProofRefused("proof_text", text=text)
    contents = contents if signed.content is None else [signed.content]
    if signed.attributes is not None:
        contents = [each for each in contents if _digest(each, signed.scheme.digest) == signed.message_digest]
    if not contents and signed.content is None:
        raise ProofRefused("proof_text", text=text)
    messages = contents if signed.attributes is None else [signed.attributes]
    if not contents or not any(_is_signed(each, signed, issued) for each in messages):
        raise ProofRefused("proof_wrong")


def _claims(signer: int | bytes, issued: x509.Certificate) -> bool:
    if isinstance(signer, int):
        return signer == issued.serial_number
    identifiers = (each.value for each in issued.extensions)
    return any(isinstance(each, x509.SubjectKeyIdentifier) and each.digest == signer for each in identifiers)


def _digest(content: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
    hashing = hashes.Hash(algorithm)
    hashing.update(content)
    return hashing.finalize()


def _is_signed(message: bytes, signed: Signed, issued: x509.Certificate) -> bool:
    scheme, key = signed.scheme, issued.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey) and scheme.kind in ("pkcs1", "pss"):
            key.verify(signed.signature, message, _padding(scheme), scheme.digest)
        elif isinstance(key, ec.EllipticCurvePublicKey) and scheme.kind == "ecdsa":
            key.verify(signed.signature, message, ec.ECDSA(scheme.digest))
        else:
            return False
    except (InvalidSignature, ValueError, OverflowError):
        return False
    return True


def _padding(scheme: Scheme) -> padding.AsymmetricPadding:
    if scheme.kind == "pss":
        return padding.PSS(padding.MGF1(scheme.digest), scheme.salt_length)
    return padding.PKCS1v15()
