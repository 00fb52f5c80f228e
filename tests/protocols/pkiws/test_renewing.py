"""Renewal: signed by the certificate in force, in every way that clients sign."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from flask import Flask

from certportal.ca import Reason
from certportal.certificates import service
from certportal.certificates.models import Certificate
from certportal.identifiers import Environment
from tests import builders
from tests.certificates.steps import Kit, certificates, days_before_the_end, end_the_right
from tests.certificates.test_enrolment import Breakdown
from tests.conftest import FakeClock
from tests.protocols.pkiws.renewals import ECDSA_SHA256, STYLES, Style, renewal
from tests.protocols.pkiws.wire import SOAP, Key, Line, Reply, der_request, in_envelope

RSA_KEYS = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]


@dataclass
class Holder:
    """Who has a certificate in force, and renews it."""

    line: Line
    key: Key
    certificate: Certificate

    @property
    def der(self) -> bytes:
        assert self.certificate.der is not None
        return self.certificate.der

    def signed(self, request: bytes, style: Style = STYLES["exclusive C14N, prefix ds"], **changes: str) -> str:
        return style.sign(renewal(request, **changes), self.key, self.der)

    def renew(self, request: bytes, style: Style = STYLES["exclusive C14N, prefix ds"], **changes: str) -> Reply:
        return self.line.post(in_envelope(self.signed(request, style, **changes)))


@pytest.fixture
def holder(kit: Kit, line: Line, clock: FakeClock) -> Holder:
    """Thirty days before its end."""
    return a_holder(kit, line, clock)


def a_holder(kit: Kit, line: Line, clock: FakeClock, key: Key | None = None, **changes: Environment) -> Holder:
    key = key or RSA_KEYS[0]
    certificate = kit.certificate(sent=der_request(key), **changes)
    days_before_the_end(clock, certificate, 30)
    return Holder(line, key, certificate)


@pytest.mark.parametrize("how", sorted(STYLES))
def test_wire_1_renewal_in_every_style_of_signature_that_clients_use_is_verified(holder: Holder, how: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    retrieval_id = holder.renew(der_request(key), STYLES[how]).retrieval_id
    issued = holder.line.get(retrieval_id).certificate
    assert issued.public_key() == key.public_key()
    assert [row.successor_of_id for row in certificates()] == [None, holder.certificate.id]


XSI = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
XSD = ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'


@pytest.mark.parametrize(
    "more", [XSD + ' xmlns:a="urn:addressing"', XSI + XSD], ids=["others", "the same and one more"]
)
@pytest.mark.parametrize("how", sorted(STYLES))
def test_wire_1_renewal_is_signed_as_a_document_of_its_own_whatever_the_envelope_declares(
    holder: Holder, how: str, more: str
) -> None:
    """Its own unused declarations are covered by an inclusive form, the envelope's are not."""
    document = renewal(der_request()).replace("Request xmlns:c", f"Request{XSI} xmlns:c", 1)
    signed = STYLES[how].sign(document, holder.key, holder.der)
    for prefix in ("SOAP-ENV", "soapenv"):
        assert holder.line.post(in_envelope(signed, prefix, f"<{prefix}:Header/>", more)).retrieval_id


def test_an_envelope_in_a_default_namespace_changes_nothing(holder: Holder) -> None:
    signed = holder.signed(der_request(), STYLES["only the enveloped transform"])
    inside = signed.replace("<Environment>", '<Environment xmlns="">')
    inside = inside.replace("<CustomerId>", '<CustomerId xmlns="">')
    inside = inside.replace("<CertificateRequest>", '<CertificateRequest xmlns="">')
    body = f'<Envelope xmlns="{SOAP}"><Body>{inside}</Body></Envelope>'
    assert holder.line.post(body).retrieval_id


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()])
def test_an_elliptic_curve_signs_too(kit: Kit, line: Line, clock: FakeClock, curve: ec.EllipticCurve) -> None:
    holder = a_holder(kit, line, clock, ec.generate_private_key(curve))
    assert holder.renew(der_request(), Style(method=ECDSA_SHA256)).retrieval_id


def test_keyinfo_may_hold_the_chain_beside_the_certificate_in_force(holder: Holder, kit: Kit) -> None:
    import base64

    from cryptography.hazmat.primitives.serialization import Encoding

    chain = "".join(
        f"<ds:X509Certificate>{base64.b64encode(each.public_bytes(Encoding.DER)).decode()}</ds:X509Certificate>"
        for each in service.authority(Environment.PRODUCTION).chain
    )
    assert holder.renew(der_request(), Style(more_info=f"<ds:X509Data>{chain}</ds:X509Data>")).retrieval_id


def test_keyinfo_may_hold_the_key_itself_too_if_it_is_the_same(holder: Holder) -> None:
    same, other = (Style(more_info=key_value(key)) for key in RSA_KEYS)
    assert holder.renew(der_request(), other).codes == ["PKI060"]
    assert holder.renew(der_request(), same).retrieval_id


