"""The guard: before every request, who is there, and whether the view allows them."""

import pytest
from flask import Flask

from certportal.registry.models import Operator, Organisation, Person
from tests.browsing import BrowsingClient
from tests.conftest import FakeClock
from tests.signin.desk_steps import sign_in_at_desk
from tests.signin.steps import AINO, Mailbox, ask, english, sign_in

HTMX = {"HX-Request": "true"}


def raw(browser: BrowsingClient, path: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    """Status and destination of one request as it is, without following."""
    with browser.app.app_context():
        answer = browser.http.open(path, method=method, headers=headers, data={"csrf_token": browser.csrf_token})
    return answer.status_code, answer.headers.get("HX-Redirect") or answer.headers.get("Location") or ""


def test_a_stranger_is_asked_to_sign_in_and_gets_where_they_were_going(
    browser: BrowsingClient, mailbox: Mailbox, aino: Person
):
    page = browser.get("/rooms/signatory?page=3")
    assert page.h1 == "Sign in"
    page = page.submit("Send the sign-in code", email=AINO).submit("Sign in", code=mailbox.code(AINO))
    assert (page.path, page.text) == ("/rooms/signatory?page=3", "Aino Aaltonen acts for Exempelholm Bygg Ab")


def test_the_wanted_page_survives_mistakes_and_a_new_code(browser: BrowsingClient, mailbox: Mailbox, aino: Person):
    page = browser.get("/rooms/signatory?page=3").submit("Send the sign-in code", email="aino at home")
    page = page.submit("Send the sign-in code", email=AINO)
    page = page.submit("Sign in", code="00000000").submit("Send a new code")
    page = page.follow("Change the e-mail address").submit("Send the sign-in code", email=AINO)
    assert page.submit("Sign in", code=mailbox.code(AINO)).path == "/rooms/signatory?page=3"


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)"],
)
def test_signing_in_never_leads_out_of_the_service(
    browser: BrowsingClient, mailbox: Mailbox, aino: Person, elsewhere: str
):
    page = browser.get("/sign-in", query_string={"next": elsewhere})
    page = page.submit("Send the sign-in code", email=AINO)
    answer = browser.post("/sign-in/code", {"code": mailbox.code(AINO), "csrf_token": browser.csrf_token}, follow=False)
    assert answer.headers["Location"] == "/"


def test_who_sent_a_form_too_late_comes_back_to_the_form(browser: BrowsingClient):
    browser.get("/sign-in")
    status, where = raw(browser, "/rooms/signatory", "POST", Referer="http://localhost/rooms/signatory?draft=7")
    assert (status, where) == (303, "/sign-in?next=/rooms/signatory?draft%3D7")


def ended(browser: BrowsingClient, mailbox: Mailbox, clock: FakeClock) -> None:
    """Signed in, and an hour without a request."""
    sign_in(browser, mailbox)
    browser.get("/rooms/signatory")
    clock.move(minutes=61)


def test_what_was_typed_waits_while_one_signs_in_again(
    app: Flask, browser: BrowsingClient, mailbox: Mailbox, aino: Person, clock: FakeClock
):
    ended(browser, mailbox, clock)
    page = browser.post("/rooms/signatory?draft=7", {"words": ["<b>Mallilön</b>", "7"], "empty": ""}, expect=403)
    assert "You were signed out because nothing was done for 60 minutes" in page.text
    assert page.link("Sign in in a new window") == "/sign-in"
    too_early = page.submit("Send what I typed")
    assert too_early.status == 403
    sign_in(browser, mailbox)
    stale = too_early.submit("Send what I typed", csrf_token="of the sign-in before")
    assert stale.status == 403
    assert "from before you last signed in" in stale.text
    kept = [(tag["name"], tag["value"]) for tag in stale.soup.select("main input")][1:]
    assert kept == [("words", "<b>Mallilön</b>"), ("words", "7"), ("empty", "")]
    sent = stale.submit("Send what I typed")
    assert (sent.status, sent.path) == (200, "/rooms/signatory?draft=7")


def test_a_button_that_carries_nothing_leads_to_the_sign_in(
    browser: BrowsingClient, mailbox: Mailbox, aino: Person, clock: FakeClock
):
    ended(browser, mailbox, clock)
    assert browser.post("/rooms/signatory", {"empty": ""}).h1 == "Sign in"


def test_what_another_site_sent_is_not_kept(browser: BrowsingClient, mailbox: Mailbox, aino: Person, clock: FakeClock):
    sign_in(browser, mailbox)
    for origin in ("http://evil.example", "null", ""):
        answer = browser.http.post("/rooms/signatory", data={"words": "Mallilön"}, headers={"Origin": origin})
        assert answer.status_code == 400
        assert "Mallilön" not in answer.get_data(as_text=True)


