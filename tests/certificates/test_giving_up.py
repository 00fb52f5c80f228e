"""A prepared certificate that can never be signed is given up by an operator, and its order collected anew."""

from collections.abc import Callable

import pytest

from certportal.certificates import enrolment, service
from certportal.certificates.models import Certificate, CertificateState
from certportal.messages.models import CodesState, MessageEnd
from certportal.orders import service as orders
from certportal.orders.models import OrderState
from certportal.refusals import Conflict, Refusal
from tests import builders
from tests.browsing import BrowsingClient
from tests.certificates.steps import PROGRAM, Codes, Kit, certificates, renewable, request, row_of
from tests.certificates.test_enrolment import Breakdown, StandingLease
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd

REASON = "The authority ended before it could sign"


@pytest.fixture
def breakdown(monkeypatch: pytest.MonkeyPatch) -> Breakdown:
    return Breakdown(monkeypatch)


def prepared(kit: Kit, sent: bytes | None = None) -> tuple[Codes, Certificate]:
    codes = kit.codes()
    return codes, row_of(service.enrol(codes.transfer_id, codes.password, sent or request(), PROGRAM))


def test_it_is_never_signed_its_codes_are_void_and_new_ones_can_be_used_with_the_same_key(
    kit: Kit, breakdown: Breakdown, clock: FakeClock
) -> None:
    sent = request()
    codes, waiting = prepared(kit, sent)
    clock.move(hours=1)
    service.give_up(waiting.id, REASON, builders.OPERATOR)
    breakdown.ready = True
    assert service.resume_prepared(StandingLease()) == "0 finished, 0 waiting"  # type: ignore[arg-type]
    with pytest.raises(Refusal, match="transfer_codes_wrong"):
        service.enrol(codes.transfer_id, codes.password, sent, PROGRAM)
    ended = kit.codes_now(codes)
    assert (ended.state, ended.ended_because) == (CodesState.VOID, MessageEnd.NOT_ISSUED)
    order = waiting.order
    assert order.state is OrderState.OPEN
    orders.send_again(order.id, order.version, kit.house.actor)
    anew = kit.codes(order)
    issued = row_of(service.enrol(anew.transfer_id, anew.password, sent, PROGRAM))
    assert issued.state is CertificateState.ISSUED
    assert [row.state.value for row in certificates()] == ["given_up", "issued"]
    [entry] = [each for each in service.activity(waiting) if each.verb == "certificate_given_up"]
    assert entry.details["reason"] == REASON


