"""Keys in a token sign as keys on disk do, stay where they are, and are found again whatever became of the session."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import ocsp as x509_ocsp
from lxml import etree
from signxml import CanonicalizationMethod, SignatureConfiguration, XMLSigner, XMLVerifier

from certportal.ca import CaRefused, Environment, Issuer, KeyKind, ceremony, crl, keys, sign, token, token_session
from certportal.ca.reference import KeyReference, TokenAccess
from tests.ca.making import NOW, PASSPHRASE, plain_request, plan_for, prepared, serial
from tests.ca.softhsm import MODULE, PIN, Reader, needs_softhsm, reader_in, start_anew

pytestmark = needs_softhsm


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    folder = tmp_path / "softhsm"
    folder.mkdir()
    with reader_in(folder) as reader:
        yield reader


@pytest.fixture(params=[KeyKind.EC_P384, KeyKind.RSA_3072])
def kind(request: pytest.FixtureRequest) -> KeyKind:
    return request.param


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(CaRefused) as refused:
        act()
    return refused.value.code


def made(reader: Reader, kind: KeyKind = KeyKind.EC_P256) -> token.TokenEcKey | token.TokenRsaKey:
    return token.make_key(reader.access, kind, "production issuing")


def verify(key: keys.SigningKey, signature: bytes, message: bytes = b"message") -> None:
    public = keys.load_public_key(keys.public_key_info(key.public_key()))
    if isinstance(public, ec.EllipticCurvePublicKey):
        public.verify(signature, message, ec.ECDSA(keys.digest_for(public)))
    else:
        public.verify(signature, message, padding.PKCS1v15(), keys.digest_for(public))


@pytest.mark.parametrize("kind", list(KeyKind))
def test_every_kind_of_key_signs_in_the_token(reader: Reader, kind: KeyKind) -> None:
    key = made(reader, kind)
    verify(key, keys.sign(key, b"message"))
    assert str(key.key_size) in kind.value


def test_a_key_is_found_again_by_its_reference_alone(reader: Reader, kind: KeyKind) -> None:
    first = made(reader, kind)
    start_anew()
    again = token.open_key(reader.access, first.reference)
    assert again.public_key() == first.public_key()
    verify(first, keys.sign(again, b"message"))


def issuer_in_token(key: keys.SigningKey) -> Issuer:
    """A root whose key is in the token, certified by itself."""
    plan = plan_for(Environment.PRODUCTION)
    return ceremony.make_root(Environment.PRODUCTION, plan, key, now=NOW, serial=serial(3))


def test_certificates_lists_and_requests_are_signed_by_the_token(reader: Reader, kind: KeyKind) -> None:
    issuer = issuer_in_token(made(reader, kind))
    holder = ec.generate_private_key(ec.SECP256R1())
    request = plain_request(holder).public_bytes(Encoding.DER)
    certificate = x509.load_der_x509_certificate(sign(issuer, prepared(issuer, request).tbs))
    certificate.verify_directly_issued_by(issuer.certificate)
    der = crl.build_crl(issuer, [], number=1, this_update=NOW, next_update=NOW + timedelta(days=7))
    assert x509.load_der_x509_crl(der).is_signature_valid(issuer.public_key)
    csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(issuer.key, hashes.SHA384())
    assert csr.is_signature_valid


def test_wire_4_token_keys_are_taken_by_every_builder_of_cryptography(reader: Reader, kind: KeyKind) -> None:
    key, name = made(reader, kind), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "In a token")])
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    digest, end = keys.digest_for(key.public_key()), NOW + timedelta(days=7)
    builder = x509.CertificateBuilder(name, name, key.public_key(), serial(1), NOW, end)
    certificate = builder.sign(key, digest)
    certificate.verify_directly_issued_by(certificate)
    listed = x509.CertificateRevocationListBuilder(name, NOW, end).sign(key, digest)
    assert listed.is_signature_valid(key.public_key())
    assert x509.CertificateSigningRequestBuilder(name).sign(key, digest).is_signature_valid
    said, by_name = x509_ocsp.OCSPCertStatus.GOOD, x509_ocsp.OCSPResponderEncoding.NAME
    answers = x509_ocsp.OCSPResponseBuilder().add_response(
        certificate, certificate, hashes.SHA1(), said, NOW, end, None, None
    )
    answer = answers.responder_id(by_name, certificate).sign(key, digest)
    verify(key, answer.signature, answer.tbs_response_bytes)


def test_wire_4_token_keys_sign_documents_by_signxml(reader: Reader) -> None:
    key, name = made(reader, KeyKind.RSA_3072), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "In a token")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), serial(1), NOW, NOW + timedelta(days=7))
    certificate = builder.sign(key, hashes.SHA256())
    document = etree.fromstring("<reply><Status>OK</Status></reply>")
    signed = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0).sign(
        document, key=key, cert=[certificate]
    )
    wanted = SignatureConfiguration(verification_time=NOW)
    read = XMLVerifier().verify(etree.tostring(signed), x509_cert=certificate, expect_config=wanted)
    assert read.signed_xml.findtext("Status") == "OK"


def test_the_key_cannot_be_taken_out(reader: Reader) -> None:
    import pkcs11

    key = made(reader)
    with pytest.raises(UnsupportedAlgorithm):
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(UnsupportedAlgorithm):
        key.private_numbers()
    opened = token_session._module(str(MODULE)).opened(reader.access, ("portal", None))
    inside = token._private_key(opened, key.reference)
    assert (inside[pkcs11.Attribute.SENSITIVE], inside[pkcs11.Attribute.EXTRACTABLE]) == (True, False)  # type: ignore[index]
    with pytest.raises(pkcs11.AttributeSensitive):
        inside[pkcs11.Attribute.VALUE]  # type: ignore[index]


def test_two_keys_of_one_label_are_two_keys(reader: Reader) -> None:
    first, second = made(reader), made(reader)
    assert first.public_key() != second.public_key()
    assert token.open_key(reader.access, first.reference).public_key() == first.public_key()
    assert refusal(lambda: token.open_key(reader.access, replace(first.reference, id=None))) == "ca_broken"


def test_a_token_that_only_hashes_and_signs_at_once_is_used_that_way(tmp_path: Path) -> None:
    with reader_in(tmp_path, "CKM_RSA_PKCS_KEY_PAIR_GEN,CKM_SHA256_RSA_PKCS") as reader:
        key = made(reader, KeyKind.RSA_3072)
        verify(key, keys.sign(key, b"message"))
        assert refusal(lambda: key.sign(b"message", padding.PKCS1v15(), hashes.SHA512())) == "ca_token_mechanism"


def test_a_token_that_cannot_make_the_kind_of_key_is_refused(tmp_path: Path) -> None:
    with reader_in(tmp_path, "CKM_RSA_PKCS_KEY_PAIR_GEN,CKM_RSA_PKCS") as reader:
        assert refusal(lambda: made(reader, KeyKind.EC_P384)) == "ca_token_mechanism"


def test_a_token_that_cannot_sign_with_the_key_is_refused(reader: Reader) -> None:
    key = made(reader, KeyKind.EC_P384)
    reader.configure("CKM_RSA_PKCS_KEY_PAIR_GEN,CKM_RSA_PKCS")
    start_anew()
    assert refusal(lambda: token.open_key(reader.access, key.reference)) == "ca_token_mechanism"
    assert refusal(lambda: keys.sign(key, b"message")) == "ca_token_mechanism"


def test_pss_and_weak_hashes_are_not_for_tokens(reader: Reader) -> None:
    rsa_key, ec_key = made(reader, KeyKind.RSA_3072), made(reader)
    assert isinstance(rsa_key, rsa.RSAPrivateKey)
    assert isinstance(ec_key, ec.EllipticCurvePrivateKey)
    with pytest.raises(UnsupportedAlgorithm):
        rsa_key.sign(b"", padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    with pytest.raises(UnsupportedAlgorithm):
        ec_key.sign(b"", ec.ECDSA(hashes.SHA1()))
    with pytest.raises(UnsupportedAlgorithm):
        rsa_key.decrypt(b"", padding.PKCS1v15())
    with pytest.raises(UnsupportedAlgorithm):
        ec_key.exchange(ec.ECDH(), ec_key.public_key())


@pytest.mark.parametrize("module", ["/nowhere/module.so", "/usr/lib/x86_64-linux-gnu/libm.so.6", __file__])
def test_a_module_that_is_missing_or_something_else_is_refused(module: str, reader: Reader) -> None:
    reference = KeyReference("portal", "production issuing", None)
    assert refusal(lambda: token.open_key(replace(reader.access, module=Path(module)), reference)) == "ca_token_module"


def test_a_token_that_is_away_is_refused_and_when_it_is_back_it_signs(reader: Reader, kind: KeyKind) -> None:
    key = made(reader, kind)
    keys.sign(key, b"message")
    reader.pull()
    for _ in range(2):
        assert refusal(lambda: keys.sign(key, b"message")) == "ca_token_away"
    assert refusal(lambda: token.open_key(reader.access, key.reference)) == "ca_token_away"
    assert refusal(lambda: made(reader)) == "ca_token_away"
    reader.put_back()
    verify(key, keys.sign(key, b"message"))


def test_a_token_that_was_away_between_two_signatures_is_not_noticed(reader: Reader) -> None:
    key = made(reader)
    keys.sign(key, b"message")
    reader.pull()
    reader.put_back()
    verify(key, keys.sign(key, b"message"))


def test_a_session_that_somebody_ended_is_opened_anew(reader: Reader) -> None:
    key = made(reader)
    keys.sign(key, b"message")
    token_session._module(str(MODULE)).opened(reader.access, ("portal", None)).session.close()
    verify(key, keys.sign(key, b"message"))


def test_one_token_does_not_end_anothers_session(reader: Reader) -> None:
    second = reader.add("second")
    first, other = made(reader), token.make_key(second, KeyKind.EC_P256, "other")
    for key in (first, other, first):
        verify(key, keys.sign(key, b"message"))
    module = token_session._module(str(MODULE))
    assert set(module._sessions) == {("portal", None), ("second", None)}
    module._sessions["portal", None].session.close()
    verify(first, keys.sign(first, b"message"))
    verify(other, keys.sign(other, b"message"))


def test_a_wrong_pin_is_refused_and_tried_once_alone(reader: Reader) -> None:
    key = made(reader)
    start_anew()
    wrong = replace(reader.access, pin="00000000")
    with tried_pins() as tried:
        for _ in range(3):
            assert refusal(lambda: token.open_key(wrong, key.reference)) == "ca_token_pin"
    assert tried == ["00000000"]
    verify(key, keys.sign(key, b"message"))


@contextmanager
def tried_pins() -> Iterator[list[str]]:
    """What the token is asked, while real calls go through: how many tries a PIN costs is what a real token counts."""
    tried: list[str] = []
    real = token_session.Module._log_in

    def log_in(self: token_session.Module, found: object, access: TokenAccess, *rest: object) -> object:
        tried.append(access.pin)
        return real(self, found, access, *rest)  # type: ignore[arg-type]

    token_session.Module._log_in = log_in  # type: ignore[assignment,method-assign]
    try:
        yield tried
    finally:
        token_session.Module._log_in = real  # type: ignore[method-assign]


def test_a_wrong_pin_does_not_sign_in_a_session_that_another_opened(reader: Reader) -> None:
    key = made(reader)
    keys.sign(key, b"message")
    wrong = token.TokenEcKey(replace(reader.access, pin="00000000"), key.reference, key.public_key())  # type: ignore[arg-type]
    assert refusal(lambda: keys.sign(wrong, b"message")) == "ca_token_pin"
    verify(key, keys.sign(key, b"message"))


def test_a_pin_prints_nowhere(reader: Reader) -> None:
    assert PIN not in repr(reader.access)
    with pytest.raises(CaRefused) as refused:
        token.open_key(reader.access, KeyReference("portal", "none", None))
    assert PIN not in f"{refused.value!r} {refused.value.details}"


def test_a_key_that_is_not_in_the_token_is_refused(reader: Reader) -> None:
    key = made(reader)
    for missing in (replace(key.reference, label="test issuing"), replace(key.reference, id=b"\x01")):
        assert refusal(lambda missing=missing: token.open_key(reader.access, missing)) == "ca_token_key_missing"


def test_another_token_of_the_same_label_is_told_by_its_serial_number(reader: Reader) -> None:
    key = made(reader)
    serial_number = token_session._module(str(MODULE)).opened(reader.access, ("portal", None)).session.token.serial
    named = replace(key.reference, serial=serial_number.decode())
    assert token.open_key(reader.access, named).public_key() == key.public_key()
    assert refusal(lambda: token.open_key(reader.access, replace(named, serial="0000"))) == "ca_token_away"
    reader.add("portal")
    start_anew()
    assert refusal(lambda: token.open_key(reader.access, key.reference)) == "ca_broken"
    assert token.open_key(reader.access, named).public_key() == key.public_key()


def test_threads_sign_one_after_another(reader: Reader) -> None:
    key = made(reader, KeyKind.EC_P384)
    messages = [str(number).encode() for number in range(60)]
    with ThreadPoolExecutor(8) as threads:
        signatures = list(threads.map(lambda message: keys.sign(key, message), messages))
    for message, signature in zip(messages, signatures, strict=True):
        verify(key, signature, message)


def test_a_token_that_hangs_does_not_hold_other_threads_for_ever(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = made(reader)
    monkeypatch.setattr(token_session, "WAIT_SECONDS", 0.05)
    holding, done = threading.Event(), threading.Event()

    def hang() -> None:
        with token_session._module(str(MODULE)).held(("portal", None)):
            holding.set()
            done.wait(20)

    with ThreadPoolExecutor(1) as threads:
        threads.submit(hang)
        holding.wait(20)
        assert refusal(lambda: keys.sign(key, b"message")) == "ca_token_away"
        done.set()
    verify(key, keys.sign(key, b"message"))


def test_a_forked_process_opens_a_session_of_its_own(reader: Reader) -> None:
    """As the workers of a server do that used the key before it forked; also while another thread holds the module."""
    key = made(reader)
    keys.sign(key, b"message")
    with token_session._module(str(MODULE)).held(("portal", None)):
        child = os.fork()
        if child == 0:
            try:
                verify(key, keys.sign(key, b"message"))
                os._exit(0)
            finally:
                os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    verify(key, keys.sign(key, b"message"))


def test_the_module_is_imported_when_a_token_is_used_and_not_before() -> None:
    code = "import sys, certportal.ca, certportal.ca.token; sys.exit('pkcs11' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_one_door_leads_to_keys_on_disk_and_in_tokens(reader: Reader, tmp_path: Path, kind: KeyKind) -> None:
    on_disk = keys.make_and_store(tmp_path / "disk.key", kind, PASSPHRASE)
    in_token = keys.make_and_store(tmp_path / "token.key", kind, b"", reader.access, "production root")
    for name, key in (("disk", on_disk), ("token", in_token)):
        again = keys.load(tmp_path / f"{name}.key", PASSPHRASE, reader.access)
        assert again.public_key() == key.public_key()
        verify(key, keys.sign(again, b"message"))
    content = (tmp_path / "token.key").read_text()
    assert content.startswith("pkcs11:token=portal;object=production%20root;id=%")
    assert PIN not in content
    assert (tmp_path / "token.key").stat().st_mode & 0o777 == 0o600


def test_a_reference_needs_a_token_and_good_words(reader: Reader, tmp_path: Path) -> None:
    keys.make_and_store(tmp_path / "a.key", KeyKind.EC_P256, b"", reader.access, "a")
    assert refusal(lambda: keys.load(tmp_path / "a.key", PASSPHRASE)) == "ca_token_unset"
    (tmp_path / "b.key").write_text("pkcs11:token=portal;object=a?pin-value=1234\n")
    assert refusal(lambda: keys.load(tmp_path / "b.key", PASSPHRASE, reader.access)) == "ca_broken"


def test_no_key_is_made_in_the_token_for_a_file_that_exists(reader: Reader, tmp_path: Path) -> None:
    (tmp_path / "a.key").touch()
    make = lambda: keys.make_and_store(tmp_path / "a.key", KeyKind.EC_P256, b"", reader.access, "a")  # noqa: E731
    assert refusal(make) == "ca_exists"
    assert refusal(lambda: token.open_key(reader.access, KeyReference("portal", "a", None))) == "ca_token_key_missing"
