"""The record at the desk: everything, filtered, page by page, in words."""

from datetime import timedelta

import pytest
from flask import Flask

from certportal import audit
from certportal.extensions import transaction
from certportal.identifiers import Actor, ActorKind
from certportal.registry.models import Operator
from tests import builders
from tests.browsing import BrowsingClient, Page, words
from tests.conftest import FakeClock
from tests.console.steps import at_desk
from tests.orders.steps import House, order_placed

ULLA = Actor(ActorKind.OPERATOR, 2, "Ulla Ylläpitäjä", "192.0.2.77")


def record(verb: str, subject: str = "clock", by: Actor = builders.OPERATOR, **details: object) -> None:
    with transaction():
        audit.record(verb, subject, by=by, **details)


def acts(page: Page) -> list[str]:
    return [words(tag) for tag in page.soup.select("tbody th .t")]


def test_every_page_shows_what_no_other_does_and_none_is_left_out(desk: BrowsingClient) -> None:
    for number in range(60):
        record("operator_disabled", email=f"number-{number}")
    page = desk.get("/desk/record?verb=operator_disabled")
    seen = acts(page)
    while older := [anchor for anchor in page.soup.select(".pager a") if "Older" in words(anchor)]:
        record("operator_disabled", email="meanwhile")
        page = desk.get(str(older[0]["href"]))
        seen += acts(page)
    assert seen == [f"The operator number-{number} may no longer sign in" for number in reversed(range(60))]


class TestAFilter:
    @pytest.fixture(autouse=True)
    def done(self, house: House, clock: FakeClock) -> str:
        number = order_placed(house).number
        clock.move(days=2)
        record("operator_disabled", "operator:2", ULLA, email="old@service.example")
        return number

    @pytest.fixture
    def desk(self, app: Flask, olli: Operator, done: str) -> BrowsingClient:
        """Olli signs in after all that was done."""
        return at_desk(app, olli)

    def test_by_organisation(self, desk: BrowsingClient) -> None:
        for asked in ("9900001-8", "mallil"):
            found = acts(desk.get(f"/desk/record?organisation={asked}"))
            assert any(act.startswith("The certificate was ordered") for act in found)
            assert not any("old@service.example" in act for act in found)
        assert acts(desk.get("/desk/record?organisation=9900002-6")) == []

    def test_by_who_and_from_where(self, desk: BrowsingClient) -> None:
        for asked in ("ulla", "192.0.2.77"):
            assert acts(desk.get(f"/desk/record?actor={asked}")) == [
                "The operator old@service.example may no longer sign in"
            ]

    def test_by_what_it_is_about(self, desk: BrowsingClient, done: str) -> None:
        assert acts(desk.get(f"/desk/record?subject={done}")) == [f"The certificate was ordered: order {done}"]
        assert len(acts(desk.get("/desk/record?subject=operator:2"))) == 1

    def test_by_day(self, desk: BrowsingClient) -> None:
        assert not any("old@" in act for act in acts(desk.get("/desk/record?last=1.12.2026")))
        assert any("old@" in act for act in acts(desk.get("/desk/record?first=2026-12-03&last=2026-12-03")))
        assert not any("ordered" in act for act in acts(desk.get("/desk/record?first=2026-12-02")))
        assert "could not be read" in desk.get("/desk/record?first=31.2.2026").text

    def test_by_what_was_done(self, desk: BrowsingClient) -> None:
        assert len(acts(desk.get("/desk/record?verb=order_placed"))) == 1


class TestWhatJobsDoEveryDay:
    @pytest.fixture(autouse=True)
    def done(self, app: Flask) -> None:
        publisher = Actor(ActorKind.JOB, None, "publish-crl")
        record("crl_published", "crl:PRODUCTION", publisher, authority="issuing", number=7, entries=0)
        record("operator_disabled", "operator:2", ULLA, email="old@service.example")

    def test_is_left_out_until_it_is_asked_for(self, desk: BrowsingClient) -> None:
        page = desk.get("/desk/record")
        assert "The revocation list was published" not in acts(page)
        assert "The operator old@service.example may no longer sign in" in acts(page)
        assert "The revocation list was published" in acts(desk.get("/desk/record?routine=shown"))

    @pytest.mark.parametrize("asked", ["verb=crl_published", "subject=crl:PRODUCTION"])
    def test_is_shown_to_who_looks_for_it(self, desk: BrowsingClient, asked: str) -> None:
        page = desk.get(f"/desk/record?{asked}")
        assert acts(page) == ["The revocation list was published"]
        assert "Revocation list production" in page.text
        assert "The service itself" in page.text

    def test_is_never_left_out_when_somebody_did_it(self, desk: BrowsingClient) -> None:
        record("crl_published", "crl:TEST", Actor(ActorKind.COMMAND, None, "root"))
        assert "The revocation list was published" in acts(desk.get("/desk/record"))


def test_an_entry_links_to_what_it_is_about(desk: BrowsingClient, house: House) -> None:
    number = order_placed(house).number
    page = desk.get("/desk/record?verb=order_placed")
    assert page.link(number) == f"/desk/orders/{number}"
    assert "Reason An additional certificate is needed" in page.text


def test_a_time_that_differs_from_the_machines_is_marked(app: Flask, olli: Operator, clock: FakeClock) -> None:
    desk = at_desk(app, olli)
    assert "by the machine’s clock" not in desk.get("/desk/record").text
    clock.ahead = timedelta(days=46)
    record("clock_accepted")
    page = desk.get("/desk/record?verb=clock_accepted")
    assert "16 January 2027" in page.text
    assert "by the machine’s clock 1 December 2026" in page.text


def test_reads_in_the_readers_language(app: Flask, olli: Operator) -> None:
    record("clock_accepted")
    texts = {
        language: at_desk(app, olli, language).get("/desk/record?verb=clock_accepted").text
        for language in ("fi", "sv", "en")
    }
    assert len(set(texts.values())) == 3
