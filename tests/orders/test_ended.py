"""Orders of organisations that no longer use the service: nobody collects them, nobody sends their codes anew."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from certportal import runs
from certportal.extensions import db, transaction
from certportal.orders import ended, service
from certportal.orders.models import Order, OrderState
from certportal.refusals import Conflict
from certportal.registry import service as registry
from tests import builders
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd
from tests.orders.steps import House, order_placed


def end(house: House, in_days: int) -> None:
    with transaction():
        found = registry.organisation(house.organisation.id)
        assert found is not None
        registry.end_organisation(found, registry.today() + timedelta(days=in_days), builders.OPERATOR)


def state_of(order_id: int) -> OrderState:
    db.session.rollback()
    return db.session.get_one(Order, order_id).state


def test_they_are_called_off_once_the_organisations_last_day_has_passed_and_the_contacts_told(
    house: House, clock: FakeClock, deliver: Callable[[], int], smtp: SmtpFarEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ended, "BATCH", 2)
    placed = [order_placed(house, description=f"Program {number}").id for number in range(3)]
    deliver()
    smtp.reset()
    end(house, in_days=1)
    assert runs.run(runs.ENDED, service.call_off_ended)
    assert {state_of(each) for each in placed} == {OrderState.OPEN}
    clock.move(days=1)
    assert ended.call_off_ended(runs.take(runs.ENDED)) == "3 cancelled"  # type: ignore[arg-type]
    assert {state_of(each) for each in placed} == {OrderState.CANCELLED}
    deliver()
    assert {mail.recipient for mail in smtp.messages} == {placed_for(placed[0])}


def placed_for(order_id: int) -> str:
    return db.session.get_one(Order, order_id).contact.email


def test_no_new_codes_are_sent_for_them(house: House) -> None:
    order = order_placed(house)
    end(house, in_days=0)
    with pytest.raises(Conflict, match="organisation_over"):
        service.send_again(order.id, order.version, builders.OPERATOR)
    assert state_of(order.id) is OrderState.OPEN
