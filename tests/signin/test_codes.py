"""The e-mailed code (domain.md): 8 digits, 10 minutes, 5 tries, only in the browser that asked, and its caps."""

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from certportal.audit import AuditEntry
from certportal.extensions import db, transaction
from certportal.identifiers import EmailAddress
from certportal.outbox.models import OutboxRow, RowState
from certportal.refusals import Refusal
from certportal.registry import service as registry
from certportal.registry.models import Organisation, Person
from certportal.secrecy import Secret
from certportal.signin import codes
from certportal.signin.models import Desk, SignedIn, SignInCode
from tests import builders
from tests.browsing import BrowsingClient, Page
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd
from tests.signin.steps import AINO, OLLI, Mailbox, another, ask, english, sign_in

INSIDE = "Aino Aaltonen acts for Exempelholm Bygg Ab"
NOBODY = "nobody@nowhere.example"


def inside(browser: BrowsingClient) -> bool:
    return browser.get("/rooms/signatory").text == INSIDE


def rows(model: Any) -> list[Any]:
    return list(db.session.scalars(sa.select(model).order_by(model.id)))


def test_a_signatory_signs_in_with_the_code_from_the_mail(browser: BrowsingClient, mailbox: Mailbox, aino: Person):
    page = ask(browser)
    assert page.h1 == "Enter the sign-in code"
    page.submit("Sign in", code=mailbox.code(AINO))
    assert inside(browser)


def test_a_code_is_eight_digits_and_may_be_typed_with_its_gap(browser: BrowsingClient, mailbox: Mailbox, aino: Person):
    page = ask(browser)
    code = mailbox.code(AINO)
    assert len(code) == 8
    page.submit("Sign in", code=f" {code[:4]}\u00a0{code[4:]} ")
    assert inside(browser)


def test_the_address_may_be_written_in_capitals(browser: BrowsingClient, mailbox: Mailbox, aino: Person):
    page = ask(browser, "Aino@Exempelholm.EXAMPLE")
    page.submit("Sign in", code=mailbox.code(AINO))
    assert inside(browser)


def test_the_mail_is_in_the_persons_own_language(
    browser: BrowsingClient, mailbox: Mailbox, aino: Person, smtp: SmtpFarEnd
):
    ask(browser)
    mailbox.code(AINO)
    assert smtp.messages[-1].parsed["Content-Language"] == "sv"


def test_the_code_is_in_the_letter_and_nowhere_else(
    browser: BrowsingClient, mailbox: Mailbox, aino: Person, smtp: SmtpFarEnd, caplog: pytest.LogCaptureFixture
):
    page = ask(browser)
    code = mailbox.code(AINO)
    pair = f"{code[:4]} {code[4:]}"
    assert pair in smtp.messages[-1].html
    assert code not in smtp.messages[-1].subject
    assert pair not in smtp.messages[-1].subject
    kept = str([{c.key: getattr(row, c.key) for c in sa.inspect(row).mapper.columns}
                for model in (SignInCode, OutboxRow, AuditEntry) for row in rows(model)])  # fmt: skip
    assert code not in kept + caplog.text + page.soup.decode()
    assert rows(OutboxRow)[0].secret is None


def test_the_code_works_once(app: Flask, browser: BrowsingClient, mailbox: Mailbox, aino: Person):
    page = ask(browser)
    code = mailbox.code(AINO)
    copy = BrowsingClient(app)
    copy.http.set_cookie("certportal", browser.http.get_cookie("certportal").value)
    page.submit("Sign in", code=code)
    assert "no longer works" in copy.get("/sign-in/code").submit("Sign in", code=code).errors[0]
    assert not inside(copy)


def test_the_code_lives_ten_minutes(browser: BrowsingClient, mailbox: Mailbox, aino: Person, clock: FakeClock):
    page = ask(browser)
    code = mailbox.code(AINO)
    clock.move(minutes=10)
    late = page.submit("Sign in", code=code)
    assert late.status == 422
    assert "no longer works" in late.errors[0]
    assert not inside(browser)


def test_the_code_still_works_in_its_last_second(
    browser: BrowsingClient, mailbox: Mailbox, aino: Person, clock: FakeClock
):
    page = ask(browser)
    code = mailbox.code(AINO)
    clock.move(minutes=10, seconds=-1)
    page.submit("Sign in", code=code)
    assert inside(browser)


def test_a_code_that_could_not_be_sent_in_time_is_never_sent(
    browser: BrowsingClient, mailbox: Mailbox, aino: Person, clock: FakeClock
):
    ask(browser)
    clock.move(minutes=10)
    assert mailbox.to(AINO) == []
    assert rows(OutboxRow)[0].state is RowState.LAPSED


