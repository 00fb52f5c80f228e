"""The start page says what waits, and nothing else."""


from flask import Flask

from certportal import clock as time
from certportal.extensions import transaction
from certportal.outbox.models import AddressMark, Medium
from certportal.signin import service as signin
from tests import builders
from tests.browsing import BrowsingClient
from tests.home.steps import sign_in


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


def test_the_record_tells_who_did_what(app: Flask, client: BrowsingClient) -> None:
    organisation = builders.organisation()
    person = builders.signatory(organisation)
    sign_in(client, person)
    page = client.get("/").follow("Vad som har gjorts")
    assert page.h1 == "Vad som har gjorts"
    assert person.name in page.text


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
