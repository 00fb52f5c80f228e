"""A signed-in session: a row behind a token, new at every change of power, with an idle and an absolute end."""

import ast
from datetime import timedelta

import sqlalchemy as sa
from flask import Flask

from certportal.audit import AuditEntry
from certportal.extensions import db, transaction
from certportal.outbox.models import OutboxRow
from certportal.registry import service as registry
from certportal.registry.models import Operator, Organisation, Person
from certportal.signin import service
from certportal.signin.models import SignedIn
from tests import builders
from tests.browsing import BrowsingClient, Page
from tests.conftest import FakeClock
from tests.meta.tree import modules, named, parsed
from tests.signin.steps import AINO, Mailbox, ask, english, sign_in

INSIDE = "Aino Aaltonen acts for Exempelholm Bygg Ab"


def cookie(browser: BrowsingClient) -> str:
    kept = browser.http.get_cookie("certportal")
    assert kept is not None
    return kept.value


def with_cookie(app: Flask, value: str) -> BrowsingClient:
    browser = BrowsingClient(app, "203.0.113.66")
    browser.http.set_cookie("certportal", value)
    return browser


def token(browser: BrowsingClient) -> str:
    with browser.http.session_transaction(base_url="http://localhost") as kept:
        return str(kept["token"])


def signed_in_rows() -> list[SignedIn]:
    return list(db.session.scalars(sa.select(SignedIn).order_by(SignedIn.id)))


def verbs() -> list[str]:
    return list(db.session.scalars(sa.select(AuditEntry.verb).order_by(AuditEntry.id)))


def test_only_the_tokens_hash_is_kept(browser: BrowsingClient, mailbox: Mailbox, aino: Person):
    sign_in(browser, mailbox)
    (row,) = signed_in_rows()
    assert token(browser) != row.token_hash
    assert len(token(browser)) == 43
    assert len(row.token_hash) == 64


def test_a_cookie_planted_before_signing_in_is_worth_nothing_afterwards(
    app: Flask, browser: BrowsingClient, mailbox: Mailbox, aino: Person
):
    page = ask(browser)
    planted = cookie(browser)
    page.submit("Sign in", code=mailbox.code(AINO))
    assert browser.get("/rooms/signatory").text == INSIDE
    assert with_cookie(app, planted).get("/rooms/signatory").h1 == "Sign in"


def test_nothing_but_the_language_is_carried_into_the_signed_in_cookie(
    browser: BrowsingClient, mailbox: Mailbox, aino: Person
):
    page = ask(browser)
    with browser.http.session_transaction(base_url="http://localhost") as kept:
        kept["planted"] = "by somebody else"
        before = kept["csrf_token"]
    page.submit("Sign in", code=mailbox.code(AINO))
    browser.get("/sign-ins")
    with browser.http.session_transaction(base_url="http://localhost") as kept:
        assert set(kept) == {"token", "seen", "language", "csrf_token"}
        assert kept["csrf_token"] != before


def test_signing_in_again_in_the_same_browser_ends_the_sign_in_before(
    app: Flask, browser: BrowsingClient, mailbox: Mailbox, aino: Person, exempelholm: Organisation
):
    builders.signatory(exempelholm, "bengt@exempelholm.example", "Bengt Berg")
    sign_in(browser, mailbox)
    before = cookie(browser)
    ask_again = ask_as_signed_in(browser, "bengt@exempelholm.example")
    ask_again.submit("Sign in", code=mailbox.code("bengt@exempelholm.example"))
    assert browser.get("/rooms/signatory").text == "Bengt Berg acts for Exempelholm Bygg Ab"
    assert not _inside(with_cookie(app, before))


def ask_as_signed_in(browser: BrowsingClient, email: str) -> Page:
    """From a window in which the form was open before somebody signed in in another one."""
    browser.get("/sign-ins")
    return browser.post("/sign-in", {"email": email})


def _inside(browser: BrowsingClient) -> bool:
    return browser.get("/rooms/signatory").text == INSIDE


def test_an_hour_without_a_request_ends_the_sign_in(
    browser: BrowsingClient, mailbox: Mailbox, aino: Person, clock: FakeClock
):
    sign_in(browser, mailbox)
    clock.move(minutes=59)
    assert _inside(browser)
    clock.move(minutes=59)
    assert _inside(browser), "every request begins the hour anew"
    clock.move(minutes=60)
    page = browser.get("/rooms/signatory")
    assert page.h1 == "Sign in"
    assert "nothing was done for 60 minutes" in page.text
    clock.move(minutes=-60)
    assert not _inside(browser), "the browser has let go of the token"


def test_twelve_hours_end_the_sign_in_however_busy_it_is(
    browser: BrowsingClient, mailbox: Mailbox, aino: Person, clock: FakeClock
):
    sign_in(browser, mailbox)
    for _ in range(23):
        clock.move(minutes=30)
        assert _inside(browser)
    clock.move(minutes=30)
    page = browser.get("/rooms/signatory")
    assert page.h1 == "Sign in"
    assert "at most 12 hours" in page.text