def test_the_code_works_only_in_the_browser_that_asked(
    app: Flask, browser: BrowsingClient, mailbox: Mailbox, aino: Person
):
    page = ask(browser)
    code = mailbox.code(AINO)
    elsewhere = english(app)
    assert elsewhere.get("/sign-in/code").h1 == "Sign in", "another browser has nothing to enter a code into"
    other = ask(elsewhere, NOBODY)
    refused = other.submit("Sign in", code=code)
    assert refused.status == 422
    assert not inside(elsewhere)
    page.submit("Sign in", code=code)
    assert inside(browser)


def test_a_newer_code_makes_the_earlier_one_void(browser: BrowsingClient, mailbox: Mailbox, aino: Person):
    page = ask(browser)
    first = mailbox.code(AINO)
    page = page.submit("Send a new code")
    second = mailbox.code(AINO)
    refused = page.submit("Sign in", code=first)
    assert refused.status == 422
    assert "Tries left: 4" in refused.errors[0]
    refused.submit("Sign in", code=second)
    assert inside(browser)


def test_a_newer_code_asked_for_elsewhere_makes_the_earlier_one_void(
    app: Flask, browser: BrowsingClient, mailbox: Mailbox, aino: Person
):
    page = ask(browser)
    first = mailbox.code(AINO)
    ask(english(app))
    assert "no longer works" in page.submit("Sign in", code=first).errors[0]


def test_a_void_code_that_waits_is_not_sent(browser: BrowsingClient, mailbox: Mailbox, aino: Person):
    ask(browser).submit("Send a new code")
    assert len(mailbox.to(AINO)) == 1


def test_a_wrong_code_is_counted_and_the_page_says_how_many_are_left(
    browser: BrowsingClient, mailbox: Mailbox, aino: Person
):
    page = ask(browser)
    code = mailbox.code(AINO)
    for left in (4, 3, 2, 1):
        page = page.submit("Sign in", code=another(code))
        assert (page.status, f"Tries left: {left}" in page.errors[0]) == (422, True)
    page.submit("Sign in", code=code)
    assert inside(browser)


def test_after_five_wrong_codes_the_right_one_is_refused_too(browser: BrowsingClient, mailbox: Mailbox, aino: Person):
    page = ask(browser)
    code = mailbox.code(AINO)
    for _ in range(5):
        page = page.submit("Sign in", code=another(code))
    assert "Five wrong codes" in page.errors[0]
    page = page.submit("Sign in", code=code)
    assert page.status == 422
    assert "Five wrong codes" in page.errors[0]
    assert not inside(browser)
    locked = [entry for entry in rows(AuditEntry) if entry.verb == "sign_in_code_locked"]
    assert [(entry.details["email"], entry.client_address) for entry in locked] == [(AINO, "198.51.100.7")]


@pytest.mark.parametrize("typed", ["", "1234567", "123456789", "abcdefgh", "12 34 5a 78", "１２３４５６７"])
def test_what_is_no_code_is_no_try(browser: BrowsingClient, aino: Person, typed: str):
    page = ask(browser).submit("Sign in", code=typed)
    assert page.status == 422
    assert page.errors
    assert rows(SignInCode)[0].wrong_tries == 0


def test_fifty_guesses_at_once_never_pass_five(app: Flask, aino: Person):
    browser = codes.ask_code(Desk.SIGNATORY, EmailAddress.parse(AINO), "192.0.2.1")
    db.session.rollback()
    answers = at_once(app, 50, lambda number: guess(browser, f"{number:08d}"))
    assert answers.count("sign_in_code_wrong") == 4
    assert answers.count("sign_in_code_locked") == 46
    assert rows(SignInCode)[0].wrong_tries == 5


def test_the_right_code_entered_fifty_times_at_once_signs_in_once(
    app: Flask, browser: BrowsingClient, mailbox: Mailbox, aino: Person
):
    asked = codes.ask_code(Desk.SIGNATORY, EmailAddress.parse(AINO), "192.0.2.1")
    code = mailbox.code(AINO)
    db.session.rollback()
    answers = at_once(app, 50, lambda _: guess(asked, code))
    assert (answers.count("in"), answers.count("sign_in_code_lapsed")) == (1, 49)
    assert len(rows(SignedIn)) == 1


def guess(browser: Secret, code: str) -> str:
    try:
        codes.enter_code(Desk.SIGNATORY, browser, code, client="192.0.2.1", instead_of=None)
    except Refusal as refusal:
        return refusal.code
    return "in"


def at_once(app: Flask, count: int, work: Callable[[int], str]) -> list[str]:
    """What ``count`` threads answer that begin together, each on a connection of its own."""
    answers: list[str] = []
    barrier = threading.Barrier(count)

    def one(number: int) -> None:
        with app.app_context():
            barrier.wait()
            answers.append(work(number))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