def test_no_secret_is_written_into_the_page_that_keeps_what_was_typed(
    browser: BrowsingClient, mailbox: Mailbox, aino: Person
):
    sign_in(browser, mailbox)
    secret = {
        "transfer_password": "Salaista",
        "pin": "Salaista",
        "code": "Salaista",
        "words": "Mallilön",
        "csrf_token": "",
    }
    page = browser.post("/rooms/signatory", secret, expect=403)
    assert "Salaista" not in str(page.soup)
    assert "Mallilön" in str(page.soup)


def test_a_field_that_is_checked_stays_as_it_is_and_a_form_in_its_place_is_kept(
    browser: BrowsingClient, mailbox: Mailbox, aino: Person, clock: FakeClock
):
    ended(browser, mailbox, clock)
    of_htmx = {"HX-Request": "true", "Origin": "http://localhost", "X-CSRFToken": browser.csrf_token}
    itself = {"HX-Trigger": "phone-field", "HX-Target": "phone-field"}
    answer = browser.http.post("/rooms/signatory", data={"words": "Mallilön"}, headers=of_htmx | itself)
    assert (answer.status_code, answer.get_data()) == (204, b"")
    assert "HX-Redirect" not in answer.headers
    answer = browser.http.post(
        "/rooms/signatory", data={"words": "Mallilön"}, headers=of_htmx | {"HX-Target": "contact-1"}
    )
    assert (answer.status_code, answer.headers["HX-Retarget"], answer.headers["HX-Reselect"]) == (422, "main", "main")
    assert "Mallilön" in answer.get_data(as_text=True)


def test_a_foreign_referrer_is_no_place_to_come_back_to(browser: BrowsingClient):
    browser.get("/sign-in")
    status, where = raw(browser, "/rooms/signatory", "POST", Referer="http://evil.example/rooms/signatory")
    assert (status, where) == (303, "/sign-in")


def test_htmx_is_told_to_go_to_the_sign_in_page_and_back_to_the_page_it_is_on(browser: BrowsingClient):
    on_page = {"HX-Request": "true", "HX-Current-URL": "http://localhost/certificates?page=2"}
    assert raw(browser, "/rooms/signatory", **on_page) == (204, "/sign-in?next=/certificates?page%3D2")


def test_a_history_restore_of_htmx_gets_an_ordinary_redirect(browser: BrowsingClient):
    restore = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert raw(browser, "/rooms/signatory", **restore) == (303, "/sign-in?next=/rooms/signatory")


def test_a_signatory_may_not_see_the_operators_rooms(browser: BrowsingClient, mailbox: Mailbox, aino: Person):
    sign_in(browser, mailbox)
    page = browser.get("/rooms/operator")
    assert page.status == 403
    assert page.h1 == "You may not see this page"


def test_an_operator_may_not_act_as_a_signatory(
    browser: BrowsingClient, mailbox: Mailbox, olli: Operator, clock: FakeClock
):
    sign_in_at_desk(browser, mailbox, clock)
    assert browser.get("/rooms/operator").text == "Olli Operaattori is at the desk"
    assert browser.get("/rooms/signatory").status == 403


def test_a_stranger_in_front_of_the_operators_rooms_comes_to_the_operators_door(browser: BrowsingClient):
    page = browser.get("/rooms/operator")
    assert page.path == "/desk/sign-in?next=/rooms/operator"


def test_rooms_open_to_all_know_who_comes(browser: BrowsingClient, mailbox: Mailbox, aino: Person):
    assert browser.get("/rooms/anybody").text == "anonymous from 198.51.100.7"
    sign_in(browser, mailbox)
    assert browser.get("/rooms/anybody").text == "Aino Aaltonen from 198.51.100.7"


def test_a_view_that_does_not_say_who_may_use_it_fails_loudly(browser: BrowsingClient, mailbox: Mailbox, aino: Person):
    browser.app.testing = True  # let the test see the exception itself
    with pytest.raises(RuntimeError, match=r"rooms\.unmarked does not say who may use it"):
        browser.get("/rooms/unmarked")


def test_rooms_for_programs_read_and_set_no_cookie(browser: BrowsingClient, mailbox: Mailbox, aino: Person):
    sign_in(browser, mailbox)
    answer = browser.get("/rooms/program")
    assert answer.text == "machine"
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")


def test_static_files_are_for_everybody_and_read_no_cookie(browser: BrowsingClient, mailbox: Mailbox, aino: Person):
    sign_in(browser, mailbox)
    with browser.app.app_context():
        answer = browser.http.get("/static/icon.svg")
    assert answer.status_code == 200
    assert "Cookie" not in answer.headers.get("Vary", "")


