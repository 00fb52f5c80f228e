"""Which jobs run when. APScheduler ticks in every worker process; a lease in the database lets one of them work.

Every job is "due and not yet done", so that one that runs twice, late, or in two processes does no harm.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from certportal import audit, clock, runs
from certportal.access.service import remind_operators
from certportal.certificates.service import publish_crls, resume_prepared, revoke_planned, sign_answers
from certportal.extensions import db
from certportal.health.service import look
from certportal.messages import service as messages
from certportal.notices.service import sweep
from certportal.orders.service import call_off_ended, remind_uncollected
from certportal.outbox import delivery
from certportal.runs import (
    ANSWERS,
    DELIVER,
    ENDED,
    FORGET,
    LOOK,
    OPERATORS,
    PLANNED,
    PUBLISH,
    RESUME,
    SWEEP,
    UNCOLLECTED,
    Lease,
)
from certportal.settings import Settings
from certportal.signin import service as signin

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """A job, how often it looks, and whether it stands still while the machine's clock is not to be trusted."""

    name: str
    every: timedelta
    work: Callable[[Lease], str | None]
    trusts_clock: bool = True


def jobs(settings: Settings) -> tuple[Job, ...]:
    """Every job of the house, in the order in which they feed each other; delivery last."""
    hour = timedelta(hours=1)
    return (
        Job(RESUME, timedelta(seconds=settings.prepared_seconds), resume_prepared),
        Job(PLANNED, timedelta(minutes=1), revoke_planned),
        Job(PUBLISH, timedelta(minutes=1), publish_crls),
        Job(ANSWERS, timedelta(minutes=1), sign_answers),
        Job(LOOK, hour, look, trusts_clock=False),
        Job(ENDED, hour, call_off_ended),
        Job(UNCOLLECTED, hour, remind_uncollected),
        Job(OPERATORS, timedelta(minutes=10), remind_operators),
        Job(FORGET, hour, forget_lapsed),
        Job(SWEEP, timedelta(minutes=settings.sweep_every_minutes), sweep),
        Job(DELIVER, timedelta(seconds=settings.deliver_every_seconds), deliver, trusts_clock=False),
    )


def deliver(lease: Lease) -> str:
    """Deliver until nothing is due; a mail server that is away is asked once in a run."""
    settled, run = 0, delivery.Run(clock.random_token())
    while count := run.batch():
        settled += count
        lease.renew()
        lease.tell(f"{settled} settled")
    return f"{settled} settled"


def forget_lapsed(lease: Lease) -> str:
    """End messages past their last day, and delete what no rule asks for any more, until nothing is left to do."""
    ended = 0
    while count := messages.forget_lapsed():
        ended += count
        lease.renew()
    signin.forget_old()
    return f"{ended} ended"


def run_now(job: Job, every: timedelta | None = None, tell: Callable[[str], None] | None = None) -> bool:
    """Run one job under its lease; ``tell`` hears how far it has come.

    False when another process holds it, or has done it within ``every``, or the clock is not sound.
    """
    if job.trusts_clock and not audit.clock_is_sound():
        log.error("the machine's clock is behind the last recorded act: %s does not run", job.name)
        return False
    return runs.run(job.name, job.work, every, tell)


def run_if_due(app: Flask, job: Job) -> None:
    """One tick: run the job if its last good run is old enough."""
    with app.app_context():
        try:
            if runs.is_due(job.name, job.every):
                run_now(job, job.every)
        except Exception:
            log.exception("the job %s failed; it is tried again", job.name)
        finally:
            db.session.remove()


def start(app: Flask) -> BackgroundScheduler:
    """Start ticking in this process. Call it after the fork, once a worker."""
    settings: Settings = app.extensions["certportal.settings"]
    scheduler = BackgroundScheduler(timezone="UTC", executors={"default": ThreadPoolExecutor(3)})
    for job in jobs(settings):
        tick = min(job.every, timedelta(minutes=1)).total_seconds()
        scheduler.add_job(
            run_if_due,
            "interval",
            seconds=tick,
            jitter=tick / 10 if tick > 10 else None,
            args=(app, job),
            id=job.name,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
    scheduler.start()
    return scheduler


def stop(scheduler: BackgroundScheduler) -> None:
    """Finish the message in hand, then stop."""
    delivery.stopping.set()
    scheduler.shutdown(wait=True)
