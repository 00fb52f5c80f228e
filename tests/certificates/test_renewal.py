"""Renewing a certificate: who may, from when, for how many keys; nothing lost, nothing made twice."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from flask import Flask

from certportal import create_app, schema
from certportal.ca import Reason
from certportal.certificates import service
from certportal.certificates.models import Certificate, CertificateState
from certportal.extensions import db, transaction
from certportal.identifiers import Environment, Language
from certportal.notices.recipients import is_silent
from certportal.orders.models import OrderState
from certportal.refusals import Conflict, Refusal
from certportal.settings import Settings
from tests import builders
from tests.certificates.steps import (
    PROGRAM,
    Kit,
    certificates,
    days_before_the_end,
    end_the_organisation,
    end_the_right,
    key_and_request,
    renewable,
    request,
    row_of,
)
from tests.certificates.test_enrolment import Breakdown, StandingLease, run_all
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd
from tests.messages.steps import token_in
from tests.orders.steps import House, housed
from tests.postgres import Postgres

CONTACT, SIGNATORY = "sami@ohjelmisto.example", "anna.andersson@mallilon.example"


def test_a_renewal_is_a_successor_with_everything_carried_over_but_key_serial_and_time(
    kit: Kit, clock: FakeClock
) -> None:
    old = renewable(kit, clock)
    new = row_of(service.renew(old.id, request(), PROGRAM))
    assert new.state is CertificateState.ISSUED
    assert new.successor_of_id == old.id
    carried = ("order_id", "organisation_id", "channel_id", "environment", "description", "contact_id")
    assert [getattr(new, name) for name in carried] == [getattr(old, name) for name in carried]
    assert new.not_after == clock.at.replace(year=2030)
    first, second = (x509.load_der_x509_certificate(each.der or b"") for each in (old, new))
    assert first.subject == second.subject
    assert first.issuer == second.issuer
    assert {each.oid.dotted_string for each in first.extensions} == {
        each.oid.dotted_string for each in second.extensions
    }
    assert first.serial_number != second.serial_number
    assert first.public_key() != second.public_key()


def test_the_old_certificate_stays_valid_and_its_reminders_end(kit: Kit, clock: FakeClock) -> None:
    """domain.md, "Successor"; failures.md, F4."""
    old = renewable(kit, clock)
    assert not is_silent(old.id)
    service.renew(old.id, request(), PROGRAM)
    [before, after] = certificates()
    assert (before.state, before.revoked_at) == (CertificateState.ISSUED, None)
    assert is_silent(before.id)
    assert not is_silent(after.id)
    assert [each.id for each in service.relations(before).successors] == [after.id]
    assert before.order.state is OrderState.COLLECTED


def test_the_present_contact_and_description_are_carried_over_not_those_of_the_order(
    kit: Kit, clock: FakeClock
) -> None:
    old = renewable(kit, clock)
    other = builders.contact(kit.house.organisation, "Bo Berg", "bo@taksi.example")
    with transaction() as session:
        certificate = session.get_one(Certificate, old.id)
        certificate.name_contact(other.id)
        certificate.description, certificate.contact_may_renew = "Mallilön 7", False
    new = row_of(service.renew(old.id, request(), PROGRAM))
    assert (new.contact_id, new.description, new.contact_may_renew) == (other.id, "Mallilön 7", False)
    assert new.order.contact_id != other.id


@pytest.mark.parametrize("days", [60.4, 60, 0])
def test_it_is_renewed_from_the_day_that_is_sixty_days_before_the_end_to_the_end(
    kit: Kit, clock: FakeClock, days: float
) -> None:
    old = kit.certificate()
    days_before_the_end(clock, old, days)
    assert service.renew(old.id, request(), PROGRAM).state is CertificateState.ISSUED


def test_a_day_too_early_the_first_day_is_named(kit: Kit, clock: FakeClock) -> None:
    old = kit.certificate()
    days_before_the_end(clock, old, 60.5)  # 1 October 2028, 20.00 UTC: 2 October has not begun in Helsinki yet
    with pytest.raises(Conflict, match="renewal_too_early") as refused:
        service.renew(old.id, request(), PROGRAM)
    assert refused.value.details == {"first_day": date(2028, 10, 2)}
    assert len(certificates()) == 1


def test_one_that_has_ended_is_ordered_anew(kit: Kit, clock: FakeClock) -> None:
    old = kit.certificate()
    days_before_the_end(clock, old, -0.001)
    with pytest.raises(Conflict, match="certificate_expired"):
        service.renew(old.id, request(), PROGRAM)


def test_a_revoked_one_is_not_renewed_not_even_for_a_key_that_it_was_renewed_for(kit: Kit, clock: FakeClock) -> None:
    old, sent = renewable(kit, clock), request()
    service.renew(old.id, sent, PROGRAM)
    service.revoke(old.id, Reason.KEY_LOST, builders.acting(kit.house.person))
    for again in (sent, request()):
        with pytest.raises(Conflict, match="certificate_revoked"):
            service.renew(old.id, again, PROGRAM)
    assert len(certificates()) == 2


def test_what_is_not_issued_yet_is_not_renewed(kit: Kit, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    Breakdown(monkeypatch)
    waiting = kit.certificate()
    clock.move(days=700)
    for number in (waiting.id, 10_000):
        with pytest.raises(Conflict, match="certificate_not_issued"):
            service.renew(number, request(), PROGRAM)


def test_without_the_right_to_the_channel_production_is_refused_and_test_is_not(kit: Kit, clock: FakeClock) -> None:
    trial = kit.certificate(environment=Environment.TEST)
    real = renewable(kit, clock)
    end_the_right(kit.house)
    with pytest.raises(Refusal, match="renewal_right_missing"):
        service.renew(real.id, request(), PROGRAM)
    assert row_of(service.renew(trial.id, request(), PROGRAM)).environment is Environment.TEST


def test_an_organisation_that_no_longer_uses_the_service_renews_nothing(kit: Kit, clock: FakeClock) -> None:
    trial = renewable(kit, clock, environment=Environment.TEST)
    end_the_organisation(kit.house)
    with pytest.raises(Conflict, match="organisation_over"):
        service.renew(trial.id, request(), PROGRAM)


def test_the_old_key_again_is_refused(kit: Kit, clock: FakeClock) -> None:
    key, sent = key_and_request()
    old = renewable(kit, clock, sent=sent)
    with pytest.raises(Refusal, match="renewal_same_key"):
        service.renew(old.id, key_and_request(key)[1], PROGRAM)


def test_a_key_of_another_organisation_and_one_that_was_lost_are_refused(kit: Kit, clock: FakeClock) -> None:
    lost, theirs = key_and_request(), key_and_request()
    service.revoke(kit.certificate(sent=lost[1]).id, Reason.KEY_LOST, builders.acting(kit.house.person))
    other = builders.organisation("Exempelholm Bygg Ab", "9900002-6")
    person = builders.signatory(other, "else@exempelholm.example")
    builders.access_right(other, kit.house.channel)
    Kit(House(other, person, kit.house.channel, kit.house.other, kit.house.terms), kit.folder).certificate(
        sent=theirs[1]
    )
    old = renewable(kit, clock)
    with pytest.raises(Refusal, match="key_distrusted"):
        service.renew(old.id, key_and_request(lost[0])[1], PROGRAM)
    with pytest.raises(Refusal, match="key_of_another"):
        service.renew(old.id, key_and_request(theirs[0])[1], PROGRAM)


def test_what_is_no_signing_request_is_refused_and_counts_nothing(kit: Kit, clock: FakeClock) -> None:
    old = renewable(kit, clock)
    with pytest.raises(Refusal, match="csr_unreadable"):
        service.renew(old.id, b"-----BEGIN CERTIFICATE REQUEST-----", PROGRAM)
    assert certificates()[0].renewals == 0


def test_the_same_key_again_gives_the_same_row_and_tells_nobody_twice(
    kit: Kit, clock: FakeClock, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    old, (key, sent) = renewable(kit, clock), key_and_request()
    first = row_of(service.renew(old.id, sent, PROGRAM))
    clock.move(days=20)
    again = row_of(service.renew(old.id, key_and_request(key)[1], PROGRAM))
    assert (again.id, again.retrieval_id, again.der) == (first.id, first.retrieval_id, first.der)
    deliver()
    assert len([mail for mail in smtp.messages if mail.recipient == CONTACT and "renewed" in mail.subject]) == 1


def test_a_lost_reply_is_answered_although_the_right_has_ended_since(kit: Kit, clock: FakeClock) -> None:
    old, sent = renewable(kit, clock), request()
    first = row_of(service.renew(old.id, sent, PROGRAM))
    end_the_right(kit.house)
    assert service.renew(old.id, sent, PROGRAM).id == first.id


def test_a_fourth_key_is_refused_and_the_three_are_still_answered(kit: Kit, clock: FakeClock) -> None:
    old, requests = renewable(kit, clock), [request() for _ in range(3)]
    made = [service.renew(old.id, sent, PROGRAM).id for sent in requests]
    assert len(set(made)) == 3
    with pytest.raises(Conflict, match="renewal_used_up"):
        service.renew(old.id, request(), PROGRAM)
    assert [service.renew(old.id, sent, PROGRAM).id for sent in requests] == made
    clock.move(days=700)
    assert row_of(service.renew(made[0], request(), PROGRAM)).successor_of_id == made[0]


def test_while_the_key_is_away_the_renewal_waits_and_a_job_finishes_it(
    kit: Kit, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, sent = renewable(kit, clock), request()
    breakdown = Breakdown(monkeypatch)
    waiting = row_of(service.renew(old.id, sent, PROGRAM))
    assert (waiting.state, waiting.der) == (CertificateState.PREPARED, None)
    assert not is_silent(old.id)
    assert service.renew(old.id, sent, PROGRAM).id == waiting.id
    clock.move(days=3)
    breakdown.ready = True
    assert service.resume_prepared(StandingLease()) == "1 finished, 0 waiting"  # type: ignore[arg-type]
    assert certificates()[1].state is CertificateState.ISSUED
    assert is_silent(old.id)


def test_a_renewal_that_waits_for_its_signature_dies_with_the_certificate_that_it_renews(
    kit: Kit, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The signature may come days after it was revoked. With a reason that distrusts the key nothing waits for that: see
    test_lost_keys."""
    old = renewable(kit, clock)
    breakdown = Breakdown(monkeypatch)
    waiting = service.renew(old.id, request(), PROGRAM)
    service.revoke(old.id, Reason.UNNECESSARY, kit.house.actor)
    clock.move(hours=1)
    breakdown.ready = True
    assert service.resume_prepared(StandingLease()) == "0 finished, 0 waiting, 1 given up"  # type: ignore[arg-type]
    assert row_of(waiting).der is None


