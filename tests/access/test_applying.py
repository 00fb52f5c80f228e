"""The pages: applying, checking, sending, drafts, and following what becomes of it."""

import threading
from typing import Any

import pytest
from flask import Flask

from certportal.access import service
from certportal.access.models import InterfaceApplication
from certportal.access.rules import Sending
from certportal.certificates.models import Certificate, CertificateState
from certportal.extensions import db, transaction
from certportal.identifiers import Environment
from certportal.orders import service as orders
from certportal.registry import service as registry
from certportal.settings import Settings
from tests import builders
from tests.access.steps import (
    House,
    answers,
    applications,
    asked_for,
    certified,
    draft_of,
    granted,
    held,
    ordered,
    refused,
    sent,
    to_check,
    waiting,
)
from tests.browsing import BrowsingClient
from tests.builders import OPERATOR
from tests.conftest import FakeClock
from tests.orders.steps import browsing


def drafts(house: House) -> list[int]:
    db.session.rollback()
    return [each.id for each in service.drafts_of(house.organisation.id)]


def test_an_organisation_that_begins_is_told_what_to_do(browser: BrowsingClient):
    page = browser.get("/interface", expect=200)

    assert page.h1 == "Technical interface"
    assert "Mallilön Ab does not use the interface yet" in page.text
    assert page.follow("Make an application").h1 == "Application for using the technical interface"


def test_a_link_to_an_application_of_another_organisation_of_mine_asks_for_whom_to_act(app: Flask, house: House):
    path = f"/interface/applications/{sent(house, house.earnings).id}"
    other = builders.organisation("Exempelholm Bygg Ab", "9900002-6")
    browsing(app, builders.signatory(other, "bo@exempelholm.example", "Bo Främling"), other).get(path, expect=404)
    builders.right_to_sign(house.person, other)

    page = browsing(app, house.person, other).get(path, expect=200)

    assert "The application belongs to Mallilön Ab" in page.text
    assert page.submit("Mallilön Ab").path == path


def test_from_the_empty_form_to_the_application(house: House, browser: BrowsingClient):
    page = to_check(browser.get("/interface/apply", expect=200), house, house.earnings, house.benefits)
    assert page.h1 == "Check your answers"
    assert "Granted at once: Benefits payment data – Web Service." in page.text
    assert "Usually decided within 2 working days." in page.text
    assert applications() == []

    page = page.submit("Send the application")

    assert page.h1 == "Application"
    assert "Waits for a decision" in page.text
    assert (held(house), waiting(house)) == (["benefits-ws"], ["earnings-ws"])
    assert drafts(house) == []


def test_the_form_shows_what_each_channel_is_for_and_who_uses_and_decides_it(browser: BrowsingClient):
    page = browser.get("/interface/apply")

    assert "Your payroll program reports by itself." in page.text
    assert "Used by Mallilön, Exempelpay" in page.text
    assert "Production and test · the operator decides" in page.text
    assert "Production and test · granted at once" in page.text


def test_what_is_missing_is_named_and_what_was_typed_stays(house: House, browser: BrowsingClient):
    page = browser.get("/interface/apply").submit(
        "Check your answers",
        **answers(house, house.earnings, purposes=[], contact_email="karin@mallilon", contact_name="Karin <b>K</b>"),
        follow=False,
    )

    assert page.status == 422
    assert [line.partition(":")[0] for line in page.errors] == ["Purposes of use", "E-mail address"]
    assert page.field("contact_email") == "karin@mallilon"
    assert page.field("contact_name") == "Karin <b>K</b>"
    assert page.field("channels") == str(house.earnings.id)
    [draft_id] = drafts(house)
    assert browser.get(f"/interface/drafts/{draft_id}").field("contact_email") == "karin@mallilon", (
        "also if nobody goes on"
    )


def test_another_language_on_the_page_of_errors_loses_nothing(house: House, browser: BrowsingClient):
    typed = answers(house, house.earnings, contact_email="karin@mallilon", contact_name="Karin Kallio")
    refused = browser.get("/interface/apply").submit("Check your answers", **typed)
    assert refused.status == 422

    swedish = refused.submit("SV")

    assert swedish.soup.html is not None
    assert swedish.soup.html["lang"] == "sv"
    assert (swedish.field("contact_email"), swedish.field("contact_name")) == ("karin@mallilon", "Karin Kallio")
    assert len(swedish.errors) == len(refused.errors) == 1


