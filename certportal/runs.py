"""Leases, so that a job runs in one process at a time, and the last good run of each job, so that health can tell.

A lease is an economy, never the guarantee: every job is safe to run twice. It lasts ``Settings.lease_seconds`` of machine
time and is renewed between batches; a job that finds its lease gone stops.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from certportal import clock
from certportal.extensions import changed, db, transaction
from certportal.settings import current_settings

DELIVER, SWEEP, RESUME, PUBLISH = "deliver", "sweep", "resume-prepared", "publish-crl"
LOOK, UNCOLLECTED, OPERATORS, FORGET = "look-at-crl", "remind-uncollected", "remind-operators", "forget-lapsed"
ANSWERS, PLANNED, ENDED = "sign-ocsp", "revoke-planned", "call-off-ended"
"""What the jobs are called: the scheduler runs them, the health page asks how they went."""


class JobRun(db.Model):
    """One row per job: who holds it, until when, and how the last runs ended."""

    __tablename__ = "job_run"

    job: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(sa.String(64))
    lease_until: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    good_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(sa.Text, default="")


class LeaseLost(Exception):
    """Another process has taken the job over; this run stops where it is."""


class Lease:
    """A job held by this run. ``renew()`` between batches; raises LeaseLost when it is gone.

    ``tell("150 settled")`` says how far the work has come, to whoever watches; nobody watches a job of the scheduler.
    """

    def __init__(self, job: str, holder: str) -> None:
        self.job, self.holder = job, holder
        self.tell: Callable[[str], None] = _to_nobody

    def renew(self) -> None:
        """A use case: lengthen the lease by the setting's seconds."""
        with transaction():
            self.renew_within()

    def renew_within(self) -> None:
        """A step: the same inside the batch's own transaction."""
        until = clock.machine() + timedelta(seconds=current_settings().lease_seconds)
        mine = (JobRun.job == self.job) & (JobRun.holder == self.holder)
        if not changed(sa.update(JobRun).where(mine).values(lease_until=until)):
            raise LeaseLost(self.job)


def _to_nobody(_text: str) -> None:
    """What a run in the background tells."""


def run(
    job: str,
    work: Callable[[Lease], str | None],
    every: timedelta | None = None,
    tell: Callable[[str], None] | None = None,
) -> bool:
    """Take the lease, do ``work(lease)``, note how it ended. False when another process holds the job, or when with
    ``every`` it is no longer due: another process has done it since this one looked.

    ``work`` answers a short text for the health page ("14 due, 14 queued"). What it raises is noted and raised again.
    """
    lease = take(job, every)
    if lease is None:
        return False
    lease.tell = tell or lease.tell
    try:
        outcome = work(lease)
    except LeaseLost:
        return False
    except Exception as error:
        _finish(lease, f"failed: {type(error).__name__}", good=False)
        raise
    _finish(lease, outcome or "", good=True)
    return True


def is_due(job: str, every: timedelta) -> bool:
    """Whether the last run, in any process, began at least ``every`` ago by the machine's clock, or has not ended well."""
    return _is_due(select_run(job), every)


def _is_due(last: JobRun | None, every: timedelta) -> bool:
    if last is None or last.good_at is None or last.started_at is None or last.good_at < last.started_at:
        return True
    return last.started_at + every <= clock.machine()


def select_run(job: str) -> JobRun | None:
    """What is known of a job's runs."""
    return db.session.get(JobRun, job, populate_existing=True)


def all_runs() -> list[JobRun]:
    """What is known of every job that has ever begun, by name."""
    return list(db.session.scalars(sa.select(JobRun).order_by(JobRun.job)))


def last_good(job: str) -> datetime | None:
    """Machine time when the job last ended well, or None."""
    return db.session.scalar(sa.select(JobRun.good_at).where(JobRun.job == job))


def take(job: str, every: timedelta | None = None) -> Lease | None:
    """The lease of a job, or None while another process holds it, or has done the job within ``every``."""
    at = clock.machine()
    until = at + timedelta(seconds=current_settings().lease_seconds)
    holder = clock.random_token()
    with transaction() as session:
        if every is not None and not _is_due(select_run(job), every):
            return None
        free = (JobRun.job == job) & (JobRun.lease_until <= at)
        if changed(sa.update(JobRun).where(free).values(holder=holder, lease_until=until, started_at=at)):
            return Lease(job, holder)
        if session.get(JobRun, job) is not None:
            return None
        session.add(JobRun(job=job, holder=holder, lease_until=until, started_at=at))
    return Lease(job, holder)


def _finish(lease: Lease, outcome: str, *, good: bool) -> None:
    at = clock.machine()
    values: dict[str, object] = {"lease_until": at, "finished_at": at, "outcome": outcome[:500]}
    if good:
        values["good_at"] = at
    with transaction():
        mine = (JobRun.job == lease.job) & (JobRun.holder == lease.holder)
        changed(sa.update(JobRun).where(mine).values(**values))
