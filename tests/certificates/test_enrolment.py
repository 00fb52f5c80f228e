"""Redeeming codes: what is checked, what is taken, and that a lost reply costs nothing."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certportal import ca
from certportal.ca import Reason, lint
from certportal.certificates import enrolment, service
from certportal.certificates.models import Certificate, CertificateState
from certportal.extensions import db, transaction
from certportal.identifiers import Environment
from certportal.messages.models import CodesState
from certportal.orders import service as orders
from certportal.orders.models import OrderState
from certportal.refusals import Conflict, Refusal
from certportal.registry import service as registry
from certportal.secrecy import Secret
from tests import builders
from tests.certificates.steps import (
    PROGRAM,
    Kit,
    certificates,
    end_the_organisation,
    end_the_right,
    key_and_request,
    request,
    row_of,
)
from tests.conftest import FakeClock
from tests.orders.steps import House


def test_codes_and_a_signing_request_become_a_certificate(kit: Kit) -> None:
    codes = kit.codes()
    issued = row_of(service.enrol(codes.transfer_id, codes.password, request(), PROGRAM))
    assert issued.state is CertificateState.ISSUED
    assert kit.codes_now(codes).state is CodesState.SPENT
    assert issued.order.state is OrderState.COLLECTED
    assert [row.id for row in certificates()] == [issued.id]


def test_the_certificate_says_who_and_how_long_and_nothing_else(kit: Kit, clock: FakeClock) -> None:
    issued = kit.certificate()
    parsed = x509.load_der_x509_certificate(issued.der or b"")
    assert parsed.subject.rfc4514_string() == "CN=9900001-8,2.5.4.97=NTRFI-9900001-8,O=Mallilön Ab,C=FI"
    assert parsed.not_valid_before_utc == clock.at - timedelta(hours=1)
    assert parsed.not_valid_after_utc == clock.at.replace(year=2028)
    assert (parsed.not_valid_before_utc, parsed.not_valid_after_utc) == (issued.not_before, issued.not_after)
    assert f"{parsed.serial_number:x}".endswith(issued.serial.lstrip("0"))


@pytest.mark.parametrize("wrong", ["password", "transfer_id", "environment", "business_id", "both"])
def test_wrong_codes_are_refused_alike(kit: Kit, wrong: str) -> None:
    codes = kit.codes()
    password = Secret("notThePassword22") if wrong in ("password", "both") else codes.password
    transfer_id = "000000000000" if wrong in ("transfer_id", "both") else codes.transfer_id
    environment = Environment.TEST if wrong == "environment" else Environment.PRODUCTION
    business_id = "9900002-6" if wrong == "business_id" else "9900001-8"
    with pytest.raises(Refusal, match="transfer_codes_wrong"):
        service.enrol(transfer_id, password, request(), PROGRAM, environment, business_id)
    assert certificates() == []
    issued = row_of(
        service.enrol(codes.transfer_id, codes.password, request(), PROGRAM, Environment.PRODUCTION, "9900001-8")
    )
    assert issued.state is CertificateState.ISSUED


def test_ten_wrong_passwords_lock_the_codes(kit: Kit) -> None:
    codes = kit.codes()
    for _ in range(10):
        with pytest.raises(Refusal, match="transfer_codes_wrong"):
            service.enrol(codes.transfer_id, Secret("notThePassword22"), request(), PROGRAM)
    with pytest.raises(Refusal, match="transfer_codes_wrong"):
        service.enrol(codes.transfer_id, codes.password, request(), PROGRAM)
    assert kit.codes_now(codes).state is CodesState.LOCKED


def test_the_codes_work_until_the_last_minute_of_their_last_day_and_then_no_more(kit: Kit, clock: FakeClock) -> None:
    first, second = kit.codes(), kit.codes()
    clock.move(days=14, hours=13, minutes=59)  # 15 December 23.59 in Helsinki
    assert service.enrol(first.transfer_id, first.password, request(), PROGRAM).der
    clock.move(minutes=1)
    with pytest.raises(Refusal, match="transfer_codes_wrong"):
        service.enrol(second.transfer_id, second.password, request(), PROGRAM)


def test_a_lost_reply_costs_nothing_for_as_long_as_the_codes_would_have_lived(kit: Kit, clock: FakeClock) -> None:
    codes, (key, sent) = kit.codes(), key_and_request()
    issued = row_of(service.enrol(codes.transfer_id, codes.password, sent, PROGRAM))
    clock.move(days=13)
    again = row_of(service.enrol(codes.transfer_id, codes.password, key_and_request(key)[1], PROGRAM))
    assert (again.id, again.retrieval_id, again.der) == (issued.id, issued.retrieval_id, issued.der)
    clock.move(days=2)
    with pytest.raises(Refusal, match="transfer_codes_wrong"):
        service.enrol(codes.transfer_id, codes.password, sent, PROGRAM)
    assert len(certificates()) == 1


def test_the_same_codes_with_another_key_are_refused(kit: Kit) -> None:
    codes = kit.codes()
    service.enrol(codes.transfer_id, codes.password, request(), PROGRAM)
    with pytest.raises(Conflict, match="codes_taken"):
        service.enrol(codes.transfer_id, codes.password, request(), PROGRAM)
    assert len(certificates()) == 1


def test_void_codes_are_refused(kit: Kit, house: House) -> None:
    order = kit.order()
    codes = kit.codes(order)
    orders.send_again(order.id, order.version, house.actor)
    with pytest.raises(Refusal, match="transfer_codes_wrong"):
        service.enrol(codes.transfer_id, codes.password, request(), PROGRAM)
    with pytest.raises(Refusal, match="transfer_codes_wrong"):
        service.enrol_opened(codes.row_id, request(), PROGRAM)
    fresh = kit.codes(order)
    assert service.enrol(fresh.transfer_id, fresh.password, request(), PROGRAM).der


def test_a_right_that_has_ended_meanwhile_stops_production_and_spends_nothing(kit: Kit, house: House) -> None:
    codes = kit.codes()
    with transaction():
        right = registry.right_to(house.organisation.id, house.channel.id, registry.today())
        assert right is not None
        registry.end_right(right, registry.today() - timedelta(days=1), builders.OPERATOR)
    with pytest.raises(Refusal, match="not_orderable_any_more"):
        service.enrol(codes.transfer_id, codes.password, request(), PROGRAM)
    assert kit.codes_now(codes).state is CodesState.LIVE
    test = kit.codes(kit.order(environment=Environment.TEST))
    assert service.enrol(test.transfer_id, test.password, request(), PROGRAM).der


def test_production_and_test_are_signed_by_different_authorities(kit: Kit) -> None:
    real, trial = kit.certificate(), kit.certificate(environment=Environment.TEST)
    issuers = {ca.describe(each.der or b"").issuer for each in (real, trial)}
    assert issuers == {"Certportal Issuing CA (production)", "Certportal Issuing CA (test)"}


def test_a_key_that_another_organisation_has_is_refused(kit: Kit) -> None:
    key, sent = key_and_request()
    kit.certificate(sent=sent)
    other = builders.organisation("Exempelholm Bygg Ab", "9900002-6")
    person = builders.signatory(other, "else@exempelholm.example")
    builders.access_right(other, kit.house.channel)
    there = Kit(House(other, person, kit.house.channel, kit.house.other, kit.house.terms), kit.folder)
    codes = there.codes()
    with pytest.raises(Refusal, match="key_of_another"):
        service.enrol(codes.transfer_id, codes.password, key_and_request(key)[1], PROGRAM)
    assert there.codes_now(codes).state is CodesState.LIVE


def test_a_key_that_was_lost_is_never_certified_again_but_an_unneeded_one_is(kit: Kit) -> None:
    for reason, refused in ((service.Reason.KEY_LOST, True), (service.Reason.UNNECESSARY, False)):
        key, sent = key_and_request()
        first = kit.certificate(sent=sent)
        service.revoke(first.id, reason, builders.acting(kit.house.person))
        codes = kit.codes()
        if refused:
            with pytest.raises(Refusal, match="key_distrusted"):
                service.enrol(codes.transfer_id, codes.password, key_and_request(key)[1], PROGRAM)
        else:
            assert service.enrol(codes.transfer_id, codes.password, key_and_request(key)[1], PROGRAM).der


def test_a_new_certificate_is_the_successor_of_what_it_replaces_once_it_is_issued(kit: Kit) -> None:
    """failures.md, F4: a foreign key, not a name that looks alike."""
    old = kit.certificate()
    order = kit.order(description="Other", reason="replaces", replaces_certificate_id=old.id)
    assert service.relations(old).successors == []
    new = kit.certificate(order)
    assert [each.id for each in service.relations(old).successors] == [new.id]
    before = service.relations(new).predecessor
    assert before is not None
    assert before.id == old.id


class Breakdown:
    """Signing that does not work until it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ready = False
        monkeypatch.setattr(enrolment.authorities, "issuer", self.issuer)
        self.real: Callable[[Environment, str], Any] = _real_issuer

    def issuer(self, environment: Environment, label: str) -> Any:
        if not self.ready:
            raise OSError("the token is away")
        return self.real(environment, label)


