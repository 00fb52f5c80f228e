"""Operators: a code by e-mail and one from the authenticator app, a one-time address for the day when mail is down."""

import threading
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import segno
import sqlalchemy as sa
from flask import Flask

from certportal.audit import AuditEntry
from certportal.extensions import db
from certportal.identifiers import EmailAddress, Language
from certportal.refusals import Conflict, NotFound, Refusal
from certportal.registry.models import Operator, Person
from certportal.secrecy import Secret
from certportal.sentences import sentence
from certportal.signin import codes, desk, service, totp
from certportal.signin.models import Desk, OperatorLink, SignedIn
from tests.browsing import BrowsingClient
from tests.builders import COMMAND
from tests.conftest import FakeClock
from tests.signin.desk_steps import key_on, shown, sign_in_at_desk, with_emailed_code
from tests.signin.steps import AINO, OLLI, Mailbox, another, ask, english

AT_DESK = "Olli Operaattori is at the desk"
ADDRESS = EmailAddress.parse(OLLI)


def inside(browser: BrowsingClient) -> bool:
    return browser.get("/rooms/operator").text == AT_DESK


def the_operator() -> Operator:
    return db.session.scalars(sa.select(Operator)).one()


def verbs() -> list[str]:
    return list(db.session.scalars(sa.select(AuditEntry.verb).order_by(AuditEntry.id)))


# ---- enrolling ----


def test_the_first_sign_in_sets_the_authenticator_up(
    browser: BrowsingClient, mailbox: Mailbox, olli: Operator, clock: FakeClock
):
    page = with_emailed_code(browser, mailbox)
    assert page.h1 == "Set up your authenticator"
    assert not inside(browser), "the e-mailed code alone opens nothing"
    page.submit("Sign in", code=shown(key_on(page), clock))
    assert inside(browser)
    assert verbs() == ["operator_totp_enrolled", "signed_in"]


def test_the_picture_and_the_key_say_the_same(browser: BrowsingClient, mailbox: Mailbox, olli: Operator):
    page = with_emailed_code(browser, mailbox)
    picture = page.soup.select_one("img.qr")
    assert picture["src"].startswith("data:image/svg+xml")
    assert picture["alt"]
    assert "style" not in unquote(picture["src"]), "the page's own rule forbids style attributes"
    secret = desk.offered_authenticator(Secret(token_of(browser)))
    assert secret.picture == picture["src"]
    assert secret.secret.replace(" ", "") == key_on(page)


def test_the_address_in_the_picture_is_the_one_that_apps_read(
    app: Flask, olli: Operator, monkeypatch: pytest.MonkeyPatch
):
    drawn: list[str] = []
    real = segno.make
    monkeypatch.setattr(segno, "make", lambda text, **options: drawn.append(text) or real(text, **options))
    totp.picture(Secret("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"), OLLI)
    parts = urlsplit(drawn[0])
    assert (parts.scheme, parts.netloc, unquote(parts.path)) == ("otpauth", "totp", f"/Certportal:{OLLI}")
    assert parse_qs(parts.query) == {"secret": ["JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"], "issuer": ["Certportal"]}


def test_the_key_is_encrypted_and_erased_where_it_is_not_taken(
    browser: BrowsingClient, mailbox: Mailbox, olli: Operator, clock: FakeClock
):
    key = sign_in_at_desk(browser, mailbox, clock)
    kept = the_operator().totp_secret
    assert key.encode() not in kept
    assert totp.unsealed(kept, the_operator().id) == Secret(key)
    assert [row.totp_secret for row in db.session.scalars(sa.select(SignedIn))] == [None, None]


def test_a_wrong_code_enrols_nothing(browser: BrowsingClient, mailbox: Mailbox, olli: Operator, clock: FakeClock):
    page = with_emailed_code(browser, mailbox)
    key = key_on(page)
    page = page.submit("Sign in", code=another(shown(key, clock)))
    assert page.status == 422
    assert "Tries left: 4" in page.errors[0]
    assert key_on(page) == key, "the same key as before: it is in the app already"
    assert the_operator().totp_enrolled_at is None
    page.submit("Sign in", code=shown(key, clock))
    assert inside(browser)


def test_of_two_browsers_that_enrol_at_once_the_first_wins(
    app: Flask, mailbox: Mailbox, olli: Operator, clock: FakeClock
):
    first, second = english(app), english(app)
    one, two = with_emailed_code(first, mailbox), with_emailed_code(second, mailbox)
    key = key_on(one)
    one.submit("Sign in", code=shown(key, clock))
    refused = two.submit("Sign in", code=shown(key_on(two), clock))
    assert refused.h1 == "Operator’s sign-in"
    assert inside(first)
    assert not inside(second)
    assert totp.unsealed(the_operator().totp_secret, 1) == Secret(key)