# ---- an address that nobody has ----


def shape(row: Any) -> dict[str, Any]:
    """A row without what is drawn at random or is the address itself."""
    drawn = {"id", "email_key", "browser_hash", "code_hash", "message_id", "reference", "subject", "client_address"}
    values = {column.key: getattr(row, column.key) for column in sa.inspect(row).mapper.columns}
    if isinstance(values.get("secret"), bytes):
        values["secret"] = len(values["secret"])
    return {key: value for key, value in values.items() if key not in drawn}


def statements_of(work: Callable[[], object]) -> list[str]:
    """Every SQL statement that runs while ``work`` does, without its values, as SQLite has it."""
    ran: list[str] = []

    def note(statement: str) -> None:
        if not statement.startswith("BEGIN"):
            ran.append(re.sub(r"'(?:[^']|'')*'|\b\d+\b|x'[0-9a-f]*'|NULL", "?", statement, flags=re.IGNORECASE))

    def listen(connection: Any) -> None:
        connection.connection.driver_connection.set_trace_callback(note)

    event.listen(sa.Engine, "begin", listen)
    try:
        work()
    finally:
        event.remove(sa.Engine, "begin", listen)
    return ran


def test_an_unknown_address_gets_the_same_page_the_same_rows_and_the_same_work(app: Flask, aino: Person):
    known, unknown = english(app, "192.0.2.1"), english(app, "192.0.2.2")
    for browser in (known, unknown):
        browser.get("/sign-in")
    pages: list[Page] = []
    work = [
        statements_of(lambda: pages.append(ask(known, AINO))),
        statements_of(lambda: pages.append(ask(unknown, NOBODY))),
    ]
    assert work[0] == work[1]
    assert any(statement.startswith("INSERT INTO outbox_row") for statement in work[0])
    assert pages[0].text.replace(AINO.replace("@", "@\u200b"), "") == pages[1].text.replace(
        NOBODY.replace("@", "@\u200b"), ""
    )
    assert pages[0].status == pages[1].status == 200
    for model in (SignInCode, OutboxRow):
        first, second = rows(model)
        assert shape(first) == shape(second)
    assert rows(AuditEntry) == []


def test_an_unknown_address_gets_no_mail_and_the_row_says_why(browser: BrowsingClient, mailbox: Mailbox, aino: Person):
    ask(browser, NOBODY)
    assert mailbox.to(NOBODY) == []
    row = rows(OutboxRow)[0]
    assert (row.state, row.secret, row.reply) == (RowState.SILENCED, None, "nobody signs in with this address")


def test_wrong_codes_for_an_unknown_address_are_answered_alike(app: Flask, mailbox: Mailbox, aino: Person):
    known, unknown = ask(english(app), AINO), ask(english(app), NOBODY)
    code = mailbox.code(AINO)
    for _ in range(6):
        known = known.submit("Sign in", code=another(code))
        unknown = unknown.submit("Sign in", code=another(code))
        assert (known.status, known.errors) == (unknown.status, unknown.errors)


@pytest.mark.parametrize("days", [(-10, -1), (1, 10)])
def test_a_person_without_a_right_today_gets_no_code(
    browser: BrowsingClient, mailbox: Mailbox, exempelholm: Organisation, days: tuple[int, int]
):
    pekka = builders.person("pekka@exempelholm.example", "Pekka Päättynyt")
    builders.right_to_sign(pekka, exempelholm, *(registry.today() + timedelta(days=day) for day in days))
    page = ask(browser, "pekka@exempelholm.example")
    assert page.h1 == "Enter the sign-in code"
    assert mailbox.to("pekka@exempelholm.example") == []


def test_a_right_that_ends_before_the_code_is_entered_opens_nothing(
    browser: BrowsingClient, mailbox: Mailbox, aino: Person
):
    page = ask(browser)
    code = mailbox.code(AINO)
    with transaction():
        registry.end_signing_right(registry.signing_rights(1)[0], None, builders.OPERATOR)
    refused = page.submit("Sign in", code=code)
    assert refused.h1 == "You may not sign for any organisation"
    assert rows(SignedIn) == []


def test_an_operators_address_opens_nothing_at_the_signatories_door(
    browser: BrowsingClient, mailbox: Mailbox, olli: Any, aino: Person
):
    ask(browser, OLLI)
    assert mailbox.to(OLLI) == []


# ---- caps ----


