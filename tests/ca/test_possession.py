"""Proof of possession: openssl's messages in every form are taken, and what is bent in one place is refused by name."""

import base64
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certportal.ca import Issuer, ProofRefused, read_signed, require_proof, sign
from certportal.ca.signed import LARGEST
from tests.ca import making
from tests.ca.making import plain_request, prepared
from tests.ca.openssl import make_request, openssl
from tests.ca.proving import HASHES, Key, Proof, attribute, digest, pss_parameters
from tests.no_skips import needs

with_openssl = needs("openssl")
TEXT = "revoke 2f91 issued by Model Issuing CA (production)"
Kind = str


@pytest.fixture(scope="module")
def held(production: Issuer, ec_key: ec.EllipticCurvePrivateKey, rsa_key: rsa.RSAPrivateKey) -> dict[Kind, Proof]:
    """For a key of each kind: a right proof by its certificate."""
    return {
        kind: Proof(key, issued(production, key, making.serial(number)), TEXT.encode())
        for number, (kind, key) in enumerate({"ec": ec_key, "rsa": rsa_key}.items(), 20)
    }


def issued(issuer: Issuer, key: Key, serial: int) -> x509.Certificate:
    request = plain_request(key).public_bytes(Encoding.PEM)
    return x509.load_der_x509_certificate(sign(issuer, prepared(issuer, request, serial=serial).tbs))


@pytest.fixture(params=["ec", "rsa"])
def proof(request: pytest.FixtureRequest, held: dict[Kind, Proof]) -> Proof:
    """A copy, to be bent."""
    return Proof(held[request.param].key, held[request.param].certificate, TEXT.encode())


def check(proof: Proof, text: str = TEXT) -> None:
    judge(proof.der(), proof.certificate, text)


def judge(sent: bytes, certificate: x509.Certificate, text: str = TEXT) -> None:
    require_proof(read_signed(sent), certificate.public_bytes(Encoding.DER), text)


def refusal(proof: Proof, text: str = TEXT) -> str:
    with pytest.raises(ProofRefused) as refused:
        check(proof, text)
    return refused.value.code


@pytest.mark.parametrize("attached", [True, False])
@pytest.mark.parametrize("with_attributes", [True, False])
@pytest.mark.parametrize("name", ["sha256", "sha384", "sha512"])
def test_a_right_proof_is_taken(proof: Proof, attached: bool, with_attributes: bool, name: str) -> None:
    proof.attached, proof.with_attributes, proof.digest = attached, with_attributes, name
    check(proof)


@pytest.mark.parametrize("attached", [True, False])
@pytest.mark.parametrize("with_attributes", [True, False])
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_one_line_break_after_the_text_is_allowed(
    proof: Proof, attached: bool, with_attributes: bool, ending: bytes
) -> None:
    proof.attached, proof.with_attributes, proof.content = attached, with_attributes, TEXT.encode() + ending
    check(proof)


@pytest.mark.parametrize("attached", [True, False])
@pytest.mark.parametrize(
    "content",
    [
        b"", b"revoke", TEXT.encode() + b"\n\n", TEXT.encode() + b" ", b" " + TEXT.encode(), b"\xef\xbb\xbf" + TEXT.encode(),
        TEXT.upper().encode(), TEXT.encode("utf-16"), TEXT.encode() + b"\x00", TEXT.replace("2f91", "2f92").encode(),
    ],
)  # fmt: skip
def test_any_other_text_is_refused(proof: Proof, content: bytes, attached: bool) -> None:
    proof.content, proof.attached = content, attached
    assert refusal(proof) == "proof_text"


def test_signed_attributes_may_stand_in_any_order_and_are_verified_in_that_of_der(proof: Proof) -> None:
    """RFC 5652 5.4: a SET OF is sorted before it is signed, however the message has it."""
    proof.order = lambda encoded: sorted(encoded, reverse=True)
    check(proof)


def test_another_key_is_refused(proof: Proof, held: dict[Kind, Proof]) -> None:
    for kind, key in (("ec", ec.generate_private_key(ec.SECP256R1())), ("rsa", rsa.generate_private_key(65537, 2048))):
        assert refusal(Proof(key, held[kind].certificate, TEXT.encode())) == "proof_wrong"
        assert refusal(Proof(key, held[kind].certificate, TEXT.encode(), with_attributes=False)) == "proof_wrong"
    other = next(each for each in held.values() if each.key is not proof.key)
    assert refusal(Proof(other.key, proof.certificate, TEXT.encode())) == "proof_wrong"


