"""What is accepted: each proven fact of the wire about requests, one test."""

import base64
import re
import textwrap

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.certificates.steps import Kit, key_and_request
from tests.conftest import FakeClock
from tests.protocols.pkiws.renewals import Style
from tests.protocols.pkiws.test_renewing import Holder, a_holder
from tests.protocols.pkiws.wire import (
    DS,
    SOAP,
    Line,
    der_request,
    get,
    in_envelope,
    sign_new,
)


def test_wire_1_post_of_text_xml_without_a_client_certificate_is_answered(kit: Kit, line: Line) -> None:
    reply = line.sign_new(kit.codes(), der_request())
    assert reply.response.status_code == 200
    assert reply.response.content_type == "text/xml; charset=utf-8"
    assert reply.retrieval_id


@pytest.mark.parametrize("action", ['"signNewCertificate"', "signNewCertificate", '""', "getCertificate", None])
def test_wire_1_soapaction_comes_quoted_and_unquoted_and_is_not_looked_at(
    kit: Kit, line: Line, action: str | None
) -> None:
    headers = {"SOAPAction": action} if action is not None else {}
    assert line.post(in_envelope(sign_new(kit.codes(), der_request())), **headers).retrieval_id


@pytest.mark.parametrize("prefix", ["c", "ns2", "cer", "tns"])
def test_wire_1_namespaces_only_the_root_is_qualified_by_any_prefix(kit: Kit, line: Line, prefix: str) -> None:
    codes, sent = kit.codes(), der_request()
    good = sign_new(codes, sent, prefix)
    qualified = good.replace("<CustomerId>", f"<{prefix}:CustomerId>").replace(
        "</CustomerId>", f"</{prefix}:CustomerId>"
    )
    by_default = good.replace(f"<{prefix}:", "<").replace(f"</{prefix}:", "</").replace(f"xmlns:{prefix}=", "xmlns=")
    for wrong in (qualified, by_default):
        reply = line.post(in_envelope(wrong))
        assert (reply.codes, "must be in none" in reply.messages[0]) == (["PKI004"], True)
    assert line.post(in_envelope(good)).retrieval_id


@pytest.mark.parametrize("prefix", ["soapenv", "SOAP-ENV", "soap", "S", "env"])
@pytest.mark.parametrize("header", ["", "<{p}:Header/>", "<{p}:Header></{p}:Header>"])
def test_wire_1_namespaces_of_the_envelope_vary_and_its_header_is_empty_or_absent(
    line: Line, prefix: str, header: str
) -> None:
    assert line.post(in_envelope(get("x"), prefix, header.format(p=prefix))).codes == ["PKI030"]


def test_the_envelope_may_be_in_a_default_namespace(line: Line) -> None:
    inside = (
        get("x").replace("<Environment>", '<Environment xmlns="">').replace("<CustomerId>", '<CustomerId xmlns="">')
    )
    inside = inside.replace("<RetrievalId>", '<RetrievalId xmlns="">')
    body = f'<Envelope xmlns="{SOAP}"><Header/><Body>{inside}</Body></Envelope>'
    assert line.post(body).codes == ["PKI030"]


def test_wire_1_namespaces_unused_declarations_occur_on_the_root(kit: Kit, line: Line) -> None:
    unused = f' xmlns:ds="{DS}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="urn:x"'
    good = sign_new(kit.codes(), der_request()).replace("Request xmlns:c", f"Request{unused} xmlns:c", 1)
    assert unused in good
    assert line.post(in_envelope(good, more=unused)).retrieval_id


@pytest.fixture
def holder(kit: Kit, line: Line, clock: FakeClock) -> Holder:
    return a_holder(kit, line, clock)


def written(sent: bytes, how: str) -> str:
    """A signing request in base64, as programs write it."""
    pem = b"-----BEGIN CERTIFICATE REQUEST-----\n" + base64.encodebytes(sent) + b"-----END CERTIFICATE REQUEST-----\n"
    flat = base64.b64encode(sent).decode()
    return {
        "DER": flat,
        "PEM": base64.b64encode(pem).decode(),
        "DER, wrapped": "\n".join(textwrap.wrap(flat, 64)),
        "DER, wrapped by CR LF and indented": "\n  " + "&#13;\n\t".join(textwrap.wrap(flat, 76)) + "\n  ",
        "PEM, wrapped": "\n".join(textwrap.wrap(base64.b64encode(pem).decode(), 60)),
    }[how]


@pytest.mark.parametrize("how", ["DER", "PEM", "DER, wrapped", "DER, wrapped by CR LF and indented", "PEM, wrapped"])
def test_wire_1_signing_request_is_base64_of_der_or_pem_with_any_white_space(kit: Kit, line: Line, how: str) -> None:
    sent = der_request()
    assert line.sign_new(kit.codes(), sent, CertificateRequest=written(sent, how)).retrieval_id


@pytest.mark.parametrize("name", ["", "Mallilön Ab", "9900002-6", "Certportal Root CA (production)"])
def test_wire_1_subject_of_the_request_is_not_the_identity(kit: Kit, line: Line, name: str) -> None:
    issued = line.get(line.sign_new(kit.codes(), der_request(name=name)).retrieval_id).certificate
    [common_name] = issued.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    assert common_name.value == "9900001-8"


