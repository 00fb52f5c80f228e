"""EST's re-enrolment: the certificate in force, which a trusted proxy hands over, takes the codes' place."""

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest
from cryptography import x509
from flask import Flask

from certportal.certificates import service
from certportal.certificates.models import Certificate
from certportal.extensions import transaction
from certportal.identifiers import Environment
from certportal.registry import service as registry
from certportal.settings import ClientCertificateHeader, Settings
from tests import builders
from tests.certificates.steps import Kit, certificates, days_before_the_end, key_and_request, renewable, request
from tests.certificates.test_enrolment import Breakdown
from tests.conftest import FakeClock
from tests.orders.steps import House
from tests.protocols.est import Caller, by_nginx, by_rfc9440, issued, refused

PROXY = "127.0.0.1"


@pytest.fixture(params=[ClientCertificateHeader.NGINX])
def header(request: pytest.FixtureRequest) -> ClientCertificateHeader:
    return request.param


@pytest.fixture
def settings(settings: Settings, header: ClientCertificateHeader) -> Settings:
    return replace(settings, trusted_proxies=(ip_network(PROXY),), client_certificate_header=header)


@pytest.fixture
def caller(app: Flask) -> Caller:
    """Behind the proxy."""
    return Caller(app, address=PROXY)


@pytest.fixture
def old(kit: Kit, clock: FakeClock) -> Certificate:
    """In force, and old enough to be renewed."""
    return renewable(kit, clock)


def parsed(certificate: Certificate) -> x509.Certificate:
    return x509.load_der_x509_certificate(certificate.der or b"")


def test_the_certificate_in_force_gets_a_successor_for_a_new_key(caller: Caller, old: Certificate) -> None:
    key, sent = key_and_request()
    new = issued(caller.reenrol(sent, by_nginx(parsed(old))))
    assert new.public_key() == key.public_key()
    assert new.subject == parsed(old).subject
    [_, successor] = certificates()
    assert successor.successor_of_id == old.id


@pytest.mark.parametrize("header", [ClientCertificateHeader.RFC9440], indirect=True)
def test_the_proxy_may_hand_it_over_by_rfc_9440(caller: Caller, old: Certificate) -> None:
    assert issued(caller.reenrol(request(), by_rfc9440(parsed(old))))


def test_the_record_names_the_client_behind_the_proxy(caller: Caller, old: Certificate) -> None:
    issued(caller.reenrol(request(), by_nginx(parsed(old)) | {"X-Forwarded-For": "203.0.113.77"}))
    assert {entry.client_address for entry in service.activity(certificates()[1])} == {"203.0.113.77"}


def test_the_same_key_again_gives_the_same_certificate(caller: Caller, old: Certificate) -> None:
    key, sent = key_and_request()
    first = issued(caller.reenrol(sent, by_nginx(parsed(old))))
    assert issued(caller.reenrol(key_and_request(key)[1], by_nginx(parsed(old)))) == first
    assert len(certificates()) == 2


def test_without_a_client_certificate_it_is_forbidden_with_or_without_codes(caller: Caller, kit: Kit) -> None:
    codes = kit.codes()
    assert refused(caller.reenrol(request(), {})) == (403, "client_certificate_missing")
    auth = (codes.transfer_id, codes.password.reveal())
    assert refused(caller.reenrol(request(), {}, auth=auth)) == (403, "client_certificate_missing")


def test_a_certificate_that_only_looks_like_one_of_ours_is_unknown(caller: Caller, old: Certificate) -> None:
    """The whole DER is compared: not names, not the serial number, not the key."""
    der = bytearray(old.der or b"")
    der[-1] ^= 1
    for alike in (bytes(der), (old.der or b"") + b"\0", b"\x30\x00", b"certificate"):
        assert refused(caller.reenrol(request(), by_nginx(alike))) == (403, "client_certificate_unknown")


def test_a_header_that_is_no_certificate_is_told_as_the_proxys_fault(caller: Caller) -> None:
    answer = caller.reenrol(request(), {"X-SSL-Client-Cert": "(null)"})
    assert refused(answer) == (400, "client_certificate_unclear")
    assert "not one percent-encoded PEM certificate" in answer.get_data(as_text=True)


