"""Leases: one process at a time; health knows the last good run."""

from datetime import timedelta

import pytest
from flask import Flask

from certportal import runs
from certportal.extensions import transaction
from certportal.runs import Lease, LeaseLost
from tests.conftest import FakeClock


def test_a_job_that_somebody_holds_is_not_run_again(app: Flask) -> None:
    inside: list[bool] = []

    def work(_lease: Lease) -> str:
        inside.append(runs.run("sweep", lambda _: "second"))
        return "first"

    assert runs.run("sweep", work)
    assert inside == [False]
    assert runs.run("sweep", lambda _: "later")


def test_a_lease_ends_by_itself_when_its_holder_was_killed(app: Flask, clock: FakeClock) -> None:
    lease = runs.take("sweep")
    assert lease is not None
    assert not runs.run("sweep", lambda _: "")
    clock.move(seconds=61)
    assert runs.run("sweep", lambda _: "")


def test_whoever_lost_the_lease_stops(app: Flask, clock: FakeClock) -> None:
    lease = runs.take("sweep")
    assert lease is not None
    clock.move(seconds=61)
    assert runs.take("sweep") is not None
    with pytest.raises(LeaseLost):
        lease.renew()


def test_a_renewed_lease_holds_on(app: Flask, clock: FakeClock) -> None:
    lease = runs.take("sweep")
    assert lease is not None
    clock.move(seconds=50)
    with transaction():
        lease.renew_within()
    clock.move(seconds=50)
    assert runs.take("sweep") is None


def test_only_a_good_run_counts_as_good(app: Flask, clock: FakeClock) -> None:
    assert runs.last_good("sweep") is None
    assert runs.run("sweep", lambda _: "1 due")
    good = runs.last_good("sweep")
    clock.move(hours=1)

    def fails(_lease: Lease) -> str:
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        runs.run("sweep", fails)
    assert runs.last_good("sweep") == good
    last = runs.select_run("sweep")
    assert last is not None
    assert last.outcome == "failed: RuntimeError"


def test_a_job_is_due_again_after_its_time(app: Flask, clock: FakeClock) -> None:
    assert runs.is_due("sweep", timedelta(hours=1))
    runs.run("sweep", lambda _: "")
    assert not runs.is_due("sweep", timedelta(hours=1))
    clock.move(minutes=60)
    assert runs.is_due("sweep", timedelta(hours=1))


def test_a_job_that_failed_or_died_is_due_at_once(app: Flask, clock: FakeClock) -> None:
    runs.run("sweep", lambda _: "")
    clock.move(hours=1)
    assert runs.take("sweep") is not None
    clock.move(minutes=2)
    assert runs.is_due("sweep", timedelta(hours=1))
    runs.run("sweep", lambda _: "")
    assert not runs.is_due("sweep", timedelta(hours=1))


def test_a_job_that_another_process_has_done_since_one_looked_is_not_done_again(app: Flask) -> None:
    hour = timedelta(hours=1)
    assert runs.is_due("sweep", hour)
    assert runs.run("sweep", lambda _: "", hour)
    assert not runs.run("sweep", lambda _: "", hour)
    assert runs.run("sweep", lambda _: ""), "an operator's command runs it whenever it is given"
