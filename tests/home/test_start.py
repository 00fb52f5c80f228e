"""The start page says what waits, and nothing else."""

import shutil
from pathlib import Path

import pytest
from flask import Flask

from certportal import clock as time
from certportal.extensions import transaction
from certportal.outbox.models import AddressMark, Medium
from certportal.registry import service as registry
from certportal.registry.models import TechnicalContact
from certportal.settings import Settings
from certportal.signin import service as signin
from tests import builders
from tests.browsing import BrowsingClient
from tests.certificates.steps import Kit
from tests.conftest import FakeClock
from tests.home.steps import sign_in
from tests.notices.steps import Register
from tests.orders.steps import House, browsing


@pytest.fixture
def settings(settings: Settings, made_authorities: Path) -> Settings:
    """With both environments' authorities beside the database."""
    shutil.copytree(made_authorities, settings.ca_dir)
    return settings


@pytest.fixture
def kit(app: Flask, house: House, tmp_path: Path) -> Kit:
    return Kit(house, tmp_path)


def test_an_organisation_with_nothing_to_do_is_told_so(app: Flask, client: BrowsingClient) -> None:
    organisation = builders.organisation()
    sign_in(client, builders.signatory(organisation))
    assert client.get("/").h1 == "Ingenting väntar på dig"


def test_without_rights_the_first_door_is_the_application(app: Flask, client: BrowsingClient) -> None:
    sign_in(client, builders.signatory(builders.organisation()))
    page = client.get("/")
    assert page.link("Gör en ansökan") == "/interface/apply"


def test_a_refused_address_of_the_organisations_contact_waits(app: Flask, client: BrowsingClient) -> None:
    organisation = builders.organisation()
    sign_in(client, builders.signatory(organisation))
    address = organisation.contact_email
    with transaction() as session:
        session.add(AddressMark(address=address, medium=Medium.MAIL, outbox_row_id=1, marked_at=time.now()))
    page = client.get("/")
    assert page.h1 == "En sak väntar på dig"
    assert "kommer tillbaka" in page.text


@pytest.fixture
def sami(kit: Kit) -> TechnicalContact:
    """The contact of a valid certificate, with a second address for notices."""
    certificate = kit.certificate()
    with transaction() as session:
        contact = session.get_one(TechnicalContact, certificate.contact_id)
        contact.second_email = "reserv@ohjelmisto.example"
    return contact


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("sami@ohjelmisto.example", "E-mail to Sami Salminen comes back"),
        ("reserv@ohjelmisto.example", "E-mail to the second address of Sami Salminen comes back"),
    ],
)
def test_each_refused_address_of_a_contact_waits(
    house: House, browser: BrowsingClient, sami: TechnicalContact, address: str, said: str
) -> None:
    with transaction() as session:
        session.add(AddressMark(address=address, medium=Medium.MAIL, outbox_row_id=1, marked_at=time.now()))
    page = browser.get("/")
    assert page.h1 == "One thing waits for you"
    assert said in page.text
    assert page.link("Correct the contact") == f"/contacts/{sami.id}/edit"


def test_a_number_that_is_not_the_contacts_waits(browser: BrowsingClient, sami: TechnicalContact) -> None:
    with transaction() as session:
        registry.note_wrong_number(session.get_one(TechnicalContact, sami.id))
    page = browser.get("/")
    assert page.h1 == "One thing waits for you"
    assert "The mobile number of Sami Salminen is wrong" in page.text
    assert "PIN codes go to somebody else until it is corrected" in page.text
    assert page.link("Correct the number") == f"/contacts/{sami.id}/edit"


def test_a_contact_of_nothing_valid_waits_for_nobody(house: House, browser: BrowsingClient) -> None:
    former = builders.contact(house.organisation, "Erik", "erik@uusi.example", second_email="e2@uusi.example")
    with transaction() as session:
        registry.note_wrong_number(session.get_one(TechnicalContact, former.id))
        session.add(AddressMark(address="e2@uusi.example", medium=Medium.MAIL, outbox_row_id=1, marked_at=time.now()))
    assert browser.get("/").h1 == "Nothing waits for you"


def test_the_record_tells_who_did_what(app: Flask, client: BrowsingClient) -> None:
    organisation = builders.organisation()
    person = builders.signatory(organisation)
    sign_in(client, person)
    page = client.get("/").follow("Vad som har gjorts")
    assert page.h1 == "Vad som har gjorts"
    assert person.name in page.text


@pytest.mark.parametrize("before", ["99999999999999999999", "9" * 5000, "-1", "x", "%00"])
def test_a_place_in_the_record_that_no_entry_can_have_is_its_beginning(
    app: Flask, client: BrowsingClient, before: str
) -> None:
    person = builders.signatory(builders.organisation())
    sign_in(client, person)
    assert person.name in client.get(f"/activity?before={before}", expect=200).text


def test_a_stranger_is_asked_to_sign_in(client: BrowsingClient) -> None:
    assert client.get("/").path.startswith("/sign-in")


def test_somebody_elses_record_is_not_shown(app: Flask, client: BrowsingClient) -> None:
    mine, other = builders.organisation(), builders.organisation("Annan Ab", "9900002-6")
    stranger = builders.signatory(other, "stig@annan.example", "Stig Främling")
    signin.begin(person_id=stranger.id)
    sign_in(client, builders.signatory(mine))
    assert "Stig Främling" not in client.get("/activity").text


def test_the_language_of_a_visit_is_kept(app: Flask, client: BrowsingClient) -> None:
    page = client.get("/accessibility")
    page = page.submit("EN")
    assert page.path == "/accessibility"
    assert page.soup.html is not None
    assert page.soup.html["lang"] == "en"


def test_a_choice_of_language_leads_nowhere_else(app: Flask, client: BrowsingClient) -> None:
    client.get("/accessibility")
    answer = client.post("/language", {"language": "sv", "next": "//evil.example/"}, follow=False)
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize("holds", [True, False])
def test_what_ends_soon_is_renewed_with_the_right_and_without_it_the_right_is_applied_for(
    browser: BrowsingClient, house: House, holds: bool
) -> None:
    contact = builders.contact(house.organisation)
    ending = Register(house.organisation, house.person, house.channel, house.terms, contact).certificate(20)
    if not holds:
        with transaction():
            right = registry.right_to(house.organisation.id, house.channel.id, registry.today())
            assert right is not None
            registry.end_right(right, registry.today(), builders.OPERATOR)
    for path in ("/", f"/certificates/{ending.id}"):
        page = browser.get(path, expect=200)
        if holds:
            assert page.link("Renew") == f"/orders/renewal/{ending.id}"
            assert "Apply for the access right" not in page.text
        else:
            assert page.link("Apply for the access right") == "/interface/apply"
            assert f"/orders/renewal/{ending.id}" not in str(page.soup)


def test_what_has_ended_waits_to_be_ordered_anew(browser: BrowsingClient, house: House, clock: FakeClock) -> None:
    contact = builders.contact(house.organisation)
    ended = Register(house.organisation, house.person, house.channel, house.terms, contact).certificate(20)
    clock.move(days=21)
    page = browsing(browser.app, house.person, house.organisation).get("/", expect=200)
    assert "has ended" in page.text
    assert page.link("Apply for a new one in its place") == f"/orders/new?replaces={ended.id}"