@pytest.mark.parametrize(
    ("bits", "exponent", "digest"),
    [(3072, 65537, hashes.SHA256()), (2048, 65537, hashes.SHA256()), (2048, 3, hashes.SHA512())],
    ids=["RSA 3072 with SHA-256", "RSA 2048 with SHA-256", "RSA 2048 with exponent 3 and SHA-512"],
)
def test_wire_1_keys_that_were_met_are_certified(
    kit: Kit, line: Line, bits: int, exponent: int, digest: hashes.HashAlgorithm
) -> None:
    key = rsa.generate_private_key(public_exponent=exponent, key_size=bits)
    issued = line.get(line.sign_new(kit.codes(), der_request(key, digest=digest)).retrieval_id).certificate
    assert issued.public_key() == key.public_key()


def test_the_customers_name_may_be_left_out_and_is_not_looked_at(kit: Kit, line: Line) -> None:
    assert line.sign_new(kit.codes(), der_request(), CustomerName="").retrieval_id
    assert line.sign_new(kit.codes(), der_request(), CustomerName="Somebody Else Oy").retrieval_id


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Environment", "STAGING"),
        ("CustomerId", "9" * 31),
        ("CustomerName", "n" * 101),
        ("TransferId", "1" * 33),
        ("TransferPassword", "p" * 17),
        ("CertificateRequest", base64.b64encode(b"r" * 10_241).decode()),
        ("CertificateRequest", "not base64!"),
    ],
)
def test_values_that_break_the_schema_are_refused_by_name_and_never_repeated(
    kit: Kit, line: Line, name: str, value: str
) -> None:
    reply = line.sign_new(kit.unspent(), der_request(), **{name: value})
    assert (reply.response.status_code, reply.codes) == (200, ["PKI001"])
    assert name in reply.messages[0]
    assert value not in reply.text


@pytest.mark.parametrize("name", ["A" * 5000, "Environment2", "q:Environment"])
def test_a_name_that_the_schema_does_not_know_is_not_repeated(line: Line, name: str) -> None:
    from certportal.protocols.pkiws.reading import _schema

    added = get("x").replace("<RetrievalId>", f'<{name} xmlns:q="urn:x"/><RetrievalId>')
    reply = line.post(in_envelope(added))
    assert reply.codes == ["PKI001"]
    assert _schema().validate(reply.payload), _schema().error_log
    if ":" not in name:
        assert "schema at GetCertificateRequest." in reply.messages[0]


def test_a_fault_inside_the_signature_is_named_whatever_its_prefix(holder: Holder) -> None:
    signed = holder.signed(der_request(), Style(prefix=""))
    reply = holder.line.post(in_envelope(re.sub("<DigestValue>.*</DigestValue>", "", signed)))
    assert (reply.codes, "schema at Reference." in reply.messages[0]) == (["PKI001"], True), reply.messages


@pytest.mark.parametrize("operation", ["SignNewCertificate", "RenewCertificate"])
def test_a_signing_request_in_plain_pem_is_named_and_told_what_is_wanted(
    kit: Kit, line: Line, clock: FakeClock, operation: str
) -> None:
    plain = "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----"
    if operation == "SignNewCertificate":
        reply = line.sign_new(kit.unspent(), der_request(), CertificateRequest=plain)
    else:
        holder = a_holder(kit, line, clock)
        reply = holder.renew(der_request(), CertificateRequest=plain)
    assert (reply.response.status_code, reply.codes) == (200, ["PKI003"])
    assert "CertificateRequest" in reply.messages[0]
    assert "in base64" in reply.messages[0]


def test_another_order_of_the_children_is_refused(kit: Kit, line: Line) -> None:
    good = sign_new(kit.unspent(), der_request())
    swapped = good.replace("<Environment>PRODUCTION</Environment>", "").replace(
        "<TransferId>", "<Environment>PRODUCTION</Environment><TransferId>"
    )
    assert line.post(in_envelope(swapped)).codes == ["PKI001"]


def test_wire_1_http_200_but_for_what_is_none_of_the_three_requests(line: Line) -> None:
    none = {
        "": "Client",
        "not xml": "Client",
        "<html/>": "Client",
        in_envelope(""): "Client",
        in_envelope("<x/>"): "Client",
        in_envelope(get("x") + get("y")): "Client",
        in_envelope(get("x")).replace(SOAP, "http://www.w3.org/2003/05/soap-envelope"): "VersionMismatch",
        in_envelope(
            get("x"), header='<soapenv:Header><a soapenv:mustUnderstand="1"/></soapenv:Header>'
        ): "MustUnderstand",
    }
    for body, code in none.items():
        reply = line.post(body)
        assert (reply.response.status_code, reply.fault) == (500, code), body


def test_a_header_that_need_not_be_understood_is_let_be(line: Line) -> None:
    header = "<soapenv:Header><wsse:Security xmlns:wsse='urn:x'/></soapenv:Header>"
    assert line.post(in_envelope(get("x"), header=header)).codes == ["PKI030"]


def test_another_encoding_is_read(kit: Kit, line: Line) -> None:
    body = in_envelope(sign_new(kit.codes(), key_and_request()[1]))
    assert line.post(
        '<?xml version="1.0" encoding="UTF-16"?>'.encode("utf-16") + body.encode("utf-16")[2:]
    ).retrieval_id