def test_moving_the_services_time_signs_nobody_out(
    browser: BrowsingClient, mailbox: Mailbox, aino: Person, clock: FakeClock
):
    sign_in(browser, mailbox)
    clock.ahead = timedelta(days=40)
    assert _inside(browser)


def test_reading_pages_writes_nothing(browser: BrowsingClient, mailbox: Mailbox, aino: Person, clock: FakeClock):
    sign_in(browser, mailbox)
    before = contents()
    clock.move(minutes=10)
    for path in ("/rooms/signatory", "/organisations", "/sign-ins", "/sign-in", "/signed-out", "/sign-in/ended"):
        browser.get(path)
    clock.move(hours=13)
    browser.get("/rooms/signatory")
    assert contents() == before


def contents() -> list[tuple[object, ...]]:
    return [
        tuple(row)
        for model in (SignedIn, AuditEntry, OutboxRow)
        for row in db.session.execute(sa.select(*model.__table__.columns))
    ]


def test_signing_out_makes_every_copy_of_the_cookie_worthless(
    app: Flask, browser: BrowsingClient, mailbox: Mailbox, aino: Person
):
    sign_in(browser, mailbox)
    copy = cookie(browser)
    assert _inside(with_cookie(app, copy))
    page = browser.get("/organisations").submit("Sign out")
    assert page.h1 == "You have signed out"
    assert not _inside(browser)
    assert not _inside(with_cookie(app, copy))
    assert verbs() == ["signed_in", "signed_out"]


def test_signing_out_twice_or_as_nobody_is_no_error(browser: BrowsingClient, mailbox: Mailbox, aino: Person):
    sign_in(browser, mailbox)
    page = browser.get("/organisations")
    page.submit("Sign out")
    browser.get("/sign-in")
    assert browser.post("/sign-out").h1 == "You have signed out"
    assert verbs() == ["signed_in", "signed_out"]


def test_sign_out_everywhere_ends_the_sign_ins_of_every_browser_but_nobody_elses(
    app: Flask, mailbox: Mailbox, aino: Person, exempelholm: Organisation
):
    builders.signatory(exempelholm, "bengt@exempelholm.example", "Bengt Berg")
    at_work, at_home, bengt = english(app), english(app, "203.0.113.5"), english(app)
    sign_in(at_work, mailbox)
    sign_in(at_home, mailbox)
    sign_in(bengt, mailbox, "bengt@exempelholm.example")
    page = at_home.get("/sign-ins")
    assert "203.0.113.5" in page.text
    assert "198.51.100.7" in page.text
    assert page.text.count("this browser") == 1
    ended = page.submit("Sign out everywhere")
    assert "in every browser" in ended.text
    assert not _inside(at_work)
    assert not _inside(at_home)
    assert bengt.get("/rooms/signatory").text == "Bengt Berg acts for Exempelholm Bygg Ab"


# ---- for whom ----


def both(aino: Person, leipomo: Organisation) -> None:
    builders.right_to_sign(aino, leipomo)


def test_with_one_organisation_there_is_nothing_to_choose(browser: BrowsingClient, mailbox: Mailbox, aino: Person):
    page = sign_in(browser, mailbox, path="/sign-in?next=/sign-ins")
    assert page.h1 == "Where you are signed in"
    assert "Change" not in page.soup.header.get_text()


def test_with_several_the_person_chooses_first_and_then_gets_where_she_was_going(
    browser: BrowsingClient, mailbox: Mailbox, aino: Person, leipomo: Organisation
):
    both(aino, leipomo)
    page = browser.get("/rooms/signatory?page=2").submit("Send the sign-in code", email=AINO)
    page = page.submit("Sign in", code=mailbox.code(AINO))
    assert page.h1 == "Choose the organisation"
    assert page.soup.select_one("nav.nav") is None, "no navigation before an organisation is chosen"
    page = page.submit("Esimerkkilän Leipomo Oy")
    assert page.path == "/rooms/signatory?page=2"
    assert page.text == "Aino Aaltonen acts for Esimerkkilän Leipomo Oy"


def test_every_page_says_for_whom_she_acts_and_offers_the_change(
    browser: BrowsingClient, mailbox: Mailbox, aino: Person, leipomo: Organisation
):
    both(aino, leipomo)
    sign_in(browser, mailbox).submit("Exempelholm Bygg Ab")
    page = browser.get("/sign-ins")
    assert "You are acting for Exempelholm Bygg Ab" in " ".join(page.soup.header.get_text(" ").split())
    page = page.follow("Change")
    assert "you act for this one now" in page.text
    page.submit("Esimerkkilän Leipomo Oy")
    assert browser.get("/rooms/signatory").text == "Aino Aaltonen acts for Esimerkkilän Leipomo Oy"
    assert verbs() == ["signed_in", "organisation_chosen", "organisation_chosen"]


