"""The organisation's own page: the contact, one's own details, and the terms."""

import pytest
from flask import Flask
from sqlalchemy import select

from certportal.audit import AuditEntry
from certportal.extensions import db, transaction
from certportal.identifiers import EmailAddress, Language
from certportal.registry import service as registry
from certportal.registry.models import Organisation
from tests import builders
from tests.browsing import BrowsingClient, Page
from tests.builders import OPERATOR
from tests.signin.steps import Mailbox, english, sign_in

ANNA = "anna.andersson@mallilon.example"
VALID = {"name": "Kalle Ny", "email": "kalle@mallilon.example", "phone": "", "language": "fi"}


@pytest.fixture
def mallilon(app: Flask) -> Organisation:
    found = builders.organisation()
    builders.signatory(found, ANNA)
    return found


@pytest.fixture
def page(browser: BrowsingClient, mailbox: Mailbox, mallilon: Organisation) -> Page:
    """Anna at the organisation's page."""
    return sign_in(browser, mailbox, ANNA, "/sign-in?next=/organisation")


def now(mallilon: Organisation) -> Organisation:
    db.session.rollback()
    return registry.organisation(mallilon.id)


def change_behind(mallilon: Organisation, email: str = "behind@mallilon.example") -> None:
    with transaction():
        contact = registry.OrganisationContact("Bakom Berg", EmailAddress(email), None, Language.SV)
        registry.save_organisation_contact(mallilon.id, contact, OPERATOR)


def test_the_page_shows_the_organisation_who_may_sign_and_oneself(page: Page, mallilon: Organisation):
    assert page.h1 == "Organisation"
    for words in ("Mallilön Ab", "9900001-8", "Finland", "Karin Kontakt", "+358 45 700 0001", "Anna Andersson", "you"):
        assert words in page.text
    assert page.link("Where you are signed in")
    assert page.follow("Our signatory has changed").h1 == "Ask to be let in"


class TestTheContact:
    def test_is_changed_and_recorded(self, page: Page, mallilon: Organisation):
        page = page.follow("Change the contact person").submit("Save", **VALID)

        assert page.h1 == "Organisation"
        assert "The organisation’s contact person has been saved." in page.text
        found = now(mallilon)
        assert (found.contact_name, found.contact_email, found.contact_phone) == ("Kalle Ny", VALID["email"], "")
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "organisation_contact_changed")).one()
        assert (entry.actor_name, entry.organisation_id) == ("Anna Andersson", mallilon.id)
        assert entry.details["changed"]["contact_email"] == ["karin@mallilon.example", "kalle@mallilon.example"]

    def test_is_changed_in_place_with_htmx(self, page: Page, browser: BrowsingClient, mallilon: Organisation):
        form = browser.get("/organisation/contact", htmx=True)
        assert [tag["id"] for tag in form.soup.find_all(recursive=False)] == ["organisation-contact"]

        wrong = form.submit("Save", htmx=True, **VALID | {"email": "kalle"})
        assert (wrong.status, len(wrong.errors)) == (422, 1)
        saved = wrong.submit("Save", htmx=True, email="kalle@mallilon.example", name="Kalle Ny")

        assert saved.status == 200
        assert [tag["id"] for tag in saved.soup.find_all(recursive=False)] == ["organisation-contact"]
        assert "Kalle Ny" in saved.text
        assert now(mallilon).contact_email == "kalle@mallilon.example"

    def test_form_names_every_mistake_and_keeps_what_was_typed(self, page: Page, mallilon: Organisation):
        page = page.follow("Change the contact person").submit("Save", name=" ", email="kalle@", phone="09 1234567")
        assert page.status == 422
        assert len(page.errors) == 3
        assert page.field("phone") == "09 1234567"
        assert now(mallilon).contact_email == "karin@mallilon.example"

    @pytest.mark.parametrize(("htmx", "status"), [(False, 409), (True, 422)])
    def test_changed_meanwhile_is_told_and_what_was_typed_stays(
        self, page: Page, mallilon: Organisation, htmx: bool, status: int
    ):
        form = page.follow("Change the contact person")
        change_behind(mallilon)

        told = form.submit("Save", htmx=htmx, **VALID)

        assert told.status == status
        assert "Somebody else changed the organisation’s details meanwhile" in told.errors[0]
        assert "Bakom Berg" in told.text
        assert told.field("name") == "Kalle Ny"
        assert now(mallilon).contact_name == "Bakom Berg"
        told.submit("Save", htmx=htmx)
        assert now(mallilon).contact_name == "Kalle Ny"

    @pytest.mark.parametrize("version", ["", "0", "x", "9" * 40, "²"])
    def test_a_forged_version_overwrites_nothing(
        self, page: Page, browser: BrowsingClient, mallilon: Organisation, version: str
    ):
        assert browser.post("/organisation/contact", VALID | {"version": version}).status == 409
        assert now(mallilon).contact_name == "Karin Kontakt"

    def test_numbers_are_read_as_the_organisations_country_dials_them(self, app: Flask, mailbox: Mailbox):
        builders.signatory(builders.organisation("Svensk Ab", "556036-0793", country="SE"), "sven@svensk.example")
        page = sign_in(english(app), mailbox, "sven@svensk.example", "/sign-in?next=/organisation/contact")
        assert "+46 70 123 45 67" in page.submit("Save", **VALID | {"phone": "070-123 45 67"}).text


class TestOnesOwnDetails:
    def test_are_changed_and_the_pages_follow_the_language(self, page: Page):
        page = page.follow("Change your details").submit("Save", name="Anna A. Andersson", phone="", language="sv")

        assert page.soup.html["lang"] == "sv"
        db.session.rollback()
        anna = registry.person_by_email(ANNA)
        assert (anna.name, anna.phone, anna.language) == ("Anna A. Andersson", "", Language.SV)

    def test_changed_meanwhile_are_told_and_what_was_typed_stays(self, page: Page, mallilon: Organisation):
        form = page.follow("Change your details")
        form.submit("Save", name="Anna in another window")

        told = form.submit("Save", name="Anna here")

        assert told.status == 409
        assert "Anna in another window" in told.text
        assert told.field("name") == "Anna here"


class TestTheTerms:
    def test_are_open_to_everybody_in_three_languages(self, browser: BrowsingClient):
        builders.terms(3, text_en="First.\r\n\r\nSecond <b>.\nline")
        page = browser.get("/terms/3", expect=200)
        assert page.h1 == "Terms of use"
        assert "Version 3, in force from 1 January 2026" in page.text
        assert [tag.text for tag in page.soup.select(".panel p")] == ["First.", "Second <b>.line"]
        assert "vain pidetään salassa" in page.text
        assert {tag["lang"] for tag in page.soup.select("main [lang]")} == {"fi", "sv"}

    @pytest.mark.parametrize("path", ["/terms/4", "/terms/99999999999999999999999999", "/terms/x"])
    def test_that_do_not_exist_are_not_found(self, browser: BrowsingClient, path: str):
        assert browser.get(path).status == 404
