"""EST (RFC 7030): the authorities, enrolment with transfer codes, and what is said when it cannot be done."""

import base64
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from flask import Flask

from certportal import ca, create_app, schema
from certportal.certificates import service
from certportal.certificates.rules import WRONG_CODES_PER_HOUR
from certportal.extensions import db, transaction
from certportal.identifiers import Environment
from certportal.messages.models import CodesState
from certportal.registry import service as registry
from certportal.settings import Settings
from tests import builders
from tests.certificates.steps import Kit, certificates, key_and_request, request
from tests.certificates.test_enrolment import Breakdown
from tests.conftest import FakeClock
from tests.orders.steps import House
from tests.postgres import Postgres
from tests.protocols.est import WRONG, Caller, certificates_in, issued, one_line, refused


@pytest.fixture
def caller(app: Flask) -> Caller:
    return Caller(app)


SERVICE = (
    "issuing_not_possible: Certificates cannot be issued just now, because of the service. Nothing has been used up: send the "
    "same request again later.\n"
)
"""What is said of whatever only the operator can mend: nothing of the authorities or of the machine inside."""


def common_name(of: x509.Name) -> str:
    return str(of.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


@pytest.mark.parametrize(("label", "environment"), [("", "production"), ("production", "production"), ("test", "test")])
def test_cacerts_are_the_authorities_of_one_environment(app: Flask, label: str, environment: str) -> None:
    found = certificates_in(Caller(app, label).get("cacerts"), "application/pkcs7-mime")
    names = {common_name(each.subject) for each in found}
    assert {f"Certportal Issuing CA ({environment})", f"Certportal Root CA ({environment})"} <= names
    assert all(name.endswith(f"({environment})") for name in names)
    by_name = {each.subject: each for each in found}
    for each in found:
        each.verify_directly_issued_by(by_name[each.issuer])


@pytest.mark.parametrize("operation", ["cacerts", "csrattrs"])
def test_a_label_that_names_no_environment_is_not_found(app: Flask, operation: str) -> None:
    answer = Caller(app, "staging").get(operation)
    assert (answer.status_code, answer.mimetype) == (404, "text/plain")


def test_an_environment_without_authorities_says_so_and_the_log_why(
    app: Flask, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    (settings.ca_dir / "production").rename(settings.ca_dir / "away")
    answer = Caller(app).get("cacerts")
    assert refused(answer) == (503, "issuing_not_possible")
    assert answer.get_data(as_text=True) == SERVICE
    assert int(answer.headers["Retry-After"]) > 0
    assert ": ca_missing (" in caplog.messages[-1]


@pytest.mark.parametrize("label", ["", "test"])
def test_nothing_is_asked_for_in_a_signing_request(app: Flask, label: str) -> None:
    answer = Caller(app, label).get("csrattrs")
    assert (answer.status_code, answer.data) == (204, b"")


def test_codes_and_a_signing_request_become_the_certificate_of_the_order(kit: Kit, caller: Caller) -> None:
    codes, (key, sent) = kit.codes(), key_and_request()
    certificate = issued(caller.enrol(codes, sent))
    assert certificate.public_key() == key.public_key()
    assert common_name(certificate.subject) == "9900001-8"
    [row] = certificates()
    assert ca.serial_hex(certificate.serial_number) == row.serial
    assert kit.codes_now(codes).state is CodesState.SPENT
    assert {entry.client_address for entry in service.activity(row)} == {caller.address}


def test_the_same_codes_and_key_again_give_the_same_certificate(kit: Kit, caller: Caller, clock: FakeClock) -> None:
    codes, (key, sent) = kit.codes(), key_and_request()
    first = issued(caller.enrol(codes, sent))
    clock.move(days=3)
    assert issued(caller.enrol(codes, key_and_request(key)[1])) == first
    assert len(certificates()) == 1


def test_the_same_codes_with_another_key_are_a_conflict(kit: Kit, caller: Caller) -> None:
    codes = kit.codes()
    issued(caller.enrol(codes, request()))
    assert refused(caller.enrol(codes, request())) == (409, "codes_taken")


@pytest.mark.parametrize("environment", list(Environment))
def test_without_a_label_the_codes_own_order_decides_the_environment(
    kit: Kit, caller: Caller, environment: Environment
) -> None:
    certificate = issued(caller.enrol(kit.codes(kit.order(environment=environment)), request()))
    assert common_name(certificate.issuer) == f"Certportal Issuing CA ({environment.value.lower()})"


def test_with_a_label_the_codes_must_be_of_that_environment(app: Flask, kit: Kit) -> None:
    codes, sent = kit.codes(kit.order(environment=Environment.TEST)), request()
    assert refused(Caller(app, "production").enrol(codes, sent)) == (401, "transfer_codes_wrong")
    assert common_name(issued(Caller(app, "test").enrol(codes, sent)).issuer) == "Certportal Issuing CA (test)"
    assert Caller(app, "staging").enrol(codes, sent).status_code == 404


@pytest.mark.parametrize(
    "header", [None, "Basic", "Basic !!!", "Basic OTk5OTk5", "Bearer 123456789012", "Digest username=x", "Basic Ojo="]
)
def test_without_codes_the_call_is_asked_for_them(caller: Caller, header: str | None) -> None:
    """Some programs send nothing before they are asked."""
    headers = {"Authorization": header} if header else {}
    answer = caller.post("simpleenroll", b"", headers=headers)
    assert refused(answer) == (401, "transfer_codes_missing")
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")


@pytest.fixture(params=["sqlite", "postgresql"])
def portal(request: pytest.FixtureRequest, settings: Settings) -> Flask:
    """On either database."""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        settings = replace(settings, database_url=server.fresh_database())
    app = create_app(settings)
    with app.app_context():
        schema.upgrade(app)
        db.engine.dispose()
    return app


@pytest.mark.parametrize("typed", [b"12\x0034:pw", b"123456789012:p\x00w", b"\xff:x", b"1" * 5000 + b":x"])
def test_a_user_name_that_is_no_transfer_id_is_answered_like_wrong_codes(portal: Flask, typed: bytes) -> None:
    headers = {"Authorization": f"Basic {base64.b64encode(typed).decode()}"}
    answer = Caller(portal).post("simpleenroll", one_line(request()), headers=headers)
    assert refused(answer)[0] == 401


def test_the_log_names_the_order_whose_codes_were_tried_however_they_were_written(
    kit: Kit, caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    order = kit.order()
    codes = kit.codes(order)
    grouped = f"{codes.transfer_id[:4]} {codes.transfer_id[4:]}"
    assert refused(caller.post("simpleenroll", b"", auth=(grouped, WRONG.reveal()))) == (401, "transfer_codes_wrong")
    assert f"(order {order.number}," in caplog.messages[-1]


def test_wrong_codes_are_asked_for_again_and_say_nothing_of_what_was_wrong(kit: Kit, caller: Caller) -> None:
    codes = kit.codes()
    answers = [caller.enrol(codes, request(), WRONG), caller.enrol(kit.unspent(), request(), WRONG)]
    codes.transfer_id = "000000000000"
    answers.append(caller.enrol(codes, request()))
    assert {refused(each) for each in answers} == {(401, "transfer_codes_wrong")}
    assert {each.headers["WWW-Authenticate"][:12] for each in answers} == {"Basic realm="}
    assert len({each.data for each in answers}) == 1


def test_whoever_guesses_is_stopped_for_an_hour(kit: Kit, app: Flask, clock: FakeClock) -> None:
    codes, guessing = kit.codes(), Caller(app, address="198.51.100.9")
    unknown = type(codes)(0, "000000000000", WRONG)
    for _ in range(WRONG_CODES_PER_HOUR):
        assert refused(guessing.enrol(unknown, request())) == (401, "transfer_codes_wrong")
    clock.move(minutes=20)
    answer = guessing.enrol(codes, request())
    assert refused(answer) == (429, "retrieval_too_many")
    assert answer.headers["Retry-After"] == str(40 * 60)
    assert issued(Caller(app).enrol(codes, request()))


def test_while_the_key_is_away_the_program_is_told_when_to_ask_again(
    kit: Kit, caller: Caller, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    breakdown = Breakdown(monkeypatch)
    codes, sent = kit.codes(), request()
    answer = caller.enrol(codes, sent)
    assert (answer.status_code, answer.mimetype) == (202, "text/plain")
    assert answer.headers["Retry-After"] == str(settings.prepared_seconds)
    assert caller.enrol(codes, sent).status_code == 202
    breakdown.ready = True
    assert issued(caller.enrol(codes, sent))
    assert len(certificates()) == 1


def test_a_revoked_certificate_is_not_handed_out_again(kit: Kit, caller: Caller) -> None:
    codes, sent = kit.codes(), request()
    issued(caller.enrol(codes, sent))
    service.revoke(certificates()[0].id, service.Reason.UNNECESSARY, kit.house.actor)
    answer = caller.enrol(codes, sent)
    assert refused(answer) == (403, "certificate_revoked")
    assert "Ask for a new one to be ordered." in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "csr_empty"),
        (b"\r\n", 400, "csr_empty"),
        (b"not a request", 400, "csr_unreadable"),
        (b"MIIB", 400, "csr_unreadable"),
        (bytes(65 * 1024), 413, "csr_too_large"),
        (bytes(300 * 1024), 413, "csr_too_large"),
    ],
)
def test_a_body_that_is_no_signing_request_spends_nothing(
    kit: Kit, caller: Caller, body: bytes, status: int, code: str
) -> None:
    codes = kit.codes()
    answer = caller.enrol_as_it_is(codes, body)
    assert refused(answer) == (status, code)
    assert "PKCS #10" in answer.get_data(as_text=True)
    assert kit.codes_now(codes).state is CodesState.LIVE


def test_a_key_that_is_too_small_is_named(kit: Kit, caller: Caller) -> None:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    small = builder.sign(rsa.generate_private_key(65537, 1024), hashes.SHA256())
    answer = caller.enrol_as_it_is(kit.codes(), small.public_bytes(Encoding.PEM))
    assert refused(answer) == (400, "key_size_refused")
    assert "1024 bits" in answer.get_data(as_text=True)


def test_what_only_the_orderer_can_put_right_is_forbidden(kit: Kit, house: House, caller: Caller) -> None:
    codes = kit.codes()
    with transaction():
        right = registry.right_to(house.organisation.id, house.channel.id, registry.today())
        assert right is not None
        registry.end_right(right, registry.today() - timedelta(days=1), builders.OPERATOR)
    assert refused(caller.enrol(codes, request())) == (403, "not_orderable_any_more")


def test_a_key_that_was_revoked_as_lost_is_forbidden(kit: Kit, caller: Caller) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    kit.certificate(sent=key_and_request(key)[1])
    service.revoke(certificates()[0].id, service.Reason.KEY_LOST, kit.house.actor)
    assert refused(caller.enrol(kit.codes(), key_and_request(key)[1])) == (403, "key_distrusted")


def test_what_only_the_operator_can_put_right_is_a_matter_of_time(
    kit: Kit, caller: Caller, clock: FakeClock, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    codes = kit.codes()
    clock.move(minutes=-6)
    answer = caller.enrol(codes, request())
    assert (answer.status_code, answer.get_data(as_text=True)) == (503, SERVICE)
    assert int(answer.headers["Retry-After"]) > 0
    assert ": clock_behind (" in caplog.messages[-1]
    clock.move(minutes=6)
    (settings.ca_dir / "production").rename(settings.ca_dir / "away")
    answer = caller.enrol(codes, request())
    assert (answer.status_code, answer.get_data(as_text=True)) == (503, SERVICE)
    assert ": ca_missing (" in caplog.messages[-1]
    assert kit.codes_now(codes).state is CodesState.LIVE


def test_programs_are_answered_in_english_and_without_a_cookie(caller: Caller) -> None:
    headers = {"Accept-Language": "fi", "Cookie": "certportal=x"}
    answer = caller.post("simpleenroll", b"", headers=headers)
    assert "Give the transfer codes with the call" in answer.get_data(as_text=True)
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("operation", ["simpleenroll", "simplereenroll"])
def test_enrolling_is_never_a_get(caller: Caller, operation: str) -> None:
    assert caller.get(operation).status_code == 405


@pytest.mark.parametrize("operation", ["serverkeygen", "fullcmc"])
def test_what_is_not_offered_is_not_found(caller: Caller, operation: str) -> None:
    """A key made by a server would be known to it; full CMC is optional (RFC 7030 sections 4.3 and 4.4)."""
    assert caller.post(operation, b"").status_code == 404
