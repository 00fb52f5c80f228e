"""Which public keys get a certificate: RSA of 2048 to 4096 bits with an odd exponent from 3 up, EC P-256 and P-384."""

import hashlib
import math
from dataclasses import dataclass
from functools import cache, lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from certportal.ca import der
from certportal.ca.errors import RequestRefused

type_of_curve = {"secp256r1": "EC P-256", "secp384r1": "EC P-384"}

SMALLEST_RSA = 2048
LARGEST_RSA = 4096
LARGEST_EXPONENT_BITS = 64  # OpenSSL verifies nothing with a longer one once the modulus is over 3072 bits

_RSA_ENCRYPTION = bytes.fromhex("06092a864886f70d010101")
_RSA_PSS = bytes.fromhex("06092a864886f70d01010a")
_FERMAT_ROUNDS = 100


@dataclass(frozen=True, slots=True)
class AcceptedKey:
    """A public key the policy accepts.

    ``der`` is its SubjectPublicKeyInfo in the one form we write (named curve, uncompressed point), so the same key always has
    the same hash however the request spelled it. ``description`` is for people: "EC P-256", "RSA 3072".
    """

    der: bytes
    description: str

    @property
    def hash(self) -> str:
        """SHA-256 over ``der``, in hexadecimal."""
        return hashlib.sha256(self.der).hexdigest()


@lru_cache(maxsize=64)
def accept(public_key_info: bytes) -> AcceptedKey:
    """The key in a SubjectPublicKeyInfo, if the policy accepts it.

    One issuing asks three times for the same key, and half a millisecond of arithmetic on an RSA modulus is enough once.
    RSA numbers are read before OpenSSL sees them: it would refuse some with words of its own, and spend seconds on others.
    Raises RequestRefused: key_type_refused, key_size_refused, key_exponent_refused, key_weak, csr_unreadable.
    """
    try:
        algorithm, bits = der.children(public_key_info)
        algorithm_identifier = der.child(algorithm.encoded, 0).encoded
        if algorithm_identifier == _RSA_PSS:  # our certificate could not say that the key is for PSS alone
            raise RequestRefused("key_type_refused", found="RSA-PSS")
        if algorithm_identifier == _RSA_ENCRYPTION:
            modulus, exponent = (der.integer_of(number) for number in der.children(der.octets_of(bits)))
            _require_good_rsa(modulus, exponent)
        key = load_der_public_key(public_key_info)
    except UnsupportedAlgorithm:
        raise RequestRefused("key_type_refused", found="") from None
    except ValueError:
        raise RequestRefused("csr_unreadable") from None
    return AcceptedKey(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo), _describe(key))


def _describe(key: object) -> str:
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in type_of_curve:
        return type_of_curve[key.curve.name]
    found = f"EC {key.curve.name}" if isinstance(key, ec.EllipticCurvePublicKey) else type(key).__name__
    raise RequestRefused("key_type_refused", found=found.removesuffix("PublicKey"))


def _require_good_rsa(modulus: int, exponent: int) -> None:
    if not SMALLEST_RSA <= modulus.bit_length() <= LARGEST_RSA or modulus < 0:
        raise RequestRefused("key_size_refused", bits=modulus.bit_length(), smallest=SMALLEST_RSA, largest=LARGEST_RSA)
    if exponent < 3 or exponent % 2 == 0 or exponent.bit_length() > LARGEST_EXPONENT_BITS:
        raise RequestRefused("key_exponent_refused")
    if _has_small_factor(modulus) or _is_roca(modulus) or _has_close_factors(modulus):
        raise RequestRefused("key_weak")


@cache
def _primes_below(limit: int) -> tuple[int, ...]:
    return tuple(n for n in range(2, limit) if all(n % d for d in range(2, math.isqrt(n) + 1)))


@cache
def _product_of_primes_below(limit: int) -> int:
    return math.prod(_primes_below(limit))


def _has_small_factor(modulus: int) -> bool:
    """Divisible by a prime below 1,000: no generator makes such a modulus, a flipped bit or a joke does."""
    product = _product_of_primes_below(1000)
    return math.gcd(modulus % product, product) != 1


@cache
def _roca_residues() -> dict[int, frozenset[int]]:
    """For each odd prime up to 167 the residues of 65537's powers: all that an Infineon chip's moduli have (CVE-2017-15361)."""
    return {p: frozenset(pow(65537, k, p) for k in range(p - 1)) for p in _primes_below(168) if p != 2}


def _is_roca(modulus: int) -> bool:
    """True when the modulus has the residues of CVE-2017-15361 for every prime; a sound key has them once in about 2**27."""
    small = modulus % _product_of_primes_below(168)
    return all(small % prime in residues for prime, residues in _roca_residues().items())


def _has_close_factors(modulus: int) -> bool:
    """True when a hundred rounds of Fermat's method factor the modulus: its primes are neighbours (CVE-2022-26320)."""
    middle = math.isqrt(modulus - 1) + 1
    for candidate in range(middle, middle + _FERMAT_ROUNDS):
        rest = candidate * candidate - modulus
        if math.isqrt(rest) ** 2 == rest:
            return True
    return False
