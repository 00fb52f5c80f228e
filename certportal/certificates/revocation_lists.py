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
from certportal.ca.plan import ISSUING, ROOT
from certportal.certificates import authorities, rules
from certportal.certificates.models import Certificate, CertificateState, RevocationList
from certportal.extensions import changed, db, transaction
from certportal.identifiers import Actor, ActorKind, Environment
from certportal.keyfiles import replace_whole
from certportal.refusals import Conflict
from certportal.runs import Lease
from certportal.settings import current_settings

log = logging.getLogger(__name__)
NUMBER_BITS = 62
"""A row holds 63, and the numbers of the lists that follow need room."""
PUBLISHER = Actor(ActorKind.JOB, None, "publish-crl")


def publish(environment: Environment, label: str = ISSUING) -> RevocationList:
    """Sign and publish the list of one authority: a row, and files for a web server.

    Its number is reserved first and the entries are read after, so a higher number never tells of less (RFC 5280 5.2.3); of
    two published at once the higher one stays. Refusals: clock_behind (conflict: the list would have lapsed already, and the
    job publishes it once the clock is right). Raises CaRefused, and whatever a key raises that cannot be used.
    """
    if not audit.clock_is_sound():
        raise Conflict("clock_behind")
    issuer = authorities.issuer(environment, label)
    number = _reserve_number(environment, label)
    now = clock.now()
    until = now + _holds_for(label)
    entries = _entries(environment, label, now)
    db.session.rollback()  # nothing is open while the key works
    der = ca.build_crl(issuer, entries, number=number, this_update=now, next_update=until)
    _keep(environment, label, der, ca.ReadList(number, now, until, len(entries)))
    return db.session.get_one(RevocationList, (environment, label))


def take(environment: Environment, label: str, der: bytes) -> RevocationList:
    """Publish a list that was signed elsewhere, by a root whose key is not here.

    Refusals (conflict): crl_lapsed and crl_of_future, where it does not hold now; crl_number, where no number would be left for
    those that follow; crl_older, where a list of a higher number is published; CaRefused crl_refused, where it is not this
    authority's, has entries for nobody, or does not verify.
    """
    read, now = ca.read_crl(authorities.authority(environment, label), der), clock.now()
    if read.next_update <= now:
        raise Conflict("crl_lapsed", until=read.next_update, now=now)
    if read.this_update > now:
        raise Conflict("crl_of_future", since=read.this_update, now=now)
    if read.number.bit_length() > NUMBER_BITS:
        raise Conflict("crl_number", number=read.number)
    _reserve_number(environment, label, at_least=read.number)
    if not _keep(environment, label, der, read):
        raise Conflict("crl_older")
    return db.session.get_one(RevocationList, (environment, label))


def _keep(environment: Environment, label: str, der: bytes, read: ca.ReadList) -> bool:
    """Put a list in place of one with a lower number; answers whether it was put there. ``read``: what it says."""
    with transaction():
        older = _this(environment, label) & (RevocationList.number < read.number)
        values = {"number": read.number, "der": der, "entries": read.entries}
        times = {"this_update": read.this_update, "next_update": read.next_update}
        kept = changed(update(RevocationList).where(older).values(**values, **times))
        if kept:
            told = {"authority": label, "number": read.number, "entries": read.entries}
            audit.record("crl_published", f"crl:{environment.value}", by=PUBLISHER, **told)
    write_crl_files(environment)
    return kept


def publish_all(environment: Environment) -> dict[str, Exception]:
    """Publish the lists of all of an environment's authorities that last and whose keys are here: the first ones, or at once.

    One that cannot be published holds up no other; answers why, by label.
    """
    failed: dict[str, Exception] = {}
    for label in authorities.lasting_labels(environment):
        if authorities.key_is_here(environment, label):
            try:
                publish(environment, label)
            except Exception as error:  # noqa: BLE001 - whatever a key raises that cannot be used
                failed[label] = error
    return failed


def publish_soon(issuers: set[tuple[Environment, str]]) -> None:
    """Publish the lists of these authorities now; where that fails, the revocations stand and the job publishes."""
    for environment, label in sorted(issuers):
        try:
            publish(environment, label)
        except Exception:
            log.exception("the revocation list of %s, %s, could not be published now", environment.value, label)


def publish_crls(lease: Lease) -> str:
    """A job: publish every list that is due, and put back files that are gone or older.

    One list that cannot be signed does not hold up the others; the job fails after it has done what it can. An authority whose
    key has been taken away is left alone: its last list is served until the key is back. So is one that has ended.
    """
    published, failed = 0, None
    for environment in authorities.present():
        for label in authorities.lasting_labels(environment):
            try:
                published += _publish_if_due(environment, label)
            except Exception as error:
                log.exception("the revocation list of %s, %s, could not be published", environment.value, label)
                failed = error
            lease.renew()
        if not files_are_there(environment):
            write_crl_files(environment)
    if failed is not None:
        raise failed
    return f"{published} published"


def published_crl(environment: Environment, label: str = ISSUING) -> RevocationList | None:
    """The newest published list, or None before the first."""
    found = db.session.get(RevocationList, (environment, label))
    return found if found is not None and found.number else None


