"""Anybody asks to be let in; those who sign already are told; an operator decides with one press."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from certportal.audit import AuditEntry
from certportal.extensions import db, transaction
from certportal.identifiers import Language
from certportal.refusals import Conflict, Refusal
from certportal.registry import admissions
from certportal.registry import service as registry
from certportal.registry.admission_models import Admission, AdmissionState
from certportal.registry.models import Organisation
from tests import builders
from tests.browsing import BrowsingClient, Page
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd
from tests.signin.steps import Mailbox, english, sign_in

NINA = {
    "kind": "new_organisation",
    "organisation": "Nystart Ab",
    "business_id": "9900001-8",
    "name": "Nina Nylund",
    "role": "Managing director",
    "email": "Nina@nystart.example",
    "phone": "040 123 4567",
    "language": "sv",
}


def ask(browser: BrowsingClient, **changed: str) -> Page:
    return browser.get("/sign-in/not-here-yet").submit("Send the request", **NINA | changed)


def the_request() -> Admission:
    return db.session.scalars(select(Admission)).one()


def the_organisation() -> Organisation:
    return db.session.scalars(select(Organisation)).one()


@pytest.fixture
def olli(app: Flask) -> Any:
    return builders.Actor(builders.ActorKind.OPERATOR, builders.operator().id, "Olli Operaattori", "192.0.2.1")


class TestAsking:
    def test_ends_at_a_page_that_says_what_happens_next_and_waits_for_the_operator(self, browser: BrowsingClient):
        page = ask(browser)

        assert page.h1 == "We have got your request"
        assert "usually within 2 working days" in page.text
        [waiting] = admissions.waiting_admissions()
        assert (waiting.organisation, waiting.person, waiting.signatories) == (None, None, [])
        found = waiting.admission
        assert (found.business_id, found.email, found.phone) == ("9900001-8", "Nina@nystart.example", "+358401234567")
        assert (found.role, found.language, found.from_contact) == ("Managing director", Language.SV, False)
        assert found.client_address == "198.51.100.7"

    def test_is_reached_from_signing_in(self, browser: BrowsingClient):
        page = browser.get("/sign-in").follow("My organisation is not here yet")
        assert page.h1 == "Ask to be let in"

    def test_names_every_mistake_and_keeps_what_was_typed(self, browser: BrowsingClient):
        page = ask(browser, business_id="9900001-9", phone="09 123 456", email="nina@nystart", role=" ", kind="")
        assert page.status == 422
        assert [line.partition(":")[0] for line in page.errors] == [
            "What is it about? Choose what your request is about",
            "Business ID",
            "Your role in the organisation",
            "Your e-mail address",
            "Your mobile number",
        ]
        assert (page.field("business_id"), page.field("name")) == ("9900001-9", "Nina Nylund")
        assert admissions.waiting_admissions() == []

    def test_reads_numbers_by_the_country_that_was_chosen(self, browser: BrowsingClient):
        assert ask(browser, country="SE", business_id="556036-0793", phone="070-123 45 67").status == 200
        found = the_request()
        assert (found.country, found.phone) == ("SE", "+46701234567")

    def test_checks_a_field_when_it_is_changed(self, browser: BrowsingClient):
        browser.get("/sign-in/not-here-yet")
        checked = browser.post("/sign-in/not-here-yet/check/phone", NINA, htmx=True)
        assert (checked.status, "Text messages go to +358 40 123 4567 (Finland)" in checked.text) == (200, True)
        wrong = browser.post("/sign-in/not-here-yet/check/business-id", NINA | {"business_id": "9900001-9"}, htmx=True)
        assert (wrong.status, "typing mistake" in wrong.text) == (422, True)
        assert [tag.name for tag in wrong.soup.find_all(recursive=False)] == ["div"]
        assert browser.post("/sign-in/not-here-yet/check/csrf_token", NINA, htmx=True).status == 404

    def test_twice_in_the_same_words_is_one_request_and_in_others_another(self, browser: BrowsingClient):
        ask(browser)
        ask(browser)
        assert len(admissions.waiting_admissions()) == 1
        ask(browser, phone="040 123 4568")
        assert len(admissions.waiting_admissions()) == 2

    @pytest.mark.parametrize(
        ("same", "limit"),
        [("email", 3), ("business_id", 5), ("address", 10)],
    )
    def test_is_limited_by_address_organisation_and_network(self, app: Flask, clock: FakeClock, same: str, limit: int):
        numbers = [f"{seven}-{check_digit(seven)}" for seven in range(9900001, 9900040) if check_digit(seven)]
        for n in range(limit + 1):
            changed = {"name": f"Nina {n}"}
            if same != "email":
                changed["email"] = f"nina{n}@nystart.example"
            if same != "business_id":
                changed["business_id"] = numbers[n]
            browser = english(app, "198.51.100.7" if same == "address" else f"198.51.100.{n}")
            page = ask(browser, **changed)
            assert page.status == (200 if n < limit else 429), n
        assert "call us" in page.errors[0]
        assert page.field("name") == f"Nina {limit}"
        assert len(admissions.waiting_admissions()) == limit

        clock.move(days=1)
        ask(browser, **changed)
        assert len(admissions.waiting_admissions()) == limit + 1

    def test_does_not_tell_a_stranger_whether_the_service_knows_the_organisation(self, app: Flask):
        unknown = ask(english(app))
        builders.signatory(builders.organisation(business_id="9900002-6"))
        known = ask(english(app), business_id="9900002-6", email="other@nystart.example")
        assert unknown.text == known.text

    @pytest.mark.parametrize(
        "hostile", ["x" * 10_000, "\x00\x1b[2J", "<script>alert(1)</script>", "\u202eevil", "%(x)s {{7*7}}"]
    )
    def test_answers_anything_clearly_and_keeps_it_as_text(self, browser: BrowsingClient, hostile: str):
        for field in ("organisation", "business_id", "name", "role", "email", "phone"):
            page = ask(browser, **{field: hostile})
            assert page.status in (200, 422, 429), field
            assert page.soup.find("script", string=True) is None
        for field in ("kind", "language", "country"):
            page = browser.post("/sign-in/not-here-yet", NINA | {field: hostile})
            assert page.status == 422, field

    def test_in_bytes_that_are_no_text_is_refused_like_any_wrong_answer(self, browser: BrowsingClient):
        browser.get("/sign-in/not-here-yet")
        page = browser.post("/sign-in/not-here-yet", NINA | {"name": b"\xff\xfe\x00"})
        assert page.status == 422


class TestThoseWhoSignAlready:
    @pytest.mark.parametrize("kind", ["new_organisation", "changed_signatory"])
    def test_and_the_contact_are_told_before_the_decision_whatever_reason_was_given(
        self, browser: BrowsingClient, mailbox: Mailbox, kind: str
    ):
        mallilon = builders.organisation()
        builders.signatory(mallilon, language=Language.EN)
        former = builders.person("former@mallilon.example", "Fredrik Former")
        builders.right_to_sign(former, mallilon, valid_to=registry.today().replace(day=1, month=11))

        ask(browser, kind=kind)

        [told] = mailbox.to("anna.andersson@mallilon.example")
        assert "Nina Nylund" in told
        assert "We have not decided yet." in told
        assert "Nystart" not in told, "the name in the registry counts"
        assert len(mailbox.to("karin@mallilon.example")) == 1
        assert mailbox.to("former@mallilon.example") == []
        assert mailbox.to("Nina@nystart.example") == []

    def test_who_signs_when_the_mail_leaves_is_told_once(self, browser: BrowsingClient, mailbox: Mailbox):
        mallilon = builders.organisation()
        anna = builders.signatory(mallilon)
        builders.signatory(mallilon, "bengt@mallilon.example", "Bengt Berg")
        ask(browser)
        builders.no_longer_signs(anna)
        builders.signatory(mallilon, "carita@mallilon.example", "Carita Calonius")
        told = {name: len(mailbox.to(f"{name}@mallilon.example")) for name in ("anna.andersson", "bengt", "carita")}
        assert told == {"anna.andersson": 0, "bengt": 1, "carita": 1}
        assert len(mailbox.to("karin@mallilon.example")) == 1

    def test_a_request_with_the_contacts_address_is_marked(self, browser: BrowsingClient):
        builders.organisation()
        ask(browser, kind="changed_signatory", email="KARIN@mallilon.example")
        assert the_request().from_contact

    def test_hear_the_outcome_instead_when_mail_was_down_for_a_day(
        self, browser: BrowsingClient, mailbox: Mailbox, clock: FakeClock, olli: Any
    ):
        builders.signatory(builders.organisation(contact_email=""), language=Language.EN)
        ask(browser)
        clock.move(days=1)
        admissions.admit(the_request().id, olli)
        assert "This person was let in" in mailbox.to("anna.andersson@mallilon.example")[0]

    def test_are_waited_for_until_their_mail_has_left(self, browser: BrowsingClient, mailbox: Mailbox, olli: Any):
        mallilon = builders.organisation()
        builders.signatory(mallilon)
        ask(browser)
        with pytest.raises(Conflict, match="admission_unheard"):
            admissions.admit(the_request().id, olli)
        assert the_request().state is AdmissionState.WAITING
        mailbox.deliver()
        admissions.admit(the_request().id, olli)
        assert len(registry.signatories(mallilon.id, registry.today())) == 2

    def test_are_waited_for_a_day_while_no_mail_leaves_and_no_longer(
        self, browser: BrowsingClient, mailbox: Mailbox, smtp: SmtpFarEnd, clock: FakeClock, olli: Any
    ):
        builders.signatory(builders.organisation())
        ask(browser)
        smtp.always("mail", "451 4.3.0 not now")
        for hours in (1, 22, 0.99):
            mailbox.deliver()
            with pytest.raises(Conflict, match="admission_unheard"):
                admissions.admit(the_request().id, olli)
            clock.move(hours=hours)
        clock.move(hours=0.01)
        admissions.admit(the_request().id, olli)

    def test_a_second_person_is_let_in_only_when_the_first_one_has_heard_of_them(
        self, browser: BrowsingClient, mailbox: Mailbox, olli: Any
    ):
        ask(browser, language="en")
        ask(browser, name="Bo Berg", email="bo@nystart.example")
        first, second = (each.admission.id for each in admissions.waiting_admissions())

        admissions.admit(first, olli)
        with pytest.raises(Conflict, match="admission_unheard"):
            admissions.admit(second, olli)

        [told] = [each for each in mailbox.to("nina@nystart.example") if "Bo Berg" in each]
        assert "We have not decided yet." in told
        admissions.admit(second, olli)
        assert len(registry.signatories(the_organisation().id, registry.today())) == 2

    def test_include_who_has_come_since_by_another_way(self, browser: BrowsingClient, mailbox: Mailbox, olli: Any):
        mallilon = builders.organisation()
        ask(browser)
        mailbox.deliver()
        builders.signatory(mallilon, language=Language.EN)
        with transaction():
            registry.organisation(mallilon.id).contact_email = "new@mallilon.example"
        [waiting] = admissions.waiting_admissions()
        assert (waiting.untold, waiting.must_wait) == (True, False)

        for _ in range(2):
            with pytest.raises(Conflict, match="admission_unheard"):
                admissions.admit(the_request().id, olli)

        assert "We have not decided yet." in mailbox.to("anna.andersson@mallilon.example")[0]
        assert len(mailbox.to("new@mallilon.example")) == 1
        admissions.admit(the_request().id, olli)

    def test_and_come_late_are_waited_for_a_day_from_then(
        self, browser: BrowsingClient, mailbox: Mailbox, clock: FakeClock, olli: Any
    ):
        mallilon = builders.organisation()
        ask(browser)
        mailbox.deliver()
        builders.signatory(mallilon)
        clock.move(days=3)
        for hours in (23.99, 0.01):
            with pytest.raises(Conflict, match="admission_unheard"):
                admissions.admit(the_request().id, olli)
            clock.move(hours=hours)
        admissions.admit(the_request().id, olli)

    def test_are_mailed_once_when_they_are_the_contact_too(self, browser: BrowsingClient, mailbox: Mailbox):
        builders.signatory(builders.organisation(contact_email="Anna.Andersson@mallilon.example"))
        ask(browser)
        assert len(mailbox.to("anna.andersson@mallilon.example")) == 1

    def test_are_not_waited_for_to_refuse(self, browser: BrowsingClient, olli: Any):
        builders.signatory(builders.organisation())
        ask(browser)
        admissions.refuse_admission(the_request().id, "No such person there", olli)
        assert the_request().state is AdmissionState.REFUSED

    def test_are_shown_with_what_became_of_each_mail(self, browser: BrowsingClient, mailbox: Mailbox, smtp: SmtpFarEnd):
        mallilon = builders.organisation()
        anna = builders.signatory(mallilon)
        builders.signatory(mallilon, "bengt@mallilon.example", "Bengt Berg")
        smtp.refuse("bengt@mallilon.example")
        ask(browser)
        builders.no_longer_signs(anna)
        mailbox.deliver()
        [found] = admissions.waiting_admissions()
        assert [(each.name, each.reached) for each in found.forewarned] == [("Bengt Berg", False), ("", True)]
        assert [each.name for each in found.unreached] == ["Bengt Berg"]
        assert not found.must_wait, "the mail server has said what it had to say"

    def test_are_not_troubled_with_what_was_refused_meanwhile(
        self, browser: BrowsingClient, mailbox: Mailbox, olli: Any
    ):
        builders.signatory(builders.organisation())
        ask(browser)
        admissions.refuse_admission(the_request().id, "no such person there", olli)
        assert mailbox.to("anna.andersson@mallilon.example") == []


class TestAdmitting:
    def test_makes_organisation_person_and_right_and_the_asker_signs_in(
        self, browser: BrowsingClient, mailbox: Mailbox, olli: Any
    ):
        ask(browser)

        admissions.admit(the_request().id, olli)

        nystart = registry.organisation_by_business_id("9900001-8")
        assert (nystart.name, nystart.contact_email) == ("Nystart Ab", "Nina@nystart.example")
        [letter] = mailbox.to("Nina@nystart.example")
        assert "http://localhost/sign-in" in letter
        page = sign_in(browser, mailbox, "nina@nystart.example", "/sign-in?next=/organisation")
        assert "Nystart Ab" in page.text
        assert the_request().decided_by == olli.id
        assert admissions.decided_admissions() == [the_request()]

    def test_adds_the_right_to_an_organisation_that_is_here_and_never_renames_anything(
        self, browser: BrowsingClient, mailbox: Mailbox, olli: Any
    ):
        mallilon = builders.organisation()
        nina = builders.person("nina@nystart.example", "Nina N. Nylund")
        ask(browser, kind="changed_signatory")
        mailbox.deliver()

        admissions.admit(the_request().id, olli)

        assert registry.may_sign(nina.id, mallilon.id, registry.today())
        assert registry.organisation(mallilon.id).name == "Mallilön Ab"
        assert registry.organisation(mallilon.id).contact_email == "karin@mallilon.example"
        assert registry.person(nina.id).name == "Nina N. Nylund"

    def test_begins_an_ended_right_anew_and_takes_the_end_from_one_that_holds(
        self, browser: BrowsingClient, mailbox: Mailbox, olli: Any
    ):
        mallilon = builders.organisation()
        nina = builders.person("nina@nystart.example", "Nina Nylund")
        yesterday = registry.today().replace(day=30, month=11)
        builders.right_to_sign(nina, mallilon, yesterday, yesterday)
        ask(browser)
        mailbox.deliver()
        admissions.admit(the_request().id, olli)
        [right] = registry.signing_rights(mallilon.id)
        assert (right.valid_from, right.valid_to) == (registry.today(), None)

    def test_is_done_once(self, browser: BrowsingClient, olli: Any):
        ask(browser)
        asked = the_request().id
        admissions.admit(asked, olli)
        for again in (
            lambda: admissions.admit(asked, olli),
            lambda: admissions.refuse_admission(asked, "changed my mind", olli),
        ):
            with pytest.raises(Conflict, match="admission_decided"):
                again()

    def test_is_refused_for_an_organisation_that_has_ended_or_has_the_number_in_another_country(
        self, browser: BrowsingClient, mailbox: Mailbox, olli: Any
    ):
        mallilon = builders.organisation()
        ask(browser)
        mailbox.deliver()
        with transaction():
            registry.end_organisation(registry.organisation(mallilon.id), None, olli)
        assert admissions.waiting_admissions()[0].ended
        with pytest.raises(Conflict, match="organisation_has_ended"):
            admissions.admit(the_request().id, olli)

        ask(browser, country="DE", business_id="99000018", email="de@nystart.example", phone="+358401234567")
        german = admissions.waiting_admissions()[-1].admission
        builders.organisation("Neu", "99000018", country="AT")
        with pytest.raises(Conflict, match="organisation_other_register"):
            admissions.admit(german.id, olli)
        assert registry.person_by_email("de@nystart.example") is None

    def test_and_everything_else_is_in_the_record(self, browser: BrowsingClient, olli: Any):
        ask(browser)
        admissions.admit(the_request().id, olli)
        entries = list(db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
        assert [entry.verb for entry in entries] == [
            "admission_asked",
            "organisation_added",
            "person_added",
            "signing_right_added",
            "admission_admitted",
        ]
        assert entries[0].actor_name == "Nina Nylund"


class TestRefusing:
    def test_mails_the_reason(self, browser: BrowsingClient, mailbox: Mailbox, olli: Any):
        ask(browser, language="en")
        admissions.refuse_admission(the_request().id, "The trade register\nnames <others>.", olli)
        [letter] = mailbox.to("Nina@nystart.example")
        assert "The trade register\nnames <others>." in letter.replace("\r\n", "\n")
        assert the_request().state is AdmissionState.REFUSED
        assert registry.person_by_email("nina@nystart.example") is None

    def test_needs_a_reason(self, browser: BrowsingClient, olli: Any):
        ask(browser)
        with pytest.raises(Refusal, match="text_missing"):
            admissions.refuse_admission(the_request().id, " ", olli)


def check_digit(seven: int) -> str | None:
    """The check digit of a made-up business ID."""
    from certportal.identifiers.business_id import finnish_check_digit

    return finnish_check_digit(str(seven))
