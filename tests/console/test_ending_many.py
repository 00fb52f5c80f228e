"""The end of an organisation with more to stop than one transaction should hold."""

from itertools import pairwise

import pytest
from sqlalchemy import event, func, select

from certportal.certificates import aftermath
from certportal.certificates.models import Certificate, CertificateState
from certportal.certificates.service import Aftermath
from certportal.console import ending
from certportal.extensions import db
from certportal.identifiers import Environment
from certportal.orders.models import Order, OrderState
from certportal.outbox.models import OutboxRow
from certportal.refusals import Conflict
from certportal.registry import service as registry
from tests import builders
from tests.console.steps import issued
from tests.orders.steps import House, order_placed

CERTIFICATES, ORDERS, BATCH = 5, 2, 3


@pytest.fixture
def busy(house: House, authorities: None, monkeypatch: pytest.MonkeyPatch) -> House:
    """Five valid certificates and two open orders, with batches of three."""
    monkeypatch.setattr(ending, "BATCH", BATCH)
    for number in range(CERTIFICATES):
        issued(house, description=f"Program {number}")
    for number in range(ORDERS):
        order_placed(house, description=f"Waiting {number}")
    return house


def left() -> tuple[int, int]:
    """How many certificates are valid and how many orders open."""
    db.session.rollback()
    valid = select(func.count(Certificate.id)).where(Certificate.state == CertificateState.ISSUED)
    opened = select(func.count(Order.id)).where(Order.state == OrderState.OPEN)
    return db.session.scalar(valid) or 0, db.session.scalar(opened) or 0


def end(house: House) -> None:
    ending.end_organisation(house.organisation.id, None, "Ceased", builders.OPERATOR, Aftermath("revoke"))


def has_ended(house: House) -> bool:
    db.session.rollback()
    found = registry.organisation(house.organisation.id)
    assert found is not None
    return found.ended_on is not None


def test_no_transaction_stops_more_than_a_batch_and_the_last_one_ends_the_organisation(busy: House) -> None:
    seen: list[tuple[int, int]] = []

    def look(_session: object) -> None:
        valid = select(func.count(Certificate.id)).where(Certificate.state == CertificateState.ISSUED)
        opened = select(func.count(Order.id)).where(Order.state == OrderState.OPEN)
        seen.append((db.session.scalar(valid) or 0, db.session.scalar(opened) or 0))

    event.listen(db.session, "before_commit", look)
    try:
        end(busy)
    finally:
        event.remove(db.session, "before_commit", look)
    sums = [CERTIFICATES + ORDERS, *(sum(each) for each in seen)]
    assert max(before - after for before, after in pairwise(sums)) <= BATCH
    assert (left(), has_ended(busy)) == ((0, 0), True)


def test_an_end_that_was_broken_off_leaves_the_organisation_in_use_and_goes_on_with_the_same_press(
    busy: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    revoke, done = aftermath.revoke_within, []

    def breaks_down(certificate_id: int, *how: object, **more: object) -> Certificate:
        if len(done) == 2:
            raise ConnectionError("the power is gone")
        done.append(certificate_id)
        return revoke(certificate_id, *how, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as broken:
        broken.setattr(aftermath, "revoke_within", breaks_down)
        with pytest.raises(ConnectionError):
            end(busy)
    assert (left(), has_ended(busy)) == ((4, 0), False)
    end(busy)
    assert (left(), has_ended(busy)) == ((0, 0), True)
    with pytest.raises(Conflict, match="organisation_over"):
        end(busy)


def test_those_who_sign_hear_of_all_of_it_in_one_letter(busy: House) -> None:
    end(busy)
    kinds = set(db.session.scalars(select(OutboxRow.kind)))
    assert "certificate_revoked_contact" in kinds
    assert "certificate_revoked_signatory" not in kinds
    ended = db.session.scalars(select(OutboxRow).where(OutboxRow.kind == "organisation_ended")).all()
    assert [each.reference["revoked"] for each in ended] == [True, True]


def test_what_was_revoked_is_on_the_list_at_once(busy: House) -> None:
    end(busy)
    newest = ending.certificates.published_crl(Environment.PRODUCTION)
    assert newest is not None
    assert newest.entries == CERTIFICATES
