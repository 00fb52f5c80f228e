"""The lists that tell of revocations: signed, kept in a row, and put where a web server can serve them as plain files."""

import fcntl
import logging
import os
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import func, select, update

from certportal import audit, ca, clock
from certportal.certificates import authorities, rules
from certportal.certificates.models import Certificate, CertificateState, RevocationList
from certportal.extensions import changed, db, transaction
from certportal.identifiers import Actor, ActorKind, Environment
from certportal.keyfiles import write_whole
from certportal.runs import Lease
from certportal.settings import current_settings

log = logging.getLogger(__name__)
PUBLISHER = Actor(ActorKind.JOB, None, "publish-crl")


def publish(environment: Environment) -> RevocationList:
    """Sign and publish the list of an environment's issuing authority: a row, and a file for a web server.

    Its number is reserved first and the entries are read after, so a higher number never tells of less (RFC 5280 5.2.3); of
    two published at once the higher one stays. Raises CaRefused, and whatever a key raises that cannot be used.
    """
    issuer = authorities.issuer(environment)
    number = _reserve_number(environment)
    now = clock.now()
    until = now + timedelta(days=current_settings().crl_days)
    entries = _entries(environment, now)
    db.session.rollback()  # nothing is open while the key works
    der = ca.build_crl(issuer, entries, number=number, this_update=now, next_update=until)
    with transaction():
        older = (RevocationList.environment == environment) & (RevocationList.number < number)
        values = {"number": number, "der": der, "this_update": now, "next_update": until, "entries": len(entries)}
        if changed(update(RevocationList).where(older).values(**values)):
            audit.record("crl_published", f"crl:{environment.value}", by=PUBLISHER, number=number, entries=len(entries))
    write_crl_file(environment)
    return db.session.get_one(RevocationList, environment)


def publish_soon(environments: set[Environment]) -> None:
    """Publish the lists of these environments now; where that fails, the revocations stand and the job publishes."""
    for environment in sorted(environments):
        try:
            publish(environment)
        except Exception:
            log.exception("the revocation list of %s could not be published now", environment.value)


def publish_crls(lease: Lease) -> str:
    """A job: publish every list that is due, and put back the file of one whose file is gone or older.

    One list that cannot be signed does not hold up the others; the job fails after it has done what it can.
    """
    published, failed = 0, None
    for environment in authorities.present():
        try:
            published += _publish_if_due(environment)
        except Exception as error:
            log.exception("the revocation list of %s could not be published", environment.value)
            failed = error
        lease.renew()
    if failed is not None:
        raise failed
    return f"{published} published"


def published_crl(environment: Environment) -> RevocationList | None:
    """The newest published list, or None before the first."""
    found = db.session.get(RevocationList, environment)
    return found if found is not None and found.number else None


def crl_file(environment: Environment) -> Path:
    """The file that a web server can serve while the app is down."""
    return current_settings().crl_dir / f"{environment.value.lower()}.crl"


def write_crl_file(environment: Environment) -> None:
    """Put the newest list in its place whole: a draft beside it, renamed. Who writes last reads last, so it is the newest."""
    path = crl_file(environment)
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with _only_one(path.parent):
        db.session.rollback()
        newest = published_crl(environment)
        if newest is not None:
            draft = path.with_name(f".{path.name}.draft")
            write_whole(draft, newest.der, 0o644)
            draft.replace(path)


def _publish_if_due(environment: Environment) -> bool:
    newest, now = published_crl(environment), clock.now()
    if newest is None or rules.list_is_due(newest.this_update, now, changed=_has_changed(newest, now)):
        publish(environment)
        return True
    path = crl_file(environment)
    if not path.exists() or path.read_bytes() != newest.der:
        write_crl_file(environment)
    return False


def _has_changed(newest: RevocationList, now: datetime) -> bool:
    """Whether there is a revocation that the list does not tell of, or an entry that has served its time."""
    count, last = db.session.execute(
        select(func.count(Certificate.id), func.max(Certificate.revoked_at)).where(_listed(newest.environment, now))
    ).one()
    return count != newest.entries or (last is not None and last > newest.this_update)


def _entries(environment: Environment, now: datetime) -> list[ca.Revoked]:
    query = (
        select(Certificate.serial, Certificate.revoked_at, Certificate.revocation_reason)
        .where(_listed(environment, now))
        .order_by(Certificate.revoked_at, Certificate.id)
    )
    rows = db.session.execute(query)
    return [ca.Revoked(int(serial, 16), at, ca.Reason(reason)) for serial, at, reason in rows if at is not None]


def _listed(environment: Environment, now: datetime) -> sa.ColumnElement[bool]:
    """A revoked certificate stays until its end, and on one list after that (RFC 5280 3.3)."""
    kept = timedelta(days=current_settings().crl_days + 1)
    return sa.and_(
        Certificate.environment == environment,
        Certificate.state == CertificateState.REVOKED,
        Certificate.not_after > now - kept,
    )


def _reserve_number(environment: Environment) -> int:
    """The next number, which nobody else is given. A list that is never signed leaves a gap, and gaps are allowed."""
    now = clock.now()
    with transaction() as session:
        this = RevocationList.environment == environment
        if not changed(update(RevocationList).where(this).values(reserved=RevocationList.reserved + 1)):
            session.add(
                RevocationList(
                    environment=environment, reserved=1, number=0, der=b"", this_update=now, next_update=now, entries=0
                )
            )
            session.flush()
        return session.scalars(select(RevocationList.reserved).where(this)).one()


@contextmanager
def _only_one(directory: Path) -> Generator[None]:
    """One writer at a time among all processes; the lock ends with the process that holds it."""
    descriptor = os.open(directory / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
