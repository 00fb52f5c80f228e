"""Moving the demo's clock: a day at a time, and on each day everything happens that would have happened.

Only the service's time moves; sessions, PINs and limits live by the machine's, so that nobody is signed out.
"""

import logging
import threading
from collections.abc import Collection, Generator
from contextlib import contextmanager
from datetime import timedelta

from flask import current_app
from sqlalchemy import update

from certportal import audit, clock, runs, scheduler
from certportal.clock import ClockOffset
from certportal.extensions import changed, transaction
from certportal.identifiers import Actor
from certportal.refusals import Conflict
from certportal.scheduler import Job
from certportal.settings import current_settings

DAYS = (1, 10, 14, 30, 60)
"""How far the bar moves the clock."""
BY_THE_MACHINE = (runs.LOOK,)
"""Jobs that ask how things are with the machine: on a day that passes in a moment, once at its end is enough."""
THE_ROW = 1
PATIENCE = timedelta(seconds=30)
"""So long a job that is at work elsewhere is waited for."""

log = logging.getLogger(__name__)
_alone = threading.Lock()
_moment = threading.Event()  # never set: waiting for it is waiting a moment


def forward(days: int, by: Actor) -> None:
    """Move the service's time forward day by day; on each, every job runs, and then delivery until nothing waits.

    Refusals: demo_busy (conflict): it is being moved already, or the demo begins anew.
    """
    with alone():
        for left in reversed(range(days)):
            move_a_day(by)
            work(besides=() if left == 0 else BY_THE_MACHINE)


def move_a_day(by: Actor) -> None:
    """A use case: the service's time is a day later."""
    day = int(timedelta(days=1).total_seconds())
    with transaction() as session:
        the_row = ClockOffset.id == THE_ROW
        if not changed(update(ClockOffset).where(the_row).values(seconds=ClockOffset.seconds + day)):
            session.add(ClockOffset(id=THE_ROW, seconds=day))
            session.flush()
        audit.record("clock_moved", "clock", by=by)


def work(besides: Collection[str] = ()) -> None:
    """Every job once but for those named, delivery last. One that fails is logged, and the others go on."""
    for job in scheduler.jobs(current_settings()):
        if job.name not in besides:
            try:
                _run(job)
            except Exception:
                log.exception("the job %s failed while the clock was moved", job.name)


@contextmanager
def alone() -> Generator[None]:
    """Nothing else moves the clock or begins anew meanwhile, and the scheduler starts no job.

    Refusals: demo_busy (conflict).
    """
    if not _alone.acquire(blocking=False):
        raise Conflict("demo_busy")
    ticking = current_app.extensions.get("certportal.scheduler")
    try:
        if ticking is not None:
            ticking.pause()
        yield
    finally:
        if ticking is not None:
            ticking.resume()
        _alone.release()


def _run(job: Job) -> None:
    """One job; while a run that has begun earlier holds it, wait."""
    if job.trusts_clock and not audit.clock_is_sound():
        return
    until = clock.machine() + PATIENCE
    while not scheduler.run_now(job):
        if clock.machine() > until:
            log.error("the job %s is at work elsewhere and does not end", job.name)
            return
        _moment.wait(0.1)
