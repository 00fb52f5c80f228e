"""Sixty SIGKILLs during renewals: nothing is signed without a row, none is counted twice, a repeated call is answered."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from certportal.audit import AuditEntry
from certportal.certificates import authorities, service
from certportal.certificates.models import Certificate, CertificateState
from certportal.extensions import db
from certportal.identifiers import Environment
from certportal.outbox.models import OutboxRow
from certportal.settings import Settings
from tests.certificates.steps import PROGRAM, Kit, certificates, days_before_the_end, request
from tests.certificates.test_enrolment import StandingLease
from tests.conftest import FakeClock
from tests.faults.test_enrolment_kills import Children, nothing_is_signed_without_a_row
from tests.orders.steps import housed

KILLS = 60
OLD = 60
EACH = 3


@pytest.fixture
def kit(app: Flask, settings: Settings, tmp_path: Path) -> Kit:
    authorities.initialise(Environment.PRODUCTION)
    authorities.issuer(Environment.PRODUCTION)  # its key is warm, and so are the children's
    return Kit(housed(), tmp_path)


def renewing(old_id: int, sent: bytes) -> Callable[[], object]:
    return lambda: service.renew(old_id, sent, PROGRAM)


def test_sixty_kills_lose_nothing_and_count_nothing_twice(
    app: Flask, kit: Kit, clock: FakeClock, tmp_path: Path
) -> None:
    old_ids = [kit.certificate().id for _ in range(OLD)]
    days_before_the_end(clock, certificates()[0], 50)
    children = Children(app, tmp_path / "signed")
    renewing(old_ids[0], request())()  # statements are compiled, as in a service that runs
    children.measure(renewing(old_ids[0], request()))
    states: list[str] = []
    deaths = attempts = 0
    while deaths < KILLS:
        attempts += 1
        assert attempts < OLD * EACH - EACH, f"only {deaths} of {attempts} children were killed"
        old_id, sent = old_ids[1 + attempts // EACH], request()
        work, before = renewing(old_id, sent), len(successors(old_id))
        by_call = attempts % 2 == 0
        late = 0.95 if attempts % 4 == 0 else 0.0  # what is prepared is signed and settled in the last of its calls
        death = children.killed_at_a_call(work, late) if by_call else children.killed_after_a_time(work, 0.06)
        deaths += death.killed
        made = successors(old_id)[before:]
        states.append(made[0].state.value if made else "nothing")
        if attempts % 4 < 2:
            clock.move(minutes=1)
            service.resume_prepared(StandingLease())  # type: ignore[arg-type]
        again = service.renew(old_id, sent, PROGRAM)
        assert again.state is CertificateState.ISSUED
        assert not made or again.retrieval_id == made[0].retrieval_id
        assert len(successors(old_id)) == before + 1
    assert {"nothing", "prepared", "issued"} <= set(states), f"the kills struck too alike: {states}"
    every_renewal_is_counted_and_told_once(old_ids, attempts + 2)
    nothing_is_signed_without_a_row(tmp_path / "signed")


def successors(old_id: int) -> list[Certificate]:
    db.session.rollback()
    made = select(Certificate).where(Certificate.successor_of_id == old_id)
    return list(db.session.scalars(made.order_by(Certificate.id)))


def every_renewal_is_counted_and_told_once(old_ids: list[int], count: int) -> None:
    for old_id in old_ids:
        assert db.session.get_one(Certificate, old_id).renewals == len(successors(old_id))
    assert len(certificates()) == len(old_ids) + count
    for kind in ("certificate_renewed_contact", "certificate_renewed_signatory"):
        assert db.session.scalar(select(func.count()).where(OutboxRow.kind == kind)) == count
    for verb in ("renewal_prepared", "certificate_renewed"):
        subjects = list(db.session.scalars(select(AuditEntry.subject).where(AuditEntry.verb == verb)))
        assert len(subjects) == len(set(subjects)) == count
