"""To-be-signed bytes: made without the issuer's key, signed later, as often as a crash asks for.

A certificate's are written here, from parts that cryptography has written, and read back by it before they are signed
(checks.py). It builds a CRL only by signing it, so a throw-away key signs a twin, and the twin's to-be-signed bytes are the real
ones: they name the algorithm of the issuer's key, and nothing of the throw-away key is in them.
"""

from datetime import datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from certportal.ca import der, keys
from certportal.ca.authority import Authority, Issuer

VERSION_3 = der.encode(der.TAG_0, der.integer(2))


def certificate_bytes(
    authority: Authority,
    *,
    serial: int,
    not_before: datetime,
    not_after: datetime,
    subject: x509.Name,
    public_key_info: bytes,
    extensions: bytes,
) -> bytes:
    """A TBSCertificate in DER (RFC 5280 4.1), as ``authority`` will sign it.

    Moments are UTC, whole seconds; ``public_key_info`` is a SubjectPublicKeyInfo, ``extensions`` one Extension after another,
    both in DER.
    """
    return der.encode(
        der.SEQUENCE,
        VERSION_3,
        der.integer(serial),
        keys.algorithm_identifier(authority.public_key),
        authority.name_der,
        der.encode(der.SEQUENCE, der.time(not_before), der.time(not_after)),
        subject.public_bytes(),
        public_key_info,
        extensions_field(extensions),
    )


def extensions_field(extensions: bytes) -> bytes:
    """The last field of a TBSCertificate, around one Extension after another."""
    return der.encode(der.TAG_3, der.encode(der.SEQUENCE, extensions))


def crl_bytes(builder: x509.CertificateRevocationListBuilder, authority: Authority) -> bytes:
    """The TBSCertList of ``builder``, as ``authority`` will sign it."""
    return builder.sign(_throw_away_key_for(authority), keys.digest_for(authority.public_key)).tbs_certlist_bytes


def assemble(authority: Authority, to_be_signed: bytes, signature: bytes) -> bytes:
    """The signed structure: what was signed, the algorithm of the authority's key, the signature (RFC 5280 4.1.1 and 5.1.1)."""
    algorithm = keys.algorithm_identifier(authority.public_key)
    return der.encode(der.SEQUENCE, to_be_signed, algorithm, der.bit_string(signature))


def signed(issuer: Issuer, to_be_signed: bytes) -> bytes:
    """``to_be_signed`` under the issuer's signature, in DER."""
    return assemble(issuer, to_be_signed, keys.sign(issuer.key, to_be_signed))


def twin(authority: Authority, to_be_signed: bytes) -> bytes:
    """``to_be_signed`` as it will look when ``authority`` has signed it, under a throw-away key's signature: for those who read
    whole certificates and verify none."""
    return assemble(authority, to_be_signed, keys.sign(_throw_away_key_for(authority), to_be_signed))


def _throw_away_key_for(authority: Authority) -> keys.SigningKey:
    """A key of the same kind, once for each process. The curve is of no account: ecdsa-with-SHA384 does not name it."""
    return _throw_away_ec() if isinstance(authority.public_key, ec.EllipticCurvePublicKey) else _throw_away_rsa()


@cache
def _throw_away_ec() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def _throw_away_rsa() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