def test_changing_the_organisation_makes_a_new_token_and_does_not_lengthen_the_sign_in(
    app: Flask, browser: BrowsingClient, mailbox: Mailbox, aino: Person, leipomo: Organisation, clock: FakeClock
):
    both(aino, leipomo)
    sign_in(browser, mailbox).submit("Exempelholm Bygg Ab")
    (row,) = signed_in_rows()
    before, ends_at = cookie(browser), row.ends_at
    clock.move(minutes=30)
    browser.get("/organisations").submit("Esimerkkilän Leipomo Oy")
    (row,) = signed_in_rows()
    assert row.ends_at == ends_at
    assert with_cookie(app, before).get("/rooms/signatory").status == 200
    assert "acts for" not in with_cookie(app, before).get("/rooms/signatory").text


def test_choosing_an_organisation_never_leads_out_of_the_service(
    browser: BrowsingClient, mailbox: Mailbox, aino: Person, exempelholm: Organisation
):
    sign_in(browser, mailbox)
    browser.get("/organisations")
    chosen = {"organisation": exempelholm.id, "next": "//evil.example/"}
    assert browser.post("/organisations", chosen, follow=False).headers["Location"] == "/"


def test_nobody_chooses_an_organisation_that_is_not_theirs(
    browser: BrowsingClient, mailbox: Mailbox, aino: Person, leipomo: Organisation
):
    sign_in(browser, mailbox)
    browser.get("/organisations")
    assert browser.post("/organisations", {"organisation": leipomo.id}).status == 403
    assert browser.post("/organisations", {"organisation": "0 OR 1=1"}).status == 404
    assert _inside(browser)


# ---- losing the right (more in tests/faults, F15) ----


def test_losing_one_right_of_two_ends_the_sign_in_for_that_organisation(
    browser: BrowsingClient, mailbox: Mailbox, aino: Person, exempelholm: Organisation, leipomo: Organisation
):
    both(aino, leipomo)
    sign_in(browser, mailbox).submit("Exempelholm Bygg Ab")
    with transaction():
        registry.end_signing_right(registry.signing_rights(exempelholm.id)[0], None, builders.OPERATOR)
    assert browser.get("/rooms/signatory").h1 == "Your right to sign has ended"
    sign_in(browser, mailbox)
    assert browser.get("/rooms/signatory").text == "Aino Aaltonen acts for Esimerkkilän Leipomo Oy"


def test_whoever_withdraws_a_right_can_end_the_persons_sign_ins_too(
    browser: BrowsingClient, mailbox: Mailbox, aino: Person
):
    sign_in(browser, mailbox)
    with transaction():
        assert service.end_sessions_of(aino.id) == 1
    page = browser.get("/rooms/signatory")
    assert page.h1 == "Sign in"
    assert "You have been signed out" in page.text


# ---- what is used by others ----


def test_the_demo_signs_people_in_without_a_code(app: Flask, browser: BrowsingClient, aino: Person):
    fresh = service.begin(person_id=aino.id)
    with browser.http.session_transaction(base_url="http://localhost") as kept:
        kept.update({"token": fresh.reveal(), "seen": int(signed_in_rows()[0].began_at.timestamp())})
    assert _inside(browser)


def test_the_demo_signs_operators_in_without_an_authenticator(app: Flask, browser: BrowsingClient, olli: Operator):
    fresh = service.begin(operator_id=olli.id)
    with browser.http.session_transaction(base_url="http://localhost") as kept:
        kept.update({"token": fresh.reveal(), "seen": int(signed_in_rows()[0].began_at.timestamp())})
    assert browser.get("/rooms/operator").text == "Olli Operaattori is at the desk"


def test_nothing_but_the_demo_signs_in_without_a_code(app: Flask):
    callers = {named(path) for path in modules() if any(calls_begin(node) for node in ast.walk(parsed(path)))}
    assert {caller for caller in callers if not caller.startswith("certportal/demo/")} == set()


def calls_begin(node: ast.AST) -> bool:
    """``service.begin`` of this room, under whatever name, or an import of it."""
    if isinstance(node, ast.ImportFrom):
        return node.module == "certportal.signin.service" and "begin" in {alias.name for alias in node.names}
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "begin"
        and ast.unparse(node.value).endswith(("service", "signin"))
    )


def test_old_rows_are_forgotten_after_thirty_days_and_fresh_ones_stay(
    browser: BrowsingClient, mailbox: Mailbox, aino: Person, clock: FakeClock
):
    sign_in(browser, mailbox)
    clock.move(days=29)
    assert service.forget_old() == 0
    sign_in(browser, mailbox)
    clock.move(days=2)
    assert service.forget_old() == 2
    assert len(signed_in_rows()) == 1
