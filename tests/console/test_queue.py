"""Decisions: applications channel by channel, requests to be let in with one press; whoever asked is mailed."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from certportal import clock
from certportal.access.models import ApplicationState, InterfaceApplication
from certportal.extensions import db, transaction
from certportal.identifiers import Actor, ActorKind, BusinessId, EmailAddress, Language, PhoneNumber
from certportal.registry import admissions
from certportal.registry import service as registry
from certportal.registry.admissions import AdmissionKind, Asked
from certportal.registry.models import Channel, Organisation
from tests import builders
from tests.browsing import BrowsingClient
from tests.conftest import FakeClock
from tests.console.steps import Post, another_organisation
from tests.orders.steps import House

MAIJA = "maija@exempelholm.example"


@pytest.fixture
def applicant(house: House) -> Organisation:
    """An organisation that waits for the decision on two channels."""
    found = another_organisation()
    person = builders.signatory(found, MAIJA, "Maija Mallikas", language=Language.EN)
    channels = [house.channel, house.other]
    codes = [each.code for each in channels]
    groups: dict[str, Any] = {key: [] for key in ("kept", "given_up", "still_waiting", "taken_back")}
    sent = builders.kept(
        InterfaceApplication(
            organisation_id=found.id,
            person_id=person.id,
            terms_id=house.terms.id,
            state=ApplicationState.SENT,
            choices=groups
            | {
                "purposes": [],
                "channels": codes,
                "added": codes,
                "contact": {"name": "Kalle", "email": "kalle@exempelholm.example", "phone": "", "language": "sv"},
            },
            sent_at=clock.now(),
        )
    )
    with transaction():
        for channel in channels:
            registry.apply_for_right(found.id, channel.id, sent.id)
    return found


def holds(organisation: Organisation, channel: Channel) -> bool:
    db.session.rollback()
    return registry.right_to(organisation.id, channel.id, registry.today()) is not None


class TestAnApplication:
    def test_waits_on_the_desk_and_in_the_queue_with_its_age(
        self, desk: BrowsingClient, applicant: Organisation, clock: FakeClock
    ) -> None:
        clock.move(minutes=50)
        page = desk.get("/desk/queue")
        assert "50 minutes" in page.text
        assert "Exempelholm Bygg Ab 9900002-6" in page.text
        assert "first application" in page.text

    def test_of_a_replacement_shows_which_purposes_are_added_and_given_up(
        self, desk: BrowsingClient, applicant: Organisation, house: House
    ) -> None:
        builders.purpose("own-benefits", text_en="Benefits")
        given_up = builders.purpose("others-wages", text_en="Wages of others", position=1)
        with transaction() as session:
            [waits] = session.scalars(select(InterfaceApplication))
            shared = {
                key: getattr(waits, key) for key in ("organisation_id", "person_id", "terms_id", "choices", "sent_at")
            }
            session.add(earlier := InterfaceApplication(state=ApplicationState.DECIDED, **shared))
            session.flush()
            waits.replaces_id = earlier.id
            stated = {
                "purposes": ["own-benefits"],
                "purposes_added": ["own-benefits"],
                "purposes_given_up": [given_up.code],
            }
            waits.choices = waits.choices | stated

        page = desk.get("/desk/queue").follow("Decide")

        assert "Purposes of use Benefits Purposes added Benefits Purposes given up Wages of others" in page.text

    def test_is_approved_with_one_press_and_the_signatory_is_mailed(
        self, desk: BrowsingClient, applicant: Organisation, house: House, post: Post
    ) -> None:
        page = desk.get("/desk/queue").follow("Decide").submit("Approve all 2 channels")

        assert page.h1 == "Queue"
        assert "The decision has been made" in page.text
        assert holds(applicant, house.channel)
        assert holds(applicant, house.other)
        [letter] = post.to(MAIJA)
        assert "Benefits – Web Service" in letter
        assert "Nothing waits" in page.text
        assert "Exempelholm Bygg Ab" in page.text, "the last decisions stand below"

    def test_is_decided_channel_by_channel_and_what_is_left_open_waits_on(
        self, desk: BrowsingClient, applicant: Organisation, house: House, post: Post
    ) -> None:
        page = desk.get("/desk/queue").follow("Decide")
        refusal = {
            f"decision_{house.channel.id}": "refuse",
            f"reason_{house.channel.id}": "Only payers of wages.\nAsk us why.",
        }
        page = page.submit("Decide", **refusal)

        assert page.h1 == "Application of Exempelholm Bygg Ab"
        assert not holds(applicant, house.channel)
        assert "Only payers of wages." in post.to(MAIJA)[0]
        assert [str(each.channel_id) for each in registry.waiting_rights(applicant.id)] == [str(house.other.id)]
        assert page.submit("Decide", **{f"decision_{house.other.id}": "grant"}).h1 == "Queue"
        assert holds(applicant, house.other)

    def test_is_not_refused_without_a_reason_and_what_was_chosen_stays(
        self, desk: BrowsingClient, applicant: Organisation, house: House
    ) -> None:
        page = desk.get("/desk/queue").follow("Decide")
        page = page.submit(
            "Decide", **{f"decision_{house.channel.id}": "refuse", f"decision_{house.other.id}": "grant"}
        )
        assert page.status == 422
        assert len(page.errors) == 1
        assert page.field(f"decision_{house.other.id}") == "grant"
        assert page.field(f"decision_{house.channel.id}") == "refuse"
        assert not holds(applicant, house.other)

    def test_needs_at_least_one_decision(self, desk: BrowsingClient, applicant: Organisation) -> None:
        page = desk.get("/desk/queue").follow("Decide").submit("Decide")
        assert page.status == 422
        assert "Approve or refuse at least one channel" in page.errors[0]

    def test_that_another_operator_has_decided_meanwhile_is_told(
        self, desk: BrowsingClient, applicant: Organisation, house: House
    ) -> None:
        page = desk.get("/desk/queue").follow("Decide")
        page.submit("Approve all 2 channels")
        page = desk.post(page.path + "/approve")
        assert page.status == 409
        assert "decided or withdrawn already" in page.errors[0]

    def test_shows_what_the_organisation_is(self, desk: BrowsingClient, applicant: Organisation) -> None:
        page = desk.get("/desk/queue").follow("Decide")
        assert "Maija Mallikas" in page.text
        assert "has had no access right before" in page.text


class TestARequestToBeLetIn:
    @pytest.fixture(autouse=True)
    def nina(self, app: Flask) -> None:
        asked = Asked(
            AdmissionKind.NEW_ORGANISATION,
            "Nystart Ab",
            BusinessId.parse("9900003-4", "FI"),
            "Nina Nylund",
            EmailAddress.parse("nina@nystart.example"),
            PhoneNumber.parse("040 123 4567", "FI"),
            "CEO",
            Language.EN,
        )
        admissions.ask(asked, Actor(ActorKind.ANONYMOUS, None, "", "198.51.100.9"))

    def test_is_granted_with_one_press_and_the_asker_may_sign_in(self, desk: BrowsingClient, post: Post) -> None:
        page = desk.get("/desk/queue").follow("Decide")
        assert "+358 40 123 4567" in page.text
        assert "not here yet" in page.text
        page = page.submit("Let in")

        assert "Nina Nylund has been let in" in page.text
        found = registry.organisation_by_business_id("9900003-4")
        assert [each.name for each in registry.signatories(found.id, registry.today())] == ["Nina Nylund"]
        assert len(post.to("nina@nystart.example")) == 1

    def test_is_refused_with_a_reason_that_the_asker_reads(self, desk: BrowsingClient, post: Post) -> None:
        page = desk.get("/desk/queue").follow("Decide")
        assert page.submit("Refuse", reason=" ").status == 422
        page = page.submit("Refuse", reason="You are not in the trade register.")

        assert page.h1 == "Queue"
        assert "You are not in the trade register." in post.to("nina@nystart.example")[0]
        assert registry.organisation_by_business_id("9900003-4") is None

    def test_that_has_been_decided_meanwhile_is_told(self, desk: BrowsingClient) -> None:
        page = desk.get("/desk/queue").follow("Decide")
        page.submit("Let in")
        again = page.submit("Refuse", reason="Too late")
        assert again.status == 409
        assert "decided already" in again.errors[0]


class TestARequestToSignForAnOrganisationThatIsHere:
    @pytest.fixture(autouse=True)
    def nina(self, app: Flask, house: House) -> None:
        asked = Asked(
            AdmissionKind.CHANGED_SIGNATORY,
            "Mallilön Ab",
            BusinessId.parse(house.organisation.business_id, "FI"),
            "Nina Nylund",
            EmailAddress.parse("nina@mallilon.example"),
            PhoneNumber.parse("040 123 4567", "FI"),
            "CEO",
            Language.EN,
        )
        admissions.ask(asked, Actor(ActorKind.ANONYMOUS, None, "", "198.51.100.9"))

    def test_waits_for_the_mail_to_those_who_sign_today_and_says_until_when(
        self, desk: BrowsingClient, post: Post
    ) -> None:
        page = desk.get("/desk/queue")
        assert "1 minute" in page.text
        assert "The mail to those who sign today has not left yet" in page.text
        page = page.follow("Decide")
        assert "Wait until the mail has left" in page.text
        assert "2 December 2026, 10:00" in page.text
        assert page.soup.find("button", string="Let in") is None
        forced = desk.post(f"{page.path}/admit")
        assert forced.status == 409
        assert "has not left yet" in forced.errors[0]

        post.deliver()
        assert "Those who sign today have been told" in desk.get("/desk/queue").text
        page = desk.get(page.path)
        assert "Every mail has been accepted by its mail server" in page.text
        assert "Nina Nylund has been let in" in page.submit("Let in").text

    def test_says_who_was_not_reached_and_leaves_the_decision_to_the_operator(
        self, desk: BrowsingClient, post: Post, house: House
    ) -> None:
        post.smtp.refuse(house.person.email)
        post.deliver()
        assert "Not everybody who signs today is known to have been told" in desk.get("/desk/queue").text
        page = desk.get("/desk/queue").follow("Decide")
        assert "Call them before you decide" in page.text
        assert "Refused" in page.text
        assert "Nina Nylund has been let in" in page.submit("Let in").text

    def test_that_no_mail_could_tell_for_a_day_may_be_decided(self, desk: BrowsingClient, clock: FakeClock) -> None:
        clock.ahead = timedelta(days=1)
        page = desk.get("/desk/queue").follow("Decide")
        assert "Call them before you decide" in page.text
        assert "Waits to be sent" in page.text
        assert "Nina Nylund has been let in" in page.submit("Let in").text
