"""Questions about certificates are read whoever asks, and answered so that whoever asks can believe it; others are refused."""

import base64
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as theirs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certportal.ca import Authority, CaRefused, Issuer, Reason, der, keys, ocsp
from certportal.ca.names import Service
from certportal.ca.ocsp import GOOD, UNKNOWN, Failure, Refused, Revocation
from certportal.ca.own import certify
from certportal.ca.profile import OCSP_RESPONDER, SERVICES
from certportal.ca.responder import Responder
from tests.ca.making import CRL, HASHES, NOW, question, serial

MOMENT = NOW.replace(microsecond=0)
LATER = MOMENT + timedelta(hours=12)


@pytest.fixture(scope="session")
def responders() -> Callable[[Issuer], Responder]:
    return cache(make_responder)


def make_responder(issuer: Issuer) -> Responder:
    key = keys.make(keys.KeyKind.EC_P256)
    service = Service("Certportal OCSP responder")
    return Responder(issuer, certify(issuer, key, service, OCSP_RESPONDER, serial=serial(5), now=NOW), key)


@pytest.fixture
def responder(production: Issuer, responders: Callable[[Issuer], Responder]) -> Responder:
    return responders(production)


def failure(act: Callable[[], object]) -> Failure:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.failure


def answered(responder: Responder, status: ocsp.Status, sent: bytes, moment: datetime = NOW) -> theirs.OCSPResponse:
    asked = ocsp.read_request(sent)
    moments = {"produced_at": moment, "this_update": moment, "next_update": LATER}
    statuses = [(one, status) for one in asked.cert_ids]
    return theirs.load_der_ocsp_response(ocsp.build_answer(responder, statuses, **moments, nonce=asked.nonce))


@pytest.mark.parametrize("hash_name", list(HASHES))
@pytest.mark.parametrize("nonce", [None, b"\x00", b"n" * 32, b"n" * 128])
def test_a_question_is_read_as_it_was_meant(hash_name: str, nonce: bytes | None, production: Issuer) -> None:
    asked = ocsp.read_request(question(production, serial(), hash_name, nonce))
    assert (asked.nonce, [one.serial for one in asked.cert_ids]) == (nonce, [serial()])
    assert asked.cert_ids[0].hash_name == hash_name
    assert ocsp.matches(asked.cert_ids[0], production)
    assert asked.cert_ids[0] == ocsp.cert_id(production, serial(), hash_name)


def test_the_hashes_are_those_that_another_program_makes(production: Issuer, other_environment: Issuer) -> None:
    root, issuing = production.chain[1], production.chain[0]
    for name, algorithm in HASHES.items():
        sent = theirs.OCSPRequestBuilder().add_certificate(issuing, root, algorithm).build().public_bytes(Encoding.DER)
        (one,) = ocsp.read_request(sent).cert_ids
        assert ocsp.matches(one, Authority(production.environment, (root,)))
        assert one.serial == issuing.serial_number
        assert not ocsp.matches(one, production)
        assert not ocsp.matches(ocsp.cert_id(other_environment, 1, name), production)


@pytest.mark.parametrize("hash_name", list(HASHES))
def test_good_and_unknown_are_said(hash_name: str, responder: Responder, production: Issuer) -> None:
    for status, theirs_is in ((GOOD, theirs.OCSPCertStatus.GOOD), (UNKNOWN, theirs.OCSPCertStatus.UNKNOWN)):
        answer = answered(responder, status, question(production, serial(), hash_name))
        assert answer.certificate_status is theirs_is
        assert answer.serial_number == serial()
        assert answer.hash_algorithm.name == hash_name
        assert (answer.this_update_utc, answer.next_update_utc, answer.produced_at_utc) == (MOMENT, LATER, MOMENT)
        assert list(answer.extensions) == []


@pytest.mark.parametrize("reason", list(Reason))
def test_revoked_is_said_with_its_time_and_reason(reason: Reason, responder: Responder, production: Issuer) -> None:
    at = MOMENT - timedelta(days=3)
    answer = answered(responder, Revocation(at, reason), question(production, serial()))
    assert answer.certificate_status is theirs.OCSPCertStatus.REVOKED
    assert answer.revocation_time_utc == at
    found = answer.revocation_reason
    assert (found is None) == (reason is Reason.UNSPECIFIED)
    codes = {"key_compromise": 1, "affiliation_changed": 3, "cessation_of_operation": 5, "privilege_withdrawn": 9}
    assert found is None or codes[found.name] == reason.rfc_code


