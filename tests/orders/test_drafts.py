"""Drafts keep what was typed as it was typed; two windows do not overwrite each other; one draft becomes one order."""

from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from flask import Flask

from certportal.extensions import db
from certportal.orders import service
from certportal.outbox.models import OutboxRow
from certportal.refusals import Conflict, NotFound
from certportal.registry.models import Organisation, Person
from certportal.signin.guard import Acting
from tests import builders
from tests.browsing import BrowsingClient, Page
from tests.orders.steps import House, answers, browsing, filled_in, order_placed, orders, parsed


def begun(browser: BrowsingClient, house: House, **others: str) -> Page:
    """Check your answers of a draft."""
    return filled_in(browser.get("/orders/application"), house, **others)


def test_finish_later_keeps_what_was_typed_whatever_it_is(house: House, browser: BrowsingClient) -> None:
    page = browser.get("/orders/application").submit("Finish later", who="new", mobile="070-123 4", email=" erik@ta")
    assert page.h1 == "Draft applications"
    assert "The draft is saved" in page.text
    again = page.browser.get("/orders/drafts/1")
    assert (again.status, again.field("who")) == (200, "new")
    assert (again.field("mobile"), again.field("email")) == ("070-123 4", " erik@ta")
    later = again.submit("Finish later", name="Erik")
    assert later.browser.get("/orders/drafts/1").field("name") == "Erik"


def test_drafts_belong_to_the_organisation(app: Flask, house: House, browser: BrowsingClient) -> None:
    begun(browser, house)
    colleague = builders.signatory(house.organisation, "aino@exempelholm.example", "Aino Esimerkki")
    page = browsing(app, colleague, house.organisation).get("/orders/drafts")
    assert "Mallilön 6 Earnings payment data – Web Service" in page.text
    stranger = builders.organisation("Annan Ab", "9900002-6")
    person = builders.signatory(stranger, "bo@annan.example", "Bo Främling")
    other = browsing(app, person, stranger)
    assert "No drafts" in other.get("/orders/drafts").text
    for path in ("/orders/drafts/1", "/orders/drafts/1/check"):
        other.get(path, expect=404)
    for path in ("/orders/drafts/1", "/orders/drafts/1/later", "/orders/drafts/1/send", "/orders/drafts/1/delete"):
        other.post(path, {"version": "1"}, expect=404)


def test_an_incomplete_draft_has_nothing_to_check(house: House, browser: BrowsingClient) -> None:
    browser.get("/orders/application").submit("Finish later", description="Mallilön 6")
    page = browser.get("/orders/drafts/1/check")
    assert (page.status, page.h1) == (422, "Apply for a certificate")
    assert len(page.errors) == 4


def test_a_draft_is_deleted_by_one_press(house: House, browser: BrowsingClient) -> None:
    begun(browser, house)
    page = browser.get("/orders/drafts").submit("Delete")
    assert "The draft is deleted" in page.text
    assert "No drafts" in page.text
    assert "This draft has been deleted" in browser.get("/orders/drafts/1").text


def test_of_two_windows_the_later_is_told_and_keeps_what_was_typed(house: House, browser: BrowsingClient) -> None:
    begun(browser, house)
    here, there = browser.get("/orders/drafts/1"), browser.get("/orders/drafts/1")
    there.submit("Check your answers", description="From there")
    page = here.submit("Check your answers", description="From here")
    assert (page.status, page.h1) == (409, "Apply for a certificate")
    assert "changed in another window" in page.errors[0]
    assert page.field("description") == "From here"
    assert page.follow("Open what was saved in the other window").field("description") == "From there"
    assert "From here" in page.submit("Check your answers").text


def test_finish_later_in_a_second_window_loses_nothing_either(house: House, browser: BrowsingClient) -> None:
    begun(browser, house)
    here = browser.get("/orders/drafts/1")
    browser.get("/orders/drafts/1").submit("Finish later", description="From there")
    page = here.submit("Finish later", description="From here")
    assert (page.status, page.field("description")) == (409, "From here")


def test_a_draft_deleted_in_another_window_goes_on_as_a_new_one(house: House, browser: BrowsingClient) -> None:
    begun(browser, house)
    here = browser.get("/orders/drafts/1")
    browser.get("/orders/drafts").submit("Delete")
    page = here.submit("Check your answers", description="From here")
    assert (page.status, page.field("description")) == (409, "From here")
    assert page.submit("Check your answers").path == "/orders/drafts/2/check"


def test_answers_changed_after_they_were_checked_are_checked_again(house: House, browser: BrowsingClient) -> None:
    check = begun(browser, house)
    browser.get("/orders/drafts/1").submit("Finish later", description="From there")
    page = check.submit("Send the application")
    assert (page.status, page.h1) == (409, "Check your answers")
    assert "changed in another window since you checked them" in page.text
    assert "From there" in page.text
    assert page.submit("Send the application").h1 == "From there"
    assert len(orders()) == 1


