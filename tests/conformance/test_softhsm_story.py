"""Every key in a token: one complete run of the story with SoftHSM, from the ceremony to the revocation."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from flask import Flask

from certportal import runs, scheduler
from certportal.ca import Reason
from certportal.ca.reference import is_reference
from certportal.certificates import answering, authorities, revocation_lists, served, service, signers
from certportal.certificates.models import CertificateState
from certportal.extensions import db
from certportal.identifiers import Environment
from certportal.messages.models import CodesState
from certportal.settings import ClientCertificateHeader, Settings, current_settings
from tests.ca.openssl import KEYS, make_key, make_request, openssl
from tests.ca.softhsm import MODULE, PIN, Reader, needs_softhsm, reader_in
from tests.certificates.steps import PROGRAM, Kit, certificates, days_before_the_end, key_and_request
from tests.conftest import FakeClock
from tests.orders.steps import housed
from tests.protocols.est import Caller, by_nginx, issued
from tests.protocols.pkiws.renewals import ECDSA_SHA256, Style, renewal
from tests.protocols.pkiws.wire import Line, Reply, der_request, in_envelope

pytestmark = needs_softhsm
PROXY = "127.0.0.1"


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    folder = tmp_path / "reader"
    folder.mkdir()
    with reader_in(folder) as made:
        yield made


@pytest.fixture
def settings(settings: Settings, reader: Reader) -> Settings:
    """An installation without authorities yet, and with a token. (The room's own fixture has copied some: they go.)"""
    for path in sorted(settings.ca_dir.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    in_token = {"ca_token_module": MODULE, "ca_token": "portal", "ca_token_pin": PIN}
    proxy = {"trusted_proxies": (ip_network(PROXY),), "client_certificate_header": ClientCertificateHeader.NGINX}
    return replace(settings, **in_token, **proxy)


def job(name: str) -> bool:
    (found,) = [each for each in scheduler.jobs(current_settings()) if each.name == name]
    return scheduler.run_now(found)


def test_a_complete_run_of_the_story(app: object, reader: Reader, tmp_path: Path, clock: FakeClock) -> None:
    for environment in Environment:
        authorities.initialise(environment)
    kit = Kit(housed(), tmp_path)
    assert job(runs.PUBLISH)
    assert job(runs.ANSWERS)
    reply = signers.reply_signer(Environment.PRODUCTION)
    keys = list(current_settings().ca_dir.rglob("*.key"))
    assert len(keys) >= 2 * 4 + 2 * 2
    assert all(is_reference(path.read_bytes()) for path in keys), "no key lies in a file"
    assert reply.certificate.issuer.rfc4514_string() == "CN=Certportal Services Issuing CA (production)"

    made = kit.certificate(kit.order(), make_request(make_key(tmp_path, *KEYS["EC P-256"])))
    leaf = tmp_path / "leaf.der"
    leaf.write_bytes(made.der or b"")
    chain = tmp_path / "chain.pem"
    chain.write_bytes(
        b"".join(path.read_bytes() for path in [current_settings().ca_dir / "production" / "issuing.pem"])
    )
    openssl("x509", "-inform", "DER", "-in", leaf, "-out", tmp_path / "leaf.pem")
    at = str(int(clock.at.timestamp()) + 60)

    def verdict() -> str:
        crl = revocation_lists.bundle_file(Environment.PRODUCTION)
        checks = ("-crl_check_all", "-purpose", "sslclient", "-attime", at, "-CAfile", chain, "-CRLfile", crl)
        return openssl("verify", *checks, tmp_path / "leaf.pem", succeeds=False).decode()

    assert "leaf.pem: OK" in verdict()
    service.revoke(made.id, Reason.UNNECESSARY, PROGRAM)
    assert "certificate revoked" in verdict()
    assert service.published_crl(Environment.PRODUCTION).entries == 1  # type: ignore[union-attr]


def test_while_the_token_is_away_what_is_asked_for_waits_and_what_is_signed_is_served(
    app: object, reader: Reader, tmp_path: Path, clock: FakeClock
) -> None:
    authorities.initialise(Environment.PRODUCTION)
    kit = Kit(housed(), tmp_path)
    kit.certificate()
    assert job(runs.PUBLISH)
    assert job(runs.ANSWERS)
    listed = service.published_crl(Environment.PRODUCTION)
    assert listed is not None
    number = listed.number
    reader.pull()
    waiting = kit.certificate()
    assert (waiting.state, waiting.der) == (CertificateState.PREPARED, None)
    asked = service.sample(Environment.PRODUCTION, "issuing")
    assert asked is not None
    ahead = service.signed_ahead(asked, clock.at)
    assert ahead is not None
    assert answering.answer(served.question_about(asked)).der == ahead.der
    db.session.rollback()
    assert revocation_lists.crl_file(Environment.PRODUCTION).exists()
    reader.put_back()
    clock.move(minutes=5)
    assert job(runs.RESUME)
    db.session.rollback()
    again = service.by_retrieval_id(waiting.retrieval_id)
    assert again is not None
    assert again.state is CertificateState.ISSUED
    assert x509.load_der_x509_certificate(again.der or b"")
    assert number == 1


def test_wire_4_token_signs_replies_and_what_programs_fetch_and_renew_by_soap_and_est(
    app: Flask, reader: Reader, tmp_path: Path, clock: FakeClock
) -> None:
    authorities.initialise(Environment.PRODUCTION)
    kit, line, caller = Kit(housed(), tmp_path), Line(app), Caller(app, address=PROXY)
    (first_key, _), (second_key, _) = key_and_request(), key_and_request()
    codes, more_codes = kit.codes(), kit.codes()

    fetched = line.get(line.sign_new(codes, der_request(first_key)).retrieval_id)
    trusted = signers.reply_signer(Environment.PRODUCTION).certificate
    assert b"<Status>OK</Status>" in fetched.verified(trusted)
    first = fetched.certificate
    assert first.public_key() == first_key.public_key()
    second = issued(caller.enrol(more_codes, key_and_request(second_key)[1]))
    assert second.public_key() == second_key.public_key()

    days_before_the_end(clock, certificates()[0], 30)
    renewed = line.get(line.post(renewed_by_soap(first, first_key)).retrieval_id).certificate
    renewed_by_est = issued(caller.reenrol(key_and_request()[1], by_nginx(second)))
    register = {each.serial: each for each in certificates()}
    for old, new in ((first, renewed), (second, renewed_by_est)):
        assert register[serial_of(new)].successor_of_id == register[serial_of(old)].id


def test_wire_1_http_200_while_the_token_is_away_and_nothing_is_taken(
    app: Flask, reader: Reader, tmp_path: Path, clock: FakeClock
) -> None:
    """wire.md: HTTP 200 always, or a client believes that the reply was lost."""
    authorities.initialise(Environment.PRODUCTION)
    kit, line, caller = Kit(housed(), tmp_path), Line(app), Caller(app, address=PROXY)
    (key, _), codes, more_codes = key_and_request(), kit.codes(), kit.codes()
    retrieval_id = line.sign_new(codes, der_request(key)).retrieval_id
    first = line.get(retrieval_id).certificate
    sent, waiting = der_request(), key_and_request()[1]
    reader.pull()

    told_to_try_later(line.get(retrieval_id))
    told_to_try_later(line.sign_new(more_codes, sent))
    assert kit.codes_now(more_codes).state is CodesState.LIVE
    days_before_the_end(clock, certificates()[0], 30)
    again = renewed_by_soap(first, key)
    told_to_try_later(line.post(again))
    assert len(certificates()) == 1
    assert certificates()[0].renewals == 0
    by_est = caller.reenrol(waiting, by_nginx(first))
    assert (by_est.status_code, by_est.headers["Retry-After"]) == (202, str(current_settings().prepared_seconds))

    reader.put_back()
    assert line.get(retrieval_id).certificate == first
    assert line.get(line.post(again).retrieval_id).certificate
    assert issued(caller.reenrol(waiting, by_nginx(first)))


def test_codes_are_not_lost_to_a_token_that_was_away(
    app: Flask, reader: Reader, tmp_path: Path, clock: FakeClock
) -> None:
    authorities.initialise(Environment.PRODUCTION)
    kit, line = Kit(housed(), tmp_path), Line(app)
    assert line.get("x").signer, "the key of replies is open"
    codes, sent = kit.codes(), der_request()
    reader.pull()
    told_to_try_later(line.sign_new(codes, sent))
    assert certificates() == []
    reader.put_back()
    assert line.sign_new(codes, der_request()).retrieval_id, "another key may take them"


def told_to_try_later(reply: Reply) -> None:
    """FAIL with HTTP 200, and without the signature that cannot be made."""
    assert (reply.response.status_code, reply.is_fault, reply.status) == (200, False, "FAIL")
    assert reply.codes == ["PKI089"]
    assert "send the same request again later" in reply.messages[0]
    assert [child.tag for child in reply.payload] == ["Result"]


def renewed_by_soap(old: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> str:
    der = old.public_bytes(Encoding.DER)
    return in_envelope(Style(method=ECDSA_SHA256).sign(renewal(der_request()), key, der))


def serial_of(certificate: x509.Certificate) -> str:
    return f"{certificate.serial_number:040x}"