def test_at_most_five_codes_an_hour_for_an_address(app: Flask, browser: BrowsingClient, aino: Person, clock: FakeClock):
    for number in range(5):
        assert ask(english(app, f"192.0.2.{number}")).status == 200
        clock.move(minutes=1)
    refused = ask(browser)
    assert refused.status == 429
    assert "after 1 December 2026, 11:00" in refused.errors[0]
    assert len(rows(SignInCode)) == len(rows(OutboxRow)) == 5
    clock.move(minutes=55)
    assert ask(browser).h1 == "Enter the sign-in code"
    assert ask(browser).status == 429, "the second oldest still counts"


def test_twenty_requests_at_once_make_no_more_than_five_codes(app: Flask, aino: Person):
    def one(_number: int) -> str:
        try:
            codes.ask_code(Desk.SIGNATORY, EmailAddress.parse(AINO), "192.0.2.1")
        except Refusal as refusal:
            return refusal.code
        return "sent"

    db.session.rollback()
    answers = at_once(app, 20, one)
    assert (answers.count("sent"), answers.count("sign_in_codes_too_many")) == (5, 15)
    assert [row.spent_at is None for row in rows(SignInCode)] == [False] * 4 + [True]


def test_the_cap_on_an_address_holds_for_both_doors_together(browser: BrowsingClient, olli: Any):
    for _ in range(3):
        ask(browser, OLLI)
    for _ in range(2):
        ask(browser, OLLI, "/desk/sign-in")
    assert ask(browser, OLLI, "/desk/sign-in").status == 429


def test_at_most_twenty_codes_an_hour_for_a_client(app: Flask, browser: BrowsingClient, clock: FakeClock):
    for number in range(20):
        assert ask(browser, f"somebody{number}@nowhere.example").status == 200
    refused = ask(browser, "somebody21@nowhere.example")
    assert refused.status == 429
    assert "your network" in refused.errors[0]
    assert ask(english(app, "203.0.113.9"), "somebody21@nowhere.example").status == 200
    clock.move(hours=1)
    assert ask(browser, "somebody21@nowhere.example").status == 200


def test_one_client_has_a_whole_ipv6_network(app: Flask):
    for number in range(20):
        ask(english(app, f"2001:db8:1:2::{number:x}"), f"somebody{number}@nowhere.example")
    assert ask(english(app, "2001:db8:1:2:ffff::1"), "last@nowhere.example").status == 429
    assert ask(english(app, "2001:db8:1:3::1"), "last@nowhere.example").status == 200


def test_at_most_a_hundred_wrong_codes_a_day_for_an_address(app: Flask, aino: Person, clock: FakeClock):
    def five_wrong() -> list[str]:
        browser = codes.ask_code(Desk.SIGNATORY, EmailAddress.parse(AINO), "192.0.2.1")
        return [guess(browser, f"{number:08d}") for number in range(5)]

    for _ in range(20):
        assert five_wrong()[-1] == "sign_in_code_locked"
        clock.move(minutes=15)
    with pytest.raises(Refusal) as refused:
        five_wrong()
    assert refused.value.code == "sign_in_tries_too_many"
    clock.move(days=1)
    assert five_wrong()[0] == "sign_in_code_wrong"


def test_a_code_in_hand_is_refused_once_the_days_wrong_codes_are_used_up(
    app: Flask, aino: Person, mailbox: Mailbox, clock: FakeClock
):
    with_code = codes.ask_code(Desk.SIGNATORY, EmailAddress.parse(AINO), "192.0.2.1")
    code = mailbox.code(AINO)
    with transaction() as session:
        session.add(
            SignInCode(desk=Desk.OPERATOR, email_key=AINO, browser_hash="x", code_hash="x", client_address="",
                       asked_at=clock.at, expires_at=clock.at, wrong_tries=100)
        )  # fmt: skip
    assert guess(with_code, code) == "sign_in_tries_too_many"


def test_a_refused_request_for_a_code_keeps_what_was_typed(browser: BrowsingClient):
    page = ask(browser, "aino at exempelholm")
    assert page.status == 422
    assert page.field("email") == "aino at exempelholm"
    assert "@" in page.errors[0]


def test_a_failed_delivery_leaves_the_code_usable_and_sends_it_when_mail_is_back(
    browser: BrowsingClient, mailbox: Mailbox, aino: Person, smtp: SmtpFarEnd, clock: FakeClock
):
    smtp.always("mail", "451 4.3.0 try later")
    page = ask(browser)
    assert mailbox.to(AINO) == []
    smtp.heal()
    clock.move(minutes=5)
    page.submit("Sign in", code=mailbox.code(AINO))
    assert inside(browser)


def test_signing_in_asks_for_the_page_that_was_wanted(browser: BrowsingClient, mailbox: Mailbox, aino: Person):
    browser.get("/rooms/signatory?page=2")
    page = sign_in(browser, mailbox, path="/sign-in?next=/rooms/signatory?page=2")
    assert page.text == INSIDE
    assert page.path == "/rooms/signatory?page=2"
