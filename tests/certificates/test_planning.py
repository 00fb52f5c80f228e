"""A revocation on a date: planned, told, shown, taken back until then, carried out once and on time or late."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from certportal import runs
from certportal.audit import AuditEntry
from certportal.certificates import service
from certportal.certificates.models import Certificate, CertificateState
from certportal.extensions import db, transaction
from certportal.identifiers import Actor, ActorKind, Language
from certportal.notices.models import Notice
from certportal.notices.service import sweep
from certportal.refusals import Conflict, Forbidden, Refusal
from tests import builders
from tests.browsing import BrowsingClient
from tests.certificates.steps import Kit, certificates, request, row_of
from tests.certificates.test_letters import CONTACT, SIGNATORY, mails_to
from tests.certificates.test_revocation import listed, serials
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd
from tests.messages.steps import Phone, token_in

Reason = service.Reason
TENTH = date(2026, 12, 10)


def plan(kit: Kit, certificate: Certificate, day: date = TENTH, by: Actor | None = None, **more: Any) -> Certificate:
    reason = more.pop("reason", Reason.UNNECESSARY)
    return service.plan_revocation(certificate.id, day, reason, by or builders.acting(kit.house.person))


def carry_out() -> str:
    runs.run(runs.PLANNED, service.revoke_planned)
    db.session.rollback()
    run = runs.select_run(runs.PLANNED)
    return run.outcome if run is not None else ""


def test_the_signatory_plans_sees_and_takes_back(
    kit: Kit, browser: BrowsingClient, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    kit.certificate()
    page = browser.get("/certificates/1").follow("Revoke it on a date")
    assert page.h1 == "Revoke it on a date"
    page = page.submit("Plan the revocation", last_day="10.12.2026", reason="unnecessary", note="New program")
    assert "The revocation is planned." in page.text
    assert "It works to the end of 10 December 2026" in page.text
    assert "Reason: The certificate is no longer needed." in page.text
    assert "revoked after 10 December 2026" in browser.get("/certificates").text
    [planned] = certificates()
    assert planned.planned_revocation_at == datetime(2026, 12, 10, 22, 0, tzinfo=UTC)
    [told] = [mail for mail in mails_to(CONTACT, deliver, smtp) if "will be revoked" in mail.subject]
    assert "works to the end of 10 December 2026" in told.text
    assert "Anna Andersson" in told.text
    [told] = [mail for mail in mails_to(SIGNATORY, deliver, smtp) if "10.12.2026" in mail.text]
    assert "http://localhost/certificates/1" in told.text
    page = browser.get("/certificates/1").submit("Take the plan back")
    assert "Taken back: the certificate works until its own end." in page.text
    assert "It works to the end of" not in page.text
    assert [m.subject for m in mails_to(CONTACT, deliver, smtp)][-1].startswith("The certificate will not be revoked")
    assert certificates()[0].planned_reason is None


def test_it_is_revoked_when_its_last_day_has_ended_and_everyone_is_told(
    kit: Kit, clock: FakeClock, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    issued = kit.certificate()
    plan(kit, issued)
    clock.at = datetime(2026, 12, 10, 21, 59, 59, tzinfo=UTC)
    assert carry_out() == "0 revoked"
    clock.at = datetime(2026, 12, 10, 22, 0, tzinfo=UTC)
    assert carry_out() == "1 revoked"
    assert carry_out() == "0 revoked"
    [revoked] = certificates()
    assert (revoked.state, revoked.revocation_reason, revoked.revoked_at) == (
        CertificateState.REVOKED, "unnecessary", clock.at,
    )  # fmt: skip
    assert revoked.planned_revocation_at is None
    assert serials(listed()) == {int(issued.serial, 16)}
    entry = db.session.scalars(db.select(AuditEntry).where(AuditEntry.verb == "certificate_revoked")).one()
    assert entry.actor_kind is ActorKind.JOB
    [told] = [mail for mail in mails_to(CONTACT, deliver, smtp) if "was revoked" in mail.subject]
    assert "The service, as it had been planned" in told.text


def test_after_downtime_whatever_is_due_is_revoked_and_what_has_ended_is_left(kit: Kit, clock: FakeClock) -> None:
    """Design rule 7: due and not yet done, never "is it that day"."""
    late, much_later = kit.certificate(), kit.certificate()
    plan(kit, late)
    plan(kit, much_later, date(2028, 11, 30))
    clock.move(days=100)
    assert carry_out() == "1 revoked"
    clock.move(days=900)
    assert carry_out() == "0 revoked"
    assert [each.state for each in certificates()] == [CertificateState.REVOKED, CertificateState.ISSUED]


def test_many_that_are_due_are_revoked_batch_by_batch(
    kit: Kit, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from certportal.certificates import planning

    monkeypatch.setattr(planning, "BATCH", 2)
    for _ in range(5):
        plan(kit, kit.certificate())
    clock.move(days=10)
    assert carry_out() == "5 revoked"


def test_the_issuers_reasons_that_an_operator_planned_are_carried_out(kit: Kit, clock: FakeClock) -> None:
    issued = kit.certificate()
    plan(kit, issued, by=builders.OPERATOR, reason=Reason.AGREEMENT_ENDED)
    clock.move(days=10)
    assert carry_out() == "1 revoked"
    assert certificates()[0].revocation_reason == "agreement_ended"


def test_the_holder_cannot_plan_with_the_issuers_reasons(kit: Kit) -> None:
    with pytest.raises(Forbidden, match="reason_for_operator"):
        plan(kit, kit.certificate(), reason=Reason.MISUSE)


def test_a_plan_is_for_a_day_to_come_before_the_certificates_own_end(kit: Kit, browser: BrowsingClient) -> None:
    issued = kit.certificate()
    for day, code in ((date(2026, 11, 30), "plan_in_the_past"), (date(2028, 12, 1), "plan_after_end")):
        with pytest.raises(Refusal, match=code):
            plan(kit, issued, day)
    page = browser.get("/certificates/1/revoke-later")
    for typed, said in (
        ("", "Enter the last day"), ("30.11.2026", "has ended already"), ("1.12.2028", "ends by itself"), ("soon", "soon"),
    ):  # fmt: skip
        answer = page.submit("Plan the revocation", last_day=typed, reason="unnecessary")
        assert answer.status == 422
        assert said in answer.errors[0], typed
    assert page.submit("Plan the revocation", last_day="10.12.2026").status == 422
    plan(kit, issued, date(2026, 12, 1))
    assert certificates()[0].planned_revocation_at is not None


def test_what_an_operator_planned_only_an_operator_takes_back(kit: Kit, browser: BrowsingClient) -> None:
    issued = kit.certificate()
    plan(kit, issued, by=builders.OPERATOR)
    page = browser.get("/certificates/1")
    assert "The service’s operator planned it" in page.text
    answer = browser.post("/certificates/1/revoke-later/take-back")
    assert answer.status == 403
    assert "Only the operator can change it" in answer.errors[0]
    with pytest.raises(Forbidden, match="plan_of_operator"):
        plan(kit, issued, date(2027, 12, 1))
    service.take_back_plan(issued.id, builders.OPERATOR)
    with pytest.raises(Conflict, match="plan_none"):
        service.take_back_plan(issued.id, builders.OPERATOR)


def test_the_signatorys_letter_says_who_can_take_the_plan_back(
    kit: Kit, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    with transaction():
        kit.house.person.language = Language.EN
    own, operators = kit.certificate(), kit.certificate()
    deliver()
    plan(kit, own)
    [told] = [mail for mail in mails_to(SIGNATORY, deliver, smtp) if "will be revoked" in mail.subject]
    assert "Until its last day the plan can be taken back." in told.text
    smtp.reset()
    plan(kit, operators, by=builders.OPERATOR)
    [told] = mails_to(SIGNATORY, deliver, smtp)
    for text in (told.text, told.html.replace("\n", " ")):
        assert "Only the service’s operator can take the plan back. Call 029 000 0000." in text
        assert "the plan can be taken back" not in text


def test_a_planned_certificate_may_be_revoked_at_once_and_the_plan_is_gone(kit: Kit, clock: FakeClock) -> None:
    issued = kit.certificate()
    plan(kit, issued)
    service.revoke(issued.id, Reason.KEY_LOST, builders.acting(kit.house.person))
    clock.move(days=10)
    assert carry_out() == "0 revoked"
    assert certificates()[0].revocation_reason == "key_lost"
    with pytest.raises(Conflict, match="plan_none"):
        service.take_back_plan(issued.id, builders.OPERATOR)
    with pytest.raises(Conflict, match="certificate_revoked"):
        plan(kit, issued, date(2026, 12, 30))


def test_a_letter_that_a_later_word_has_overtaken_is_not_sent(
    kit: Kit, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    issued = kit.certificate()
    deliver()
    plan(kit, issued)
    plan(kit, issued, date(2026, 12, 20))
    subjects = [mail for mail in mails_to(CONTACT, deliver, smtp) if "will be revoked" in mail.subject]
    assert ["20 December 2026" in mail.text for mail in subjects] == [True]


def test_while_it_is_planned_its_notices_are_silent_and_they_go_out_when_it_is_taken_back(
    kit: Kit, clock: FakeClock
) -> None:
    issued = kit.certificate()
    plan(kit, issued, date(2028, 11, 20))
    clock.at = issued.not_after - timedelta(days=29)
    runs.run(runs.SWEEP, sweep)
    assert db.session.scalar(db.select(db.func.count(Notice.id))) == 0
    service.take_back_plan(issued.id, builders.acting(kit.house.person))
    runs.run("sweep-again", sweep)
    assert db.session.scalar(db.select(db.func.count(Notice.id))) > 0


def test_the_contact_sees_until_when_it_works(
    kit: Kit, visitor: BrowsingClient, phone: Phone, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    issued = kit.certificate()
    token = token_in(next(mail for mail in mails_to(CONTACT, deliver, smtp) if "ready" in mail.subject))
    plan(kit, issued)
    page = visitor.get(f"/messages/{token}").submit("Send the PIN code").submit("Show the message", pin=phone.pin())
    assert "It works to the end of 10 December 2026" in page.text
    assert page.follow("Revoke the certificate").h1 == "Revoke the certificate"


def test_another_organisations_certificate_is_not_planned(kit: Kit, app: Flask, browser: BrowsingClient) -> None:
    issued = kit.certificate()
    other = builders.organisation("Exempelholm Oy", "9900002-6")
    with transaction() as session:
        session.get_one(Certificate, issued.id).organisation_id = other.id
    assert browser.get("/certificates/1/revoke-later").status == 404
    answer = browser.post("/certificates/1/revoke-later", {"last_day": "2026-12-10", "reason": "unnecessary"})
    assert answer.status == 404
    assert certificates()[0].planned_revocation_at is None


def test_a_certificate_to_be_revoked_is_not_renewed_before_the_plan_is_taken_back(kit: Kit, clock: FakeClock) -> None:
    issued = kit.certificate()
    plan(kit, issued, date(2028, 11, 20))
    clock.at = issued.not_after - timedelta(days=29)
    with pytest.raises(Conflict, match="revocation_planned"):
        service.renew(issued.id, request(), builders.COMMAND)
    service.take_back_plan(issued.id, builders.acting(kit.house.person))
    assert row_of(service.renew(issued.id, request(), builders.COMMAND)).successor_of_id == issued.id


def settled(found: list[Certificate], then: service.Aftermath, by: Actor) -> service.Settled:
    with transaction():
        return service.settle(found, then, Reason.UNNECESSARY, by)


def test_of_many_the_earlier_end_holds_and_a_signatory_changes_no_operators_plan(kit: Kit) -> None:
    person = builders.acting(kit.house.person)
    free, earlier, operators = (kit.certificate() for _ in range(3))
    plan(kit, earlier, date(2026, 12, 5))
    plan(kit, operators, date(2027, 1, 5), by=builders.OPERATOR)
    then = service.Aftermath("date", TENTH)
    done = settled([free, earlier, operators], then, person)
    assert (done.revoked, done.planned, done.left) == (0, 1, 2)
    assert [each.planned_revocation_at.day for each in certificates() if each.planned_revocation_at] == [10, 5, 5]
    assert settled([operators], then, builders.OPERATOR).planned == 1
    after_its_end = service.Aftermath("date", date(2028, 12, 1))
    assert settled([free], after_its_end, builders.OPERATOR).left == 1
    with pytest.raises(Refusal, match="plan_in_the_past"):
        settled([kit.certificate()], service.Aftermath("date", date(2026, 11, 30)), person)


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_words_a_code_of_rfc_5280_and_its_givers(reason: Reason) -> None:
    """domain.md, "revocation reasons"; RFC 5280 5.3.1. removeFromCRL and certificateHold would not be for good."""
    from certportal.certificates import reasons

    assert reason in reasons.WORDS
    assert reason.rfc_code in {0, 1, 3, 4, 5, 9}
    assert (reason in reasons.HOLDERS) == (not reason.by_issuer and reason is not Reason.UNSPECIFIED)


def test_the_reasons_are_those_of_the_domain_with_their_codes() -> None:
    assert {reason.value: reason.rfc_code for reason in Reason} == {
        "key_lost": 1,
        "key_suspected": 1,
        "unnecessary": 5,
        "organisation_ended": 3,
        "agreement_ended": 9,
        "misuse": 9,
        "unspecified": 0,
    }