# ---- the second factor ----


def test_later_sign_ins_ask_for_the_apps_code_and_show_no_key(
    app: Flask, mailbox: Mailbox, olli: Operator, clock: FakeClock
):
    key = sign_in_at_desk(english(app), mailbox, clock)
    clock.move(minutes=1)
    browser = english(app)
    page = with_emailed_code(browser, mailbox)
    assert page.h1 == "Enter the authenticator’s code"
    assert page.soup.select("img.qr, #totp-secret") == []
    page.submit("Sign in", code=shown(key, clock))
    assert inside(browser)


def test_a_code_of_the_app_cannot_be_used_twice(app: Flask, mailbox: Mailbox, olli: Operator, clock: FakeClock):
    key = sign_in_at_desk(english(app), mailbox, clock)
    browser = english(app)
    page = with_emailed_code(browser, mailbox)
    refused = page.submit("Sign in", code=shown(key, clock))
    assert refused.status == 422
    assert "has been used" in refused.errors[0]
    assert not inside(browser)
    earlier = refused.submit("Sign in", code=shown(key, clock, -1))
    assert "has been used" in earlier.errors[0], "nor is one of an earlier step"
    earlier.submit("Sign in", code=shown(key, clock, 1))
    assert inside(browser)


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_phones_clock_may_be_half_a_minute_off(
    app: Flask, mailbox: Mailbox, olli: Operator, clock: FakeClock, steps: int, taken: bool
):
    key = sign_in_at_desk(english(app), mailbox, clock)
    clock.move(minutes=10)
    browser = english(app)
    with_emailed_code(browser, mailbox).submit("Sign in", code=shown(key, clock, steps))
    assert inside(browser) is taken


def test_after_five_wrong_codes_the_emailed_code_must_be_asked_for_again(
    app: Flask, mailbox: Mailbox, olli: Operator, clock: FakeClock
):
    key = sign_in_at_desk(english(app), mailbox, clock)
    clock.move(minutes=1)
    browser = english(app)
    page = with_emailed_code(browser, mailbox)
    for _ in range(4):
        page = page.submit("Sign in", code=another(shown(key, clock)))
        assert page.status == 422
    page = page.submit("Sign in", code=another(shown(key, clock)))
    assert page.h1 == "Operator’s sign-in"
    assert "Five wrong codes" in page.text
    assert browser.get("/desk/sign-in/authenticator").h1 == "Operator’s sign-in"
    assert "totp_locked" in verbs()
    with_emailed_code(browser, mailbox).submit("Sign in", code=shown(key, clock))
    assert inside(browser)


