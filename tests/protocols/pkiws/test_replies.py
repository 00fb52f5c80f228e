"""What is sent: each proven fact of the wire about replies and their signature, one test."""

import base64
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from lxml import etree

from certportal.identifiers import Environment
from certportal.settings import Settings
from tests.certificates.steps import Kit
from tests.conftest import FakeClock
from tests.protocols.pkiws.wire import DS, MESSAGES, SOAP, Line, Reply, der_request

Trusted = Callable[[], x509.Certificate]
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"


@pytest.fixture
def replies(kit: Kit, line: Line) -> list[Reply]:
    """One of each kind: a RetrievalId, a certificate, and what fails."""
    codes = kit.codes()
    signed = line.sign_new(codes, der_request())
    return [signed, line.get(signed.retrieval_id), line.get("unknown"), line.sign_new(codes, der_request())]


def test_wire_1_http_200_always_fail_included(replies: list[Reply]) -> None:
    assert [reply.response.status_code for reply in replies] == [200] * 4
    assert [reply.status for reply in replies] == ["OK", "OK", "FAIL", "FAIL"]


def test_wire_1_children_come_in_their_order_and_the_value_only_when_ok(replies: list[Reply]) -> None:
    signature = f"{{{DS}}}Signature"
    assert [[child.tag for child in reply.payload] for reply in replies] == [
        ["RetrievalId", "Result", signature],
        ["Certificate", "Result", signature],
        ["Result", signature],
        ["Result", signature],
    ]
    assert [child.tag for child in replies[2].payload.find("Result/ErrorInfo")] == ["ErrorCode", "ErrorMessage"]


def test_wire_1_children_are_unqualified_and_no_namespace_is_a_default_one(replies: list[Reply]) -> None:
    for reply in replies:
        assert reply.payload.tag.startswith(f"{{{MESSAGES}}}")
        assert ' xmlns="' not in reply.text
        assert None not in {key for each in reply.envelope.iter() for key in each.nsmap}


def test_replies_follow_the_schema(replies: list[Reply], line: Line) -> None:
    from certportal.protocols.pkiws.reading import _schema

    for reply in replies:
        assert _schema().validate(reply.payload), _schema().error_log


def test_wire_1_error_code_is_pki_and_three_digits_with_a_finished_sentence(replies: list[Reply]) -> None:
    for reply in replies[2:]:
        assert all(re.fullmatch(r"PKI\d{3}", code) for code in reply.codes)
        assert all(message.endswith(".") and len(message) <= 255 for message in reply.messages)
        assert len(reply.codes) == len(reply.messages) == 1


@pytest.mark.parametrize("wrong", ["TransferId", "TransferPassword", "Environment", "CustomerId"])
def test_wire_1_error_code_pki020_is_for_wrong_transfer_credentials_whatever_is_wrong(
    kit: Kit, line: Line, wrong: str
) -> None:
    values = {"TransferId": "000000000000", "TransferPassword": "notThePassword22"}
    values |= {"Environment": "TEST", "CustomerId": "9900002-6"}
    reply = line.sign_new(kit.unspent(), der_request(), **{wrong: values[wrong]})
    assert reply.codes == ["PKI020"]
    assert "not for this CustomerId and Environment, or no longer valid. Check all four" in reply.messages[0]
    other = line.sign_new(kit.unspent(), der_request(), TransferId="123")
    assert other.messages == reply.messages


def test_lapsed_codes_answer_like_wrong_ones(kit: Kit, line: Line, clock: object) -> None:
    codes = kit.codes()
    clock.move(days=16)  # type: ignore[attr-defined]
    assert line.sign_new(codes, der_request()).codes == ["PKI020"]


def test_wire_1_retrieval_id_is_letters_digits_and_hyphens_of_32_at_most(replies: list[Reply]) -> None:
    assert re.fullmatch(r"[A-Za-z0-9-]{1,32}", replies[0].retrieval_id)


def test_wire_1_certificate_is_base64_of_der_the_end_entity_alone_and_unwrapped(replies: list[Reply]) -> None:
    sent = replies[1].value("Certificate") or ""
    assert re.fullmatch(r"[A-Za-z0-9+/]+=*", sent)
    der = base64.b64decode(sent, validate=True)
    assert x509.load_der_x509_certificate(der).public_bytes(encoding()) == der


def encoding() -> object:
    from cryptography.hazmat.primitives.serialization import Encoding

    return Encoding.DER


