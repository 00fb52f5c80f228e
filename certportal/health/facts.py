"""What is so now: the database, the authorities' files, the lists and the disk, asked once for the rules. Nothing is written."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import func, select

from certportal import audit, clock, proxies, runs
from certportal.certificates import authorities, signers
from certportal.certificates import service as certificates
from certportal.certificates.models import Certificate, CertificateState
from certportal.certificates.revocation_lists import crl_file
from certportal.extensions import db
from certportal.health.seen import Authority, Facts, List, Run, Signer, Traffic
from certportal.identifiers import Environment
from certportal.outbox.models import WAITING_STATES, Medium, OutboxRow, RowState
from certportal.refusals import Refusal
from certportal.settings import current_settings

LAST_ACCEPTED = 20
"""So many accepted text messages of the last hour tell how long one takes now."""


def gather() -> Facts:
    """Everything that the rules look at, as it is now."""
    known = {each.job: _run(each) for each in runs.all_runs()}
    watched = (runs.DELIVER, runs.SWEEP, runs.LOOK)
    settings = current_settings()
    unanswered, unanswered_since = certificates.unanswered()
    return Facts(
        now=clock.now(),
        machine=clock.machine(),
        mail=traffic(Medium.MAIL),
        sms=traffic(Medium.SMS),
        authorities=list(_authorities()),
        unsigned_since=_unsigned_since(),
        lists=list(_lists()),
        signers=list(_signers()),
        deliver=known.get(runs.DELIVER),
        sweep=known.get(runs.SWEEP),
        look=known.get(runs.LOOK),
        others=[run for job, run in known.items() if job not in watched],
        clock_is_sound=audit.clock_is_sound(),
        free_bytes=shutil.disk_usage(settings.data_dir).free,
        validity=timedelta(days=366 * settings.certificate_years),
        undeclared_proxies=proxies.undeclared(),
        answers_until=certificates.answers_until(),
        unanswered=unanswered,
        unanswered_since=unanswered_since,
    )


def traffic(medium: Medium) -> Traffic:
    """What waits of a medium, what its far end holds, and when it last took something. Times are the machine's."""
    waiting = (OutboxRow.medium == medium) & OutboxRow.state.in_(WAITING_STATES)
    held = waiting & (OutboxRow.fault == "server")
    oldest_held = db.session.scalar(select(OutboxRow).where(held).order_by(OutboxRow.id).limit(1))
    return Traffic(
        waiting=_count(waiting),
        oldest=_since(db.session.scalar(select(OutboxRow).where(waiting).order_by(OutboxRow.id).limit(1))),
        held=_count(held),
        held_since=_since(oldest_held),
        reply=oldest_held.reply if oldest_held is not None else "",
        accepted_at=_accepted_at(medium),
        took=_took(medium),
    )


def _authorities() -> Iterator[Authority]:
    """When each authority ends that issues now, or why it cannot be read."""
    for environment in Environment:
        for line in authorities.lines(environment) or [authorities.ISSUING]:
            yield authority(environment, line)
        if authorities.SERVICES in authorities.labels(environment):
            yield authority(environment, authorities.SERVICES)


def authority(environment: Environment, line: str) -> Authority:
    """When the last authority of a line ends, one that begins to issue later too, or why it cannot be read."""
    named = _named(environment, line)
    try:
        return Authority(named, authorities.authority(environment, authorities.last(environment, line)).not_after)
    except Refusal as refusal:
        return Authority(named, None, refusal.code)


def _lists() -> Iterator[List]:
    for environment in certificates.present():
        for label in authorities.lasting_labels(environment):
            newest = certificates.published_crl(environment, label)
            yield List(
                _named(environment, label),
                newest.this_update if newest is not None else None,
                newest.next_update if newest is not None else None,
                crl_file(environment, label).exists(),
                root=label == authorities.ROOT,
                away=not authorities.key_is_here(environment, label),
                unlisted_since=certificates.unlisted_since(newest) if newest is not None else None,
            )


def _signers() -> Iterator[Signer]:
    for environment in authorities.present():
        for each in signers.watched(environment):
            named = environment.value if each.replies else _named(environment, each.label)
            yield Signer(named, each.ends, each.followed_from, replies=each.replies)


def _named(environment: Environment, label: str) -> str:
    """The environment, and whose list or certificate it is where there are several."""
    return environment.value if label in (authorities.ISSUING, authorities.ROOT) else f"{environment.value}, {label}"


def _since(row: OutboxRow | None) -> datetime | None:
    """Since when a row waits, by the machine's clock: rows about codes and notices were made by the service's."""
    if row is None:
        return None
    return row.created_at if row.machine_deadline else row.created_at - clock.ahead()


def _count(condition: sa.ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count(OutboxRow.id)).where(condition)) or 0


def _accepted(medium: Medium) -> sa.ColumnElement[bool]:
    return (OutboxRow.medium == medium) & (OutboxRow.state == RowState.ACCEPTED)


def _accepted_at(medium: Medium) -> datetime | None:
    """When the far end last took something: of the newest rows, so that a long history costs nothing."""
    newest = select(OutboxRow.settled_at).where(_accepted(medium)).order_by(OutboxRow.id.desc()).limit(LAST_ACCEPTED)
    return db.session.scalar(select(func.max(newest.subquery().c.settled_at)))


def _took(medium: Medium) -> list[timedelta]:
    """How long each of the last messages of an hour took that a person waited for."""
    hour_ago = clock.machine() - timedelta(hours=1)
    awaited = OutboxRow.machine_deadline.is_(True) & (OutboxRow.settled_at > hour_ago)
    query = select(OutboxRow.created_at, OutboxRow.settled_at).where(_accepted(medium), awaited)
    last = db.session.execute(query.order_by(OutboxRow.id.desc()).limit(LAST_ACCEPTED))
    return [settled_at - created_at for created_at, settled_at in last if settled_at is not None]


def _unsigned_since() -> datetime | None:
    prepared = Certificate.state == CertificateState.PREPARED
    return db.session.scalar(select(func.min(Certificate.prepared_at)).where(prepared))


def _run(found: runs.JobRun) -> Run:
    return Run(found.job, found.started_at, found.finished_at, found.good_at, found.outcome)