def test_fifty_guesses_of_the_apps_code_at_once_never_pass_five(
    app: Flask, mailbox: Mailbox, olli: Operator, clock: FakeClock
):
    key = sign_in_at_desk(english(app), mailbox, clock)
    clock.move(minutes=1)
    browser = english(app)
    with_emailed_code(browser, mailbox)
    waiting = Secret(token_of(browser))
    answers: list[str] = []
    barrier = threading.Barrier(50)
    wrong = another(shown(key, clock))

    def guess() -> None:
        with app.app_context():
            barrier.wait()
            try:
                desk.enter_totp(waiting, wrong, None)
            except Refusal as refusal:
                answers.append(refusal.code)

    db.session.rollback()
    threads = [threading.Thread(target=guess) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (answers.count("totp_wrong"), answers.count("totp_locked"), answers.count("sign_in_over")) == (4, 1, 45)


def test_the_half_done_sign_in_lives_ten_minutes(
    browser: BrowsingClient, mailbox: Mailbox, olli: Operator, clock: FakeClock
):
    page = with_emailed_code(browser, mailbox)
    key = key_on(page)
    clock.move(minutes=10)
    assert page.submit("Sign in", code=shown(key, clock)).h1 == "Operator’s sign-in"
    assert the_operator().totp_enrolled_at is None


def test_after_the_second_factor_the_token_is_a_new_one(
    app: Flask, browser: BrowsingClient, mailbox: Mailbox, olli: Operator, clock: FakeClock
):
    page = with_emailed_code(browser, mailbox)
    before = token_of(browser)
    page.submit("Sign in", code=shown(key_on(page), clock))
    assert token_of(browser) != before
    assert service.open_row(Secret(before)) is None


def test_without_an_emailed_code_there_is_no_second_factor(browser: BrowsingClient, olli: Operator):
    page = browser.get("/desk/sign-in/authenticator")
    assert page.h1 == "Operator’s sign-in"
    assert browser.post("/desk/sign-in/authenticator", {"code": "123456"}).h1 == "Operator’s sign-in"


def test_a_half_done_sign_in_at_an_operators_room_goes_on_to_the_second_factor_and_there(
    browser: BrowsingClient, mailbox: Mailbox, olli: Operator, clock: FakeClock
):
    key = key_on(with_emailed_code(browser, mailbox))
    page = browser.get("/rooms/operator")
    assert page.h1 == "Set up your authenticator"
    page = page.submit("Sign in", code=shown(key, clock))
    assert (page.path, page.text) == ("/rooms/operator", AT_DESK)


def test_a_signatorys_address_gets_no_code_at_the_operators_door(
    browser: BrowsingClient, mailbox: Mailbox, aino: Person
):
    assert ask(browser, AINO, "/desk/sign-in").h1 == "Enter the sign-in code"
    assert mailbox.to(AINO) == []


def test_a_code_from_the_signatories_door_does_not_open_the_operators(
    browser: BrowsingClient, mailbox: Mailbox, aino: Person, olli: Operator
):
    asked = codes.ask_code(Desk.SIGNATORY, EmailAddress.parse(AINO), None)
    with pytest.raises(Refusal, match="sign_in_code_lapsed"):
        codes.enter_code(Desk.OPERATOR, asked, mailbox.code(AINO), client=None, instead_of=None)


# ---- the one-time address ----


def test_the_one_time_address_signs_in_without_mail_but_not_without_the_authenticator(
    app: Flask, browser: BrowsingClient, olli: Operator, clock: FakeClock
):
    address = desk.make_sign_in_link(ADDRESS, COMMAND)
    assert address.startswith("http://localhost/desk/sign-in/link/")
    page = browser.get(address).submit("Go on")
    assert page.h1 == "Set up your authenticator"
    page.submit("Sign in", code=shown(key_on(page), clock))
    assert inside(browser)
    assert verbs() == ["sign_in_link_made", "sign_in_link_used", "operator_totp_enrolled", "signed_in"]


def test_looking_at_the_one_time_address_does_not_use_it_up(app: Flask, browser: BrowsingClient, olli: Operator):
    address = desk.make_sign_in_link(ADDRESS, COMMAND)
    for _ in range(3):
        english(app).get(address, expect=200)
    assert browser.get(address).submit("Go on").h1 == "Set up your authenticator"


def test_the_one_time_address_works_once(app: Flask, browser: BrowsingClient, olli: Operator):
    address = desk.make_sign_in_link(ADDRESS, COMMAND)
    other = english(app).get(address)
    browser.get(address).submit("Go on")
    late = other.submit("Go on")
    assert (late.status, late.h1) == (410, "This address no longer works")
    assert browser.get(address).status == 410


def test_the_one_time_address_works_ten_minutes(browser: BrowsingClient, olli: Operator, clock: FakeClock):
    address = desk.make_sign_in_link(ADDRESS, COMMAND)
    page = browser.get(address)
    clock.move(minutes=10)
    assert page.submit("Go on").status == 410


def test_a_newer_one_time_address_makes_the_earlier_one_void(browser: BrowsingClient, olli: Operator):
    first = desk.make_sign_in_link(ADDRESS, COMMAND)
    second = desk.make_sign_in_link(ADDRESS, COMMAND)
    assert browser.get(first).status == 410
    assert browser.get(second).status == 200


def test_a_made_up_one_time_address_opens_nothing(browser: BrowsingClient, olli: Operator):
    assert browser.get("/desk/sign-in/link/made-up").status == 410


def test_the_token_of_a_one_time_address_is_kept_as_a_hash(app: Flask, olli: Operator):
    address = desk.make_sign_in_link(ADDRESS, COMMAND)
    token = address.rpartition("/")[2]
    row = db.session.scalars(sa.select(OperatorLink)).one()
    details = [entry.details for entry in db.session.scalars(sa.select(AuditEntry))]
    assert token not in str((row.token_hash, details))


def test_no_one_time_address_for_somebody_who_is_no_operator(app: Flask, olli: Operator):
    with pytest.raises(NotFound, match="operator_unknown"):
        desk.make_sign_in_link(EmailAddress.parse(AINO), COMMAND)


def test_no_one_time_address_for_a_disabled_operator_and_how_to_let_them_in_again(app: Flask, olli: Operator):
    desk.disable_operator(ADDRESS, COMMAND)
    for verb in (desk.make_sign_in_link, desk.disable_operator, desk.reset_totp):
        with pytest.raises(Conflict, match="operator_disabled") as refused:
            verb(ADDRESS, COMMAND)
        assert f'certportal operators add {OLLI} "{olli.name}"' in sentence(refused.value)
    desk.add_operator(ADDRESS, olli.name, Language.FI, COMMAND)
    assert "/desk/sign-in/link/" in desk.make_sign_in_link(ADDRESS, COMMAND)


# ---- who is an operator ----


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "text_missing"),
        (" \u200d", "text_missing"),
        ("O" * 5000, "text_too_long"),
        ("O" * 201, "text_too_long"),
        ("Olli\x00", "text_control_characters"),
        ("Olli\u202e", "text_control_characters"),
    ],
)
def test_an_operator_has_a_name_as_everybody_else_has(name: str, code: str, app: Flask):
    with pytest.raises(Refusal, match=code):
        desk.add_operator(ADDRESS, name, Language.FI, COMMAND)
    assert desk.list_operators() == []