_real_issuer = enrolment.authorities.issuer


def test_while_the_key_is_away_the_certificate_waits_and_a_job_finishes_it(
    kit: Kit, monkeypatch: pytest.MonkeyPatch, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    breakdown = Breakdown(monkeypatch)
    order = kit.order()
    codes, sent = kit.codes(order), request()
    waiting = row_of(service.enrol(codes.transfer_id, codes.password, sent, PROGRAM))
    assert (waiting.state, waiting.der) == (CertificateState.PREPARED, None)
    assert "issuing of PRODUCTION cannot sign" in caplog.text
    assert kit.codes_now(codes).state is CodesState.TAKEN
    assert service.enrol(codes.transfer_id, codes.password, sent, PROGRAM).id == waiting.id
    with pytest.raises(Conflict, match="codes_in_use"):
        orders.cancel_order(order.id, kit.house.actor)
    clock.move(days=3)
    lease = StandingLease()
    assert service.resume_prepared(lease) == "0 finished, 1 waiting"  # type: ignore[arg-type]
    breakdown.ready = True
    assert service.resume_prepared(lease) == "1 finished, 0 waiting"  # type: ignore[arg-type]
    [issued] = certificates()
    assert issued.state is CertificateState.ISSUED
    assert kit.codes_now(codes).state is CodesState.SPENT
    assert issued.order.state is OrderState.COLLECTED
    assert service.resume_prepared(lease) == "0 finished, 0 waiting"  # type: ignore[arg-type]


@pytest.mark.parametrize("ended", ["organisation", "right", "trust"])
def test_what_waits_for_its_signature_is_given_up_when_what_it_is_for_ends_meanwhile(
    kit: Kit, monkeypatch: pytest.MonkeyPatch, clock: FakeClock, ended: str
) -> None:
    key, sent = key_and_request()
    other = kit.certificate(sent=key_and_request(key)[1]) if ended == "trust" else None
    breakdown = Breakdown(monkeypatch)
    codes = kit.codes()
    waiting = service.enrol(codes.transfer_id, codes.password, sent, PROGRAM)
    assert waiting.state is CertificateState.PREPARED
    if ended == "organisation":
        end_the_organisation(kit.house)
    elif ended == "right":
        end_the_right(kit.house)
    else:
        assert other is not None
        with transaction() as session:  # as a revocation that met no row of this key leaves it
            held = session.get_one(Certificate, other.id)
            held.state, held.revoked_at = CertificateState.REVOKED, clock.at
            held.revocation_reason = Reason.KEY_LOST.value
    clock.move(hours=1)
    breakdown.ready = True
    assert service.resume_prepared(StandingLease()) == "0 finished, 0 waiting, 1 given up"  # type: ignore[arg-type]
    assert row_of(waiting).der is None
    assert kit.codes_now(codes).state is CodesState.VOID


@pytest.mark.parametrize("environment", list(Environment))
def test_nothing_is_issued_for_an_organisation_that_has_ended(kit: Kit, environment: Environment) -> None:
    codes = kit.codes(kit.order(environment=environment))
    end_the_organisation(kit.house)
    with pytest.raises(Refusal, match="not_orderable_any_more"):
        service.enrol(codes.transfer_id, codes.password, request(), PROGRAM)
    assert certificates() == []


def test_what_was_prepared_is_signed_although_the_years_of_new_certificates_have_changed(
    kit: Kit, app: Flask, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    breakdown = Breakdown(monkeypatch)
    codes, sent = kit.codes(), request()
    waiting = row_of(service.enrol(codes.transfer_id, codes.password, sent, PROGRAM))
    app.extensions["certportal.settings"] = replace(app.extensions["certportal.settings"], certificate_years=1)
    clock.move(days=1)
    breakdown.ready = True
    assert service.resume_prepared(StandingLease()) == "1 finished, 0 waiting"  # type: ignore[arg-type]
    [issued] = certificates()
    assert (issued.state, issued.not_after) == (CertificateState.ISSUED, waiting.not_after)
    assert issued.not_after.year == issued.not_before.year + 2


class StandingLease:
    def renew(self) -> None:
        """Nobody else works here."""


def test_one_certificate_that_cannot_be_signed_holds_up_no_other(
    kit: Kit, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    breakdown = Breakdown(monkeypatch)
    first, second = kit.certificate(), kit.certificate()
    breakdown.ready = True
    with transaction():
        db.session.execute(db.update(Certificate).where(Certificate.id == first.id).values(to_be_signed=b"\x30\x00"))
    clock.move(minutes=5)
    assert service.resume_prepared(StandingLease()) == "1 finished, 1 waiting"  # type: ignore[arg-type]
    assert [row.state.value for row in certificates()] == ["prepared", "issued"]
    assert certificates()[1].id == second.id


def test_without_an_authority_nothing_is_taken(kit: Kit, app: Flask) -> None:
    codes = kit.codes()
    authority = app.extensions["certportal.settings"].ca_dir / "production"
    authority.rename(authority.with_name("away"))
    with pytest.raises(ca.CaRefused, match="ca_missing"):
        service.enrol(codes.transfer_id, codes.password, request(), PROGRAM)
    assert kit.codes_now(codes).state is CodesState.LIVE
    authority.with_name("away").rename(authority)
    assert service.enrol(codes.transfer_id, codes.password, request(), PROGRAM).der


class Faulty:
    """pkilint with a fault in a new version."""

    def validate(self, root: object) -> list[object]:
        raise RuntimeError


def test_what_pkilint_does_not_pass_takes_nothing_and_the_setting_turns_it_off(
    kit: Kit, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes, sent = kit.codes(), request()
    monkeypatch.setattr(lint, "_rules", Faulty)
    with pytest.raises(ca.IssueRefused, match="certificate_refused"):
        service.enrol(codes.transfer_id, codes.password, sent, PROGRAM)
    assert certificates() == []
    assert kit.codes_now(codes).state is CodesState.LIVE
    app.extensions["certportal.settings"] = replace(app.extensions["certportal.settings"], pkilint=False)
    assert service.enrol(codes.transfer_id, codes.password, sent, PROGRAM).der


def test_pkilint_is_made_ready_where_it_is_asked(app: Flask) -> None:
    settings = app.extensions["certportal.settings"]
    lint._rules.cache_clear()
    service.warm(replace(settings, pkilint=False))
    assert lint._rules.cache_info().currsize == 0
    service.warm(settings)
    assert lint._rules.cache_info().currsize == 1


def test_fifty_redemptions_at_once_make_one_certificate(kit: Kit, app: Flask) -> None:
    codes, sent = kit.codes(), request()
    start, retrieval_ids, failed = threading.Barrier(50), [], []

    def redeem() -> None:
        with app.app_context():
            start.wait()
            try:
                retrieval_ids.append(service.enrol(codes.transfer_id, codes.password, sent, PROGRAM).retrieval_id)
            except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
                failed.append(error)
            finally:
                db.session.remove()

    run_all(redeem, 50)
    assert failed == []
    assert len(retrieval_ids) == 50
    assert len(set(retrieval_ids)) == 1
    assert len(certificates()) == 1
    issued = [entry for entry in service.activity(certificates()[0]) if entry.verb == "certificate_issued"]
    assert len(issued) == 1


def test_fifty_keys_at_once_and_one_wins(kit: Kit, app: Flask) -> None:
    codes = kit.codes()
    start, won, refused = threading.Barrier(50), [], []
    requests = [request() for _ in range(50)]

    def redeem() -> None:
        sent = requests.pop()
        with app.app_context():
            start.wait()
            try:
                won.append(service.enrol(codes.transfer_id, codes.password, sent, PROGRAM).id)
            except Conflict as refusal:
                refused.append(refusal.code)
            finally:
                db.session.remove()

    run_all(redeem, 50)
    assert (len(won), refused) == (1, ["codes_taken"] * 49)
    assert len(certificates()) == 1


def run_all(work: Callable[[], None], count: int) -> None:
    db.session.rollback()
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=3000), st.text(max_size=1500).map(lambda text: text.encode("utf-8", "replace")), st.data()
    )
)
def test_no_octets_whatever_take_the_codes_or_break_anything(kit: Kit, sent: Any) -> None:
    if not isinstance(sent, bytes):
        good = bytearray(_GOOD)
        for _ in range(sent.draw(st.integers(1, 6))):
            good[sent.draw(st.integers(0, len(good) - 1))] = sent.draw(st.integers(0, 255))
        sent = bytes(good)
        if sent == _GOOD:
            return
    codes = kit.unspent()
    try:
        service.enrol_opened(codes.row_id, sent, PROGRAM)
    except ca.RequestRefused:
        assert kit.codes_now(codes).state is CodesState.LIVE
    else:
        kit.spare = None  # a change in what is ignored: a certificate all the same


_GOOD = x509.load_pem_x509_csr(request()).public_bytes(serialization.Encoding.DER)