def test_a_renewal_that_was_given_up_does_not_count_and_its_key_may_come_again(
    kit: Kit, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, sent = renewable(kit, clock), request()
    breakdown = Breakdown(monkeypatch)
    waiting = row_of(service.renew(old.id, sent, PROGRAM))
    clock.move(hours=2)
    service.give_up(waiting.id, "The authority ended", builders.OPERATOR)
    breakdown.ready = True
    assert certificates()[0].renewals == 0
    new = row_of(service.renew(old.id, sent, PROGRAM))
    assert (new.id == waiting.id, new.state) == (False, CertificateState.ISSUED)
    assert new.order.state is OrderState.COLLECTED


def test_while_the_machines_clock_is_behind_nothing_is_renewed(kit: Kit, clock: FakeClock) -> None:
    """failures.md, F11."""
    old = renewable(kit, clock)
    service.will_not_be_renewed(old.id, builders.acting(kit.house.person))  # the record's last act
    clock.move(minutes=-6)
    with pytest.raises(Conflict, match="clock_behind"):
        service.renew(old.id, request(), PROGRAM)


def test_contact_and_signatory_are_told_with_both_ends_and_the_contact_gets_the_page(
    kit: Kit, clock: FakeClock, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    old = renewable(kit, clock)
    deliver()
    smtp.reset()
    new = row_of(service.renew(old.id, request(), PROGRAM))
    deliver()
    mails = {mail.recipient: mail for mail in smtp.messages}
    assert set(mails) == {CONTACT, SIGNATORY}
    contact, signatory = mails[CONTACT], mails[SIGNATORY]
    assert contact.subject == "The certificate was renewed: Mallilön 6"
    assert token_in(contact)
    for told in (
        "1 November 2030",
        "1 December 2028",
        old.serial[:2] + " " + old.serial[2:4],
        new.serial[:2] + " " + new.serial[2:4],
    ):
        assert told in contact.text, told
        assert told in contact.html.replace("\n", " "), told
    for told in ("1.11.2030", "1.12.2028", f"/certificates/{new.id}/revoke?not-us=1"):
        assert told in signatory.text, told


def test_who_did_not_renew_is_told_to_revoke_both(
    kit: Kit, clock: FakeClock, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    old = renewable(kit, clock)
    with transaction():
        kit.house.person.language = Language.EN
    deliver()
    smtp.reset()
    new = row_of(service.renew(old.id, request(), PROGRAM))
    deliver()
    mails = {mail.recipient: mail for mail in smtp.messages}
    for text in (mails[CONTACT].text, mails[CONTACT].html.replace("\n", " ")):
        assert "revoke it at once on that page" in text
        assert "revoke the old certificate too" in text
        assert "http://localhost/revocations/link" in text
        assert "call Anna" not in text
    for text in (mails[SIGNATORY].text, mails[SIGNATORY].html.replace("\n", " ")):
        assert "revoke the old certificate too: whoever has its key can renew it again" in text
        assert f"http://localhost/certificates/{old.id}" in text
        assert f"/certificates/{new.id}/revoke?not-us=1" in text


def test_an_old_certificate_that_is_revoked_by_then_is_not_to_be_revoked_too(
    kit: Kit, clock: FakeClock, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    old = renewable(kit, clock)
    service.renew(old.id, request(), PROGRAM)
    service.revoke(old.id, Reason.KEY_LOST, builders.acting(kit.house.person))
    deliver()
    [told] = [mail for mail in smtp.messages if "was renewed" in mail.subject]
    assert "revoke the old certificate too" not in told.text


def test_the_record_names_who_renewed_what(kit: Kit, clock: FakeClock) -> None:
    old = renewable(kit, clock)
    new = row_of(service.renew(old.id, request(), PROGRAM))
    [issued, prepared] = service.activity(new)
    assert (issued.verb, prepared.verb) == ("certificate_renewed", "renewal_prepared")
    assert prepared.details["renews"] == old.serial
    assert (issued.client_address, issued.details["sha256"]) == (PROGRAM.address, new.sha256)


def test_a_certificate_is_known_by_its_whole_der(kit: Kit) -> None:
    issued = kit.certificate()
    der = issued.der or b""
    found = service.presented(der)
    assert found is not None
    assert found.id == issued.id
    assert service.presented(der + b"\x00") is None
    assert service.presented(der[:-1] + bytes([der[-1] ^ 1])) is None
    assert service.presented(b"") is None
    pem = x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM)
    assert service.presented(pem) is None
    service.revoke(issued.id, Reason.UNNECESSARY, builders.acting(kit.house.person))
    assert service.presented(der) is not None


@pytest.fixture(params=["sqlite", "postgresql"])
def ending(request: pytest.FixtureRequest, settings: Settings, clock: FakeClock, tmp_path: Any) -> Iterator[Any]:
    """An app on either database, with a certificate that ends in thirty days."""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        settings = replace(settings, database_url=server.fresh_database())
    app = create_app(settings, clock)
    with app.app_context():
        schema.upgrade(app)
        yield app, renewable(Kit(housed(), tmp_path), clock)
        db.session.remove()
        db.engine.dispose()


def renewed_at_once(app: Flask, certificate_id: int, requests: list[bytes]) -> tuple[list[str], list[str]]:
    """Retrieval ids and refusals of as many calls at the same moment."""
    start, won, refused = threading.Barrier(len(requests)), [], []
    waiting = list(requests)

    def call() -> None:
        sent = waiting.pop()
        with app.app_context():
            start.wait()
            try:
                won.append(service.renew(certificate_id, sent, PROGRAM).retrieval_id)
            except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
                refused.append(getattr(error, "code", repr(error)))
            finally:
                db.session.remove()

    run_all(call, len(requests))
    return won, refused


def test_fifty_renewals_at_once_with_one_key_make_one_certificate(ending: tuple[Flask, Certificate]) -> None:
    app, old = ending
    won, refused = renewed_at_once(app, old.id, [request()] * 50)
    assert refused == []
    assert (len(won), len(set(won))) == (50, 1)
    [before, after] = certificates()
    assert (before.renewals, after.state) == (1, CertificateState.ISSUED)
    assert [entry.verb for entry in service.activity(after)] == ["certificate_renewed", "renewal_prepared"]


def test_of_twenty_keys_at_once_three_are_certified(ending: tuple[Flask, Certificate]) -> None:
    app, old = ending
    won, refused = renewed_at_once(app, old.id, [request() for _ in range(20)])
    assert refused == ["renewal_used_up"] * 17
    assert len(set(won)) == 3
    assert len(certificates()) == 4
