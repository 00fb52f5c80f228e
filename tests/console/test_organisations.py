"""Organisations and persons at the desk: found, added, edited, ended by the import's rules; those concerned are mailed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from certportal.certificates import service as certificates
from certportal.extensions import db
from certportal.identifiers import Language
from certportal.orders import service as orders
from certportal.registry import service as registry
from certportal.registry.models import Organisation
from tests import builders
from tests.browsing import BrowsingClient
from tests.conftest import FakeClock
from tests.console.steps import Post, another_organisation, issued, recorded
from tests.far_ends import SmtpFarEnd
from tests.orders.steps import House, browsing, order_placed

ANNA = "anna.andersson@mallilon.example"
KARIN = "karin@mallilon.example"
NEW = {"business_id": "9900003-4", "name": "Nystart Ab", "language": "sv", "contact_language": "sv"}


def now(organisation: Organisation) -> Organisation:
    db.session.rollback()
    return registry.organisation(organisation.id)


class TestTheList:
    @pytest.mark.parametrize(
        ("words", "found"), [("mallil", 1), ("9900001", 1), ("MALLILÖN", 1), ("9900001-8", 1), ("zz", 0)]
    )
    def test_is_searched_by_name_and_number(self, desk: BrowsingClient, house: House, words: str, found: int) -> None:
        another_organisation()
        page = desk.get("/desk/organisations").submit("Search", words=words)
        assert len(page.soup.select("tbody tr")) == found

    def test_has_pages_of_25_and_htmx_gets_one_of_them_alone(self, desk: BrowsingClient) -> None:
        for number in range(27):
            builders.organisation(f"Organisation {number:02d}", f"99{number:05d}-1")
        page = desk.get("/desk/organisations")
        assert len(page.soup.select("tbody tr")) == 25
        assert "27 organisations" in page.text
        second = desk.get("/desk/organisations?page=2", htmx=True)
        assert [tag["id"] for tag in second.soup.find_all(recursive=False)] == ["organisations"]
        assert "Organisation 26" in second.text

    def test_tells_for_which_of_them_nobody_may_sign(self, desk: BrowsingClient, house: House) -> None:
        another_organisation()
        page = desk.get("/desk/organisations?state=unsigned")
        assert "Exempelholm Bygg Ab" in page.text
        assert "Mallilön Ab" not in page.text


class TestAnOrganisation:
    def test_is_added_and_its_page_asks_for_a_signatory(self, desk: BrowsingClient) -> None:
        page = desk.get("/desk/organisations").follow("Add an organisation").submit("Add the organisation", **NEW)
        assert page.h1 == "Nystart Ab"
        assert "say who may sign" in page.text
        assert [entry.actor_name for entry in recorded("organisation_added")] == ["Olli Operaattori"]

    def test_with_a_mistyped_number_is_not_added_and_what_was_typed_stays(self, desk: BrowsingClient) -> None:
        page = desk.get("/desk/organisations/new")
        page = page.submit("Add the organisation", **NEW | {"business_id": "9900003-5", "contact_email": "kalle@"})
        assert page.status == 422
        assert len(page.errors) == 2
        assert (page.field("business_id"), page.field("name")) == ("9900003-5", "Nystart Ab")

    def test_that_is_there_already_is_told(self, desk: BrowsingClient, house: House) -> None:
        page = desk.get("/desk/organisations/new").submit("Add the organisation", **NEW | {"business_id": "9900001-8"})
        assert page.status == 409
        assert "9900001-8 already" in page.errors[0]

    def test_is_edited_but_its_number_stays(self, desk: BrowsingClient, house: House) -> None:
        form = desk.get(f"/desk/organisations/{house.organisation.id}").follow("Change the details")
        assert not form.soup.select("[name=business_id]")
        page = form.submit("Save", name="Mallilön Nya Ab", contact_email="", contact_phone="")
        assert page.h1 == "Mallilön Nya Ab"
        assert (now(house.organisation).business_id, now(house.organisation).contact_email) == ("9900001-8", "")

    def test_that_somebody_else_has_edited_meanwhile_is_told_with_what_is_saved(
        self, desk: BrowsingClient, house: House
    ) -> None:
        form = desk.get(f"/desk/organisations/{house.organisation.id}/edit")
        form.submit("Save", name="Saved by Ulla")

        told = form.submit("Save", name="Typed by Olli")

        assert told.status == 409
        assert "Saved by Ulla" in told.text
        assert told.field("name") == "Typed by Olli"
        assert now(house.organisation).name == "Saved by Ulla"
        assert told.submit("Save").h1 == "Typed by Olli"

    def test_page_shows_what_belongs_to_it(self, desk: BrowsingClient, house: House) -> None:
        number = order_placed(house).number
        page = desk.get(f"/desk/organisations/{house.organisation.id}")
        for words in (
            "Anna Andersson",
            "Earnings payment data – Web Service",
            number,
            "Erik Exempelsson",
            "Karin Kontakt",
        ):
            assert words in page.text
        assert f"The certificate was ordered: order {number}" in page.text


class TestTheEndOfAnOrganisation:
    @pytest.fixture
    def left(self, authorities: None, house: House) -> tuple[str, int]:
        """An order that waits, and a certificate."""
        _order, certificate = issued(house)
        return order_placed(house, description="waits").number, certificate.id

    def test_shows_what_it_concerns_and_leaves_certificates_as_they_are(
        self, desk: BrowsingClient, house: House, left: tuple[str, int], post: Post
    ) -> None:
        page = desk.get(f"/desk/organisations/{house.organisation.id}").follow("End its use")
        assert "1 certificate is valid" in page.text
        assert left[0] in page.text
        page = page.submit("End the use of the service", reason="Merged with another company")

        assert "no longer" in page.text or "ended on" in page.text
        assert now(house.organisation).ended_on == registry.today()
        assert certificates.certificate(left[1]).revoked_at is None
        letters = {address: post.to(address) for address in (ANNA, KARIN)}
        assert all(any("Merged with another company" in text for text in texts) for texts in letters.values())
        assert recorded("organisation_ended")[0].details["reason"] == "Merged with another company"

    def test_revokes_and_cancels_when_that_is_chosen(
        self, desk: BrowsingClient, house: House, left: tuple[str, int], post: Post
    ) -> None:
        page = desk.get(f"/desk/organisations/{house.organisation.id}/end")
        page.submit("End the use of the service", reason="Ceased", certificates="revoke")

        db.session.rollback()
        certificate = certificates.certificate(left[1])
        assert certificate.revocation_reason == "organisation_ended"
        assert orders.order_by_number(left[0]).state.value == "cancelled"
        newest = certificates.published_crl(certificate.environment)
        assert newest is not None
        assert newest.entries == 1

    def test_to_come_cannot_revoke_already_now(self, desk: BrowsingClient, house: House, left: tuple[str, int]) -> None:
        day = registry.today() + timedelta(days=3)
        page = desk.get(f"/desk/organisations/{house.organisation.id}/end")
        page = page.submit(
            "End the use of the service", reason="Ceases", certificates="revoke", last_day=day.isoformat()
        )
        assert page.status == 422
        assert "revoke the certificates on a date" in page.errors[0]
        assert page.field("reason") == "Ceases"
        assert now(house.organisation).ended_on is None

    def test_ends_the_open_sign_ins(self, app: Flask, desk: BrowsingClient, house: House) -> None:
        anna = browsing(app, house.person, house.organisation)
        assert anna.get("/organisation").status == 200
        desk.get(f"/desk/organisations/{house.organisation.id}/end").submit(
            "End the use of the service", reason="Ceased"
        )
        assert anna.get("/organisation").h1 != "Organisation"

    def test_needs_a_reason(self, desk: BrowsingClient, house: House) -> None:
        page = desk.get(f"/desk/organisations/{house.organisation.id}/end").submit(
            "End the use of the service", reason=""
        )
        assert page.status == 422

    def test_is_told_to_be_over_when_it_has_ended_already_and_can_be_taken_back(
        self, desk: BrowsingClient, house: House
    ) -> None:
        form = desk.get(f"/desk/organisations/{house.organisation.id}/end")
        form.submit("End the use of the service", reason="Ceased")
        assert form.submit("End the use of the service", reason="Ceased").status == 409
        page = desk.get(f"/desk/organisations/{house.organisation.id}").submit("Take into use again")
        assert "uses the service again" in page.text
        assert now(house.organisation).ended_on is None


class TestARightToSign:
    GIVEN = {"email": "bo@mallilon.example", "name": "Bo Berg", "phone": "", "language": "sv"}

    def test_is_given_to_a_new_person(self, desk: BrowsingClient, house: House) -> None:
        page = desk.get(f"/desk/organisations/{house.organisation.id}").follow("Add a signatory")
        page = page.submit("Add the signatory", **self.GIVEN)
        assert "Bo Berg" in page.text
        assert registry.may_sign(
            registry.person_by_email("bo@mallilon.example").id, house.organisation.id, registry.today()
        )

    def test_is_told_to_the_new_person_to_those_who_sign_already_and_to_the_contact(
        self, desk: BrowsingClient, house: House, deliver: Callable[[], int], smtp: SmtpFarEnd
    ) -> None:
        page = desk.get(f"/desk/organisations/{house.organisation.id}/signatories/new")
        page.submit("Add the signatory", **self.GIVEN, valid_to="31.12.2027")
        deliver()
        told = {mail.recipient: mail for mail in smtp.messages}
        assert told.keys() == {"bo@mallilon.example", ANNA, house.organisation.contact_email}
        assert "http://localhost/sign-in" in told["bo@mallilon.example"].text
        assert "31.12.2027" in told["bo@mallilon.example"].text
        for each in (ANNA, house.organisation.contact_email):
            assert "Bo Berg" in told[each].text
            assert "bo@mallilon.example" in told[each].text
            assert "http://localhost/organisation" in told[each].text

    def test_that_ended_before_the_mail_left_is_not_told(
        self, desk: BrowsingClient, house: House, deliver: Callable[[], int], smtp: SmtpFarEnd, clock: FakeClock
    ) -> None:
        page = desk.get(f"/desk/organisations/{house.organisation.id}/signatories/new")
        page.submit("Add the signatory", **self.GIVEN, valid_to="2.12.2026")
        clock.move(days=3)
        deliver()
        assert smtp.messages == []

    def test_is_given_to_a_known_person_who_keeps_the_name(self, desk: BrowsingClient, house: House) -> None:
        other = another_organisation()
        page = desk.get(f"/desk/organisations/{other.id}/signatories/new")
        page.submit("Add the signatory", **self.GIVEN | {"email": ANNA.upper(), "name": "Somebody Else"})
        assert [each.name for each in registry.signatories(other.id, registry.today())] == ["Anna Andersson"]

    def test_that_somebody_has_already_is_told(self, desk: BrowsingClient, house: House) -> None:
        page = desk.get(f"/desk/organisations/{house.organisation.id}/signatories/new")
        page = page.submit("Add the signatory", **self.GIVEN | {"email": ANNA})
        assert page.status == 409
        assert "Anna Andersson may sign" in page.errors[0]

    def test_ends_before_it_begins_in_no_form(self, desk: BrowsingClient, house: House) -> None:
        page = desk.get(f"/desk/organisations/{house.organisation.id}/signatories/new")
        page = page.submit("Add the signatory", **self.GIVEN, valid_from="2026-12-05", valid_to="4.12.2026")
        assert page.status == 422
        assert "before the first" in page.errors[0]

    def test_has_its_days_changed(self, desk: BrowsingClient, house: House) -> None:
        right = registry.signing_rights(house.organisation.id)[0]
        page = desk.get(f"/desk/organisations/{house.organisation.id}/signatories/{right.id}")
        page = page.submit("Save", valid_to="31.12.2027")
        assert "until 31 December 2027" in page.text

    def test_ends_with_a_reason_that_everybody_concerned_reads(
        self, app: Flask, desk: BrowsingClient, house: House, post: Post
    ) -> None:
        builders.signatory(house.organisation, "bo@mallilon.example", "Bo Berg")
        anna = browsing(app, house.person, house.organisation)
        right = next(
            each for each in registry.signing_rights(house.organisation.id) if each.person_id == house.person.id
        )
        page = desk.get(f"/desk/organisations/{house.organisation.id}/signatories/{right.id}/end")
        assert "Bo Berg" in page.text
        page.submit("End the right to sign", reason="Left the board")

        assert not registry.may_sign(house.person.id, house.organisation.id, registry.today())
        for address in (ANNA, "bo@mallilon.example", KARIN):
            assert "Left the board" in post.to(address)[-1]
        assert anna.get("/organisation").h1 != "Organisation"

    def test_of_the_last_one_warns_that_nobody_is_left(self, desk: BrowsingClient, house: House) -> None:
        right = registry.signing_rights(house.organisation.id)[0]
        page = desk.get(f"/desk/organisations/{house.organisation.id}/signatories/{right.id}/end")
        assert "Nobody else may sign" in page.text
        page.submit("End the right to sign", reason="Left")
        assert "One organisation has nobody who may sign" in desk.get("/desk").text or desk.get("/desk").status == 200
        assert "Mallilön Ab" in desk.get("/desk/organisations?state=unsigned").text


class TestAnAccessRight:
    def test_is_given_without_an_application_and_ended_with_a_reason(
        self, desk: BrowsingClient, house: House, post: Post
    ) -> None:
        page = desk.get(f"/desk/organisations/{house.organisation.id}").follow("Give an access right")
        page = page.submit("Give the access right", channel="benefits-ws")
        assert "The access right has been given" in page.text
        right = registry.right_to(house.organisation.id, house.other.id, registry.today())

        end = desk.get(f"/desk/organisations/{house.organisation.id}/access-rights/{right.id}/end")
        end.submit("End the access right", reason="Not used for years")

        db.session.rollback()
        assert registry.right_to(house.organisation.id, house.other.id, registry.today()) is None
        assert "Not used for years" in post.to(ANNA)[-1]

    def test_that_holds_until_further_notice_is_not_given_twice(self, desk: BrowsingClient, house: House) -> None:
        page = desk.get(f"/desk/organisations/{house.organisation.id}/access-rights/new")
        assert page.submit("Give the access right", channel="earnings-ws").status == 409
        assert page.submit("Give the access right", channel="no-such").status == 422


class TestAPerson:
    def test_is_found_by_name_address_and_number(self, desk: BrowsingClient, house: House) -> None:
        for words in ("anders", "anna.andersson@", "045 700 0002"):
            assert "Anna Andersson" in desk.get("/desk/organisations/people", query_string={"words": words}).text
        assert "Nothing was found" in desk.get("/desk/organisations/people?words=zz").text

    def test_who_gets_a_new_address_is_signed_out_and_both_addresses_are_told(
        self, app: Flask, desk: BrowsingClient, house: House, post: Post
    ) -> None:
        anna = browsing(app, house.person, house.organisation)
        page = desk.get(f"/desk/organisations/people/{house.person.id}").follow("Change the details")
        page = page.submit("Save", email="anna@new.example", name="Anna A. Andersson")

        assert page.h1 == "Anna A. Andersson"
        assert registry.person_by_email("anna@new.example").id == house.person.id
        for address in (ANNA, "anna@new.example"):
            assert "anna@new.example" in post.to(address)[-1]
        assert anna.get("/organisation").h1 != "Organisation"

    def test_cannot_get_the_address_of_another(self, desk: BrowsingClient, house: House) -> None:
        builders.person("bo@mallilon.example", "Bo Berg", language=Language.FI)
        page = desk.get(f"/desk/organisations/people/{house.person.id}/edit").submit(
            "Save", email="BO@mallilon.example"
        )
        assert page.status == 409
        assert "Bo Berg" in page.errors[0]

    def test_changed_meanwhile_is_told(self, desk: BrowsingClient, house: House) -> None:
        form = desk.get(f"/desk/organisations/people/{house.person.id}/edit")
        form.submit("Save", name="Saved by Ulla")
        told = form.submit("Save", name="Typed by Olli")
        assert told.status == 409
        assert "Saved by Ulla" in told.text
        assert told.field("name") == "Typed by Olli"