def test_the_literal_style_that_string_matching_clients_need(replies: list[Reply]) -> None:
    for reply in replies:
        assert f'<SOAP-ENV:Envelope xmlns:SOAP-ENV="{SOAP}"><SOAP-ENV:Header/><SOAP-ENV:Body>' in reply.text
        assert reply.text.endswith("</SOAP-ENV:Body></SOAP-ENV:Envelope>")
        for name in ("SignedInfo", "SignatureValue", "X509Certificate"):
            assert reply.text.count(f"<ds:{name}>") == 1
    assert replies[0].text.index("<RetrievalId>") < replies[0].text.index("<Result>")


def test_wire_1_reply_is_signed_as_a_document_of_its_own_and_then_put_into_the_body(
    replies: list[Reply], trusted: Trusted
) -> None:
    for reply in replies:
        start, end = reply.text.index("<c:"), reply.text.index("</SOAP-ENV:Body>")
        cut = etree.fromstring(reply.text[start:end])
        covered = reply.verified(trusted())
        cut.remove(cut.find(f"{{{DS}}}Signature"))
        assert covered == etree.tostring(cut, method="c14n", exclusive=True)
        assert etree.fromstring(covered).tag == reply.payload.tag


def test_wire_1_reply_signature_is_enveloped_exclusive_rsa_sha256_over_the_whole_document(replies: list[Reply]) -> None:
    for reply in replies:
        [info] = reply.payload.iter(f"{{{DS}}}SignedInfo")
        [reference] = info.iter(f"{{{DS}}}Reference")
        assert reference.get("URI") == ""
        assert [each.get("Algorithm") for each in info.iter() if each.get("Algorithm")] == [
            EXCLUSIVE,
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            f"{DS}enveloped-signature",
            EXCLUSIVE,
            "http://www.w3.org/2001/04/xmlenc#sha256",
        ]


def test_wire_1_key_info_is_one_certificate_of_the_service_which_is_no_authority(
    replies: list[Reply], trusted: Trusted
) -> None:
    for reply in replies:
        [info] = reply.payload.iter(f"{{{DS}}}KeyInfo")
        assert [each.tag.rpartition("}")[2] for each in info.iter()] == ["KeyInfo", "X509Data", "X509Certificate"]
        assert reply.signer == trusted()
    signer = trusted()
    assert signer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    assert "Issuing" in signer.issuer.rfc4514_string()
    assert signer.issuer != replies[1].certificate.issuer


def test_wire_1_issued_certificate_has_what_clients_look_for(kit: Kit, line: Line) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    issued = line.get(line.sign_new(kit.codes(), der_request(key)).retrieval_id).certificate
    assert [each.value for each in issued.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)] == ["9900001-8"]
    assert issued.public_key() == key.public_key()
    usages = issued.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert x509.ExtendedKeyUsageOID.CLIENT_AUTH in usages
    assert issued.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    [issuer] = issued.issuer.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    assert "Issuing" in str(issuer.value)


def test_a_test_order_gives_a_real_certificate_for_the_callers_key(kit: Kit, line: Line) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    codes = kit.codes(kit.order(environment=Environment.TEST))
    signed = line.sign_new(codes, der_request(key), Environment="TEST")
    issued = line.get(signed.retrieval_id, Environment="TEST").certificate
    assert issued.public_key() == key.public_key()
    assert issued.issuer.rfc4514_string() != line.get("x").signer.issuer.rfc4514_string()
    assert line.get(signed.retrieval_id).codes == ["PKI030"]  # production does not know it


def own_keys(settings: Settings) -> list[Path]:
    return sorted(settings.ca_dir.glob("*/own/*.key"))


def test_a_call_makes_no_key_where_there_is_one(kit: Kit, line: Line, settings: Settings, clock: FakeClock) -> None:
    before = own_keys(settings)
    clock.move(days=360)
    assert line.sign_new(kit.codes(), b"none").signer == line.get("x").signer
    assert own_keys(settings) == before


def test_a_call_makes_no_key_of_another_environment(kit: Kit, line: Line, settings: Settings) -> None:
    for path in settings.ca_dir.glob("*/own"):
        shutil.rmtree(path)
    (settings.ca_dir / "production" / "services.key").unlink()
    assert line.get("x").status == "FAIL"
    assert own_keys(settings) == []
    assert line.get("x", Environment="TEST").signer
    assert [path.parts[-3] for path in own_keys(settings)] == ["test"]