def test_a_nonce_comes_back(responder: Responder, production: Issuer) -> None:
    """RFC 9654: so that nobody can play an old answer."""
    answer = answered(responder, GOOD, question(production, serial(), nonce=b"n" * 32))
    assert [each.value for each in answer.extensions] == [x509.OCSPNonce(b"n" * 32)]


def test_every_kind_of_authority_answers_through_its_responder(
    any_issuer: Issuer, responders: Callable[[Issuer], Responder]
) -> None:
    """RFC 6960 4.2.2.2: the certificate comes along, is of the same authority, and names the key that signed."""
    responder = responders(any_issuer)
    answer = answered(responder, GOOD, question(any_issuer, serial(), "sha256"))
    (certificate,) = answer.certificates
    certificate.verify_directly_issued_by(any_issuer.certificate)
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(hashes.SHA256()))
    sha1 = x509.SubjectKeyIdentifier.from_public_key(key).digest
    assert (answer.responder_key_hash, answer.responder_name) == (sha1, None)


def test_keys_of_every_kind_sign_answers(production: Issuer) -> None:
    for kind in (keys.KeyKind.EC_P384, keys.KeyKind.RSA_3072):
        key = keys.make(kind)
        service = Service("Certportal OCSP responder")
        certificate = certify(production, key, service, OCSP_RESPONDER, serial=serial(6), now=NOW)
        answer = answered(Responder(production, certificate, key), GOOD, question(production, serial()))
        public, digest = key.public_key(), keys.digest_for(key.public_key())
        scheme = (ec.ECDSA(digest),) if isinstance(public, ec.EllipticCurvePublicKey) else (padding.PKCS1v15(), digest)
        public.verify(answer.signature, answer.tbs_response_bytes, *scheme)  # type: ignore[arg-type]
        assert answer.signature_hash_algorithm is not None
        assert answer.signature_hash_algorithm.name == digest.name


def several(*questions: bytes, extensions: bytes = b"") -> bytes:
    """One question made of many."""
    lists = (der.child(der.child(one, 0).encoded, 0).contents for one in questions)
    return der.encode(der.SEQUENCE, der.encode(der.SEQUENCE, der.encode(der.SEQUENCE, *lists), extensions))


def test_several_certificates_in_one_question_get_one_answer(responder: Responder, production: Issuer) -> None:
    sent = several(*(question(production, serial(seed), "sha256") for seed in (1, 2, 3)))
    asked = ocsp.read_request(sent)
    assert [one.serial for one in asked.cert_ids] == [serial(1), serial(2), serial(3)]
    statuses = list(zip(asked.cert_ids, (GOOD, Revocation(MOMENT, Reason.MISUSE), UNKNOWN), strict=True))
    encoded = ocsp.build_answer(responder, statuses, produced_at=NOW, this_update=NOW, next_update=LATER)
    answers = list(theirs.load_der_ocsp_response(encoded).responses)
    assert [(one.serial_number, one.certificate_status.name) for one in answers] == [
        (serial(1), "GOOD"),
        (serial(2), "REVOKED"),
        (serial(3), "UNKNOWN"),
    ]


def test_too_many_certificates_or_none_are_refused(production: Issuer) -> None:
    one = question(production, serial())
    assert len(ocsp.read_request(several(*[one] * ocsp.MOST_CERTIFICATES)).cert_ids) == ocsp.MOST_CERTIFICATES
    for count in (0, ocsp.MOST_CERTIFICATES + 1):
        assert failure(lambda n=count: ocsp.read_request(several(*[one] * n))) is Failure.MALFORMED_REQUEST


def with_extension(question: bytes, oid: str, value: bytes, critical: bytes = b"") -> bytes:
    """The question with one requestExtension."""
    encoded = x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value)
    name = der.encode(0x06, _oid(encoded.oid.dotted_string))
    extension = der.encode(der.SEQUENCE, name, critical, der.encode(der.OCTET_STRING, value))
    return several(question, extensions=der.encode(0xA2, der.encode(der.SEQUENCE, extension)))


def _oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    octets = bytes((first * 40 + second,))
    for arc in rest:
        digits = [arc & 0x7F]
        while arc := arc >> 7:
            digits.insert(0, arc & 0x7F | 0x80)
        octets += bytes(digits)
    return octets


TRUE, FALSE, NONCE, OTHER = b"\x01\x01\xff", b"\x01\x01\x00", "1.3.6.1.5.5.7.48.1.2", "1.3.6.1.5.5.7.48.1.8"


