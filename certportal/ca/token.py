"""Keys in a PKCS#11 token: made there, never seen here, and used as cryptography's own are.

cryptography signs certificates, lists and answers with any object that descends from its private keys; these hand the digest to
the token. What is to be signed is hashed here, so that only some octets travel, and the token signs the digest (CKM_ECDSA,
CKM_RSA_PKCS); a token that only does both at once (CKM_ECDSA_SHA256 and its like) gets the message.
"""

import hashlib
from typing import TYPE_CHECKING, Any, Protocol, cast

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from certportal.ca import der
from certportal.ca.errors import CaRefused
from certportal.ca.keys import KeyKind, VerifyingKey, digest_for, load_public_key
from certportal.ca.reference import KeyReference, TokenAccess
from certportal.ca.token_session import Opened, in_token, making_in_token

if TYPE_CHECKING:
    import pkcs11

ID_BITS = 160

_CURVES = {  # CKA_EC_PARAMS
    KeyKind.EC_P256: bytes.fromhex("06082a8648ce3d030107"),
    KeyKind.EC_P384: bytes.fromhex("06052b81040022"),
}
_RSA_BITS = {KeyKind.RSA_3072: 3072, KeyKind.RSA_4096: 4096}
_DIGEST_OIDS = {  # RFC 8017 B.1
    "sha256": bytes.fromhex("0609608648016503040201"),
    "sha384": bytes.fromhex("0609608648016503040202"),
    "sha512": bytes.fromhex("0609608648016503040203"),
}
_EC_PUBLIC_KEY = bytes.fromhex("06072a8648ce3d0201")
_NULL = b"\x05\x00"


class _Signs(Protocol):
    def sign(self, data: bytes, *, mechanism: Any) -> bytes: ...


class TokenKey:
    """What both kinds of key share: where the key is, and that it stays there."""

    def __init__(self, access: TokenAccess, reference: KeyReference, public: VerifyingKey) -> None:
        self.access, self.reference, self._public = access, reference, public

    @property
    def key_size(self) -> int:
        return self._public.key_size

    def private_numbers(self) -> Any:
        raise UnsupportedAlgorithm("the key never leaves its token")

    def private_bytes(self, encoding: object, format: object, encryption_algorithm: object) -> bytes:  # noqa: A002
        raise UnsupportedAlgorithm("the key never leaves its token")

    def __copy__(self) -> "TokenKey":
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> "TokenKey":
        return self

    def _sign(self, data: bytes, algorithm: object) -> bytes:
        if not isinstance(algorithm, hashes.HashAlgorithm) or algorithm.name not in _DIGEST_OIDS:
            raise UnsupportedAlgorithm("a token signs messages over SHA-256, SHA-384 or SHA-512")
        name, digest = algorithm.name, hashlib.new(algorithm.name, data).digest()

        def act(opened: Opened) -> bytes:
            key, mechanism = _private_key(opened, self.reference), _mechanism(opened, self, name)
            hashes_itself = "SHA" in mechanism.name
            return key.sign(data if hashes_itself else self._of_digest(name, digest), mechanism=mechanism)

        return in_token(self.access, self.reference, act)

    def _of_digest(self, name: str, digest: bytes) -> bytes:
        """What the mechanism for digests signs."""
        return digest


class TokenEcKey(TokenKey, ec.EllipticCurvePrivateKey):
    """An EC key in a token."""

    _public: ec.EllipticCurvePublicKey

    @property
    def curve(self) -> ec.EllipticCurve:
        return self._public.curve

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self._public

    def sign(self, data: Any, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """The signature in DER (RFC 3279 2.2.3): tokens write r and s one after the other. Raises CaRefused ca_token_…"""
        raw = self._sign(bytes(data), signature_algorithm.algorithm)
        half = len(raw) // 2
        return utils.encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))

    def exchange(self, algorithm: ec.ECDH, peer_public_key: ec.EllipticCurvePublicKey) -> bytes:
        raise UnsupportedAlgorithm("a signing key agrees on no other key")


class TokenRsaKey(TokenKey, rsa.RSAPrivateKey):
    """An RSA key in a token."""

    _public: rsa.RSAPublicKey

    def public_key(self) -> rsa.RSAPublicKey:
        return self._public

    def sign(self, data: bytes, padding: padding.AsymmetricPadding, algorithm: Any) -> bytes:
        """RSASSA-PKCS1-v1_5, the only one that the portal signs with. Raises CaRefused ca_token_…"""
        if padding.name != "EMSA-PKCS1-v1_5":
            raise UnsupportedAlgorithm(f"not with a token: {padding.name}")
        return self._sign(bytes(data), algorithm)

    def decrypt(self, ciphertext: bytes, padding: padding.AsymmetricPadding) -> bytes:
        raise UnsupportedAlgorithm("a signing key decrypts nothing")

    def _of_digest(self, name: str, digest: bytes) -> bytes:
        """DigestInfo (RFC 8017 9.2)."""
        algorithm = der.encode(der.SEQUENCE, _DIGEST_OIDS[name], _NULL)
        return der.encode(der.SEQUENCE, algorithm, der.encode(der.OCTET_STRING, digest))