def is_listed(certificate: Certificate) -> bool:
    """Whether a certificate is revoked, and the newest list of its authority tells of it, with the reason that it has now."""
    since = certificate.revoked_so_since
    if since is None:
        return False
    newest = published_crl(*certificate.signed_by)
    return newest is not None and since <= newest.this_update


def unlisted_since(newest: RevocationList) -> datetime | None:
    """Since when there has been a revocation that the newest list does not tell of; None: it tells of all."""
    listed = _listed(newest.environment, newest.authority, clock.now())
    later = Certificate.revoked_so_since > newest.this_update
    oldest = db.session.scalar(select(func.min(Certificate.revoked_so_since)).where(listed, later))
    if oldest is not None:
        return oldest
    count = db.session.scalar(select(func.count(Certificate.id)).where(listed)) or 0
    return newest.this_update if count > newest.entries else None


def published_bundle(environment: Environment) -> bytes:
    """The newest lists of all authorities, PEM: servers that check a whole chain want every one at once.

    Empty before the first.
    """
    lists = [found for label in authorities.labels(environment) if (found := published_crl(environment, label))]
    return b"".join(ca.crl_as_pem(each.der) for each in lists)


def crl_file(environment: Environment, label: str = ISSUING) -> Path:
    """The file that a web server can serve while the app is down."""
    return current_settings().crl_dir / f"{authorities.published_name(environment, label)}.crl"


def bundle_file(environment: Environment) -> Path:
    """The file with every list."""
    return current_settings().crl_dir / f"{environment.value.lower()}.pem"


def files_are_there(environment: Environment) -> bool:
    """Whether every file holds what is published."""
    return all(path.exists() and path.read_bytes() == content for path, content in _files(environment).items())


def write_crl_files(environment: Environment) -> None:
    """Put the newest lists in their places whole: a draft beside, renamed. Who writes last reads last, so they are the newest."""
    directory = current_settings().crl_dir
    directory.mkdir(mode=0o755, parents=True, exist_ok=True)
    with _only_one(directory):
        db.session.rollback()
        for path, content in _files(environment).items():
            if not path.exists() or path.read_bytes() != content:
                replace_whole(path, content, 0o644)


def _files(environment: Environment) -> dict[Path, bytes]:
    """What every file should hold."""
    lists = {label: published_crl(environment, label) for label in authorities.labels(environment)}
    files = {crl_file(environment, label): found.der for label, found in lists.items() if found is not None}
    return files | {bundle_file(environment): published_bundle(environment)} if files else {}


def _publish_if_due(environment: Environment, label: str) -> bool:
    if not authorities.key_is_here(environment, label):
        return False
    newest, now = published_crl(environment, label), clock.now()
    if newest is None or rules.list_is_due(newest.this_update, now, changed=_has_changed(newest, now)):
        publish(environment, label)
        return True
    return False


def _holds_for(label: str) -> timedelta:
    settings = current_settings()
    return timedelta(days=(settings.root_crl_days if label == ROOT else None) or settings.crl_days)


def _this(environment: Environment, label: str) -> sa.ColumnElement[bool]:
    return (RevocationList.environment == environment) & (RevocationList.authority == label)


def _has_changed(newest: RevocationList, now: datetime) -> bool:
    """Whether there is a revocation that the list does not tell of, or an entry that has served its time."""
    listed = _listed(newest.environment, newest.authority, now)
    count, last = db.session.execute(
        select(func.count(Certificate.id), func.max(Certificate.revoked_so_since)).where(listed)
    ).one()
    return count != newest.entries or (last is not None and last > newest.this_update)


def _entries(environment: Environment, label: str, now: datetime) -> list[ca.Revoked]:
    query = (
        select(Certificate.serial, Certificate.revoked_at, Certificate.revocation_reason)
        .where(_listed(environment, label, now))
        .order_by(Certificate.revoked_at, Certificate.id)
    )
    rows = db.session.execute(query)
    return [ca.Revoked(int(serial, 16), at, ca.Reason(reason)) for serial, at, reason in rows if at is not None]


def _listed(environment: Environment, label: str, now: datetime) -> sa.ColumnElement[bool]:
    """A revoked certificate stays until its end, and on one list after that (RFC 5280 3.3)."""
    kept = timedelta(days=current_settings().crl_days + 1)
    return sa.and_(
        Certificate.environment == environment,
        Certificate.issuer == label,
        Certificate.state == CertificateState.REVOKED,
        Certificate.not_after > now - kept,
    )


def _reserve_number(environment: Environment, label: str, at_least: int = 0) -> int:
    """The next number, which nobody else is given. A list that is never signed leaves a gap, and gaps are allowed."""
    now = clock.now()
    with transaction() as session:
        this = _this(environment, label)
        following = sa.case((RevocationList.reserved < at_least, at_least), else_=RevocationList.reserved + 1)
        if not changed(update(RevocationList).where(this).values(reserved=following)):
            reserved = max(at_least, 1)
            blank = {
                "reserved": reserved,
                "number": 0,
                "der": b"",
                "this_update": now,
                "next_update": now,
                "entries": 0,
            }
            session.add(RevocationList(environment=environment, authority=label, **blank))
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
