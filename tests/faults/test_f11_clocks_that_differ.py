"""F11: the clock here differs from the one on the other side, or from what it was."""

from datetime import timedelta

import pytest

from certportal import audit, runs, scheduler
from certportal.certificates import service
from certportal.extensions import transaction
from certportal.refusals import Conflict
from certportal.runs import SWEEP
from certportal.settings import current_settings
from tests import builders
from tests.certificates.steps import PROGRAM, Kit, certificates, request
from tests.conftest import FakeClock
from tests.notices.steps import Register


def test_f11_a_certificate_begins_an_hour_early_for_clocks_that_are_behind(kit: Kit, clock: FakeClock) -> None:
    clock.move(minutes=17)
    assert kit.certificate().not_before == clock.at - timedelta(hours=1)


def test_f11_while_the_machines_clock_is_behind_its_own_record_nothing_is_signed(kit: Kit, clock: FakeClock) -> None:
    codes = kit.codes()
    clock.move(minutes=-6)
    with pytest.raises(Conflict, match="clock_behind"):
        service.enrol(codes.transfer_id, codes.password, request(), PROGRAM)
    assert certificates() == []
    with transaction():
        audit.record(audit.CLOCK_ACCEPTED, "clock", by=builders.COMMAND)
    assert service.enrol(codes.transfer_id, codes.password, request(), PROGRAM).der


def test_f11_while_the_clock_is_behind_nobody_is_told_anything_and_nothing_is_lost(
    register: Register, clock: FakeClock
) -> None:
    register.certificate(60)
    (job,) = [job for job in scheduler.jobs(current_settings()) if job.name == SWEEP]
    with transaction():
        audit.record("order_placed", "order:1", by=builders.COMMAND)
    clock.move(minutes=-5, seconds=-1)
    assert not scheduler.run_now(job)
    assert runs.is_due(SWEEP, job.every)
    clock.move(seconds=1)
    assert scheduler.run_now(job), "five minutes are no harm"