@pytest.mark.parametrize("value", [b"", b"\x04\x00", b"\x04\x81\x81" + b"n" * 129, b"raw octets", b"\x04\x01n\x00"])
def test_a_nonce_that_rfc_9654_does_not_allow_is_refused(value: bytes, production: Issuer) -> None:
    sent = with_extension(question(production, serial()), NONCE, value)
    assert failure(lambda: ocsp.read_request(sent)) is Failure.MALFORMED_REQUEST


def test_other_extensions_are_passed_over_unless_they_are_critical(production: Issuer) -> None:
    plain = question(production, serial())
    for critical in (b"", FALSE):
        assert ocsp.read_request(with_extension(plain, OTHER, b"\x05\x00", critical)).nonce is None
    assert ocsp.read_request(with_extension(plain, NONCE, b"\x04\x01n", TRUE)).nonce == b"n"
    sent = with_extension(plain, OTHER, b"\x05\x00", TRUE)
    assert failure(lambda: ocsp.read_request(sent)) is Failure.MALFORMED_REQUEST


def rebuilt(question: bytes, change: Callable[[list[bytes]], list[bytes]]) -> bytes:
    """The question with other parts in its CertID."""
    request = der.child(der.child(der.child(question, 0).encoded, 0).encoded, 0)
    parts = change([part.encoded for part in der.children(der.child(request.encoded, 0).encoded)])
    changed = der.encode(der.SEQUENCE, der.encode(der.SEQUENCE, *parts))
    return der.encode(der.SEQUENCE, der.encode(der.SEQUENCE, der.encode(der.SEQUENCE, changed)))


@pytest.mark.parametrize("form", ["300706052b0e03021a", "300b0609608648016503040201"])
def test_the_hash_may_be_named_without_null(form: str, production: Issuer, responder: Responder) -> None:
    name = "sha1" if "2b0e" in form else "sha256"
    sent = rebuilt(question(production, serial(), name), lambda parts: [bytes.fromhex(form), *parts[1:]])
    (one,) = ocsp.read_request(sent).cert_ids
    assert ocsp.matches(one, production)
    assert one.encoded in answered_bytes(responder, sent)


def answered_bytes(responder: Responder, sent: bytes) -> bytes:
    statuses = [(one, GOOD) for one in ocsp.read_request(sent).cert_ids]
    return ocsp.build_answer(responder, statuses, produced_at=NOW, this_update=NOW, next_update=LATER)


def test_another_hash_is_not_ours_to_answer(production: Issuer) -> None:
    sha512 = bytes.fromhex("300d06096086480165030402030500")
    sent = rebuilt(question(production, serial()), lambda parts: [sha512, *parts[1:]])
    assert failure(lambda: ocsp.read_request(sent)) is Failure.UNAUTHORIZED


@pytest.mark.parametrize("odd", [b"\x02\x02\x00\x05", b"\x02\x00", b"\x02\x16" + b"\x01" * 22, b"\x0a\x01\x05"])
def test_a_serial_number_that_der_does_not_have_is_refused(odd: bytes, production: Issuer) -> None:
    sent = rebuilt(question(production, serial()), lambda parts: [*parts[:3], odd])
    assert failure(lambda: ocsp.read_request(sent)) is Failure.MALFORMED_REQUEST


def test_clients_may_sign_and_give_their_name(production: Issuer) -> None:
    """RFC 6960 4.1.1: requestorName, and a signature with certificates. Neither changes the answer."""
    plain = question(production, serial())
    named = der.encode(0xA1, der.encode(0xA4, x509.Name([]).public_bytes()))
    version = der.encode(0xA0, der.encode(der.INTEGER, b"\x00"))
    listed = der.child(der.child(plain, 0).encoded, 0).encoded
    signature = der.encode(0xA0, der.encode(der.SEQUENCE, bytes.fromhex("300a06082a8648ce3d040302"), b"\x03\x01\x00"))
    sent = der.encode(der.SEQUENCE, der.encode(der.SEQUENCE, version, named, listed), signature)
    assert ocsp.read_request(sent) == ocsp.read_request(plain)
    second = der.encode(0xA0, der.encode(der.INTEGER, b"\x01"))
    sent = der.encode(der.SEQUENCE, der.encode(der.SEQUENCE, second, listed))
    assert failure(lambda: ocsp.read_request(sent)) is Failure.MALFORMED_REQUEST


