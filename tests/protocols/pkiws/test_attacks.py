"""What is sent to deceive: each is refused with FAIL or a Fault, logged, and makes no certificate."""

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree

from tests.certificates.steps import Kit, certificates
from tests.conftest import FakeClock
from tests.protocols.pkiws.renewals import ENVELOPED, EXCLUSIVE, Style, renewal
from tests.protocols.pkiws.test_renewing import RSA_KEYS, Holder, a_holder
from tests.protocols.pkiws.wire import ADDRESS, DS, Line, Reply, der_request, get, in_envelope, sign_new

LOGGED = re.compile(
    r"(SignNewCertificate|GetCertificate|RenewCertificate|-) order=\S+ client=203\.0\.113\.20 \d+ ms (PKI\d{3}|Fault: [A-Z].+\.)"
)
DOCTYPE = "A document type or an entity has no place in a SOAP message."
TOO_LARGE = "The request is larger than 64 kB."
NOT_XML = "This is not well-formed XML."


@pytest.fixture
def holder(kit: Kit, line: Line, clock: FakeClock) -> Holder:
    return a_holder(kit, line, clock)


@pytest.fixture(autouse=True)
def watched(kit: Kit, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a test here sends, the log has a line of each and no new certificate comes of it."""
    caplog.set_level("INFO", "certportal.protocols")
    yield
    logged = "\n".join(record.getMessage() for record in caplog.get_records("call"))
    assert all(LOGGED.fullmatch(each) for each in logged.splitlines()), logged
    assert logged
    assert len(certificates()) <= 1
    assert "MII" not in logged


def refused(reply: Reply, *codes: str) -> None:
    if reply.is_fault:
        assert reply.response.status_code == 500
        assert "Fault" in codes
    else:
        assert (reply.response.status_code, reply.status) == (200, "FAIL")
        assert set(reply.codes) <= set(codes), reply.messages


def faulted(reply: Reply, cause: str, log: pytest.LogCaptureFixture) -> None:
    """By a Fault, whose cause the caller and the log are told."""
    refused(reply, "Fault")
    assert reply.payload.findtext("faultstring") == cause
    assert log.messages[-1].endswith(f" ms Fault: {cause}")


def test_entities_are_not_expanded(kit: Kit, line: Line, caplog: pytest.LogCaptureFixture) -> None:
    laughs = (
        '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>'
    )
    faulted(line.post(laughs + in_envelope(get("&c;"))), DOCTYPE, caplog)


def test_entities_in_another_encoding_are_not_expanded_either(
    kit: Kit, line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    body = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY a "ha">]>' + in_envelope(get("&a;"))
    faulted(line.post(body.encode("utf-16")), DOCTYPE, caplog)


@pytest.mark.parametrize("address", ["file:///etc/hostname", "http://127.0.0.1:9/x", "/etc/hostname"])
def test_external_entities_are_not_fetched(
    kit: Kit, line: Line, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    doctype = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{address}">]>'
    faulted(line.post(doctype + in_envelope(get("&e;"))), DOCTYPE, caplog)


def test_an_external_document_type_is_not_fetched(kit: Kit, line: Line, caplog: pytest.LogCaptureFixture) -> None:
    faulted(line.post('<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">' + in_envelope(get("x"))), DOCTYPE, caplog)


def test_a_body_of_ten_megabytes_is_not_read(kit: Kit, line: Line, caplog: pytest.LogCaptureFixture) -> None:
    faulted(line.post(in_envelope(get("x" * 10_000_000))), TOO_LARGE, caplog)


def test_nor_is_one_that_does_not_say_how_long_it_is(kit: Kit, line: Line, caplog: pytest.LogCaptureFixture) -> None:
    import io

    answer = line.app.test_client().post(
        ADDRESS,
        input_stream=io.BytesIO(in_envelope(get("x" * 10_000_000)).encode()),
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"REMOTE_ADDR": "203.0.113.20", "wsgi.input_terminated": True},
    )
    faulted(Reply(answer), TOO_LARGE, caplog)


def test_a_deep_document_is_refused(kit: Kit, line: Line, caplog: pytest.LogCaptureFixture) -> None:
    faulted(line.post(in_envelope("<a>" * 8000 + "</a>" * 8000)), NOT_XML, caplog)


@pytest.mark.parametrize("remark", ["<!-- x -->", "<?x y?>"])
@pytest.mark.parametrize("name", ["TransferId", "CustomerId", "CertificateRequest", "TransferPassword"])
def test_a_remark_inside_a_value_is_refused(kit: Kit, line: Line, name: str, remark: str) -> None:
    good = sign_new(kit.unspent(), der_request())
    divided = re.sub(rf"<{name}>(....)", rf"<{name}>\1{remark}", good)
    assert divided != good
    refused(line.post(in_envelope(divided)), "PKI002")


def test_a_remark_inside_a_signed_value_is_refused_though_the_signature_holds(holder: Holder) -> None:
    signed = holder.signed(der_request()).replace("9900001-8", "9900001-8<!-- x -->")
    refused(holder.line.post(in_envelope(signed)), "PKI002")


Wrap = Callable[[Holder], str]
EVIL = "9900002-6"


def evil(holder: Holder, more: str = "") -> str:
    """What the attacker wants done, with whatever belongs behind it."""
    return renewal(der_request(RSA_KEYS[1]), more=more)


def signature_of(signed: str) -> str:
    """As it stands in the text."""
    return re.findall("<ds:Signature .*</ds:Signature>", signed)[0]


def original_inside_an_object_of_the_signature(holder: Holder) -> str:
    signed = holder.signed(der_request())
    original = signed.replace(signature_of(signed), "")
    wrapped = signature_of(signed).replace("</ds:Signature>", f"<ds:Object>{original}</ds:Object></ds:Signature>")
    return in_envelope(evil(holder, wrapped))


def original_beside_another_request_in_the_body(holder: Holder) -> str:
    return in_envelope(evil(holder) + holder.signed(der_request()))


def original_in_the_header(holder: Holder) -> str:
    signed = holder.signed(der_request())
    return in_envelope(evil(holder, signature_of(signed)), header=f"<soapenv:Header>{signed}</soapenv:Header>")


def original_inside_another_request(holder: Holder) -> str:
    return in_envelope(evil(holder, holder.signed(der_request())))


def original_inside_keyinfo(holder: Holder) -> str:
    signed = holder.signed(der_request())
    original = signed.replace(signature_of(signed), "")
    return in_envelope(evil(holder, signature_of(signed).replace("<ds:KeyInfo>", f"<ds:KeyInfo>{original}")))


def reference_to_an_id_elsewhere(holder: Holder) -> str:
    document = renewal(der_request()).replace("RenewCertificateRequest ", 'RenewCertificateRequest Id="o" ', 1)
    signed = replace(Style(), uri="#o").sign(document, holder.key, holder.der)
    original = signed.replace(signature_of(signed), "")
    return in_envelope(evil(holder, signature_of(signed)), header=f"<soapenv:Header>{original}</soapenv:Header>")


def reference_by_xpointer(holder: Holder) -> str:
    return in_envelope(holder.signed(der_request(), replace(Style(), uri="#xpointer(/)")))


def another_customer_before_the_signed_one(holder: Holder) -> str:
    return in_envelope(
        holder.signed(der_request()).replace("<CustomerId>", f"<CustomerId>{EVIL}</CustomerId><CustomerId>", 1)
    )


def another_request_after_the_signature(holder: Holder) -> str:
    signed = holder.signed(der_request())
    more = base64.b64encode(der_request(RSA_KEYS[1])).decode()
    return in_envelope(
        signed.replace("</ds:Signature>", f"</ds:Signature><CertificateRequest>{more}</CertificateRequest>")
    )


def signature_moved_into_a_value(holder: Holder) -> str:
    signed = holder.signed(der_request())
    made = signature_of(signed)
    return in_envelope(signed.replace(made, "").replace("</CustomerId>", f"{made}</CustomerId>"))


def a_changed_value(holder: Holder) -> str:
    return in_envelope(re.sub("<CustomerId>[^<]*", f"<CustomerId>{EVIL}", holder.signed(der_request())))


def a_value_taken_out_by_xpath(holder: Holder) -> str:
    xpath = "http://www.w3.org/TR/1999/REC-xpath-19991116"
    return in_envelope(holder.signed(der_request(), replace(Style(), transforms=(ENVELOPED, xpath, EXCLUSIVE))))


def a_style_sheet_as_transform(holder: Holder) -> str:
    xslt = "http://www.w3.org/TR/1999/REC-xslt-19991116"
    return in_envelope(holder.signed(der_request(), replace(Style(), transforms=(ENVELOPED, xslt))))


def no_enveloped_transform(holder: Holder) -> str:
    return in_envelope(holder.signed(der_request(), replace(Style(), transforms=(EXCLUSIVE,))))


def two_references(holder: Holder) -> str:
    signed = holder.signed(der_request())
    [reference] = re.findall("<ds:Reference .*</ds:Reference>", signed)
    return in_envelope(signed.replace(reference, reference + reference))


WRAPPINGS: list[Wrap] = [
    original_inside_an_object_of_the_signature,
    original_beside_another_request_in_the_body,
    original_in_the_header,
    original_inside_another_request,
    original_inside_keyinfo,
    reference_to_an_id_elsewhere,
    reference_by_xpointer,
    another_customer_before_the_signed_one,
    another_request_after_the_signature,
    signature_moved_into_a_value,
    a_changed_value,
    a_value_taken_out_by_xpath,
    a_style_sheet_as_transform,
    no_enveloped_transform,
    two_references,
]


@pytest.mark.parametrize("wrap", WRAPPINGS, ids=lambda wrap: wrap.__name__)
def test_wire_1_covered_by_the_signature_or_not_believed(holder: Holder, wrap: Wrap) -> None:
    refused(holder.line.post(wrap(holder)), "Fault", "PKI001", "PKI002", "PKI060", "PKI062")


def test_two_signatures_are_refused(holder: Holder) -> None:
    signed = holder.signed(der_request())
    made = signature_of(signed)
    refused(holder.line.post(in_envelope(signed.replace(made, made + made))), "PKI001")
    inside = signed.replace("<ds:X509Data>", f"{made}<ds:X509Data>")
    refused(holder.line.post(in_envelope(inside)), "PKI001", "PKI060")


@pytest.mark.parametrize("style", [Style(method=f"{DS}rsa-sha1"), Style(digest=f"{DS}sha1")], ids=["method", "digest"])
def test_sha1_is_refused_and_told(holder: Holder, style: Style) -> None:
    refused(holder.renew(der_request(), style), "PKI061")


@pytest.mark.parametrize(
    "method", ["http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", "urn:none", f"{DS}dsa-sha256"]
)
def test_a_method_that_needs_no_private_key_is_refused(holder: Holder, method: str) -> None:
    """The public key as the secret of an HMAC."""
    import hmac

    document = etree.fromstring(renewal(der_request()))
    style = Style(method=method)
    made = etree.fromstring(style.signature(style.canonical(document), RSA_KEYS[1], holder.der))
    octets = etree.tostring(made[0], method="c14n", exclusive=True)
    public = holder.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    made[1].text = base64.b64encode(hmac.digest(public, octets, "sha256")).decode()
    document.append(made)
    refused(holder.line.post(in_envelope(etree.tostring(document, encoding="unicode"))), "PKI060")


def own_certificate(holder: Holder) -> bytes:
    """The attacker's own, in the holder's name."""
    ours = x509.load_der_x509_certificate(holder.der)
    builder = x509.CertificateBuilder(
        ours.subject,
        ours.subject,
        RSA_KEYS[1].public_key(),
        ours.serial_number,
        ours.not_valid_before_utc,
        ours.not_valid_after_utc,
    )
    return builder.sign(RSA_KEYS[1], hashes.SHA256()).public_bytes(Encoding.DER)


def test_a_keyinfo_that_is_not_ours_is_refused(holder: Holder) -> None:
    theirs = Style().sign(renewal(der_request()), RSA_KEYS[1], own_certificate(holder))
    refused(holder.line.post(in_envelope(theirs)), "PKI062")


def test_our_certificate_beside_another_key_is_refused(holder: Holder) -> None:
    forged = Style().sign(renewal(der_request()), RSA_KEYS[1], holder.der)
    refused(holder.line.post(in_envelope(forged)), "PKI060")


def test_both_certificates_are_refused_when_the_others_key_has_signed(holder: Holder) -> None:
    ours = (
        f"<ds:X509Data><ds:X509Certificate>{base64.b64encode(holder.der).decode()}</ds:X509Certificate></ds:X509Data>"
    )
    forged = Style(more_info=ours).sign(renewal(der_request()), RSA_KEYS[1], own_certificate(holder))
    refused(holder.line.post(in_envelope(forged)), "PKI060")


@pytest.mark.parametrize("info", ["", "<ds:KeyInfo><ds:KeyName>9900001-8</ds:KeyName></ds:KeyInfo>"])
def test_without_a_certificate_in_keyinfo_it_is_refused(holder: Holder, info: str) -> None:
    refused(holder.renew(der_request(), Style(key_info=info)), "PKI062")


@pytest.mark.parametrize("text", ["", "!!!", "AAAA", "MII<!-- -->B"])
def test_a_certificate_that_is_none_is_refused(holder: Holder, text: str) -> None:
    info = f"<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{text}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
    refused(holder.renew(der_request(), Style(key_info=info)), "PKI001", "PKI003", "PKI062")


@pytest.mark.parametrize("value", ["", "AAAA", "!"])
def test_a_signature_value_that_is_none_is_refused(holder: Holder, value: str) -> None:
    signed = re.sub("<ds:SignatureValue>[^<]*", f"<ds:SignatureValue>{value}", holder.signed(der_request()))
    refused(holder.line.post(in_envelope(signed)), "PKI001", "PKI060")


def test_an_unsigned_renewal_is_refused(holder: Holder) -> None:
    refused(holder.line.post(in_envelope(renewal(der_request()))), "PKI001")


def test_a_digest_of_nothing_is_refused(holder: Holder) -> None:
    signed = re.sub("<ds:DigestValue>[^<]*", "<ds:DigestValue>", holder.signed(der_request()))
    refused(holder.line.post(in_envelope(signed)), "PKI001", "PKI060")
