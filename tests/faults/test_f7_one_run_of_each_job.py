"""F7: the scheduler starts in every worker process: eight workers, eight mails."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from flask import Flask

from certportal import runs, scheduler
from certportal.runs import SWEEP, Lease
from certportal.settings import current_settings
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd
from tests.faults.processes import at_once
from tests.notices.steps import Register

WORKERS = 8


def counted(work: Callable[[Lease], str | None], book: Path, lease: Lease) -> str | None:
    """The job's own work, and a mark for each time that it was begun."""
    with book.open("a") as open_book:
        open_book.write("x")
    return work(lease)


def sweep_job(book: Path) -> scheduler.Job:
    (job,) = [job for job in scheduler.jobs(current_settings()) if job.name == SWEEP]
    return replace(job, work=partial(counted, job.work, book))


def test_f7_eight_workers_tick_at_once_and_one_of_them_sweeps(
    app: Flask, register: Register, smtp: SmtpFarEnd, deliver: Callable[[], int], tmp_path: Path, clock: FakeClock
) -> None:
    register.certificate(60)
    job = sweep_job(tmp_path / "book")
    tick = partial(scheduler.run_if_due, app, job)
    at_once(*([tick] * WORKERS))
    assert (tmp_path / "book").read_text() == "x"
    clock.move(minutes=59)
    at_once(tick, tick)
    assert (tmp_path / "book").read_text() == "x"
    clock.move(minutes=1)
    at_once(tick, tick)
    assert (tmp_path / "book").read_text() == "xx"
    at_once(deliver, deliver)
    assert len(smtp.messages) == 1


def test_f7_while_one_process_holds_the_job_another_leaves_it_alone(
    app: Flask, register: Register, tmp_path: Path
) -> None:
    inner = sweep_job(tmp_path / "inner")

    def work(lease: Lease) -> str | None:
        at_once(partial(scheduler.run_if_due, app, inner))
        return "held"

    assert runs.run(SWEEP, work)
    assert not (tmp_path / "inner").exists()


def test_f7_a_worker_that_died_at_the_job_is_followed_by_another_when_its_lease_has_run_out(
    app: Flask, register: Register, tmp_path: Path, clock: FakeClock
) -> None:
    def begun_and_dead(lease: Lease) -> str | None:
        import os

        os._exit(0)

    at_once(lambda: runs.run(SWEEP, begun_and_dead))
    job = sweep_job(tmp_path / "book")
    at_once(partial(scheduler.run_if_due, app, job))
    assert not (tmp_path / "book").exists()
    clock.move(seconds=current_settings().lease_seconds)
    at_once(partial(scheduler.run_if_due, app, job))
    assert (tmp_path / "book").read_text() == "x"
    assert runs.is_due(SWEEP, timedelta(hours=1)) is False