def test_an_operators_name_is_one_line(app: Flask):
    assert desk.add_operator(ADDRESS, " Olli\r\nBcc:  x ", Language.FI, COMMAND).name == "Olli Bcc: x"


def test_operators_are_added_and_listed(app: Flask):
    desk.add_operator(EmailAddress.parse("Olli@Service.example"), "Olli", Language.FI, COMMAND)
    desk.add_operator(EmailAddress.parse("anni@service.example"), "Anni", Language.SV, COMMAND)
    assert [each.email for each in desk.list_operators()] == ["anni@service.example", OLLI]
    with pytest.raises(Conflict, match="operator_exists"):
        desk.add_operator(ADDRESS, "Olli", Language.FI, COMMAND)


def test_disabling_an_operator_ends_every_sign_in_at_once(
    app: Flask, browser: BrowsingClient, mailbox: Mailbox, olli: Operator, clock: FakeClock
):
    sign_in_at_desk(browser, mailbox, clock)
    half = english(app)
    with_emailed_code(half, mailbox)
    link = desk.make_sign_in_link(ADDRESS, COMMAND)
    desk.disable_operator(ADDRESS, COMMAND)
    assert browser.get("/rooms/operator").h1 == "Operator’s sign-in"
    assert half.get("/desk/sign-in/authenticator").h1 == "Operator’s sign-in"
    assert half.get(link).status == 410
    count = len(mailbox.to(OLLI))
    ask(browser, OLLI, "/desk/sign-in")
    assert len(mailbox.to(OLLI)) == count, "and gets no code"


def test_a_disabled_operator_who_is_added_again_enrols_anew(
    browser: BrowsingClient, mailbox: Mailbox, olli: Operator, clock: FakeClock
):
    key = sign_in_at_desk(browser, mailbox, clock)
    desk.disable_operator(ADDRESS, COMMAND)
    desk.add_operator(ADDRESS, "Olli Operaattori", Language.FI, COMMAND)
    assert key_on(with_emailed_code(browser, mailbox)) != key


def test_a_reset_authenticator_ends_sign_ins_and_is_enrolled_anew(
    app: Flask, browser: BrowsingClient, mailbox: Mailbox, olli: Operator, clock: FakeClock
):
    key = sign_in_at_desk(browser, mailbox, clock)
    desk.reset_totp(ADDRESS, COMMAND)
    assert not inside(browser)
    clock.move(minutes=1)
    page = with_emailed_code(browser, mailbox)
    assert key_on(page) != key
    page = page.submit("Sign in", code=shown(key, clock))
    assert page.status == 422, "the lost phone's app opens nothing"
    page.submit("Sign in", code=shown(key_on(page), clock))
    assert inside(browser)


def test_an_authenticator_reset_between_the_two_factors_asks_for_a_new_code(
    app: Flask, mailbox: Mailbox, olli: Operator, clock: FakeClock
):
    key = sign_in_at_desk(english(app), mailbox, clock)
    clock.move(minutes=1)
    browser = english(app)
    page = with_emailed_code(browser, mailbox)
    desk.reset_totp(ADDRESS, COMMAND)
    assert page.submit("Sign in", code=shown(key, clock)).h1 == "Operator’s sign-in"


def token_of(browser: BrowsingClient) -> str:
    with browser.http.session_transaction(base_url="http://localhost") as kept:
        return str(kept["token"])
