"""The operator decides channel by channel; the signatory may take back what waits; an operator ends a right."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from certportal.access import service
from certportal.access.models import ApplicationState
from certportal.audit import AuditEntry
from certportal.extensions import db, transaction
from certportal.orders import service as orders
from certportal.orders.models import OrderState
from certportal.refusals import Conflict, NotFound, Refusal
from certportal.registry import service as registry
from certportal.registry.models import RightState
from tests import builders
from tests.access.steps import (
    House,
    applications,
    certified,
    granted,
    held,
    ordered,
    owed,
    refused,
    rights,
    sent,
    waiting,
)
from tests.builders import OPERATOR
from tests.conftest import FakeClock
from tests.signin.steps import Mailbox

ANNA = "anna.andersson@mallilon.example"


def letters(mailbox: Mailbox) -> list[str]:
    """The texts of what the signatory has got."""
    return [text.replace("\r\n", "\n") for text in mailbox.to(ANNA)]


def test_channels_are_decided_one_by_one_and_the_rest_waits_on(house: House, clock: FakeClock):
    application = sent(house, house.earnings, house.sftp)
    clock.move(hours=1)

    service.decide(application.id, granted(house.earnings), OPERATOR)
    assert (held(house), waiting(house)) == (["earnings-ws"], ["earnings-sftp"])
    assert applications()[0].state is ApplicationState.SENT

    clock.move(hours=1)
    service.decide(application.id, refused(house.sftp), OPERATOR)
    assert (held(house), waiting(house)) == (["earnings-ws"], [])
    decided = applications()[0]
    assert decided.state is ApplicationState.DECIDED
    assert decided.decided_at == clock.machine()


def test_one_decision_may_grant_and_refuse(house: House):
    application = sent(house, house.earnings, house.sftp)

    service.decide(application.id, granted(house.earnings) | refused(house.sftp), OPERATOR)

    assert [(each.state, each.reason) for each in rights(house)] == [
        (RightState.VALID, ""),
        (RightState.REFUSED, "No agreement has been signed."),
    ]
    assert len(owed("access_decided")) == 1


def test_a_right_holds_for_as_long_as_its_channel_says(house: House):
    with transaction():
        house.earnings.right_days = 365
    application = sent(house, house.earnings)

    service.decide(application.id, granted(house.earnings), OPERATOR)

    assert rights(house)[0].valid_to == registry.today() + timedelta(days=365)


def test_a_refusal_without_a_reason_is_refused_and_nothing_is_decided(house: House):
    application = sent(house, house.earnings, house.sftp)

    with pytest.raises(Refusal, match="decision_reason_missing"):
        service.decide(application.id, granted(house.earnings) | refused(house.sftp, " "), OPERATOR)

    assert waiting(house) == ["earnings-ws", "earnings-sftp"]


def test_a_second_operator_who_decides_later_is_told_so(house: House):
    application = sent(house, house.earnings)
    service.decide(application.id, granted(house.earnings), OPERATOR)

    with pytest.raises(Conflict, match="right_not_waiting"):
        service.decide(application.id, refused(house.earnings), OPERATOR)

    assert held(house) == ["earnings-ws"]
    assert len(owed("access_decided")) == 1


@pytest.mark.parametrize("channel", ["benefits", "earnings"])
def test_what_the_application_does_not_ask_for_cannot_be_decided_in_it(house: House, channel: str):
    application = sent(house, house.sftp)

    with pytest.raises(Conflict, match="right_not_waiting"):
        service.decide(application.id, granted(getattr(house, channel)), OPERATOR)

    assert (held(house), waiting(house)) == ([], ["earnings-sftp"])


def test_a_decision_about_nothing_and_one_about_no_application_are_refused(house: House):
    application = sent(house, house.sftp)

    with pytest.raises(Conflict, match="right_not_waiting"):
        service.decide(application.id, {}, OPERATOR)
    with pytest.raises(NotFound, match="application_not_found"):
        service.decide(application.id + 1, granted(house.sftp), OPERATOR)


def test_a_channel_that_has_closed_meanwhile_is_not_granted(house: House):
    application = sent(house, house.sftp)
    with transaction():
        house.sftp.closed_on = registry.today()

    with pytest.raises(Refusal, match="channel_closed_to_new"):
        service.decide(application.id, granted(house.sftp), OPERATOR)
    service.decide(application.id, refused(house.sftp), OPERATOR)

    assert held(house) == []


def test_the_record_names_the_operator_who_decided(house: House):
    application = sent(house, house.earnings)
    service.decide(application.id, granted(house.earnings), OPERATOR)

    db.session.rollback()
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "access_right_granted")).one()
    assert (entry.actor_name, entry.details["channel"]) == (OPERATOR.name, "earnings-ws")


def test_what_waits_can_be_taken_back_and_what_was_granted_stays(house: House):
    application = sent(house, house.earnings, house.benefits)

    service.withdraw_application(application.id, house.acting)

    assert (held(house), waiting(house)) == (["benefits-ws"], [])
    assert applications()[0].state is ApplicationState.WITHDRAWN
    assert service.waiting_applications() == []


def test_what_was_taken_back_cannot_be_decided(house: House):
    application = sent(house, house.earnings)
    service.withdraw_application(application.id, house.acting)

    with pytest.raises(Conflict, match="right_not_waiting"):
        service.decide(application.id, granted(house.earnings), OPERATOR)

    assert held(house) == []


def test_what_was_decided_cannot_be_taken_back(house: House):
    application = sent(house, house.earnings)
    service.decide(application.id, granted(house.earnings), OPERATOR)

    with pytest.raises(Conflict, match="application_over"):
        service.withdraw_application(application.id, house.acting)

    assert held(house) == ["earnings-ws"]


def test_another_organisations_application_cannot_be_taken_back(house: House):
    application = sent(house, house.earnings)
    other = builders.organisation("Exempelholm Oy", "9900002-6")
    house.organisation = other

    with pytest.raises(NotFound, match="application_not_found"):
        service.withdraw_application(application.id, house.acting)


def test_the_signatory_is_mailed_what_was_granted_and_what_was_refused_and_why(house: House, mailbox: Mailbox):
    application = sent(house, house.earnings, house.sftp)
    service.decide(
        application.id,
        granted(house.earnings) | refused(house.sftp, "Avtalet saknas.\nRing oss."),
        OPERATOR,
    )

    [letter] = letters(mailbox)

    assert "Löneuppgifter – Web Service" in letter
    assert "Löneuppgifter – SFTP\n  Avtalet saknas.\n  Ring oss." in letter
    assert "Mallilön Ab, 9900001-8" in letter
    assert "http://localhost/orders/new" in letter


def test_the_mail_about_a_part_says_what_still_waits(house: House, mailbox: Mailbox):
    application = sent(house, house.earnings, house.sftp)
    service.decide(application.id, refused(house.earnings), OPERATOR)

    [letter] = letters(mailbox)

    assert letter.index("No agreement has been signed.") < letter.index("Löneuppgifter – SFTP")
    assert f"http://localhost/interface/applications/{application.id}" in letter


def test_the_mail_links_to_the_drafts_that_waited_for_the_decision(house: House, mailbox: Mailbox):
    application = sent(house, house.earnings, house.sftp)
    typed = {"channel": str(house.earnings.id), "environment": "PRODUCTION", "description": "Mallilön 6"}
    waited = orders.begin_draft("a", typed, house.acting)
    other = orders.begin_draft("b", typed | {"channel": str(house.sftp.id)}, house.acting)
    service.decide(application.id, granted(house.earnings) | refused(house.sftp), OPERATOR)

    [letter] = letters(mailbox)

    assert f"Mallilön 6, Löneuppgifter – Web Service\n  http://localhost/orders/drafts/{waited.id}" in letter
    assert f"/orders/drafts/{other.id}" not in letter


def test_when_the_sender_may_no_longer_sign_everyone_who_may_is_told(house: House, mailbox: Mailbox):
    application = sent(house, house.earnings)
    bertil = builders.signatory(house.organisation, "bertil@mallilon.example", "Bertil Berg")
    with transaction():
        right = registry.signing_rights(house.organisation.id)
        anna = next(each for each in right if each.person_id == house.person.id)
        registry.end_signing_right(anna, None, OPERATOR)
    service.decide(application.id, granted(house.earnings), OPERATOR)

    assert len(mailbox.to(bertil.email)) == 1
    assert mailbox.to(ANNA) == []


def test_an_operator_ends_a_right_at_once_and_the_signatories_read_why(house: House, authority: None, mailbox: Mailbox):
    right = builders.access_right(house.organisation, house.earnings)
    certificate = certified(house, house.earnings)
    order = ordered(house, house.earnings, name="Erik", email="erik@taksi.example")
    before = len(mailbox.to(ANNA))

    service.end_access_right(right.id, registry.today(), "The agreement ended.", OPERATOR)

    assert held(house) == []
    db.session.rollback()
    assert order.state is OrderState.CANCELLED
    assert [each.id for each in service.certificates_without_right()] == [certificate.id]
    letter = letters(mailbox)[before]
    assert "The agreement ended." in letter
    assert certificate.description in letter
    assert "En beställning som inte hade hämtats har avbrutits." in letter


def test_a_right_that_ends_later_holds_to_its_last_day_and_its_orders_stay(house: House, clock: FakeClock):
    right = builders.access_right(house.organisation, house.earnings)
    order = ordered(house, house.earnings)

    service.end_access_right(right.id, registry.today() + timedelta(days=7), "The agreement ends.", OPERATOR)

    assert order.state is OrderState.OPEN
    clock.move(days=7)
    assert held(house) == ["earnings-ws"]
    clock.move(days=1)
    assert held(house) == []


def test_a_right_is_not_ended_without_a_reason_nor_twice(house: House):
    right = builders.access_right(house.organisation, house.earnings)

    with pytest.raises(Refusal, match="text_missing"):
        service.end_access_right(right.id, registry.today(), "  ", OPERATOR)
    assert held(house) == ["earnings-ws"]
    service.end_access_right(right.id, registry.today(), "Misuse.", OPERATOR)
    with pytest.raises(Conflict, match="right_not_valid"):
        service.end_access_right(right.id, registry.today(), "Misuse.", OPERATOR)
    with pytest.raises(NotFound, match="access_right_not_found"):
        service.end_access_right(right.id + 1, registry.today(), "Misuse.", OPERATOR)
    assert len(owed("access_right_ended")) == 1


def test_what_has_waited_longest_stands_first_in_the_queue(house: House, clock: FakeClock):
    other = builders.organisation("Exempelholm Oy", "9900002-6")
    builders.right_to_sign(house.person, other)
    first = sent(house, house.earnings)
    clock.move(hours=2)
    mine, house.organisation = house.organisation, other
    second = sent(house, house.earnings, house.sftp)
    clock.move(hours=2)
    house.organisation = mine
    third = sent(house, house.earnings, house.sftp)

    queue = service.waiting_applications()

    assert [each.application.id for each in queue] == [third.id, second.id]
    assert queue[0].since == first.sent_at
    assert [right.channel.code for right in queue[0].rights] == ["earnings-ws", "earnings-sftp"]


def test_the_decision_is_told_to_whoever_signs_when_the_mail_leaves(house: House, mailbox: Mailbox):
    application = sent(house, house.earnings)
    service.decide(application.id, granted(house.earnings), OPERATOR)
    builders.no_longer_signs(house.person)
    builders.signatory(house.organisation, "bengt@mallilon.example", "Bengt Berg")
    assert len(mailbox.to("bengt@mallilon.example")) == 1
    assert mailbox.to(ANNA) == []