def test_the_same_form_sent_twice_is_one_draft(house: House, browser: BrowsingClient) -> None:
    form = browser.get("/orders/application")
    first, second = filled_in(form, house), filled_in(form, house)
    assert first.path == second.path == "/orders/drafts/1/check"


def test_back_to_the_first_form_and_on_again_is_the_same_draft(house: House, browser: BrowsingClient) -> None:
    form = browser.get("/orders/application")
    filled_in(form, house)
    again = filled_in(form, house, description="Mallilön 7")
    assert (again.path, again.status) == ("/orders/drafts/1/check", 200)
    assert "Mallilön 7" in again.text


def test_a_second_press_on_send_shows_the_same_order(house: House, browser: BrowsingClient) -> None:
    check = begun(browser, house)
    first, second = check.submit("Send the application"), check.submit("Send the application")
    assert first.path == second.path
    assert (len(orders()), db.session.query(OutboxRow).count()) == (1, 1)


def test_a_form_of_an_application_that_was_sent_leads_to_its_order(house: House, browser: BrowsingClient) -> None:
    form = browser.get("/orders/application")
    filled_in(form, house).submit("Send the application")
    for page in (
        filled_in(form, house),
        browser.get("/orders/drafts/1"),
        browser.get("/orders/drafts/1/check"),
        browser.post("/orders/drafts/1", answers(house) | {"version": "1"}),
    ):
        assert page.path == f"/orders/{orders()[0].number}"
        assert "has been sent already" in page.text
    browser.post("/orders/drafts/1/delete")
    assert len(orders()) == 1


def test_two_presses_at_once_make_one_order(app: Flask, house: House) -> None:
    typed = answers(house, reason="additional", terms_version="1")
    draft = service.begin_draft("one form", typed, house.acting)
    wanted, draft_id, at_once = parsed(house, typed), draft.id, Barrier(2)
    person_id, organisation_id = house.person.id, house.organisation.id
    db.session.rollback()
    numbers: list[str] = []

    def press() -> None:
        with app.app_context():
            mine = acting_again(person_id, organisation_id)
            at_once.wait()
            numbers.append(service.place_order(draft_id, 1, wanted, mine).number)

    together(press, press)
    assert len(numbers) == 2
    assert len(set(numbers)) == 1
    assert (len(orders()), db.session.query(OutboxRow).count()) == (1, 1)


def test_two_savings_at_once_keep_one_of_them_whole(app: Flask, house: House) -> None:
    draft_id = service.begin_draft("one form", {"description": "before"}, house.acting).id
    at_once, refused = Barrier(2), list[str]()
    person_id, organisation_id = house.person.id, house.organisation.id
    db.session.rollback()

    def save(text: str) -> Callable[[], None]:
        def run() -> None:
            with app.app_context():
                mine = acting_again(person_id, organisation_id)
                at_once.wait()
                try:
                    service.save_draft(draft_id, 1, {"description": text}, mine)
                except Conflict as conflict:
                    refused.append(conflict.code)

        return run

    together(save("here"), save("there"))
    assert refused == ["draft_changed"]
    db.session.rollback()
    saved = service.open_draft(draft_id, organisation_id)
    assert (saved.version, saved.answers["description"] in {"here", "there"}) == (2, True)


def test_a_draft_of_nobody_is_not_found(house: House) -> None:
    with pytest.raises(NotFound, match="draft_not_found"):
        service.open_draft(7, house.organisation.id)


def test_drafts_that_wait_for_a_right_are_found_for_the_letter_about_it(house: House, browser: BrowsingClient) -> None:
    begun(browser, house)
    begun(browser, house, channel=str(house.other.id))
    begun(browser, house, channel=str(house.other.id), environment="TEST")
    mine = house.organisation.id
    assert [draft.id for draft in service.drafts_waiting_for(mine, house.other.id)] == [2]
    assert [draft.id for draft in service.drafts_waiting_for(mine, house.channel.id)] == [1]
    assert [draft.id for draft in service.drafts_of(mine)] == [3, 2, 1]
    order_placed(house)
    assert [draft.id for draft in service.drafts_of(mine)] == [3, 2, 1]


def acting_again(person_id: int, organisation_id: int) -> Acting:
    """The same signatory, in a thread's own session."""
    person = db.session.get_one(Person, person_id)
    return Acting(builders.acting(person), person, db.session.get_one(Organisation, organisation_id))


def together(*works: Callable[[], None]) -> None:
    threads = [Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
