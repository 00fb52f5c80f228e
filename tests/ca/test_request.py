"""Signing requests as people and programs send them: read in any wrapping, refused by name when they are something else."""

import base64
import contextlib
import textwrap
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from certportal.ca import Issuer, RequestRefused, read_signing_request
from certportal.ca.armour import LARGEST
from tests.ca.making import plain_request
from tests.ca.openssl import make_key, make_request, openssl
from tests.no_skips import needs

with_openssl = needs("openssl")


def refusal(sent: bytes) -> str:
    with pytest.raises(RequestRefused) as refused:
        read_signing_request(sent)
    return refused.value.code


def body_of(pem: bytes) -> str:
    return "".join(pem.decode().splitlines()[1:-1])


@with_openssl
@pytest.mark.parametrize("form", ["PEM", "DER"])
def test_a_request_made_by_openssl_is_read(openssl_key: tuple[str, Path], form: str) -> None:
    description, path = openssl_key
    read = read_signing_request(make_request(path, "-outform", form))
    assert read.public_key_der == openssl("pkey", "-in", path, "-pubout", "-outform", "DER")
    assert read.key_description == description
    assert openssl("dgst", "-sha256", stdin=read.public_key_der).decode().strip().endswith(f"= {read.public_key_hash}")


@with_openssl
@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512", "sha3-256"])
def test_a_request_signed_with_sha_256_or_better_is_read(digest: str, tmp_path: Path) -> None:
    key = make_key(tmp_path, "-algorithm", "RSA")
    assert read_signing_request(make_request(key, f"-{digest}")).key_description == "RSA 2048"


@with_openssl
@pytest.mark.parametrize("digest", ["md5", "sha1", "sha224"])
def test_a_request_signed_with_less_is_refused(digest: str, tmp_path: Path) -> None:
    key = make_key(tmp_path, "-algorithm", "RSA")
    assert refusal(make_request(key, f"-{digest}")) == "csr_weak_hash"


@with_openssl
def test_the_public_exponent_3_is_accepted(tmp_path: Path) -> None:
    key = make_key(tmp_path, "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_pubexp:3")
    assert read_signing_request(make_request(key, "-sha512")).key_description == "RSA 2048"


@with_openssl
def test_a_pss_signature_by_an_ordinary_rsa_key_is_accepted(tmp_path: Path) -> None:
    key = make_key(tmp_path, "-algorithm", "RSA")
    assert read_signing_request(make_request(key, "-sigopt", "rsa_padding_mode:pss")).key_description == "RSA 2048"


WRAPPINGS = {
    "windows line breaks": lambda pem: pem.replace(b"\n", b"\r\n"),
    "old Mac line breaks": lambda pem: pem.replace(b"\n", b"\r"),
    "empty lines between": lambda pem: pem.replace(b"\n", b"\n\n"),
    "one long line": lambda pem: pem.replace(b"\n", b" "),
    "no line breaks at all": lambda pem: pem.replace(b"\n", b""),
    "line breaks written out, as from JSON": lambda pem: pem.replace(b"\n", rb"\n"),
    "windows line breaks written out": lambda pem: pem.replace(b"\n", rb"\r\n"),
    "indented": lambda pem: textwrap.indent(pem.decode(), "\t  ").encode(),
    "quoted in a mail": lambda pem: textwrap.indent(pem.decode(), "> ").encode(),
    "hard spaces": lambda pem: pem.replace(b"\n", "\u00a0\n".encode()),
    "text around it": lambda pem: b"Hej!\r\nH\xe4r kommer den:\n" + pem + "Hälsningar, Åsa -- Lön & Co\n".encode(),
    "openssl's words before it": lambda pem: openssl("req", "-text", stdin=pem),
    "NEW CERTIFICATE REQUEST": lambda pem: pem.replace(b"CERTIFICATE REQUEST", b"NEW CERTIFICATE REQUEST"),
    "header lines": lambda pem: pem.replace(
        b"REQUEST-----\n", b"REQUEST-----\nComment: made here\nX-By: keytool\n\n", 1
    ),
    "longer dashes": lambda pem: pem.replace(b"-----", "———".encode()),
    "no BEGIN line": lambda pem: pem.split(b"\n", 1)[1],
    "no END line": lambda pem: pem[: pem.rindex(b"-----END")],
    "twice the same": lambda pem: pem + pem,
    "UTF-16 with a mark": lambda pem: pem.decode().encode("utf-16"),
    "UTF-16 without": lambda pem: pem.decode().encode("utf-16-le"),
    "UTF-8 with a mark": lambda pem: b"\xef\xbb\xbf" + pem,
    "base64 without armour": lambda pem: body_of(pem).encode(),
    "base64 without armour, wrapped": lambda pem: textwrap.fill(body_of(pem), 76).encode(),
    "base64 without padding": lambda pem: body_of(pem).rstrip("=").encode(),
    "URL-safe base64": lambda pem: body_of(pem).replace("+", "-").replace("/", "_").encode(),
    "base64 of PEM": base64.encodebytes,
    "DER": lambda pem: base64.b64decode(body_of(pem)),
    "DER and a line break": lambda pem: base64.b64decode(body_of(pem)) + b"\r\n",
}