def test_a_signature_that_comes_too_late_is_thrown_away(
    kit: Kit, breakdown: Breakdown, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, waiting = prepared(kit)
    clock.move(hours=2)
    breakdown.ready = True
    sign = enrolment.ca.sign

    def slow(*asked: object) -> bytes:
        signed = sign(*asked)  # type: ignore[arg-type]
        service.give_up(waiting.id, REASON, builders.OPERATOR)
        return signed

    monkeypatch.setattr(enrolment.ca, "sign", slow)
    late = row_of(service.finish(waiting.id, PROGRAM))
    assert (late.state, late.der) == (CertificateState.GIVEN_UP, None)
    assert late.order.state is OrderState.OPEN


def test_only_what_has_waited_for_an_hour_is_given_up(kit: Kit, breakdown: Breakdown, clock: FakeClock) -> None:
    _, waiting = prepared(kit)
    clock.move(minutes=59)
    assert service.unsigned_of(waiting.order_id) is None
    with pytest.raises(Conflict, match="certificate_prepared_lately"):
        service.give_up(waiting.id, REASON, builders.OPERATOR)
    breakdown.ready = True
    service.finish(waiting.id, PROGRAM)
    clock.move(hours=1)
    with pytest.raises(Conflict, match="certificate_not_prepared"):
        service.give_up(waiting.id, REASON, builders.OPERATOR)


def test_everybody_concerned_sees_that_it_was_not_issued(
    kit: Kit, breakdown: Breakdown, clock: FakeClock, visitor: BrowsingClient, browser: BrowsingClient
) -> None:
    _, waiting = prepared(kit)
    clock.move(minutes=40)
    assert "Being issued" in browser.get("/certificates").text
    clock.move(minutes=20)
    service.give_up(waiting.id, REASON, builders.OPERATOR)
    page = visitor.get(f"/retrieve/{waiting.retrieval_id}")
    assert page.status == 409
    assert "has been given up" in page.text
    shown = browser.get(f"/orders/{waiting.order.number}")
    assert "The certificate could not be issued" in shown.text
    again = shown.submit("Send new codes to the same contact")
    assert "The certificate could not be issued" not in again.text.split("Earlier transfer codes")[0]
    assert "void, because the certificate could not be issued" in again.text
    assert "The certificate could not be issued" not in browser.get("/certificates").text


def test_the_contact_and_the_signatory_are_told_what_to_do(
    kit: Kit, breakdown: Breakdown, clock: FakeClock, smtp: SmtpFarEnd, deliver: Callable[[], int]
) -> None:
    _, waiting = prepared(kit)
    deliver()
    smtp.reset()
    clock.move(hours=1)
    service.give_up(waiting.id, REASON, builders.OPERATOR)
    deliver()
    told = {mail.recipient: mail for mail in smtp.messages}
    assert sorted(told) == sorted([waiting.order.contact.email, kit.house.person.email])
    assert len(smtp.messages) == 2
    to_contact, to_signatory = told[waiting.order.contact.email].text, told[kit.house.person.email].text
    assert "New transfer codes will come to you in a new secure e-mail." in to_contact
    assert "you can use the same ones again" in to_contact
    assert REASON not in to_contact + to_signatory, "that is for the record"
    assert f"http://localhost/orders/{waiting.order.number}" in to_signatory


def test_who_has_sent_new_codes_before_the_mails_have_left_is_not_told_to(
    kit: Kit, breakdown: Breakdown, clock: FakeClock, smtp: SmtpFarEnd, deliver: Callable[[], int]
) -> None:
    _, waiting = prepared(kit)
    deliver()
    smtp.reset()
    clock.move(hours=1)
    service.give_up(waiting.id, REASON, builders.OPERATOR)
    orders.send_again(waiting.order.id, waiting.order.version, kit.house.actor)
    deliver()
    [message] = smtp.messages
    assert message.recipient == waiting.order.contact.email
    assert "/messages/" in message.text


def renewal_given_up(kit: Kit, clock: FakeClock, breakdown: Breakdown, deliver: Callable[[], int]) -> Certificate:
    """The renewal, once a job has waited for it in vain; every earlier letter has left."""
    breakdown.ready = True
    old = renewable(kit, clock)
    breakdown.ready = False
    waiting = row_of(service.renew(old.id, request(), PROGRAM))
    deliver()
    clock.move(hours=2)
    return service.give_up(waiting.id, REASON, builders.OPERATOR)


def test_of_a_renewal_that_is_given_up_contact_and_signatory_hear_that_it_can_be_renewed_again(
    kit: Kit, breakdown: Breakdown, clock: FakeClock, smtp: SmtpFarEnd, deliver: Callable[[], int]
) -> None:
    renewal = renewal_given_up(kit, clock, breakdown, deliver)
    smtp.reset()
    deliver()
    told = {mail.recipient: mail for mail in smtp.messages}
    assert sorted(told) == sorted([renewal.contact.email, kit.house.person.email])
    assert len(smtp.messages) == 2
    to_contact, to_signatory = told[renewal.contact.email], told[kit.house.person.email]
    assert to_contact.subject == "The certificate could not be renewed: Mallilön 6"
    for text in (to_contact.text, to_contact.html.replace("\n", " ")):
        assert "The certificate works until 1 December 2028" in text
        assert "the same key and signing request will do" in text
        assert "http://localhost/revocations/link" in text
    assert "transfer codes" not in to_contact.text
    for text in (to_signatory.text, to_signatory.html):
        assert f"http://localhost/certificates/{renewal.successor_of_id}" in text
    assert REASON not in to_contact.text + to_signatory.text, "that is for the record"


def test_of_one_that_has_ended_meanwhile_they_hear_that_a_new_one_is_needed(
    kit: Kit, breakdown: Breakdown, clock: FakeClock, smtp: SmtpFarEnd, deliver: Callable[[], int]
) -> None:
    renewal = renewal_given_up(kit, clock, breakdown, deliver)
    smtp.reset()
    clock.move(days=90)
    deliver()
    [told] = [mail for mail in smtp.messages if mail.recipient == renewal.contact.email]
    assert "it can no longer be renewed. Ask Anna Andersson of Mallilön Ab to apply for a new one" in told.text
    assert "http://localhost/revocations/link" not in told.text


def test_whoever_has_renewed_again_before_the_mails_have_left_is_not_told_to(
    kit: Kit, breakdown: Breakdown, clock: FakeClock, smtp: SmtpFarEnd, deliver: Callable[[], int]
) -> None:
    renewal = renewal_given_up(kit, clock, breakdown, deliver)
    smtp.reset()
    assert renewal.successor_of_id is not None
    service.renew(renewal.successor_of_id, request(), PROGRAM)
    deliver()
    assert smtp.messages == []


def test_the_page_of_a_renewal_that_was_given_up_says_to_renew_again(
    kit: Kit, breakdown: Breakdown, clock: FakeClock, deliver: Callable[[], int], visitor: BrowsingClient
) -> None:
    page = visitor.get(f"/retrieve/{renewal_given_up(kit, clock, breakdown, deliver).retrieval_id}")
    assert page.status == 409
    assert "Renew the certificate again" in page.text
    assert "transfer codes" not in page.text