def test_the_start_page_tells_an_idle_visitor_why_they_are_out(
    browser: BrowsingClient, mailbox: Mailbox, aino: Person, clock: FakeClock
):
    sign_in(browser, mailbox)
    clock.move(hours=2)
    page = browser.get("/")
    assert page.h1 == "Sign in"
    assert "nothing was done for 60 minutes" in page.text


def test_a_page_that_is_not_there_is_not_found_for_everybody(browser: BrowsingClient, mailbox: Mailbox, aino: Person):
    assert browser.get("/no-such-page").status == 404
    sign_in(browser, mailbox)
    page = browser.get("/no-such-page")
    assert page.status == 404
    assert "Aino Aaltonen" in page.soup.header.get_text(), "the page not found still knows who is there"


def test_a_forged_cookie_is_nobodys(app: Flask, aino: Person):
    browser = BrowsingClient(app)
    browser.http.set_cookie("certportal", "eyJ0b2tlbiI6IngifQ.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb")
    assert browser.get("/rooms/anybody").text.startswith("anonymous")


@pytest.mark.parametrize("kept", [{"token": 7}, {"token": "x"}, {"token": ["x"], "seen": "now"}, {"seen": -5}])
def test_a_strange_cookie_is_nobodys(browser: BrowsingClient, aino: Person, kept: dict[str, object]):
    with browser.http.session_transaction(base_url="http://localhost") as cookie:
        cookie.update(kept)
    assert browser.get("/rooms/signatory").h1 == "Sign in"


def test_a_sign_in_without_a_last_request_is_idle(browser: BrowsingClient, mailbox: Mailbox, aino: Person):
    sign_in(browser, mailbox)
    with browser.http.session_transaction(base_url="http://localhost") as cookie:
        del cookie["seen"]
    assert browser.get("/rooms/signatory").h1 == "Sign in"


def test_an_operator_and_a_person_are_not_signed_in_at_once(
    browser: BrowsingClient, mailbox: Mailbox, aino: Person, olli: Operator, clock: FakeClock
):
    sign_in(browser, mailbox)
    sign_in_at_desk(browser, mailbox, clock)
    assert browser.get("/rooms/signatory").status == 403
    page = ask(browser)
    page.submit("Sign in", code=mailbox.code(AINO))
    assert browser.get("/rooms/operator").status == 403
    assert browser.get("/rooms/signatory").status == 200


@pytest.mark.parametrize(("language", "h1"), [("fi", "Kirjaudu"), ("sv", "Logga in"), ("en", "Sign in")])
def test_the_pages_speak_the_visitors_language(browser: BrowsingClient, language: str, h1: str):
    with browser.http.session_transaction(base_url="http://localhost") as cookie:
        cookie["language"] = language
    assert browser.get("/sign-in").h1 == h1


def test_who_has_chosen_no_language_gets_their_own_after_signing_in(app: Flask, mailbox: Mailbox, aino: Person):
    browser = BrowsingClient(app)
    page = browser.get("/sign-in")
    assert page.soup.html["lang"] == "fi"
    page.submit("Lähetä kirjautumiskoodi", email=AINO).submit("Kirjaudu", code=mailbox.code(AINO))
    assert browser.get("/sign-ins").soup.html["lang"] == "sv", "Aino's own language"


def test_the_chosen_language_survives_signing_in_and_out(browser: BrowsingClient, mailbox: Mailbox, aino: Person):
    sign_in(browser, mailbox)
    page = browser.get("/sign-ins")
    assert page.soup.html["lang"] == "en"
    assert page.submit("Sign out").soup.html["lang"] == "en"


def test_who_forged_another_sites_form_signs_nobody_out(app: Flask, mailbox: Mailbox, aino: Person):
    browser = english(app)
    sign_in(browser, mailbox)
    assert browser.post("/sign-out", {"csrf_token": "forged"}).status == 400
    assert browser.get("/rooms/signatory").status == 200


def test_the_navigation_shows_the_rooms_that_exist_and_where_one_is(
    browser: BrowsingClient, mailbox: Mailbox, aino: Person, exempelholm: Organisation
):
    sign_in(browser, mailbox)
    page = browser.get("/sign-ins")
    labels = [link.get_text(strip=True) for link in page.soup.select("nav.nav .nav-wide a")]
    assert labels[0] == "Start"
    assert set(labels) <= {"Start", "Certificates", "Technical interface", "Contacts", "Organisation"}
    assert page.soup.select("nav.nav [aria-current]") == [], "no entry owns this page"
