"""zeep, a SOAP client of other people's making, over our WSDL against the real server: sign, get, renew."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from lxml import etree
from zeep import Client
from zeep.transports import Transport

from certportal.serving import Server
from certportal.settings import Settings
from tests.bench.servers import Running
from tests.certificates.steps import Kit, days_before_the_end
from tests.conformance.served import Portal
from tests.conftest import FakeClock
from tests.faults.processes import let_go
from tests.protocols.pkiws.renewals import ECDSA_SHA256, Style, renewal
from tests.protocols.pkiws.wire import MESSAGES, der_request
from tests.running import free_port


@dataclass
class Holder:
    """Who has a certificate that ends soon."""

    key: ec.EllipticCurvePrivateKey
    certificate: bytes


WHO = {"Environment": "PRODUCTION", "CustomerId": "9900001-8"}


@pytest.fixture
def client(portal: Portal) -> Client:
    return Client(f"{portal.address}/2017/10/CertificateServices?wsdl", transport=Transport(timeout=60))


def signed(client: Client, portal: Portal, key: ec.EllipticCurvePrivateKey, **changes: str) -> Any:
    codes = portal.codes()
    asked = {"TransferId": codes.transfer_id, "TransferPassword": codes.password.reveal()}
    return client.service.signNewCertificate(**WHO | asked | changes, CertificateRequest=der_request(key))


def test_the_service_has_the_names_that_stubs_use(client: Client, portal: Portal) -> None:
    [(name, found)] = client.wsdl.services.items()
    [(port, binding)] = found.ports.items()
    assert (name, port) == ("CertificateServices", "CertificateServicesPort")
    assert sorted(binding.binding._operations) == ["getCertificate", "renewCertificate", "signNewCertificate"]
    assert binding.binding_options["address"] == f"{portal.address}/2017/10/CertificateServices"


def test_sign_and_get(client: Client, portal: Portal) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    reply = signed(client, portal, key)
    assert (reply.Result.Status, reply.Result.ErrorInfo) == ("OK", [])
    got = client.service.getCertificate(**WHO, RetrievalId=reply.RetrievalId)
    assert x509.load_der_x509_certificate(got.Certificate).public_key() == key.public_key()


def test_a_refusal_is_a_reply_not_a_fault(client: Client, portal: Portal) -> None:
    reply = signed(client, portal, ec.generate_private_key(ec.SECP256R1()), TransferPassword="notThePassword22")
    assert reply.Result.Status == "FAIL"
    assert [each.ErrorCode for each in reply.Result.ErrorInfo] == ["PKI020"]
    assert reply.RetrievalId is None


@pytest.fixture
def portal_two_years_on(kit: Kit, settings: Settings, clock: FakeClock) -> Iterator[tuple[str, Holder]]:
    """The same server with its clock moved on: a certificate ends soon."""
    key = ec.generate_private_key(ec.SECP256R1())
    old = kit.certificate(sent=der_request(key))
    days_before_the_end(clock, old, 30)
    assert old.der is not None
    holder = Holder(key, old.der)
    port = free_port()
    there = replace(settings, bind=f"127.0.0.1:{port}", base_url=f"http://localhost:{port}", workers=1)
    let_go()
    running = Running(lambda chosen: Server(chosen, clock), there)
    yield there.base_url, holder
    running.stop()


def test_renew_with_a_request_signed_by_hand(portal_two_years_on: tuple[str, Holder]) -> None:
    """zeep writes the envelope and reads the reply; the request inside goes out as it was signed."""
    address, holder = portal_two_years_on
    client = Client(f"{address}/2017/10/CertificateServices?wsdl", transport=Transport(timeout=60))
    new_key = ec.generate_private_key(ec.SECP256R1())
    document = Style(method=ECDSA_SHA256).sign(renewal(der_request(new_key)), holder.key, holder.certificate)
    message = client.create_message(client.service, "getCertificate", **WHO, RetrievalId="x")
    [body] = message.iter("{http://schemas.xmlsoap.org/soap/envelope/}Body")
    [placeholder] = list(body)
    body.replace(placeholder, etree.fromstring(document))
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '"renewCertificate"'}
    sent = etree.tostring(message)
    answer = requests.post(f"{address}/2017/10/CertificateServices", data=sent, timeout=60, headers=headers)
    assert answer.status_code == 200
    binding = client.service._binding
    reply = binding.process_reply(client, binding.get("renewCertificate"), answer)
    assert reply.Result.Status == "OK", answer.text
    got = client.service.getCertificate(**WHO, RetrievalId=reply.RetrievalId)
    assert x509.load_der_x509_certificate(got.Certificate).public_key() == new_key.public_key()


def test_the_log_has_a_line_of_each_call_without_secrets(client: Client, portal: Portal) -> None:
    signed(client, portal, ec.generate_private_key(ec.SECP256R1()))
    line = portal.served.wait_for_line("SignNewCertificate order=")
    assert re.search(r"SignNewCertificate order=2\d{3}-\d{6} client=127\.0\.0\.1 \d+ ms OK", line)
    assert "MII" not in portal.served.log
    assert MESSAGES not in portal.served.log
    assert base64.b64encode(b"CertificateRequest").decode() not in portal.served.log