def test_the_certificate_in_the_message_is_never_believed(proof: Proof, held: dict[Kind, Proof]) -> None:
    """Wrapping: a right signature by a key of the sender's own, whose certificate is enclosed, claims our serial number."""
    own = ec.generate_private_key(ec.SECP256R1())
    enclosed = x509.load_pem_x509_certificate(self_signed(own, proof.certificate))
    assert refusal(Proof(own, proof.certificate, TEXT.encode(), certificates=[enclosed])) == "proof_wrong"
    proof.certificates = [enclosed]
    check(proof)


def self_signed(key: ec.EllipticCurvePrivateKey, like: x509.Certificate) -> bytes:
    builder = x509.CertificateBuilder().subject_name(like.subject).issuer_name(like.issuer)
    builder = builder.serial_number(like.serial_number).public_key(key.public_key())
    builder = builder.not_valid_before(like.not_valid_before_utc).not_valid_after(like.not_valid_after_utc)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


@pytest.mark.parametrize("count", [0, 2, 3])
def test_there_is_exactly_one_signer(proof: Proof, count: int) -> None:
    proof.signers = count
    assert refusal(proof) == "proof_signers"


def test_the_signer_claims_no_other_certificate(proof: Proof, held: dict[Kind, Proof]) -> None:
    proof.claims_serial = proof.certificate.serial_number + 1
    assert refusal(proof) == "proof_other_certificate"
    proof.claims_serial, proof.by_key_identifier = None, bytes(20)
    assert refusal(proof) == "proof_other_certificate"
    identifier = proof.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    proof.by_key_identifier = identifier
    check(proof)


@pytest.mark.parametrize("name", ["sha1", "sha224"])
def test_a_weak_digest_is_refused(proof: Proof, name: str) -> None:
    proof.digest = name
    assert refusal(proof) == "proof_weak"
    proof.with_attributes = False
    assert refusal(proof) == "proof_weak"


def test_the_digest_and_the_signature_name_the_same_hash(proof: Proof) -> None:
    kind = "rsa" if isinstance(proof.key, rsa.RSAPrivateKey) else "ecdsa"
    for named in (f"sha1_{kind}", f"sha384_{kind}", "sha256_dsa"):
        proof.algorithm = {"algorithm": named}
        assert refusal(proof) == "proof_weak"


def test_an_algorithm_of_another_kind_of_key_is_refused(proof: Proof) -> None:
    other = "ecdsa" if isinstance(proof.key, rsa.RSAPrivateKey) else "rsa"
    proof.algorithm = {"algorithm": f"sha256_{other}"}
    assert refusal(proof) == "proof_wrong"


def test_plain_rsa_takes_the_hash_of_the_digest_as_openssl_writes_it(held: dict[Kind, Proof]) -> None:
    rsa_proof = held["rsa"]
    check(Proof(rsa_proof.key, rsa_proof.certificate, TEXT.encode(), algorithm={"algorithm": "rsassa_pkcs1v15"}))


@pytest.mark.parametrize("name", ["sha256", "sha512"])
def test_pss_is_taken_with_one_hash_throughout(held: dict[Kind, Proof], name: str) -> None:
    def bent(**parameters: Any) -> Proof:
        given = padding.PSS(padding.MGF1(HASHES[name]), 32)
        made = Proof(held["rsa"].key, held["rsa"].certificate, TEXT.encode(), digest=name, padding=given)
        made.algorithm = {"algorithm": "rsassa_pss", "parameters": pss_parameters(**({"name": name} | parameters))}
        return made

    check(bent())
    assert refusal(bent(mask="sha1")) == "proof_weak"
    assert refusal(bent(name="sha1")) == "proof_weak"
    assert refusal(bent(name="sha384")) == "proof_weak"
    assert refusal(bent(salt_length=20)) == "proof_wrong"
    assert refusal(bent(salt_length=-1)) == "proof_wrong"
    assert refusal(bent(salt_length=1 << 70)) == "proof_wrong"


def bent_attributes(proof: Proof) -> dict[str, list[dict[str, Any]]]:
    kind, time, right = proof.right_attributes()
    wrong = attribute("message_digest", digest(b"another text", "sha256"))
    return {
        "no digest": [kind, time],
        "no type": [time, right],
        "nothing": [],
        "another type": [attribute("content_type", "signed_data"), right],
        "two digests": [kind, right, wrong],
        "two types": [kind, kind, right],
        "two values": [kind, attribute("message_digest", right["values"][0], wrong["values"][0])],
        "no value": [kind, attribute("message_digest")],
    }


