"""openssl asks about certificates and believes the answers: by SHA-1 and SHA-256, with a nonce and without."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp as x509_ocsp

from certportal.ca import KeyKind, Reason, ocsp
from tests.ca.making import serial
from tests.ca.openssl import openssl
from tests.conformance.authorities import Signed, signed_by
from tests.no_skips import needs

pytestmark = needs("openssl")
STATUSES = ("good", "revoked", "unknown")


@pytest.fixture(scope="module", params=[KeyKind.EC_P384, KeyKind.RSA_3072])
def signed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Signed:
    return signed_by(request.param, tmp_path_factory.mktemp("signed"))


def status_of(said: str, signed: Signed) -> ocsp.Status:
    return ocsp.Revocation(signed.now, Reason.KEY_LOST) if said == "revoked" else ocsp.Known(said)


def ask(signed: Signed, *options: str) -> Path:
    """The file of a question that openssl makes, about one certificate or several."""
    path = signed.file("question.der")
    openssl("ocsp", *options, "-reqout", path)
    return path


def read(signed: Signed, question: Path, answer: Path, *certificates: str) -> str:
    """What openssl makes of an answer, verified up to the root: first beside the question, whose nonce must be in it, then of the
    certificates, for it does not do both at once."""
    trusted = ("-CAfile", signed.file("root.pem"), "-verify_other", signed.file("chain.pem"))
    about = ("-issuer", signed.file("issuing.pem"), *certificates, "-no_nonce")
    both = (("-reqin", question), about)
    return "".join(openssl("ocsp", "-respin", answer, *trusted, *each, succeeds=False).decode() for each in both)


@pytest.mark.parametrize("said", STATUSES)
@pytest.mark.parametrize("nonce", ["-nonce", "-no_nonce"])
@pytest.mark.parametrize("digest", ["-sha1", "-sha256"])
def test_wire_3_ocsp_answers_by_the_requests_hash_and_with_its_nonce_are_believed(
    said: str, nonce: str, digest: str, signed: Signed
) -> None:
    leaf = str(signed.file("leaf.pem"))
    question = ask(signed, digest, "-issuer", str(signed.file("issuing.pem")), "-cert", leaf, nonce)
    answer = signed.answer(question.read_bytes(), status_of(said, signed))
    printed = read(signed, question, answer, digest, "-cert", leaf)
    assert printed.count("Response verify OK") == 2
    assert f"leaf.pem: {said}" in printed
    assert ("Reason: keyCompromise" in printed) == (said == "revoked")
    assert "Nonce Verify error" not in printed


@pytest.mark.parametrize(
    ("digest", "meant"), [((), hashes.SHA1), (("-sha1",), hashes.SHA1), (("-sha256",), hashes.SHA256)]
)
def test_wire_3_ocsp_is_answered_by_the_hash_that_was_asked_by_sha1_unless_said(
    digest: tuple[str, ...], meant: type[hashes.HashAlgorithm], signed: Signed
) -> None:
    about = ("-issuer", str(signed.file("issuing.pem")), "-cert", str(signed.file("leaf.pem")), "-nonce")
    asked = ask(signed, *digest, *about).read_bytes()
    given = x509_ocsp.load_der_ocsp_response(signed.answer(asked, ocsp.GOOD).read_bytes())
    question = x509_ocsp.load_der_ocsp_request(asked)
    assert isinstance(question.hash_algorithm, meant)
    assert isinstance(given.hash_algorithm, meant)
    assert given.issuer_key_hash == question.issuer_key_hash
    nonces = [each.extensions.get_extension_for_class(x509.OCSPNonce).value for each in (question, given)]
    assert nonces[0] == nonces[1]


def test_wire_3_ocsp_responder_is_delegated_for_answers_alone_and_is_not_asked_about(signed: Signed) -> None:
    about = ("-issuer", str(signed.file("issuing.pem")), "-cert", str(signed.file("leaf.pem")))
    answer = signed.answer(ask(signed, *about).read_bytes(), ocsp.GOOD)
    [responder] = x509_ocsp.load_der_ocsp_response(answer.read_bytes()).certificates
    responder.verify_directly_issued_by(signed.issuer.certificate)
    usages = responder.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [x509.oid.ExtendedKeyUsageOID.OCSP_SIGNING]
    assert responder.extensions.get_extension_for_class(x509.OCSPNoCheck)


def test_several_certificates_in_one_question(signed: Signed) -> None:
    about = [part for name in ("leaf", "responder") for part in ("-cert", str(signed.file(f"{name}.pem")))]
    question = ask(signed, "-issuer", str(signed.file("issuing.pem")), *about)
    printed = read(signed, question, signed.answer(question.read_bytes(), ocsp.GOOD), *about)
    assert printed.count("Response verify OK") == 2
    assert ("leaf.pem: good" in printed, "responder.pem: good" in printed) == (True, True)


def test_an_answer_to_another_question_is_not_believed(signed: Signed) -> None:
    leaf = str(signed.file("leaf.pem"))
    about = ("-issuer", str(signed.file("issuing.pem")), "-cert", leaf, "-nonce")
    answer = signed.answer(ask(signed, *about).read_bytes(), ocsp.GOOD)
    printed = read(signed, ask(signed, *about), answer, "-cert", leaf)
    assert "Nonce Verify error" in printed


def test_an_answer_that_was_changed_is_not_believed(signed: Signed) -> None:
    leaf = str(signed.file("leaf.pem"))
    question = ask(signed, "-issuer", str(signed.file("issuing.pem")), "-cert", leaf)
    answer = signed.answer(question.read_bytes(), ocsp.UNKNOWN)
    answer.write_bytes(answer.read_bytes().replace(b"\x82\x00\x18", b"\x80\x00\x18"))
    printed = read(signed, question, answer, "-cert", leaf)
    assert "Response Verify Failure" in printed


def test_openssl_reads_answers_without_a_signature(signed: Signed) -> None:
    names = {"MALFORMED_REQUEST": "malformedrequest", "INTERNAL_ERROR": "internalerror", "TRY_LATER": "trylater"}
    for failure in ocsp.Failure:
        signed.file("failure.der").write_bytes(failure.encoded)
        printed = openssl("ocsp", "-respin", signed.file("failure.der"), "-noverify", succeeds=False).decode()
        assert names.get(failure.name, "unauthorized") in printed


def test_a_question_that_is_signed_gets_the_same_answer(signed: Signed, tmp_path: Path) -> None:
    from tests.ca.openssl import KEYS, make_key

    key, certificate = make_key(tmp_path, *KEYS["RSA 2048"]), tmp_path / "client.pem"
    openssl("req", "-x509", "-key", key, "-subj", "/CN=A client", "-days", "1", "-out", certificate)
    about = ("-issuer", str(signed.file("issuing.pem")), "-serial", f"0x{serial(9):x}", "-no_nonce")
    plain = ocsp.read_request(ask(signed, *about).read_bytes())
    with_signature = ask(signed, *about, "-signer", str(certificate), "-signkey", str(key)).read_bytes()
    assert len(with_signature) > 1000
    assert ocsp.read_request(with_signature) == plain