@with_openssl
@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_a_request_is_read_in_any_wrapping(wrapping: str, rsa_key: rsa.RSAPrivateKey) -> None:
    pem = plain_request(rsa_key).public_bytes(Encoding.PEM)
    sent = WRAPPINGS[wrapping](pem)
    assert sent != pem
    assert read_signing_request(sent) == read_signing_request(pem)


def test_a_request_beside_its_certificate_is_taken(request_pem: bytes, production: Issuer) -> None:
    certificate = production.certificate.public_bytes(Encoding.PEM)
    assert read_signing_request(certificate + request_pem) == read_signing_request(request_pem)


@pytest.mark.parametrize("nothing", [b"", b" \r\n\t", b"\xef\xbb\xbf", "\ufeff \n".encode("utf-16-le")])
def test_nothing_is_named_so(nothing: bytes) -> None:
    assert refusal(nothing) == "csr_empty"


def test_the_largest_request_is_64_kb(request_pem: bytes) -> None:
    filled = request_pem + b"\n" * (LARGEST - len(request_pem))
    assert read_signing_request(filled) == read_signing_request(request_pem)
    assert refusal(filled + b"\n") == "csr_too_large"


NOTHING_OF_THE_KIND = [
    *(b"Hello", b"???", b"0", b"0" * 50, b"123456789012", b"AAAA", b"=" * 80, b"<html><body>404</body></html>"),
    *(b"-----BEGIN", b"-----BEGIN CERTIFICATE REQUEST-----", b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----"),
    "Hyvä päivä".encode(),
]


@pytest.mark.parametrize("text", NOTHING_OF_THE_KIND)
def test_what_is_nothing_of_the_kind_is_unreadable(text: bytes) -> None:
    assert refusal(text) == "csr_unreadable"


def test_a_request_cut_short_is_unreadable(request_pem: bytes) -> None:
    lines = request_pem.splitlines(keepends=True)
    assert refusal(b"".join([*lines[:-2], lines[-1]])) == "csr_unreadable"


def test_two_different_requests_are_not_chosen_between(request_pem: bytes, rsa_key: rsa.RSAPrivateKey) -> None:
    assert refusal(request_pem + plain_request(rsa_key).public_bytes(Encoding.PEM)) == "csr_several"


@pytest.mark.parametrize("form", [Encoding.PEM, Encoding.DER])
def test_a_certificate_is_named(form: Encoding, production: Issuer) -> None:
    sent = production.certificate.public_bytes(form)
    assert refusal(sent) == "csr_is_certificate"
    assert refusal(base64.b64encode(sent)) == "csr_is_certificate"


PUBLIC_FORMS = [
    (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    (Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    (Encoding.PEM, PublicFormat.PKCS1),
    (Encoding.DER, PublicFormat.PKCS1),
    (Encoding.OpenSSH, PublicFormat.OpenSSH),
]


@pytest.mark.parametrize(("form", "kind"), PUBLIC_FORMS)
def test_a_public_key_is_named(form: Encoding, kind: PublicFormat, rsa_key: rsa.RSAPrivateKey) -> None:
    assert refusal(rsa_key.public_key().public_bytes(form, kind)) == "csr_is_public_key"


def private_keys(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> list[bytes]:
    locked = BestAvailableEncryption(b"x")
    kinds = [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL]
    found = [key.private_bytes(form, kind, NoEncryption()) for form in (Encoding.PEM, Encoding.DER) for kind in kinds]
    found += [key.private_bytes(form, PrivateFormat.PKCS8, locked) for form in (Encoding.PEM, Encoding.DER)]
    found += [key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())]
    return [*found, pkcs12.serialize_key_and_certificates(b"mine", key, None, None, locked)]


def test_a_private_key_is_refused_in_every_form(
    rsa_key: rsa.RSAPrivateKey, ec_key: ec.EllipticCurvePrivateKey, request_pem: bytes
) -> None:
    for sent in private_keys(rsa_key) + private_keys(ec_key):
        assert refusal(sent) == "csr_private_key"
        assert refusal(base64.b64encode(sent)) == "csr_private_key"
        if sent.startswith(b"-----"):
            assert refusal(request_pem + sent) == "csr_private_key"
            assert refusal(sent.decode().encode("utf-16") + b"\x0a\x00") == "csr_private_key"


@pytest.mark.parametrize(
    "store", [b"\xfe\xed\xfe\xed\x00\x00\x00\x02", b"PuTTY-User-Key-File-3: ssh-rsa\nPrivate-Lines: 14\n"]
)
def test_key_stores_of_other_programs_count_as_private_keys(store: bytes) -> None:
    assert refusal(store) == "csr_private_key"


def test_a_request_that_another_key_signed_is_refused(rsa_key: rsa.RSAPrivateKey) -> None:
    sent = plain_request(rsa_key).public_bytes(Encoding.DER)
    other = plain_request(rsa.generate_private_key(65537, 2048))
    assert refusal(sent[: -len(other.signature)] + other.signature) == "csr_bad_signature"


def test_ed25519_is_refused_by_name() -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    sent = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, None)
    with pytest.raises(RequestRefused) as refused:
        read_signing_request(sent.public_bytes(Encoding.DER))
    assert (refused.value.code, refused.value.details["found"]) == ("key_type_refused", "Ed25519")


@with_openssl
def test_a_key_for_pss_alone_is_refused(tmp_path: Path) -> None:
    key = make_key(tmp_path, "-algorithm", "RSA-PSS")
    assert refusal(make_request(key)) == "key_type_refused"


@with_openssl
def test_the_same_key_has_the_same_hash_however_the_request_spells_it(tmp_path: Path) -> None:
    key = make_key(tmp_path, "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
    named = read_signing_request(make_request(key))
    for spelling in (["-param_enc", "explicit"], ["-conv_form", "compressed"]):
        other = tmp_path / "other.key"
        openssl("ec", "-in", key, *spelling, "-out", other)
        assert make_request(other, "-outform", "DER") != make_request(key, "-outform", "DER")
        assert read_signing_request(make_request(other)) == named


def test_every_octet_is_covered_by_the_signature(ec_key: ec.EllipticCurvePrivateKey) -> None:
    """Whatever single octet is changed, the request is refused, or it still is the same key's."""
    sent = plain_request(ec_key).public_bytes(Encoding.DER)
    mine = read_signing_request(sent)
    refused = 0
    for place in range(len(sent)):
        for change in (0x01, 0x20, 0x80, 0xFF):
            changed = sent[:place] + bytes((sent[place] ^ change,)) + sent[place + 1 :]
            try:
                assert read_signing_request(changed) == mine
            except RequestRefused:
                refused += 1
    assert refused > 0.95 * 4 * len(sent)


ANYTHING = st.binary(max_size=300) | st.text(max_size=300).map(str.encode)


@settings(max_examples=400, deadline=None)
@given(sent=ANYTHING)
@example(sent=b"0\x80\x00\x00")
@example(sent=b"0\x84\xff\xff\xff\xff")
@example(sent=b"\xff\xfe\x00")
@example(sent=b"-" * 60_000)
@example(sent=b"-----BEGIN " * 5_000)
@example(sent=b"PRIVATE " * 8_000)
@example(sent=b"A:" * 30_000)
def test_garbage_is_always_refused_and_never_breaks_anything(sent: bytes) -> None:
    assert refusal(sent).startswith("csr_")


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.randoms(use_true_random=False), cuts=st.integers(1, 6))
def test_a_request_torn_apart_is_refused_or_still_the_same_key(
    chance: object, cuts: int, rsa_key: rsa.RSAPrivateKey
) -> None:
    sent = bytearray(plain_request(rsa_key).public_bytes(Encoding.DER))
    mine = read_signing_request(bytes(sent))
    for _ in range(cuts):
        at = chance.randrange(len(sent))  # type: ignore[attr-defined]
        verb = chance.randrange(3)  # type: ignore[attr-defined]
        if verb == 0:
            sent[at] = chance.randrange(256)  # type: ignore[attr-defined]
        elif verb == 1:
            del sent[at : at + chance.randrange(1, 9)]  # type: ignore[attr-defined]
        else:
            sent[at:at] = chance.randbytes(chance.randrange(1, 9))  # type: ignore[attr-defined]
    with contextlib.suppress(RequestRefused):
        assert read_signing_request(bytes(sent)) == mine


def test_a_signature_over_something_else_is_not_proof_of_possession(rsa_key: rsa.RSAPrivateKey) -> None:
    request = plain_request(rsa_key)
    der = request.public_bytes(Encoding.DER)
    forged = rsa_key.sign(b"something else", padding.PKCS1v15(), hashes.SHA256())
    assert refusal(der.replace(request.signature, forged)) == "csr_bad_signature"
