"""An organisation that ends, a right that is withdrawn: its certificates are revoked now, on a date, or left, as is chosen."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from certportal import runs
from certportal.access import service as access
from certportal.certificates import service as certificates
from certportal.certificates.models import Certificate, CertificateState
from certportal.extensions import db
from certportal.registry import service as registry
from tests import builders
from tests.browsing import BrowsingClient
from tests.conftest import FakeClock
from tests.console.steps import Post, at_desk, issued, make_authorities
from tests.far_ends import SmtpFarEnd
from tests.orders.steps import House, housed

SAMI, KARIN = "sami@ohjelmisto.example", "karin@mallilon.example"


@pytest.fixture
def house(app: Flask) -> House:
    make_authorities()
    return housed()


@pytest.fixture
def desk(app: Flask) -> BrowsingClient:
    return at_desk(app, builders.operator())


@pytest.fixture
def post(smtp: SmtpFarEnd, deliver: Callable[[], int]) -> Post:
    return Post(smtp, deliver)


@pytest.fixture
def held(house: House) -> int:
    return issued(house)[1].id


def now(certificate_id: int) -> Certificate:
    db.session.rollback()
    return db.session.get_one(Certificate, certificate_id, populate_existing=True)


def a_day(days: int) -> str:
    return (registry.today() + timedelta(days=days)).isoformat()


def end_of(house: House) -> str:
    return f"/desk/organisations/{house.organisation.id}/end"


def end_of_right(house: House) -> str:
    right = registry.rights_of(house.organisation.id)[0]
    return f"/desk/organisations/{house.organisation.id}/access-rights/{right.id}/end"


def test_an_organisations_certificates_are_revoked_on_a_date(
    desk: BrowsingClient, house: House, held: int, post: Post, clock: FakeClock
) -> None:
    page = desk.get(end_of(house)).submit(
        "End the use of the service", reason="Merged", certificates="date", certificates_until=a_day(9)
    )
    assert page.h1 == "Mallilön Ab"
    assert (now(held).state, now(held).planned_reason) == (CertificateState.ISSUED, "organisation_ended")
    assert any("10.12.2026" in text for text in post.to(KARIN))
    assert any("10 December 2026" in text or "10.12.2026" in text for text in post.to(now(held).contact.email))
    assert "It works to the end of 10 December 2026" in desk.get(f"/desk/orders/certificates/{held}").text
    clock.move(days=10)
    runs.run(runs.PLANNED, certificates.revoke_planned)
    assert (now(held).state, now(held).revocation_reason) == (CertificateState.REVOKED, "organisation_ended")


def test_an_organisation_in_use_again_gets_back_what_was_planned_and_what_is_revoked_stays_revoked(
    desk: BrowsingClient, house: House, held: int, clock: FakeClock
) -> None:
    gone, unneeded = issued(house)[1].id, issued(house)[1].id
    certificates.revoke(gone, certificates.Reason.KEY_LOST, builders.OPERATOR)
    certificates.plan_revocation(
        unneeded, registry.today(), certificates.Reason.UNNECESSARY, builders.acting(house.person)
    )
    desk.get(end_of(house)).submit(
        "End the use of the service", reason="Merged", certificates="date", certificates_until=a_day(9)
    )
    desk.get(f"/desk/organisations/{house.organisation.id}").submit("Take into use again")
    assert now(held).planned_revocation_at is None
    assert now(gone).state is CertificateState.REVOKED
    assert now(unneeded).planned_reason == "unnecessary"


def test_an_organisation_in_use_again_keeps_what_was_planned_for_one_certificate_and_signatories_are_told(
    desk: BrowsingClient, house: House, held: int, post: Post
) -> None:
    anna, ended = "anna.andersson@mallilon.example", certificates.Reason.ORGANISATION_ENDED
    own, operators, changed = (issued(house)[1].id for _ in range(3))
    certificates.plan_revocation(own, registry.today(), ended, builders.acting(house.person))
    desk.get(end_of(house)).submit(
        "End the use of the service", reason="Merged", certificates="date", certificates_until=a_day(9)
    )
    for each, days in ((operators, 5), (changed, 20)):
        form = desk.get(f"/desk/orders/certificates/{each}/revoke-later")
        form.submit("Plan the revocation", last_day=a_day(days), reason=ended.value, note="They say so")
    post.to(anna)
    post.smtp.reset()
    desk.get(f"/desk/organisations/{house.organisation.id}").submit("Take into use again")
    assert now(held).planned_reason is None
    assert [now(each).planned_reason for each in (own, operators, changed)] == [ended.value] * 3
    [to_contact] = post.to(now(held).contact.email)
    assert "Certifikatet spärras inte trots allt" in to_contact
    [to_signatory] = post.to(anna)
    assert f"http://localhost/certificates/{held}" in to_signatory


def test_left_certificates_are_left(desk: BrowsingClient, house: House, held: int) -> None:
    desk.get(end_of(house)).submit("End the use of the service", reason="Ceased", certificates="leave")
    assert (now(held).state, now(held).planned_reason) == (CertificateState.ISSUED, None)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"certificates": "date"}, "Enter the last day on which the certificate works"),
        ({"certificates": "date", "certificates_until": "soon"}, "soon"),
        ({"certificates": "date", "certificates_until": "1.1.2026"}, "That day has ended already"),
        ({"certificates": "burn"}, ""),
    ],
)
def test_a_date_is_a_day_to_come(
    desk: BrowsingClient, house: House, held: int, fields: dict[str, str], said: str
) -> None:
    for place, button in ((end_of(house), "End the use of the service"), (end_of_right(house), "End the access right")):
        page = desk.get(place).submit(button, reason="Ceased", follow=True, **fields)
        assert page.status == 422
        assert said in page.errors[0]
    assert now(held).planned_reason is None
    assert registry.organisation(house.organisation.id).ended_on is None


def test_a_day_that_is_not_asked_for_does_not_matter(desk: BrowsingClient, house: House, held: int) -> None:
    desk.get(end_of(house)).submit("End the use of the service", reason="Ceased", certificates_until="nonsense")
    assert registry.organisation(house.organisation.id).ended_on is not None


def test_the_certificates_of_a_right_that_is_withdrawn_are_revoked_now(
    desk: BrowsingClient, house: House, held: int, post: Post
) -> None:
    page = desk.get(end_of_right(house))
    assert "1 valid certificate uses the channel" in page.text
    page.submit("End the access right", reason="Misuse", certificates="revoke")
    assert now(held).revocation_reason == "agreement_ended"
    published = certificates.published_crl(now(held).environment)
    assert published is not None
    assert published.entries == 1
    [told] = [text for text in post.to("anna.andersson@mallilon.example") if "Misuse" in text]
    assert "Ett av kanalens certifikat har spärrats" in told


def test_the_certificates_of_a_right_that_is_withdrawn_are_revoked_on_a_date_and_are_no_task_then(
    desk: BrowsingClient, house: House, held: int, post: Post
) -> None:
    desk.get(end_of_right(house)).submit(
        "End the access right", reason="Ended", certificates="date", certificates_until=a_day(9)
    )
    assert now(held).planned_reason == "agreement_ended"
    assert access.certificates_without_right() == []
    [told] = [text for text in post.to("anna.andersson@mallilon.example") if "Ended" in text]
    assert "spärras efter 10.12.2026" in told


def test_before_a_right_has_ended_its_certificates_are_not_revoked_now(
    desk: BrowsingClient, house: House, held: int
) -> None:
    page = desk.get(end_of_right(house)).submit(
        "End the access right", reason="Ends", last_day=a_day(30), certificates="revoke"
    )
    assert page.status == 422
    assert "revoke the certificates on a date" in page.errors[0]
    assert now(held).state is CertificateState.ISSUED


def test_the_operator_plans_with_every_reason_and_takes_back_any_plan(
    desk: BrowsingClient, house: House, held: int
) -> None:
    page = desk.get(f"/desk/orders/certificates/{held}").follow("Revoke it on a date")
    page = page.submit("Plan the revocation", last_day=a_day(9), reason="misuse")
    assert "The revocation is planned." in page.text
    assert now(held).planned_reason == "misuse"
    page = page.submit("Take the plan back")
    assert "Taken back" in page.text
    certificates.plan_revocation(held, registry.today(), certificates.Reason.UNNECESSARY, builders.acting(house.person))
    desk.get(f"/desk/orders/certificates/{held}").submit("Take the plan back")
    assert now(held).planned_reason is None


def test_what_cannot_be_planned_is_said_at_the_desk(desk: BrowsingClient, house: House, held: int) -> None:
    form = desk.get(f"/desk/orders/certificates/{held}/revoke-later")
    for fields in ({}, {"last_day": "1.1.2026", "reason": "misuse"}, {"last_day": "1.1.2030", "reason": "misuse"}):
        answer = form.submit("Plan the revocation", **fields)
        assert answer.status == 422
        assert answer.errors
    certificates.revoke(held, certificates.Reason.MISUSE, builders.OPERATOR)
    assert form.submit("Plan the revocation", last_day=a_day(9), reason="misuse").status == 409
    assert desk.get(f"/desk/orders/certificates/{held}/revoke-later").h1 != "Revoke it on a date"
