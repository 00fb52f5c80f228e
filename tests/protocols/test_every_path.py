"""Whatever way an order is collected, the certificate is the same, but for its serial number and its time."""

from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask

from certportal.certificates import service
from certportal.certificates.models import Certificate
from certportal.extensions import db
from tests.certificates.steps import PROGRAM, Codes, Kit, days_before_the_end, key_and_request
from tests.conftest import FakeClock
from tests.protocols.est import Caller, der_of
from tests.protocols.pkiws.wire import Line
from tests.signin.steps import english

Path = Callable[[Flask, Codes, bytes], object]


def by_page(app: Flask, codes: Codes, sent: bytes) -> object:
    typed = {"transfer_id": codes.transfer_id, "transfer_password": codes.password.reveal()}
    form = english(app).get("/retrieve", expect=200)
    return form.submit("Get the certificate", request_text=sent.decode(), **typed)


def by_opened_message(_app: Flask, codes: Codes, sent: bytes) -> object:
    return service.enrol_opened(codes.row_id, sent, PROGRAM)


def by_soap(app: Flask, codes: Codes, sent: bytes) -> object:
    return Line(app).sign_new(codes, der_of(sent)).retrieval_id


def by_est(app: Flask, codes: Codes, sent: bytes) -> object:
    return Caller(app).enrol(codes, sent)


PATHS: list[Path] = [by_page, by_opened_message, by_soap, by_est]


def newest() -> x509.Certificate:
    db.session.rollback()
    found = db.session.query(Certificate).order_by(Certificate.id.desc()).first()
    assert found is not None
    assert found.der is not None
    return x509.load_der_x509_certificate(found.der)


def without_serial_and_time(certificate: x509.Certificate) -> object:
    """All that a certificate says, but for the two."""
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    named = (certificate.version, certificate.issuer.public_bytes(), certificate.subject.public_bytes())
    lasts = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    extensions = [(each.oid, each.critical, each.value.public_bytes()) for each in certificate.extensions]
    return named, lasts, certificate.signature_algorithm_oid, key.public_numbers(), extensions


@pytest.mark.parametrize("path", PATHS, ids=lambda each: each.__name__)
def test_every_path_gives_the_same_certificate(app: Flask, kit: Kit, path: Path) -> None:
    key, sent = key_and_request()
    service.enrol_opened(kit.codes().row_id, sent, PROGRAM)
    first = newest()
    path(app, kit.codes(kit.order()), key_and_request(key)[1])
    second = newest()
    assert first.serial_number != second.serial_number
    assert without_serial_and_time(first) == without_serial_and_time(second)


def test_a_renewal_differs_in_its_key_alone(kit: Kit, clock: FakeClock) -> None:
    key, sent = key_and_request()
    old = kit.certificate()
    first = newest()
    days_before_the_end(clock, old, 59)
    service.renew(old.id, sent, PROGRAM)
    second = newest()
    service.enrol_opened(kit.codes(kit.order()).row_id, key_and_request(key)[1], PROGRAM)
    assert first.subject == second.subject
    assert without_serial_and_time(second) == without_serial_and_time(newest())