@pytest.mark.parametrize(
    "bent", ["no digest", "no type", "nothing", "another type", "two digests", "two types", "two values", "no value"]
)
@pytest.mark.parametrize("attached", [True, False])
def test_signed_attributes_say_type_and_digest_once_each(proof: Proof, bent: str, attached: bool) -> None:
    """RFC 5652 11.1 and 11.2."""
    proof.attributes, proof.attached = bent_attributes(proof)[bent], attached
    assert refusal(proof) == "proof_attributes"


def test_a_digest_of_another_text_is_refused(proof: Proof) -> None:
    """Wrapping: attributes signed for another text, around the right one."""
    kind, time, _ = proof.right_attributes()
    proof.attributes = [kind, time, attribute("message_digest", digest(b"another text", "sha256"))]
    assert refusal(proof) == "proof_wrong"
    proof.attached = False
    assert refusal(proof) == "proof_text"


def test_attributes_that_were_not_signed_prove_nothing(proof: Proof) -> None:
    proof.signed_instead = proof.content  # a signature over the content alone, with attributes put beside it
    assert refusal(proof) == "proof_wrong"


def test_a_signature_over_attributes_does_not_pass_for_one_over_content(proof: Proof) -> None:
    """The known confusion of CMS: attributes of one message sent as the content of another without any."""
    attributes = read_signed(proof.der()).attributes
    assert attributes is not None
    proof.content, proof.with_attributes = attributes, False
    assert refusal(proof) == "proof_text"


@pytest.mark.parametrize("kind", ["signed_data", "enveloped_data", "digested_data"])
def test_the_content_is_plain_data(proof: Proof, kind: str) -> None:
    proof.content_type, proof.attached = kind, False
    assert refusal(proof) == "proof_unreadable"


def test_a_proof_for_one_certificate_is_none_for_another_of_the_same_key(proof: Proof, production: Issuer) -> None:
    twin = issued(production, proof.key, making.serial(77))
    with pytest.raises(ProofRefused, match="proof_other_certificate"):
        judge(proof.der(), twin)


def wrapped(der: bytes) -> dict[str, bytes]:
    text = base64.encodebytes(der)
    return {
        "DER": der,
        "PEM, CMS": b"-----BEGIN CMS-----\n" + text + b"-----END CMS-----\n",
        "PEM, PKCS7": b"-----BEGIN PKCS7-----\r\n" + text.replace(b"\n", b"\r\n") + b"-----END PKCS7-----\r\n",
        "PEM with words around": b"Here:\n-----BEGIN CMS-----\n" + text + b"-----END CMS-----\nThank you",
        "base64": text,
        "base64 in one line": base64.b64encode(der),
        "UTF-16": ("-----BEGIN CMS-----\n" + text.decode() + "-----END CMS-----\n").encode("utf-16"),
        "S/MIME": b"MIME-Version: 1.0\nContent-Type: application/pkcs7-mime; smime-type=signed-data\n\n" + text,
    }


@pytest.mark.parametrize("wrapping", list(wrapped(b"")))
def test_every_wrapping_is_read(proof: Proof, wrapping: str) -> None:
    judge(wrapped(proof.der())[wrapping], proof.certificate)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"", "proof_empty"),
        (b" \r\n", "proof_empty"),
        (b"hello", "proof_unreadable"),
        (b"0" * (LARGEST + 1), "proof_too_large"),
        (b"-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----\n", "proof_private_key"),
        (b"-----BEGIN RSA PRIVATE KEY-----\nMC4=\n", "proof_private_key"),
        (b"\x30\x80", "proof_unreadable"),
        (b"\x30\x00", "proof_unreadable"),
        (b"\x30\x80" * 30_000, "proof_unreadable"),
        (b"\x30\x84\xff\xff\xff\xff", "proof_unreadable"),
    ],
)
def test_what_is_no_proof_is_refused_by_name(sent: bytes, code: str) -> None:
    with pytest.raises(ProofRefused) as refused:
        read_signed(sent)
    assert refused.value.code == code


def test_two_messages_are_not_one_proof(proof: Proof) -> None:
    with pytest.raises(ProofRefused, match="proof_signers"):
        read_signed(wrapped(proof.der())["PEM, CMS"] * 2)