def make_key(access: TokenAccess, kind: KeyKind, label: str) -> TokenEcKey | TokenRsaKey:
    """A new key in the token ``access.token``: sensitive, not extractable, for signing alone.

    It gets an id that the token draws, so two keys may have one label; a key whose making was cut short is left there unused.
    Raises CaRefused: ca_token_module, ca_token_away, ca_token_pin, ca_token_mechanism.
    """

    def act(session: "pkcs11.Session") -> bytes:
        import pkcs11

        identifier = session.generate_random(ID_BITS)
        wanted: dict[str, Any] = {
            "id": identifier,
            "label": label,
            "store": True,
            "capabilities": pkcs11.MechanismFlag.SIGN | pkcs11.MechanismFlag.VERIFY,
            "private_template": {pkcs11.Attribute.SENSITIVE: True, pkcs11.Attribute.EXTRACTABLE: False},
        }
        if kind in _RSA_BITS:
            session.generate_keypair(pkcs11.KeyType.RSA, _RSA_BITS[kind], **wanted)
        else:
            curve = {pkcs11.Attribute.EC_PARAMS: _CURVES[kind]}
            session.create_domain_parameters(pkcs11.KeyType.EC, curve, local=True).generate_keypair(**wanted)
        return identifier

    return open_key(access, KeyReference(access.token, label, making_in_token(access, label, act)))


def open_key(access: TokenAccess, reference: KeyReference) -> TokenEcKey | TokenRsaKey:
    """The key that a reference names; its public half is read from the token, and the token must be able to sign with it.

    Raises CaRefused: ca_token_module, ca_token_away, ca_token_pin, ca_token_key_missing, ca_token_mechanism,
    ca_key_kind_refused, ca_broken (several keys fit the reference).
    """

    def act(opened: Opened) -> TokenEcKey | TokenRsaKey:
        _private_key(opened, reference)
        public = _public_key(opened, reference)
        made = (TokenRsaKey if isinstance(public, rsa.RSAPublicKey) else TokenEcKey)(access, reference, public)
        _mechanism(opened, made, digest_for(public).name)
        return made

    return in_token(access, reference, act)


def _mechanism(opened: Opened, key: TokenKey, digest: str) -> "pkcs11.Mechanism":
    """The mechanism to sign with: of a digest, or else the one that hashes too. Raises CaRefused ca_token_mechanism."""
    import pkcs11

    of_digest, hashing = ("RSA_PKCS", "{}_RSA_PKCS") if isinstance(key, TokenRsaKey) else ("ECDSA", "ECDSA_{}")
    for name in (of_digest, hashing.format(digest.upper())):
        if pkcs11.Mechanism[name] in opened.mechanisms:
            return pkcs11.Mechanism[name]
    raise CaRefused("ca_token_mechanism", name=key.reference.token, what=of_digest)


def _private_key(opened: Opened, reference: KeyReference) -> _Signs:
    import pkcs11

    if reference not in opened.keys:
        opened.keys[reference] = _only(opened, reference, pkcs11.ObjectClass.PRIVATE_KEY)
    return cast("_Signs", opened.keys[reference])


def _only(opened: Opened, reference: KeyReference, kind: "pkcs11.ObjectClass") -> Any:
    """The one object that fits. The search is read to its end, for one that is broken off spoils the session."""
    import pkcs11

    named: dict[pkcs11.Attribute, Any] = {pkcs11.Attribute.CLASS: kind}
    if reference.label is not None:
        named[pkcs11.Attribute.LABEL] = reference.label
    if reference.id is not None:
        named[pkcs11.Attribute.ID] = reference.id
    found = list(opened.session.get_objects(named))
    if not found:
        raise pkcs11.NoSuchKey(reference.name)
    if len(found) > 1:
        raise CaRefused("ca_broken", name=reference.name, what="several keys")
    return found[0]


def _public_key(opened: Opened, reference: KeyReference) -> VerifyingKey:
    """Made of the attributes of the public key object, or of the private one's in tokens that keep no other."""
    import pkcs11

    attribute = pkcs11.Attribute
    try:
        there = _only(opened, reference, pkcs11.ObjectClass.PUBLIC_KEY)
    except pkcs11.NoSuchKey:
        there = opened.keys[reference]
    if there[attribute.KEY_TYPE] == pkcs11.KeyType.RSA:
        numbers = (int.from_bytes(there[each], "big") for each in (attribute.PUBLIC_EXPONENT, attribute.MODULUS))
        return rsa.RSAPublicNumbers(*numbers).public_key()
    if there[attribute.KEY_TYPE] != pkcs11.KeyType.EC or there[attribute.EC_PARAMS] not in _CURVES.values():
        raise CaRefused("ca_key_kind_refused", name=reference.name)
    point = there[attribute.EC_POINT]
    if len(point) not in (65, 97):  # in an OCTET STRING, as PKCS #11 has it; some tokens give the point alone
        point = der.first(point).contents
    algorithm = der.encode(der.SEQUENCE, _EC_PUBLIC_KEY, there[attribute.EC_PARAMS])
    return load_public_key(der.encode(der.SEQUENCE, algorithm, der.bit_string(point)))
