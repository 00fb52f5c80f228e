"""xmlsec1 verifies every kind of reply, and signs renewals in the styles that clients use."""

import base64
import re
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask import Flask
from lxml import etree

from certportal import clock as times
from certportal.certificates import authorities, signers
from certportal.identifiers import Environment
from certportal.settings import current_settings
from tests.certificates.steps import Kit, days_before_the_end
from tests.conformance.test_xmlsec import xmlsec
from tests.conftest import FakeClock
from tests.meta.tree import ROOT
from tests.no_skips import needs
from tests.protocols.pkiws.renewals import STYLES, Style, renewal
from tests.protocols.pkiws.wire import Key, Line, Reply, der_request, in_envelope

pytestmark = needs("xmlsec1")


@pytest.fixture
def line(app: Flask) -> Line:
    return Line(app)


def verified(
    reply: Reply, folder: Path, *chain: x509.Certificate, environment: Environment = Environment.PRODUCTION
) -> bool:
    """Cut out as text, as a document of its own, and verified against the root alone, the last of the chain, by the portal's time
    (xmlsec1 reads it as local)."""
    start, end = reply.text.index("<c:"), reply.text.index("</SOAP-ENV:Body>")
    document = folder / "reply.xml"
    document.write_text(reply.text[start:end], "utf-8")
    *between, root = chain or signers.reply_signer(environment).chain
    arguments: list[str | Path] = ["--verify", "--trusted-pem", written(folder / "root.pem", root)]
    for number, each in enumerate(between):
        arguments += ["--untrusted-pem", written(folder / f"{number}.pem", each)]
    arguments += ["--verification-time", f"{times.now().astimezone():%Y-%m-%d %H:%M:%S}"]
    done = xmlsec(*arguments, document)
    return done.returncode == 0


def written(path: Path, certificate: object) -> Path:
    path.write_bytes(certificate.public_bytes(Encoding.PEM))  # type: ignore[attr-defined]
    return path


def test_every_reply_is_verified(kit: Kit, line: Line, tmp_path: Path) -> None:
    codes = kit.codes()
    signed = line.sign_new(codes, der_request())
    replies = [signed, line.get(signed.retrieval_id), line.get("x"), line.sign_new(codes, der_request())]
    assert [reply.status for reply in replies] == ["OK", "OK", "FAIL", "FAIL"]
    assert [verified(reply, tmp_path) for reply in replies] == [True] * 4


def test_every_reply_of_the_test_environment_is_verified_and_by_its_own_root_alone(
    kit: Kit, line: Line, tmp_path: Path
) -> None:
    authorities.initialise(Environment.TEST)
    test = {"Environment": "TEST"}
    codes = kit.codes(kit.order(environment=Environment.TEST))
    signed = line.sign_new(codes, der_request(), **test)
    replies = [signed, line.get(signed.retrieval_id, **test), line.get("x", **test)]
    assert [reply.status for reply in replies] == ["OK", "OK", "FAIL"]
    assert [verified(reply, tmp_path, environment=Environment.TEST) for reply in replies] == [True] * 3
    assert [verified(reply, tmp_path) for reply in replies] == [False] * 3


def test_the_authorities_at_the_guides_addresses_are_those_of_the_replies(
    app: Flask, kit: Kit, line: Line, tmp_path: Path
) -> None:
    guide = (ROOT / "docs" / "pki-web-service.md").read_text("utf-8")
    named = re.findall(r"`http://certificates\.example\.org(/ca/production-\w+\.cer)`", guide)
    services, *above = [x509.load_der_x509_certificate(app.test_client().get(path).data) for path in named]
    reply = line.sign_new(kit.codes(), der_request())
    [signer] = re.findall(r"<ds:X509Certificate>([^<]+)<", reply.text)
    x509.load_der_x509_certificate(base64.b64decode(signer)).verify_directly_issued_by(services)
    assert len(above) == 2
    assert verified(reply, tmp_path, services, *above)
    assert f"CN={current_settings().ca_services_name_production}" in services.subject.rfc4514_string()
    [whole] = re.findall(r"`http://certificates\.example\.org(/ca/production\.pem)`", guide)
    assert {services, *above} < set(x509.load_pem_x509_certificates(app.test_client().get(whole).data))


def test_a_changed_reply_is_not(kit: Kit, line: Line, tmp_path: Path) -> None:
    reply = line.get("x")
    changed = reply.response
    changed.data = changed.data.replace(b"<Status>FAIL", b"<Status>OK")
    assert not verified(Reply(changed), tmp_path)


def signed_by_xmlsec(style: Style, document: str, key: Key, certificate: bytes, folder: Path) -> str:
    """The style's own form, with nothing in it: xmlsec1 fills in digest, value and certificate."""
    pem, der, template, output = (folder / name for name in ("key.pem", "cert.der", "template.xml", "signed.xml"))
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    der.write_bytes(certificate)
    as_pem = folder / "cert.pem"
    subprocess.run(["openssl", "x509", "-inform", "DER", "-in", der, "-out", as_pem], check=True)
    p = style.before
    form = style.around(style.signed_info(""), "", f"<{p}KeyInfo><{p}X509Data/></{p}KeyInfo>")
    template.write_text(document.replace("</c:Renew", f"{form}</c:Renew"), "utf-8")
    done = xmlsec("--sign", "--privkey-pem", f"{pem},{as_pem}", "--output", output, template)
    assert done.returncode == 0, done.stderr
    return re.sub(r"<\?xml.*?\?>", "", output.read_text("utf-8"))


@pytest.mark.parametrize("how", sorted(STYLES))
def test_a_renewal_signed_by_xmlsec1_is_taken_and_what_answers_it_is_verified(
    kit: Kit, line: Line, clock: FakeClock, tmp_path: Path, how: str
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    old = kit.certificate(sent=der_request(key))
    days_before_the_end(clock, old, 30)
    assert old.der is not None
    new = ec.generate_private_key(ec.SECP256R1())
    signed = signed_by_xmlsec(STYLES[how], renewal(der_request(new)), key, old.der, tmp_path)
    reply = line.post(in_envelope(signed, "SOAP-ENV", "<SOAP-ENV:Header/>"))
    assert line.get(reply.retrieval_id).certificate.public_key() == new.public_key()
    refused = line.post(in_envelope(signed.replace("9900001-8", "9900002-6")))
    assert [each.status for each in (reply, refused)] == ["OK", "FAIL"]
    assert all(etree.QName(each.payload).localname == "RenewCertificateResponse" for each in (reply, refused))
    assert [verified(each, tmp_path) for each in (reply, refused)] == [True] * 2
    assert base64.b64encode(old.der[:30]).decode()[:38] in signed.replace("\n", "").replace("&#13;", "")