def key_value(key: rsa.RSAPrivateKey) -> str:
    import base64

    numbers = key.public_key().public_numbers()
    modulus, exponent = (
        base64.b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big")).decode()
        for number in (numbers.n, numbers.e)
    )
    inside = f"<ds:Modulus>{modulus}</ds:Modulus><ds:Exponent>{exponent}</ds:Exponent>"
    return f"<ds:KeyValue><ds:RSAKeyValue>{inside}</ds:RSAKeyValue></ds:KeyValue>"


def test_the_same_certificate_and_the_same_new_key_give_the_same_retrieval_id(holder: Holder) -> None:
    new = ec.generate_private_key(ec.SECP256R1())
    first, again = (holder.renew(der_request(new)).retrieval_id for _ in range(2))
    assert first == again
    assert len(certificates()) == 2


def test_another_key_gets_another_three_at_most(holder: Holder) -> None:
    assert len({holder.renew(der_request()).retrieval_id for _ in range(3)}) == 3
    assert holder.renew(der_request()).codes == ["PKI067"]


def test_a_new_key_is_needed(holder: Holder) -> None:
    assert holder.renew(der_request(holder.key)).codes == ["PKI068"]


def test_too_early_the_first_day_is_named(holder: Holder, clock: FakeClock) -> None:
    days_before_the_end(clock, holder.certificate, 61)
    reply = holder.renew(der_request())
    assert (reply.codes, "2 October 2028" in reply.messages[0]) == (["PKI065"], True), reply.messages


def test_an_ended_one_is_not_renewed(holder: Holder, clock: FakeClock) -> None:
    clock.at = holder.certificate.not_after + timedelta(seconds=1)
    assert holder.renew(der_request()).codes == ["PKI064"]


def test_a_revoked_one_is_not_renewed(holder: Holder, kit: Kit) -> None:
    sent = holder.signed(der_request())
    service.revoke(holder.certificate.id, Reason.KEY_LOST, builders.acting(kit.house.person))
    assert holder.line.post(in_envelope(sent)).codes == ["PKI033"]


def test_without_a_right_production_is_not_renewed(holder: Holder, kit: Kit) -> None:
    end_the_right(kit.house)
    assert holder.renew(der_request()).codes == ["PKI066"]


def test_a_test_certificate_is_renewed_in_test(kit: Kit, line: Line, clock: FakeClock) -> None:
    holder = a_holder(kit, line, clock, environment=Environment.TEST)
    retrieval_id = holder.renew(der_request(), Environment="TEST").retrieval_id
    assert line.get(retrieval_id, Environment="TEST").certificate


@pytest.mark.parametrize(("name", "value"), [("CustomerId", "9900002-6"), ("Environment", "TEST")])
def test_customer_and_environment_are_the_certificates_own(holder: Holder, name: str, value: str) -> None:
    assert holder.renew(der_request(), **{name: value}).codes == ["PKI063"]


def test_the_renewal_is_verified_against_the_whole_certificate_in_our_register(
    app: Flask, holder: Holder, kit: Kit, tmp_path: Path
) -> None:
    """The same key, name and serial number signed by somebody else's authority are not ours."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding

    ours = x509.load_der_x509_certificate(holder.der)
    builder = x509.CertificateBuilder(
        ours.issuer,
        ours.subject,
        ours.public_key(),
        ours.serial_number,
        ours.not_valid_before_utc,
        ours.not_valid_after_utc,
    )
    twin = builder.sign(RSA_KEYS[1], hashes.SHA256()).public_bytes(Encoding.DER)
    signed = Style().sign(renewal(der_request()), holder.key, twin)
    assert holder.line.post(in_envelope(signed)).codes == ["PKI062"]
    assert holder.renew(der_request()).retrieval_id


def test_one_that_was_given_up_is_sent_again_with_the_same_request(
    holder: Holder, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    assert holder.line.get("x").signer  # the replies' own key is warm
    breakdown, sent = Breakdown(monkeypatch), der_request()
    retrieval_id = holder.renew(sent).retrieval_id
    clock.move(hours=2)
    service.give_up(certificates()[-1].id, "the token is lost", builders.OPERATOR)
    breakdown.ready = True
    reply = holder.line.get(retrieval_id)
    assert reply.codes == ["PKI034"]
    assert "Renew the certificate again" in reply.messages[0]
    assert holder.line.get(holder.renew(sent).retrieval_id).certificate


def test_one_that_is_given_up_at_this_call_gives_no_retrieval_id(
    holder: Holder, kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert holder.line.get("x").signer  # the replies' own key is warm
    Breakdown(monkeypatch)
    sent = der_request()
    assert holder.renew(sent).retrieval_id
    end_the_right(kit.house)
    reply = holder.renew(sent)
    assert (reply.codes, reply.value("RetrievalId")) == (["PKI034"], None)
