"""The first page: what waits, what failed, what is wrong, what expires; on a new installation the set-up list."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from certportal.certificates.models import Certificate
from certportal.certificates.rules import Aftermath, at_once_only_what_has_ended
from certportal.console import rules, service
from certportal.extensions import db, transaction
from certportal.orders import service as orders
from certportal.outbox.models import OutboxRow
from certportal.refusals import Conflict, Refusal
from certportal.registry import service as registry
from certportal.registry.models import Operator
from tests import builders
from tests.browsing import BrowsingClient, Page, words
from tests.conftest import FakeClock
from tests.console.steps import Post, at_desk, issued, make_authorities, run_jobs
from tests.far_ends import SmsFarEnd, SmtpFarEnd
from tests.orders.steps import House, order_placed


class TestTheSetUpList:
    def items(self, page: Page) -> dict[str, str]:
        lines = [words(tag) for tag in page.soup.select(".tasks h2")]
        return dict(line.rsplit(" : ", 1) for line in lines)

    def test_is_the_first_page_of_a_new_installation(self, desk: BrowsingClient) -> None:
        page = desk.get("/desk")
        assert page.h1 == "Set up the service"
        assert set(self.items(page).values()) == {"not yet"}
        assert "certportal ca init" in page.text

    def test_looks_at_each_thing_anew(self, app: Flask, desk: BrowsingClient, olli: Operator) -> None:
        make_authorities()
        builders.channel()
        builders.purpose()
        builders.terms()
        builders.signatory(builders.organisation())
        with transaction() as session:
            session.get_one(Operator, olli.id).totp_enrolled_at = olli.created_at
        run_jobs(app)
        done = {name for name, state in self.items(desk.get("/desk/set-up")).items() if state == "done"}
        assert done == {
            "Certification authority for production",
            "Certification authority for test",
            "An operator with an authenticator",
            "The service’s own jobs run",
            "Channels",
            "Purposes of use",
            "Terms of use",
            "Organisations and who may sign for them",
        }

    def test_sends_a_test_letter_to_ones_own_address(self, desk: BrowsingClient, post: Post) -> None:
        page = desk.get("/desk/set-up").submit("Send me a test letter")
        assert "on its way to olli@service.example" in page.text
        assert self.items(page)["E-mail goes out"] == "not yet"
        assert len(post.to("olli@service.example")) == 1
        page = desk.get("/desk/set-up")
        assert self.items(page)["E-mail goes out"] == "done"
        assert "The last test was accepted" in page.text

    def test_tells_what_the_mail_server_said_of_the_test(
        self, desk: BrowsingClient, smtp: SmtpFarEnd, deliver: Callable[[], int]
    ) -> None:
        smtp.always("connect", "554 5.3.2 Closed today")
        desk.get("/desk/set-up").submit("Send me a test letter")
        deliver()
        assert "could not be sent yet: 554 5.3.2 Closed today" in desk.get("/desk/set-up").text

    def test_sends_a_test_text_message_to_a_number(
        self, desk: BrowsingClient, sms: SmsFarEnd, deliver: Callable[[], int]
    ) -> None:
        page = desk.get("/desk/set-up").submit("Send a test text message", phone="040 123 4567")
        assert "+358 40 123 4567" in page.text
        deliver()
        assert sms.messages[-1].to == "+358401234567"
        assert self.items(desk.get("/desk/set-up"))["Text messages go out"] == "done"

    def test_a_landline_gets_no_test_message(self, desk: BrowsingClient) -> None:
        page = desk.get("/desk/set-up").submit("Send a test text message", phone="09 1234567")
        assert page.status == 422
        assert page.field("phone") == "09 1234567"
        assert db.session.query(OutboxRow).count() == 0

    def test_a_proxy_that_no_setting_names_is_told(self, app: Flask, desk: BrowsingClient) -> None:
        title = "The proxy in front is named in the settings"
        assert title not in self.items(desk.get("/desk/set-up"))
        app.test_client().get("/accessibility", headers={"X-Forwarded-For": "203.0.113.9"})
        page = desk.get("/desk/set-up")
        assert self.items(page)[title] == "not yet"
        assert "A proxy at 127.0.0.1 forwards requests, but CERTPORTAL_TRUSTED_PROXIES does not name it." in page.text
        assert "A proxy at 127.0.0.1 forwards requests" in desk.get("/desk/health").text

    def test_fetches_the_lists_on_demand_and_tells_why_not(self, app: Flask, desk: BrowsingClient) -> None:
        make_authorities()
        app.extensions["certportal.settings"] = replace(
            app.extensions["certportal.settings"], base_url="http://localhost"
        )
        page = desk.get("/desk/set-up").submit("Fetch them now")
        assert self.items(page)["Revocation lists can be fetched"] == "not yet"
        assert "nothing has been published" in page.text

    def test_gives_way_to_the_desk_once_somebody_has_ordered(self, desk: BrowsingClient, house: House) -> None:
        assert desk.get("/desk").h1 == "Set up the service"
        order_placed(house)
        assert desk.get("/desk").h1 == "Nothing waits for a decision"


class TestTheDesk:
    def test_tells_what_failed_and_what_is_wrong(
        self, desk: BrowsingClient, house: House, smtp: SmtpFarEnd, deliver: Callable[[], int]
    ) -> None:
        smtp.refuse("erik.exempelsson@taksi.example")
        number = order_placed(house).number
        deliver()
        builders.organisation("Exempelholm Bygg Ab", "9900002-6")
        page = desk.get("/desk")
        assert "1 delivery has failed." in page.text
        assert page.link(number) == f"/desk/orders/{number}"
        assert "One address is refused by its mail server" in page.text
        assert "One organisation has nobody who may sign Exempelholm Bygg Ab" in page.text
        assert "Due reminders have not been looked for yet" in page.text

    def test_leaves_a_failed_delivery_to_the_signatory_for_three_days(
        self,
        desk: BrowsingClient,
        house: House,
        smtp: SmtpFarEnd,
        deliver: Callable[[], int],
        clock: FakeClock,
        app: Flask,
        olli: Operator,
    ) -> None:
        smtp.refuse("erik.exempelsson@taksi.example")
        order = order_placed(house)
        deliver()
        page = desk.get("/desk")
        assert "With signatory" in page.text
        assert "The signatory sees it on the start page" in page.text
        clock.move(days=3, seconds=1)
        page = at_desk(app, olli).get("/desk")
        assert "With signatory" not in page.text
        assert "Call them." in page.text
        assert page.follow("See : Secure e-mail").path.startswith("/desk/messages/")
        orders.cancel_order(order.id, house.actor)
        assert "Call them." not in desk.get("/desk").text

    def test_has_nobody_to_leave_it_to_where_nobody_may_sign(
        self, desk: BrowsingClient, house: House, smtp: SmtpFarEnd, deliver: Callable[[], int]
    ) -> None:
        smtp.refuse("erik.exempelsson@taksi.example")
        order_placed(house)
        builders.no_longer_signs(house.person)
        deliver()
        page = desk.get("/desk")
        assert "1 delivery has failed." in page.text
        assert "With signatory" not in page.text

    def test_names_certificates_that_have_lost_their_access_right(
        self, desk: BrowsingClient, authorities: None, house: House
    ) -> None:
        issued(house)
        right = registry.valid_rights(house.organisation.id, registry.today())[0]
        with transaction():
            registry.end_right(right, registry.today() - timedelta(days=1), builders.OPERATOR)
        page = desk.get("/desk")
        assert "One valid certificate has no access right behind it" in page.text
        assert len(desk.get("/desk/orders/certificates?state=without_right").soup.select("tbody tr")) == 1

    def test_is_reached_from_the_start_page(self, desk: BrowsingClient) -> None:
        assert desk.get("/").path == "/desk"


class TestTheChart:
    @pytest.fixture(autouse=True)
    def ca(self, authorities: None) -> None:
        """Certificates need authorities."""

    def ends(self, house: House, day: date, description: str, **others: Any) -> Certificate:
        _order, made = issued(house, description=description, **others)
        with transaction() as session:
            found = session.get_one(Certificate, made.id)
            found.not_after = self.noon(day)
        return made

    def noon(self, day: date) -> Any:
        from certportal.formats import end_of_day

        return end_of_day(day) - timedelta(hours=12)

    def test_counts_week_by_week_what_ends_and_what_has_nothing_on_the_way(self, house: House) -> None:
        monday = date(2026, 11, 30)
        self.ends(house, date(2026, 12, 6), "ends on the Sunday")
        first = self.ends(house, date(2026, 12, 7), "ends on the Monday")
        silent = self.ends(house, date(2027, 2, 21), "ends in the last week")
        self.ends(house, date(2027, 2, 22), "ends after it")
        self.ends(house, date(2026, 12, 9), "is for test", environment="TEST")
        with transaction() as session:
            session.get_one(Certificate, silent.id).will_not_be_renewed_at = silent.issued_at
        weeks = service.weeks()
        assert [each.monday for each in weeks] == [monday + timedelta(weeks=number) for number in range(12)]
        assert {each.number: (each.ending, each.bare) for each in weeks if each.ending} == {
            49: (1, 1),
            50: (1, 1),
            7: (1, 0),
        }
        successor = self.ends(house, date(2028, 1, 1), "takes its place")
        with transaction() as session:
            session.get_one(Certificate, successor.id).successor_of_id = first.id
        assert {each.number: each.bare for each in service.weeks() if each.ending} == {49: 1, 50: 0, 7: 0}

    def test_stands_on_the_desk_with_its_table(self, desk: BrowsingClient, house: House) -> None:
        self.ends(house, date(2026, 12, 9), "ends")
        page = desk.get("/desk")
        assert "1 expires in the next twelve weeks. 1 has nothing on the way" in page.text
        assert len(page.soup.select("table.plain tbody tr")) == 12
        assert page.soup.select_one("svg.bars title") is not None


class TestRules:
    def test_weeks_begin_on_mondays_across_a_year_and_daylight_saving(self) -> None:
        weeks = rules.weeks_from(date(2027, 1, 3))
        assert weeks[0] == date(2026, 12, 28)
        assert len(weeks) == 13
        assert {each.weekday() for each in weeks} == {0}

    def test_a_mark_differs_when_anything_does(self) -> None:
        assert rules.mark(["a", 1, None]) == rules.mark(["a", 1, None])
        assert len({rules.mark(values) for values in (["a", "b"], ["ab"], ["a", None], ["a", "None"], [])}) == 5

    def test_nobody_saves_over_another(self) -> None:
        rules.unchanged_since("x", "x")
        with pytest.raises(Conflict):
            rules.unchanged_since("x", "y")
        with pytest.raises(Conflict):
            rules.unchanged_since("", "y")

    def test_revoking_belongs_to_today(self) -> None:
        today = date(2026, 12, 1)
        now, later = Aftermath("revoke"), Aftermath("date", date(2027, 1, 1))
        at_once_only_what_has_ended(None, today, now)
        at_once_only_what_has_ended(today, today, now)
        for then in (later, Aftermath()):
            at_once_only_what_has_ended(date(2027, 1, 1), today, then)
        with pytest.raises(Refusal):
            at_once_only_what_has_ended(date(2026, 12, 2), today, now)


def test_the_health_page_is_in_words_the_worst_first(app: Flask, desk: BrowsingClient, clock: FakeClock) -> None:
    page = desk.get("/desk/health")
    assert "Something is wrong" in page.text
    levels = [tag["data-color"] for tag in page.soup.select(".health li")]
    assert levels == sorted(levels, key=["danger", "warning", "success"].index)
    make_authorities()
    run_jobs(app)
    assert "With a warning" in desk.get("/desk/health").text