def test_a_forged_channel_is_refused_on_the_form(house: House, browser: BrowsingClient):
    with transaction():
        house.sftp.closed_on = registry.today()
    page = browser.get("/interface/apply")
    forged = answers(house, house.earnings) | {"channels": [str(house.earnings.id), str(house.sftp.id)]}

    page = browser.post("/interface/apply", {**forged, "key": page.field("key")}, expect=422)

    assert page.errors == ["Channels: That choice is no longer here. Choose one of these"]
    assert applications() == []


def test_a_channel_that_closes_between_writing_and_sending_goes_back_to_the_form(house: House, browser: BrowsingClient):
    page = to_check(browser.get("/interface/apply"), house, house.sftp)
    with transaction():
        house.sftp.closed_on = registry.today()

    page = page.submit("Send the application")

    assert page.status == 422
    assert page.h1 == "Application for using the technical interface"
    assert applications() == []


@pytest.mark.parametrize("terms", [{}, {"terms_version": "0"}])
def test_the_terms_in_force_must_be_accepted(house: House, browser: BrowsingClient, terms: dict[str, str]):
    given: dict[str, Any] = answers(house, house.earnings, **terms)
    if not terms:
        given.pop("terms")

    page = browser.get("/interface/apply").submit("Check your answers", **given)

    assert page.status == 422
    assert [line.partition(":")[0] for line in page.errors] == ["I accept the terms of use"]


def test_terms_that_change_after_the_check_are_accepted_anew(house: House, browser: BrowsingClient):
    page = to_check(browser.get("/interface/apply"), house, house.earnings)
    builders.terms(2, registry.today())

    page = page.submit("Send the application")

    assert page.status == 422
    assert "There is a new version of the terms of use" in page.errors[0]
    page = page.submit("Check your answers", terms="y").submit("Send the application")
    assert applications()[0].terms.version == 2


def test_without_terms_nothing_can_be_sent_and_the_page_says_so(app: Flask):
    organisation = builders.organisation()
    person = builders.signatory(organisation)

    page = browsing(app, person, organisation).get("/interface/apply", expect=200)

    assert "There are no terms of use to accept yet" in page.text
    assert "There is nothing to choose yet" in page.text


def test_finished_later_the_answers_are_kept_as_they_are(house: House, browser: BrowsingClient):
    page = browser.get("/interface/apply").submit(
        "Finish later", **answers(house, house.earnings, contact_email="kari", terms=None, purposes=[])
    )
    assert page.h1 == "Technical interface"
    assert "Your answers have been saved." in page.soup.get_text()

    page = page.follow("Go on")

    assert page.field("contact_email") == "kari"
    assert page.field("channels") == str(house.earnings.id)
    assert page.errors == []


def test_an_unfinished_draft_cannot_be_checked_and_says_what_is_missing(house: House, browser: BrowsingClient):
    browser.get("/interface/apply").submit("Finish later", **answers(house, house.earnings, purposes=[]))
    [draft_id] = drafts(house)

    page = browser.get(f"/interface/drafts/{draft_id}/check", expect=200)

    assert page.errors == ["Purposes of use: Choose at least one purpose of use"]


def test_change_leads_back_to_the_answers(house: House, browser: BrowsingClient):
    page = to_check(browser.get("/interface/apply"), house, house.earnings)

    form = page.follow("Change the purposes of use")
    page = form.submit("Check your answers", **answers(house, house.earnings, contact_name="Kalle Kontakt"))

    assert "Kalle Kontakt" in page.text
    assert len(drafts(house)) == 1


def test_the_same_form_sent_twice_is_one_draft(house: House, browser: BrowsingClient):
    form = browser.get("/interface/apply")

    to_check(form, house, house.earnings)
    to_check(form, house, house.earnings)

    assert len(drafts(house)) == 1


def test_pressed_twice_send_makes_one_application(house: House, browser: BrowsingClient):
    page = to_check(browser.get("/interface/apply"), house, house.earnings)

    first = page.submit("Send the application")
    second = page.submit("Send the application")

    assert second.path == first.path
    assert len(applications()) == 1


def test_the_form_that_began_a_sent_application_leads_to_it(house: House, browser: BrowsingClient):
    form = browser.get("/interface/apply")
    application = to_check(form, house, house.earnings).submit("Send the application")

    again = to_check(form, house, house.sftp)

    assert again.path == application.path
    assert "This application has been sent already." in again.soup.get_text()
    assert waiting(house) == ["earnings-ws"]


