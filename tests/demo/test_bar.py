"""The bar: one press signs in, and the clock moves with all that happens meanwhile."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from certportal import audit, clock, runs, scheduler
from certportal.demo import moving
from certportal.extensions import db
from certportal.identifiers import Actor, ActorKind
from certportal.refusals import Conflict
from certportal.settings import Settings
from tests import builders
from tests.browsing import BrowsingClient

SOMEBODY = Actor(ActorKind.ANONYMOUS, None, "")


@pytest.fixture(autouse=True)
def nothing_to_look_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's portal listens on no port, so nobody looks at its revocation list from outside."""
    monkeypatch.setattr(moving, "BY_THE_MACHINE", (runs.LOOK,))
    every = scheduler.jobs
    monkeypatch.setattr(
        scheduler, "jobs", lambda settings: tuple(job for job in every(settings) if job.name != runs.LOOK)
    )


def test_one_press_signs_in_as_a_signatory(visitor: BrowsingClient) -> None:
    builders.signatory(builders.organisation(), name="Aino Esimerkki")
    page = visitor.get("/sign-in").submit("Aino Esimerkki")
    assert page.path == "/"
    assert "Aino Esimerkki" in page.soup.select_one("header .person").text


def test_one_press_signs_in_as_the_operator(visitor: BrowsingClient) -> None:
    builders.operator()
    page = visitor.get("/sign-in").submit("Olli Operaattori")
    assert "Olli Operaattori" in page.soup.select_one("header .person").text


def test_somebody_with_two_organisations_chooses(visitor: BrowsingClient) -> None:
    person = builders.signatory(builders.organisation(), name="Aino Esimerkki")
    builders.right_to_sign(person, builders.organisation("Esimerkkilän Leipomo Oy", "9900002-6"))
    assert visitor.get("/sign-in").submit("Aino Esimerkki").path.startswith("/organisations")


def test_nobody_signs_in_as_somebody_who_is_not_on_the_bar(visitor: BrowsingClient) -> None:
    builders.signatory(builders.organisation())
    visitor.get("/sign-in")
    visitor.post("/demo/sign-in", {"who": "person:99"}, expect=404)
    visitor.post("/demo/sign-in", {"who": ""}, expect=404)


def test_the_clock_moves_and_everybody_stays_signed_in(visitor: BrowsingClient) -> None:
    builders.signatory(builders.organisation(), name="Aino Esimerkki")
    visitor.get("/sign-in").submit("Aino Esimerkki")
    before = clock.now()
    page = visitor.get("/organisation").submit("10 ")
    assert page.path == "/organisation"
    assert timedelta(days=10) <= clock.now() - before < timedelta(days=10, minutes=5)
    assert "Aino Esimerkki" in page.soup.select_one("header .person").text


def test_the_clock_moves_by_the_bars_steps_alone(visitor: BrowsingClient) -> None:
    visitor.get("/sign-in")
    for days in ("0", "-10", "11", "x", "99999"):
        visitor.post("/demo/clock", {"days": days}, expect=404)
    assert clock.ahead() == timedelta()


def test_moving_the_clock_leads_nowhere_else(visitor: BrowsingClient) -> None:
    visitor.get("/sign-in")
    page = visitor.post("/demo/clock", {"days": "1", "next": "https://evil.example/"}, follow=False, expect=303)
    assert page.headers["Location"] == "/"


def test_every_day_has_its_jobs(demo: Flask) -> None:
    moving.forward(3, SOMEBODY)
    ended = {each.job: each.outcome for each in runs.all_runs() if each.good_at is not None}
    assert {runs.SWEEP, runs.UNCOLLECTED, runs.PUBLISH, runs.DELIVER, runs.FORGET, runs.OPERATORS} <= ended.keys()
    moved = select(func.count()).select_from(audit.AuditEntry).where(audit.AuditEntry.verb == "clock_moved")
    assert db.session.scalar(moved) == 3


def test_a_job_that_fails_holds_up_neither_the_others_nor_the_clock(
    demo: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(_lease: runs.Lease) -> str:
        raise ValueError("broken")

    every = scheduler.jobs
    broken = scheduler.Job("broken", timedelta(hours=1), fails)
    monkeypatch.setattr(scheduler, "jobs", lambda settings: (broken, *every(settings)))
    moving.forward(1, SOMEBODY)
    assert clock.ahead() == timedelta(days=1)
    assert runs.last_good(runs.DELIVER) is not None
    assert "broken" in caplog.text


def test_the_clock_is_moved_by_one_at_a_time(demo: Flask) -> None:
    with moving.alone(), pytest.raises(Conflict, match="demo_busy"):
        moving.forward(1, SOMEBODY)
    moving.forward(1, SOMEBODY)


def test_a_job_at_work_elsewhere_is_waited_for(
    demo: Flask, demo_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lease of a run that began before the clock was moved ends, and then the job runs."""
    refused = iter([False, False])
    run_now = scheduler.run_now
    monkeypatch.setattr(scheduler, "run_now", lambda job: next(refused, True) and run_now(job))
    moving.work()
    assert runs.last_good(runs.DELIVER) is not None


def test_a_moment_of_the_machine_is_shown_in_the_demos_time(demo: Flask) -> None:
    before = clock.machine()
    moving.move_a_day(SOMEBODY)
    assert audit.service_time(clock.machine()) - clock.machine() >= timedelta(hours=23, minutes=59)
    assert audit.service_time(before - timedelta(seconds=1)) == before - timedelta(seconds=1)


def test_who_may_sign_and_who_is_on_the_bar_are_the_same(visitor: BrowsingClient) -> None:
    organisation = builders.organisation()
    builders.signatory(organisation, name="Aino Esimerkki")
    former = builders.person("former@mallilon.example", "Former Signatory")
    yesterday = clock.now().date() - timedelta(days=3)
    builders.right_to_sign(former, organisation, yesterday - timedelta(days=400), yesterday)
    names = [button.strong.text for button in visitor.get("/sign-in").soup.select(".demo button[name=who]")]
    assert names == ["Aino Esimerkki"]
