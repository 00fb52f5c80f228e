"""Two at once: whoever comes second is told, and no codes go to the wrong one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from flask import Flask

from certportal.certificates import service as certificates
from certportal.certificates.models import Certificate
from certportal.contacts import service
from certportal.extensions import db
from certportal.messages import service as messages
from certportal.messages.models import CodesState, SecureMessage
from certportal.orders.models import OrderState
from certportal.refusals import Conflict, Refusal
from certportal.registry.models import TechnicalContact
from tests.certificates.steps import PROGRAM, Kit, request
from tests.contacts.steps import ERIK, erik, message_of, now, recorded
from tests.orders.steps import House, codes_of


def at_once(app: Flask, *acts: Callable[[], Any]) -> list[Any]:
    """Run these at the same moment, each with a session of its own; answers results or refusals."""
    start = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        with app.app_context():
            start.wait()
            try:
                return act()
            except Refusal as refusal:
                return refusal
            finally:
                db.session.remove()

    db.session.rollback()
    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_two_windows_correct_one_order_and_one_of_them_sends(app: Flask, house: House, kit: Kit) -> None:
    order = kit.order()
    order_id, version, actor = order.id, order.version, house.actor
    answers = at_once(
        app,
        *(
            lambda name=name: service.correct_and_send(order_id, version, erik(name=name), actor).id
            for name in ("Erik Exempelsson", "Kalle Kolmas", "Fia Fjärde")
        ),
    )
    refusals = [each for each in answers if isinstance(each, Refusal)]
    assert [each.code for each in refusals] == ["order_changed"] * 2
    assert len(messages.codes_of(order_id)) == 2
    live = [each for each in messages.codes_of(order_id) if each.state is CodesState.LIVE]
    assert len(live) == 1
    assert message_of(now(order)).name == now(order).contact.name


def test_two_windows_change_one_contact_and_one_of_them_saves(
    app: Flask, house: House, kit: Kit, sami: TechnicalContact
) -> None:
    kit.certificate()
    contact_id, version, actor = sami.id, sami.version, house.actor
    answers = at_once(
        app,
        lambda: service.update_contact(contact_id, version, erik(), actor),
        lambda: service.update_contact(contact_id, version, erik(name="Kalle Kolmas"), actor),
    )
    assert [each.code for each in answers if isinstance(each, Conflict)] == ["contact_changed_meanwhile"]
    assert len(recorded("contact_changed")) == 1


def test_a_retrieval_and_a_correction_at_once_end_in_one_or_the_other(app: Flask, house: House, kit: Kit) -> None:
    """Either the certificate is issued and nothing is corrected, or the contact is corrected and the codes are void."""
    ended: set[str] = set()
    actor = house.actor
    for number in range(8):
        order = kit.order(description=f"Mallilön {number}")
        codes_id, order_id, version = codes_of(order).id, order.id, order.version
        email_before = order.contact.email
        sent = request()
        issued, corrected = at_once(
            app,
            lambda codes_id=codes_id, sent=sent: certificates.enrol_opened(codes_id, sent, PROGRAM).id,
            lambda order_id=order_id, version=version: service.correct_and_send(order_id, version, erik(), actor).id,
        )
        if isinstance(corrected, Refusal):
            assert corrected.code in {"codes_in_use", "order_collected"}
            assert isinstance(issued, int)
            assert now(order).state is OrderState.COLLECTED
            assert db.session.get_one(Certificate, issued).contact.email == email_before
            ended.add("issued")
        else:
            assert isinstance(issued, Refusal)
            assert issued.code == "transfer_codes_wrong"
            assert now(order).state is OrderState.OPEN
            assert message_of(order).email == ERIK
            assert db.session.query(Certificate).filter_by(order_id=order_id).count() == 0
            ended.add("corrected")
    assert ended


def test_a_retrieval_and_a_change_of_the_contact_at_once_lose_no_certificate(
    app: Flask, house: House, kit: Kit, sami: TechnicalContact
) -> None:
    order = kit.order()
    codes_id, sent, actor = codes_of(order).id, request(), house.actor
    contact_id, version = sami.id, sami.version
    issued, updated = at_once(
        app,
        lambda: certificates.enrol_opened(codes_id, sent, PROGRAM).id,
        lambda: service.update_contact(contact_id, version, erik(), actor),
    )
    assert not isinstance(updated, Refusal)
    if isinstance(issued, Refusal):
        assert codes_of(order).state is CodesState.VOID
    else:
        assert codes_of(order).state is CodesState.SPENT
        assert db.session.get_one(Certificate, issued).contact.email == ERIK
        living = [page for page in _pages(issued) if page.ended_at is None]
        assert {page.email for page in living} <= {ERIK}, "no link that Sami has opens the page"


def _pages(certificate_id: int) -> list[Any]:
    db.session.rollback()
    return list(db.session.query(SecureMessage).filter_by(subject=f"certificate:{certificate_id}"))