def test_a_certificate_alone_is_no_proof(proof: Proof) -> None:
    with pytest.raises(ProofRefused, match="proof_unreadable"):
        read_signed(proof.certificate.public_bytes(Encoding.DER))


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=400))
def test_no_octets_make_the_reader_fail(sent: bytes) -> None:
    for octets in (sent, b"\x30" + sent, base64.b64encode(sent)):
        with contextlib.suppress(ProofRefused):
            read_signed(octets)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(place=st.integers(0, 10_000), bit=st.integers(0, 7), attached=st.booleans(), with_attributes=st.booleans())
def test_one_bit_turned_is_refused_or_means_the_same(
    held: dict[Kind, Proof], place: int, bit: int, attached: bool, with_attributes: bool
) -> None:
    """Whatever is turned: what is accepted has the right key, text and signer. Only parts that nobody signs may differ."""
    right = Proof(held["ec"].key, held["ec"].certificate, TEXT.encode(), "sha256", attached, with_attributes)
    made = right.der()
    sent = bytearray(made)
    sent[place % len(sent)] ^= 1 << bit
    try:
        judge(bytes(sent), right.certificate)
    except ProofRefused:
        return
    read, was = read_signed(bytes(sent)), read_signed(made)
    assert (read.content, read.signer, read.attributes, read.signature) == (
        was.content, was.signer, was.attributes, was.signature,
    )  # fmt: skip


WAYS = {
    "as openssl does it by itself": [],
    "attached": ["-nodetach"],
    "DER": ["-outform", "DER"],
    "DER, attached": ["-nodetach", "-outform", "DER"],
    "PEM": ["-outform", "PEM"],
    "PEM, attached": ["-nodetach", "-outform", "PEM"],
    "without attributes": ["-noattr", "-outform", "DER"],
    "without attributes, attached": ["-noattr", "-nodetach", "-outform", "PEM"],
    "without the certificate": ["-nocerts", "-outform", "DER"],
    "without the certificate, attached": ["-nocerts", "-nodetach"],
    "by key identifier": ["-keyid", "-nodetach", "-outform", "DER"],
    "streamed": ["-stream", "-nodetach", "-outform", "DER"],
    "streamed PEM": ["-stream", "-nodetach", "-outform", "PEM"],
    "without capabilities": ["-nosmimecap", "-outform", "DER"],
    "SHA-512": ["-md", "sha512", "-outform", "DER"],
}


@with_openssl
@pytest.mark.parametrize("binary", [["-binary"], []], ids=["binary", "text"])
@pytest.mark.parametrize("ending", ["", "\n", "\r\n"], ids=["bare", "LF", "CRLF"])
def test_what_openssl_makes_is_taken_in_every_way(
    production: Issuer, openssl_key: tuple[str, Path], tmp_path: Path, binary: list[str], ending: str
) -> None:
    _, key_file = openssl_key
    issued_der = sign(production, prepared(production, make_request(key_file)).tbs)
    certificate, text = tmp_path / "c.pem", tmp_path / "text.txt"
    certificate.write_bytes(x509.load_der_x509_certificate(issued_der).public_bytes(Encoding.PEM))
    text.write_bytes((TEXT + ending).encode())
    signing = ["cms", "-sign", *binary, "-in", text, "-signer", certificate, "-inkey", key_file]
    for way, options in WAYS.items():
        sent = openssl(*signing, *options)
        try:
            require_proof(read_signed(sent), issued_der, TEXT)
        except ProofRefused as refused:
            pytest.fail(f"{way}: {refused.code}")


@with_openssl
def test_the_older_command_and_pss_are_taken_too(
    production: Issuer, openssl_keys: Callable[[str], Path], tmp_path: Path
) -> None:
    key_file = openssl_keys("RSA 2048")
    issued_der = sign(production, prepared(production, make_request(key_file)).tbs)
    certificate, text = tmp_path / "c.pem", tmp_path / "text.txt"
    certificate.write_bytes(x509.load_der_x509_certificate(issued_der).public_bytes(Encoding.PEM))
    text.write_bytes(TEXT.encode())
    given = ["-sign", "-binary", "-in", text, "-signer", certificate, "-inkey", key_file, "-outform", "DER"]
    for sent in (
        openssl("smime", *given),
        openssl("smime", *given, "-nodetach"),
        openssl("cms", *given, "-keyopt", "rsa_padding_mode:pss"),
        openssl("cms", *given, "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:digest", "-nodetach"),
    ):
        require_proof(read_signed(sent), issued_der, TEXT)