def test_what_is_too_large_is_not_read(production: Issuer) -> None:
    sent = question(production, serial())
    assert failure(lambda: ocsp.read_request(sent + b"\x00")) is Failure.MALFORMED_REQUEST
    assert failure(lambda: ocsp.read_request(sent + b"\x00" * ocsp.LARGEST)) is Failure.MALFORMED_REQUEST


def read_or_refused(sent: bytes) -> None:
    try:
        asked = ocsp.read_request(sent)
    except Refused as refused:
        answer = refused.failure.encoded
    else:
        assert asked.cert_ids
        assert asked.nonce is None or 1 <= len(asked.nonce) <= 128
        return
    assert theirs.load_der_ocsp_response(answer)


@settings(max_examples=500, deadline=None)
@given(sent=st.binary(max_size=300))
def test_any_octets_are_a_question_or_refused(sent: bytes) -> None:
    read_or_refused(sent)


@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(places=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), min_size=1, max_size=4))
def test_any_changed_question_is_a_question_or_refused(places: list[tuple[int, int]], production: Issuer) -> None:
    sent = bytearray(question(production, serial(), "sha256", b"n" * 16))
    for place, octet in places:
        sent[place % len(sent)] = octet
    read_or_refused(bytes(sent))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 200), octet=st.integers(0, 255))
def test_whatever_is_read_is_answered_in_der(place: int, octet: int, production: Issuer, responder: Responder) -> None:
    sent = bytearray(question(production, serial()))
    sent[place % len(sent)] = octet
    try:
        answer = answered(responder, GOOD, bytes(sent))
    except Refused:
        return
    assert answer.response_status is theirs.OCSPResponseStatus.SUCCESSFUL


@given(text=st.text(max_size=200) | st.text("ABab01+/-_=% \n", max_size=200))
def test_any_path_is_octets_or_refused(text: str) -> None:
    with contextlib.suppress(Refused):
        assert isinstance(ocsp.decode_get(text), bytes)


@given(octets=st.binary(min_size=1, max_size=200))
def test_a_path_is_read_however_it_was_encoded(octets: bytes) -> None:
    plain, urlsafe = base64.b64encode(octets).decode(), base64.urlsafe_b64encode(octets).decode()
    once = quote(plain, safe="")
    for text in (plain, once, quote(plain), quote(once), urlsafe, urlsafe.rstrip("="), plain.replace("+", " ")):
        if not text.startswith("/"):
            assert ocsp.decode_get(text) == octets
    assert ocsp.decode_get(f"/{once}") == octets


@pytest.mark.parametrize("kind", list(Failure))
def test_answers_without_a_signature_are_read_by_others(kind: Failure) -> None:
    answer = theirs.load_der_ocsp_response(kind.encoded)
    assert answer.response_status.value == kind.value
    assert answer.response_status.name == kind.name


def test_moments_that_make_no_answer_are_a_mistake(responder: Responder, production: Issuer) -> None:
    one = ocsp.cert_id(production, serial(), "sha1")
    for statuses, this, following, produced in (
        ([], NOW, LATER, NOW),
        ([(one, GOOD)], LATER, NOW, LATER),
        ([(one, GOOD)], NOW, LATER, NOW - timedelta(hours=1)),
        ([(one, GOOD)], NOW.replace(tzinfo=None), LATER.replace(tzinfo=None), NOW.replace(tzinfo=None)),
    ):
        with pytest.raises(ValueError, match=r"answered|aware"):
            ocsp.build_answer(responder, statuses, produced_at=produced, this_update=this, next_update=following)


def test_times_are_written_in_utc(responder: Responder, production: Issuer) -> None:
    from zoneinfo import ZoneInfo

    answer = answered(responder, GOOD, question(production, serial()), NOW.astimezone(ZoneInfo("Europe/Helsinki")))
    assert answer.this_update_utc == MOMENT.astimezone(UTC)


def test_only_a_responder_of_the_very_authority_answers(
    production: Issuer, other_environment: Issuer, responder: Responder
) -> None:
    def code(act: Callable[[], object]) -> str:
        with pytest.raises(CaRefused) as refused:
            act()
        return refused.value.code

    key = responder.key
    services = certify(production, key, Service("x"), SERVICES, serial=serial(7), now=NOW, crl_url=CRL)
    assert code(lambda: Responder(production, services, key)) == "ca_broken"
    assert code(lambda: Responder(other_environment, responder.certificate, key)) == "ca_broken"
    assert code(lambda: Responder(production, production.certificate, production.key)) == "ca_broken"
    other = keys.make(keys.KeyKind.EC_P256)
    assert code(lambda: Responder(production, responder.certificate, other)) == "ca_key_mismatch"