def test_the_environment_is_the_certificates_own_and_a_label_must_name_it(
    app: Flask, kit: Kit, clock: FakeClock
) -> None:
    old = kit.certificate(environment=Environment.TEST)
    days_before_the_end(clock, old, 30)
    there, here = Caller(app, "production", PROXY), Caller(app, "test", PROXY)
    assert refused(there.reenrol(request(), by_nginx(parsed(old)))) == (403, "client_certificate_unknown")
    for caller in (here, Caller(app, address=PROXY)):
        assert issued(caller.reenrol(request(), by_nginx(parsed(old)))).issuer == parsed(old).issuer


def test_a_revoked_certificate_renews_nothing(caller: Caller, old: Certificate, house: House) -> None:
    service.revoke(old.id, service.Reason.KEY_LOST, house.actor)
    assert refused(caller.reenrol(request(), by_nginx(parsed(old)))) == (403, "certificate_revoked")


def test_the_log_of_a_refusal_names_the_order_of_the_certificate(
    app: Flask, caller: Caller, kit: Kit, caplog: pytest.LogCaptureFixture
) -> None:
    young = kit.certificate()
    number = young.order.number
    assert refused(caller.reenrol(request(), by_nginx(parsed(young)))) == (403, "renewal_too_early")
    assert f"(order {number}," in caplog.messages[-1]
    there = Caller(app, "test", PROXY)
    assert refused(there.reenrol(request(), by_nginx(parsed(young)))) == (403, "client_certificate_unknown")
    assert f"(order {number}," in caplog.messages[-1]
    assert refused(caller.reenrol(request(), {})) == (403, "client_certificate_missing")
    assert "(order -," in caplog.messages[-1]


def test_an_expired_certificate_renews_nothing(caller: Caller, old: Certificate, clock: FakeClock) -> None:
    clock.move(days=61)
    answer = caller.reenrol(request(), by_nginx(parsed(old)))
    assert refused(answer) == (403, "certificate_expired")
    assert "Ask for a new one to be ordered." in answer.get_data(as_text=True)


def test_too_early_it_is_told_from_which_day(caller: Caller, kit: Kit, clock: FakeClock) -> None:
    young = kit.certificate()
    answer = caller.reenrol(request(), by_nginx(parsed(young)))
    assert refused(answer) == (403, "renewal_too_early")
    assert "2 October 2028" in answer.get_data(as_text=True)


def test_the_old_key_again_is_no_renewal(caller: Caller, kit: Kit, clock: FakeClock) -> None:
    key, sent = key_and_request()
    old = kit.certificate(sent=sent)
    days_before_the_end(clock, old, 30)
    assert refused(caller.reenrol(key_and_request(key)[1], by_nginx(parsed(old)))) == (400, "renewal_same_key")


def test_a_fourth_key_is_refused(caller: Caller, old: Certificate) -> None:
    for _ in range(3):
        issued(caller.reenrol(request(), by_nginx(parsed(old))))
    assert refused(caller.reenrol(request(), by_nginx(parsed(old)))) == (403, "renewal_used_up")


def test_without_the_right_to_the_channel_it_is_forbidden(caller: Caller, old: Certificate, house: House) -> None:
    with transaction():
        right = registry.right_to(house.organisation.id, house.channel.id, registry.today())
        assert right is not None
        registry.end_right(right, registry.today() - timedelta(days=1), builders.OPERATOR)
    assert refused(caller.reenrol(request(), by_nginx(parsed(old)))) == (403, "renewal_right_missing")


def test_while_the_key_is_away_it_is_told_when_to_ask_again(
    caller: Caller, old: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    breakdown = Breakdown(monkeypatch)
    sent = request()
    answer = caller.reenrol(sent, by_nginx(parsed(old)))
    assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (202, True)
    breakdown.ready = True
    assert issued(caller.reenrol(sent, by_nginx(parsed(old))))


@pytest.mark.parametrize(
    ("body", "status", "code"), [(b"", 400, "csr_empty"), (bytes(300 * 1024), 413, "csr_too_large")]
)
def test_a_body_that_is_no_signing_request_is_refused(
    caller: Caller, old: Certificate, body: bytes, status: int, code: str
) -> None:
    answer = caller.post("simplereenroll", body, headers=by_nginx(parsed(old)))
    assert refused(answer) == (status, code)
    assert "PKCS #10" in answer.get_data(as_text=True)