def test_granted_at_once_the_drafts_that_waited_are_on_the_page(house: House, browser: BrowsingClient):
    typed = {"channel": str(house.benefits.id), "environment": "PRODUCTION", "description": "Mallilön 6"}
    waited = orders.begin_draft("a", typed, house.acting)
    other = orders.begin_draft("b", typed | {"channel": str(house.earnings.id)}, house.acting)

    page = to_check(browser.get("/interface/apply", expect=200), house, house.earnings, house.benefits)
    page = page.submit("Send the application")

    assert "Drafts that can be sent now" in page.text
    assert page.link("Mallilön 6") == f"/orders/drafts/{waited.id}"
    assert f"/orders/drafts/{other.id}" not in str(page.soup)


def test_sent_by_two_threads_at_once_it_is_one_application(app: Flask, house: House):
    draft_id, version = draft_of(house)
    shown = service.preview(house.organisation.id, [house.earnings.id, house.benefits.id], [house.purpose.code])
    wanted, acting = asked_for(house, house.earnings, house.benefits), house.acting
    ids = {"actor": acting.actor, "person": acting.person.id, "organisation": acting.organisation.id}
    start, made, failed = threading.Barrier(6), [], []

    def press() -> None:
        with app.app_context():
            person, organisation = registry.person(ids["person"]), registry.organisation(ids["organisation"])
            assert person is not None
            assert organisation is not None
            mine = type(acting)(ids["actor"], person, organisation)
            start.wait(timeout=20)
            try:
                sending = Sending(shown.mark)
                made.append(service.send_application(draft_id, version, wanted, sending, mine).id)
            except Exception as error:  # noqa: BLE001 - whatever a thread meets fails the test below
                failed.append(error)

    db.session.rollback()
    threads = [threading.Thread(target=press) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert failed == []
    assert (len(made), len(set(made))) == (6, 1)
    assert len(applications()) == 1
    assert (held(house), waiting(house)) == (["benefits-ws"], ["earnings-ws"])


def test_of_two_windows_the_later_one_is_told_and_keeps_what_was_typed(house: House, browser: BrowsingClient):
    browser.get("/interface/apply").submit("Finish later", **answers(house, house.earnings))
    [draft_id] = drafts(house)
    one, other = browser.get(f"/interface/drafts/{draft_id}"), browser.get(f"/interface/drafts/{draft_id}")
    one.submit("Finish later", **answers(house, house.earnings, contact_name="From the first window"))

    page = other.submit("Check your answers", **answers(house, house.sftp, contact_name="From the second window"))

    assert page.status == 409
    assert "have been changed in another window" in page.text
    assert page.field("contact_name") == "From the second window"
    page = page.submit("Check your answers")
    assert "From the second window" in page.text


def test_what_was_checked_is_what_is_sent(house: House, browser: BrowsingClient):
    page = to_check(browser.get("/interface/apply"), house, house.earnings)
    [draft_id] = drafts(house)
    browser.get(f"/interface/drafts/{draft_id}").submit("Finish later", **answers(house, house.sftp))

    page = page.submit("Send the application")

    assert page.status == 409
    assert "Nothing was sent" in page.text
    assert "Earnings payment data – SFTP" in page.text
    page.submit("Send the application")
    assert waiting(house) == ["earnings-sftp"]


def test_a_draft_is_deleted_after_a_question(house: House, browser: BrowsingClient):
    browser.get("/interface/apply").submit("Finish later", **answers(house, house.earnings))

    page = browser.get("/interface").follow("Delete")
    assert len(drafts(house)) == 1
    page = page.submit("Delete the draft")

    assert "The draft has been deleted." in page.soup.get_text()
    assert drafts(house) == []


def test_a_deleted_draft_keeps_what_was_typed_in_another_window(house: House, browser: BrowsingClient):
    browser.get("/interface/apply").submit("Finish later", **answers(house, house.earnings))
    [draft_id] = drafts(house)
    other = browser.get(f"/interface/drafts/{draft_id}")
    browser.get(f"/interface/drafts/{draft_id}/delete").submit("Delete the draft")

    page = other.submit("Check your answers", **answers(house, house.earnings, contact_name="Kalle"))
    assert (page.status, page.field("contact_name")) == (409, "Kalle")
    assert page.submit("Check your answers").h1 == "Check your answers"


@pytest.mark.parametrize("address", ["", "/check", "/delete"])
def test_drafts_of_another_organisation_are_not_found(app: Flask, house: House, address: str):
    draft_id, _ = draft_of(house)
    other = builders.organisation("Exempelholm Oy", "9900002-6")
    stranger = builders.signatory(other, "sture@exempelholm.example", "Sture")

    browsing(app, stranger, other).get(f"/interface/drafts/{draft_id}{address}", expect=404)


def test_applications_of_another_organisation_are_not_found(app: Flask, house: House):
    application = sent(house, house.earnings)
    other = builders.organisation("Exempelholm Oy", "9900002-6")
    stranger = browsing(app, builders.signatory(other, "sture@exempelholm.example", "Sture"), other)

    stranger.get(f"/interface/applications/{application.id}", expect=404)
    stranger.get(f"/interface/applications/{2**70}", expect=404)
    stranger.post(f"/interface/applications/{application.id}/withdraw", expect=404)
    assert waiting(house) == ["earnings-ws"]


def test_a_replacement_application_opens_with_the_present_choices(house: House, browser: BrowsingClient):
    sent(house, house.earnings, house.benefits)

    page = browser.get("/interface").follow("Make a replacement application")

    assert page.h1 == "Replacement application"
    ticked = [tag["value"] for tag in page.soup.select("[name=channels][checked]")]
    assert ticked == [str(house.earnings.id), str(house.benefits.id)]
    assert page.field("purposes") == "own-earnings"
    assert page.field("contact_name") == "Karin Kontakt"


def test_before_sending_the_difference_is_shown_with_what_uses_the_channel_given_up(
    house: House, browser: BrowsingClient, authority: None
):
    builders.access_right(house.organisation, house.earnings)
    builders.access_right(house.organisation, house.benefits)
    certificate = certified(house, house.earnings)
    order = ordered(house, house.earnings, name="Erik Exempelsson", email="erik@taksi.example")

    page = to_check(browser.get("/interface/apply"), house, house.sftp, house.benefits)

    assert page.h1 == "Check what changes"
    assert "You add one channel. You give up one channel. One valid certificate uses what you give up." in page.text
    gone, added, kept = (page.soup.select_one(f".diff.{kind}").get_text(" ") for kind in ("del", "add", "keep"))
    assert "Earnings payment data – Web Service" in gone
    assert certificate.description in gone
    assert order.number in gone
    assert "Erik Exempelsson" in gone
    assert "Earnings payment data – SFTP" in added
    assert "Benefits payment data – Web Service" in kept


def test_every_channel_is_given_up_by_saying_so(house: House, browser: BrowsingClient, authority: None):
    builders.access_right(house.organisation, house.earnings)
    certified(house, house.earnings)
    page = browser.get("/interface/apply").submit("Check", **answers(house))
    assert page.status == 422
    assert page.errors == ["Channels: Choose at least one channel, or tick that you give up every one"]
    page = page.submit("Check", **answers(house, house.earnings, give_up_all="y"))
    assert page.errors == [
        "We give up every channel: Channels are ticked as well. Untick them to give up every one, or untick this"
    ]
    assert page.field("give_up_all") == "y"

    page = page.submit("Check", **answers(house, give_up_all="y"))
    assert page.h1 == "Check what changes"
    assert "Your organisation stops using the technical interface." in page.text
    assert "One certificate uses this channel" in page.text
    assert "None any more" in page.text
    page = page.submit("Send the replacement application")
    assert held(house) == []
    assert "The access right ended when this was sent" in page.text
    assert browser.get("/interface/apply").h1 == "Application for using the technical interface"


def test_a_first_application_cannot_give_up_anything(house: House, browser: BrowsingClient):
    page = browser.get("/interface/apply")
    assert page.soup.find(id="give_up_all") is None
    page = browser.post("/interface/apply", answers(house, give_up_all="y"))
    assert page.errors == ["Channels: Choose at least one channel"]


@pytest.mark.parametrize(("choice", "state"), [("revoke", "revoked"), ("leave", "issued")])
def test_the_sender_says_what_becomes_of_the_certificates(
    house: House, browser: BrowsingClient, authority: None, choice: str, state: str
):
    builders.access_right(house.organisation, house.earnings)
    certificate = certified(house, house.earnings)
    page = to_check(browser.get("/interface/apply"), house, house.benefits)
    name = f"certificates_{house.earnings.id}"
    assert page.field(name) == "leave"

    page = page.submit("Send the replacement application", **{name: choice})

    assert page.h1 == "Replacement application"
    assert held(house) == ["benefits-ws"]
    assert db.session.get_one(Certificate, certificate.id, populate_existing=True).state == CertificateState(state)
    told = "One valid certificate has no access right any more" in browser.get("/interface").text
    assert told is (choice == "leave")


def test_the_sender_says_on_which_day_the_certificates_are_revoked(
    house: House, browser: BrowsingClient, authority: None
):
    builders.access_right(house.organisation, house.earnings)
    certificate = certified(house, house.earnings)
    page = to_check(browser.get("/interface/apply"), house, house.benefits)
    name, until = f"certificates_{house.earnings.id}", f"certificates_until_{house.earnings.id}"
    for typed, said in (("", "Enter the last day"), ("1.1.2020", "has ended already"), ("soon", "soon")):
        answer = page.submit("Send the replacement application", **{name: "date", until: typed})
        assert answer.status == 422
        assert said in answer.errors[0]
    assert held(house) == ["earnings-ws"]

    page = page.submit("Send the replacement application", **{name: "date", until: "24.12.2026"})

    assert page.h1 == "Replacement application"
    planned = db.session.get_one(Certificate, certificate.id, populate_existing=True)
    assert (planned.state, planned.planned_reason) == (CertificateState.ISSUED, "unnecessary")
    assert "It works to the end of 24 December 2026" in browser.get(f"/certificates/{certificate.id}").text
    assert "One valid certificate has no access right any more" not in browser.get("/interface").text


def test_a_forged_answer_about_certificates_sends_nothing(house: House, browser: BrowsingClient, authority: None):
    builders.access_right(house.organisation, house.earnings)
    certified(house, house.earnings)
    page = to_check(browser.get("/interface/apply"), house, house.benefits)

    page = page.submit("Send the replacement application", **{f"certificates_{house.earnings.id}": "burn"})

    assert page.status == 422
    assert held(house) == ["earnings-ws"]


def test_what_has_changed_since_the_check_is_shown_before_anything_is_sent(
    house: House, browser: BrowsingClient, authority: None
):
    builders.access_right(house.organisation, house.earnings)
    page = to_check(browser.get("/interface/apply"), house, house.benefits)
    certified(house, house.earnings)

    page = page.submit("Send the replacement application")

    assert page.status == 409
    assert "Nothing was sent" in page.text
    assert "One valid certificate uses what you give up." in page.text
    page.submit("Send the replacement application")
    assert held(house) == ["benefits-ws"]


def test_test_certificates_are_said_to_go_on(house: House, browser: BrowsingClient, authority: None):
    builders.access_right(house.organisation, house.earnings)
    certified(house, house.earnings, Environment.TEST)

    page = to_check(browser.get("/interface/apply"), house, house.benefits)

    assert "Certificates for test go on as before." in page.text
    assert not page.soup.select(f"[name=certificates_{house.earnings.id}]")


def test_the_application_page_tells_each_stage(house: House, browser: BrowsingClient):
    application = sent(house, house.earnings, house.sftp, house.benefits)
    address = f"/interface/applications/{application.id}"
    page = browser.get(address, expect=200)
    assert "The operator decides" in page.text
    assert "Usually decided within 2 working days." in page.text

    service.decide(application.id, granted(house.earnings), OPERATOR)
    assert "The operator decides" in browser.get(address).text
    service.decide(application.id, refused(house.sftp, "No agreement <b>yet</b>."), OPERATOR)

    page = browser.get(address)
    assert "The operator has decided" in page.text
    assert "No agreement <b>yet</b>." in page.text
    lines = [row.get_text(" ", strip=True) for row in page.soup.select("#channels tbody tr")]
    assert [line.rpartition(" ")[2] for line in lines] == ["Granted", "Refused", "Granted"]


def test_what_waits_is_taken_back_after_a_question(house: House, browser: BrowsingClient):
    application = sent(house, house.earnings)

    page = browser.get(f"/interface/applications/{application.id}").follow("Take back what waits")
    assert waiting(house) == ["earnings-ws"]
    page = page.submit("Take it back")

    assert "What waited was taken back" in page.text
    assert waiting(house) == []


def test_taking_back_what_has_been_decided_meanwhile_says_how_it_stands(house: House, browser: BrowsingClient):
    application = sent(house, house.earnings)
    page = browser.get(f"/interface/applications/{application.id}/withdraw")
    service.decide(application.id, granted(house.earnings), OPERATOR)

    page = page.submit("Take it back")

    assert page.status == 409
    assert "there is nothing to take back" in page.text
    assert held(house) == ["earnings-ws"]


def test_an_application_that_was_replaced_leads_to_the_later_one(house: House, browser: BrowsingClient):
    first = sent(house, house.earnings)
    second = sent(house, house.earnings, house.benefits)

    page = browser.get(f"/interface/applications/{first.id}")

    assert "A later application took its place" in page.text
    assert page.link("Open the later application").endswith(f"/{second.id}")


def test_valid_rights_are_listed_with_their_dates(house: House, browser: BrowsingClient, clock: FakeClock):
    with transaction():
        house.benefits.right_days = 365
    sent(house, house.benefits)
    builders.access_right(house.organisation, house.earnings)

    page = browser.get("/interface")

    rows = {row.th.get_text(" "): row.get_text(" ") for row in page.soup.select("tbody tr")}
    benefits = next(text for name, text in rows.items() if name.startswith("Benefits"))
    earnings = next(text for name, text in rows.items() if name.startswith("Earnings"))
    assert "until 1 December 2027" in benefits
    assert "since 1 December 2026" in benefits
    assert "until further notice" in earnings
    clock.move(days=366)
    assert "until 1 December 2027" not in browser.get("/interface").text


def test_later_terms_are_told_and_stop_nothing(house: House, browser: BrowsingClient):
    sent(house, house.benefits)
    builders.terms(2, registry.today())

    page = browser.get("/interface")

    assert "Version 2 is in force." in page.soup.get_text()
    assert held(house) == ["benefits-ws"]


@pytest.mark.parametrize(
    ("field", "typed", "status", "said"),
    [
        ("phone", "040 123 4567", 200, "+358 40 123 4567"),
        ("phone", "09 123 4567", 422, "landline"),
        ("email", "karin@mallilon", 422, "missing its ending"),
        ("email", "karin@mallilon.example", 200, ""),
    ],
)
def test_a_field_is_checked_on_change(
    house: House, browser: BrowsingClient, field: str, typed: str, status: int, said: str
):
    browser.get("/interface/apply")

    page = browser.post(f"/interface/apply/check/contact-{field}", {f"contact_{field}": typed}, htmx=True)

    assert page.status == status
    assert said in page.soup.get_text()
    assert len(page.soup.find_all(recursive=False)) == 1


def test_a_swedish_number_is_offered_with_its_country_code(house: House, browser: BrowsingClient):
    page = browser.get("/interface/apply").submit(
        "Check your answers", **answers(house, house.earnings, contact_phone="070-123 45 67")
    )
    assert page.status == 422

    page = page.submit("+46 70 123 45 67")

    assert "+46 70 123 45 67" in page.text
    assert page.h1 == "Check your answers"


def test_ten_thousand_characters_are_answered_clearly(house: House, browser: BrowsingClient):
    page = browser.get("/interface/apply").submit(
        "Check your answers", **answers(house, house.earnings, contact_name="å" * 10_000)
    )

    assert page.status == 422
    assert page.errors[0].startswith("Full name:")
    assert applications() == []


@pytest.mark.parametrize("language", ["fi", "sv"])
def test_every_page_is_written_in_the_readers_language(
    app: Flask, settings: Settings, house: House, authority: None, language: str
):
    builders.access_right(house.organisation, house.sftp)
    certified(house, house.sftp)
    application = sent(house, house.sftp, house.earnings)
    draft_id, _ = draft_of(house)
    reader = browsing(app, house.person, house.organisation, language)
    pages = [
        reader.get(path, expect=200)
        for path in (
            "/interface",
            "/interface/apply",
            f"/interface/drafts/{draft_id}/delete",
            f"/interface/applications/{application.id}",
            f"/interface/applications/{application.id}/withdraw",
        )
    ]
    form = reader.get("/interface/apply")
    submit = form.soup.select_one("main form .actions button").get_text()
    pages.append(to_check_in(form, submit, answers(house, house.benefits)))

    for page in pages:
        for english in ("Technical interface", "application", "Check", "access right", "channel", "Purposes"):
            assert english not in page.text, (page.path, english)


def to_check_in(form: Any, submit: str, values: dict[str, Any]) -> Any:
    page = form.submit(submit, **values)
    assert page.soup.select_one(".diff") is not None, page.text
    return page


def test_a_sent_application_is_seen_by_everybody_who_signs(app: Flask, house: House):
    application: InterfaceApplication = sent(house, house.earnings)
    bertil = builders.signatory(house.organisation, "bertil@mallilon.example", "Bertil Berg")

    page = browsing(app, bertil, house.organisation).get(f"/interface/applications/{application.id}", expect=200)

    assert "by Anna Andersson" in page.text
