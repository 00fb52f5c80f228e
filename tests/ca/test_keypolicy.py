"""Which keys get a certificate. Absurd RSA keys are built number by number, as a hostile sender would."""

import math
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from certportal.ca import RequestRefused, der, keypolicy, read_signing_request

RSA_ALGORITHM = bytes.fromhex("300d06092a864886f70d0101010500")
EC_ALGORITHM = bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107")
SHA256_WITH_RSA = bytes.fromhex("300d06092a864886f70d01010b0500")


def integer(value: int) -> bytes:
    return der.encode(der.INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def rsa_key(modulus: int, exponent: int) -> bytes:
    numbers = der.encode(der.SEQUENCE, integer(modulus), integer(exponent))
    return der.encode(der.SEQUENCE, RSA_ALGORITHM, der.bit_string(numbers))


def request_with(key: bytes) -> bytes:
    """A signing request for that key, with a signature of zeros."""
    asked = der.encode(der.SEQUENCE, integer(0), der.encode(der.SEQUENCE), key, der.encode(0xA0))
    return der.encode(der.SEQUENCE, asked, SHA256_WITH_RSA, der.bit_string(bytes(256)))


def verdict(key: bytes) -> str:
    """The refusal's code, the same from the policy alone and for a whole request; or what the key is called."""
    try:
        return keypolicy.accept(key).description
    except RequestRefused as refused:
        code = refused.code
    with pytest.raises(RequestRefused, match=code):
        read_signing_request(request_with(key))
    return code


def prime_after(start: int) -> int:
    candidate = start | 1
    while any(candidate % p == 0 for p in (3, 5, 7, 11, 13)) or pow(2, candidate - 1, candidate) != 1:
        candidate += 2
    return candidate


@pytest.fixture(scope="module")
def modulus() -> int:
    return rsa.generate_private_key(65537, 2048).public_key().public_numbers().n


@pytest.mark.parametrize("exponent", [3, 17, 65537, 2**32 + 1, 2**64 - 1])
def test_odd_exponents_from_3_are_accepted(exponent: int, modulus: int) -> None:
    assert verdict(rsa_key(modulus, exponent)) == "RSA 2048"


@pytest.mark.parametrize("exponent", [-3, 0, 1, 2, 4, 65536, 2**64 + 1, 2**2000 + 1, 2**4096 + 1])
def test_other_exponents_are_refused(exponent: int, modulus: int) -> None:
    assert verdict(rsa_key(modulus, exponent)) == "key_exponent_refused"


@pytest.mark.parametrize("bits", [512, 1024, 2040, 2047, 4097, 8192, 16_384, 200_000])
def test_other_sizes_are_refused(bits: int) -> None:
    assert verdict(rsa_key((1 << bits) - 1, 65537)) == "key_size_refused"


@pytest.mark.parametrize("number", [0, -1, -(2**2048) + 1])
def test_a_modulus_that_is_no_modulus_is_refused(number: int) -> None:
    assert verdict(rsa_key(number, 65537)) == "key_size_refused"


def test_an_absurd_key_costs_no_time() -> None:
    sent = request_with(rsa_key((1 << 200_000) - 1, (1 << 190_000) + 1))
    started = time.process_time()
    with pytest.raises(RequestRefused, match="key_size_refused"):
        read_signing_request(sent)
    assert time.process_time() - started < 0.2


@pytest.mark.parametrize("factor", [2, 3, 5, 61, 997])
def test_a_modulus_with_a_small_factor_is_weak(factor: int) -> None:
    sound = rsa.generate_private_key(65537, 2049 - factor.bit_length()).public_key().public_numbers().n
    assert verdict(rsa_key(sound * factor, 65537)) == "key_weak"


def test_a_modulus_of_neighbouring_primes_is_weak() -> None:
    first = prime_after(3 << 1022)
    assert verdict(rsa_key(first * prime_after(first + 2), 65537)) == "key_weak"
    assert verdict(rsa_key(first * first, 65537)) == "key_weak"


def test_a_modulus_as_the_infineon_chips_made_them_is_weak() -> None:
    """CVE-2017-15361: each prime is k·M + 65537^a mod M, M the product of the first primes."""
    product = math.prod(p for p in range(2, 702) if all(p % d for d in range(2, p)))
    primes: list[int] = []
    for exponent in (1234, 98765):
        candidate = (((3 << 1022) >> product.bit_length()) << exponent % 20) * product + pow(65537, exponent, product)
        candidate += product * (((3 << 1022) - candidate) // product)
        while pow(2, candidate - 1, candidate) != 1:
            candidate += product
        primes.append(candidate)
    assert verdict(rsa_key(primes[0] * primes[1], 65537)) == "key_weak"


@pytest.mark.parametrize("curve", [ec.SECP224R1(), ec.SECP256K1(), ec.SECP521R1(), ec.BrainpoolP256R1()])
def test_other_curves_are_refused_by_name(curve: ec.EllipticCurve) -> None:
    key = ec.generate_private_key(curve).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(RequestRefused) as refused:
        keypolicy.accept(key)
    assert (refused.value.code, refused.value.details["found"]) == ("key_type_refused", f"EC {curve.name}")
    assert verdict(key) == "key_type_refused"


def test_a_curve_nobody_knows_is_refused() -> None:
    unknown = EC_ALGORITHM[:-1] + b"\x77"
    assert verdict(der.encode(der.SEQUENCE, unknown, der.bit_string(b"\x04" + bytes(64)))) == "key_type_refused"


@pytest.mark.parametrize("point", [b"\x00", b"\x04" + bytes(64), b"\x04" + b"\x01" * 64, b"\x04\x01", b""])
def test_a_point_off_the_curve_is_unreadable(point: bytes) -> None:
    assert verdict(der.encode(der.SEQUENCE, EC_ALGORITHM, der.bit_string(point))) == "csr_unreadable"


WAYS_TO_REFUSE = {"key_size_refused", "key_exponent_refused", "key_weak", "csr_unreadable"}


@settings(max_examples=300, deadline=None)
@given(modulus=st.integers(-(2**300), 2**2100), exponent=st.integers(-5, 2**70), garbage=st.binary(max_size=40))
def test_whatever_numbers_are_sent_the_policy_answers_or_refuses(modulus: int, exponent: int, garbage: bytes) -> None:
    for key in (rsa_key(modulus, exponent), der.encode(der.SEQUENCE, RSA_ALGORITHM, garbage), garbage):
        answer = verdict(key)
        assert answer.startswith("RSA 2") or answer in WAYS_TO_REFUSE
