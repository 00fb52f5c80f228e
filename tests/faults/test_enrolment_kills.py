"""A hundred SIGKILLs during enrolment: nothing is signed without a row, no codes are lost, a repeated call is answered.

Children are forked from one warm process. Half of them kill themselves at a call drawn at random among all the calls, Python's
and C's, that an enrolment makes; the other half are killed from outside after a time drawn at random.
"""

import os
import random
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from flask import Flask
from sqlalchemy import func, select

from certportal import ca
from certportal.audit import AuditEntry
from certportal.certificates import authorities, enrolment, service
from certportal.certificates.models import Certificate, CertificateState
from certportal.extensions import db
from certportal.identifiers import Environment
from certportal.messages.models import CodesState, TransferCodes
from certportal.orders.models import Order, OrderState
from certportal.outbox.models import OutboxRow
from certportal.settings import Settings
from tests.certificates.steps import PROGRAM, Codes, Kit, certificates, request
from tests.certificates.test_enrolment import StandingLease
from tests.conftest import FakeClock
from tests.orders.steps import housed

KILLS = 100
LONGEST = 20.0
Work = Callable[[], object]


@dataclass
class Death:
    """How a child ended: killed, or done before the kill came."""

    killed: bool


class Children:
    """Forks enrolments, or what else issues, and kills them. ``signed`` holds what any of them began to sign."""

    def __init__(self, app: Flask, signed: Path) -> None:
        self.app, self.signed = app, signed
        self.chance = random.Random(20261201)
        self.calls = self.seconds = 0.0

    def measure(self, work: Work) -> None:
        """How many calls it makes, undisturbed."""
        read, write = os.pipe()

        def counted() -> None:
            calls = 0

            def count(_frame: Any, event: str, _arg: Any) -> None:
                nonlocal calls
                calls += event in ("call", "c_call")

            sys.setprofile(count)
            work()
            sys.setprofile(None)
            os.write(write, str(calls).encode())

        assert not self.wait(self.fork(counted)).killed
        self.calls = int(os.read(read, 20))
        os.close(read)
        os.close(write)
        assert self.calls > 1_000

    def killed_at_a_call(self, work: Work, since: float = 0.0) -> Death:
        """At any call of those that come after this part of them all."""
        fatal = self.chance.randrange(int(self.calls * since), int(self.calls * 1.02))

        def until_killed() -> None:
            calls = 0

            def count(_frame: Any, event: str, _arg: Any) -> None:
                nonlocal calls
                calls += event in ("call", "c_call")
                if calls == fatal:
                    os.kill(os.getpid(), signal.SIGKILL)

            sys.setprofile(count)
            work()

        return self.wait(self.fork(until_killed))

    def killed_after_a_time(self, work: Work, longest: float) -> Death:
        child = self.fork(work)
        killer = threading.Timer(self.chance.uniform(0, longest), os.kill, (child, signal.SIGKILL))
        killer.start()
        return self.wait(child, killer)

    def fork(self, work: Work) -> int:
        """A child that does it in a process of its own, with connections of its own, and tells nobody but the database."""
        db.session.rollback()
        db.engine.dispose()  # no connection is shared: a child's close would drop the parent's locks
        child = os.fork()
        if child:
            return child
        try:
            self.note_what_is_signed()
            work()
            os._exit(0)
        except BaseException:  # noqa: BLE001 - a child never runs the parent's tests
            os._exit(1)

    def note_what_is_signed(self) -> None:
        log = os.open(self.signed, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        real = ca.sign

        def sign(issuer: Any, to_be_signed: bytes, profile: Any) -> bytes:
            os.write(log, to_be_signed.hex().encode() + b"\n")
            return real(issuer, to_be_signed, profile)

        enrolment.ca.sign = sign  # type: ignore[assignment]

    def wait(self, child: int, killer: threading.Timer | None = None) -> Death:
        if killer is not None:
            os.waitid(
                os.P_PID, child, os.WEXITED | os.WNOWAIT
            )  # its number is not given away while the killer may strike
            killer.cancel()
            killer.join(LONGEST)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the child failed by itself"
        return Death(os.WIFSIGNALED(status))


@pytest.fixture
def kit(app: Flask, settings: Settings, tmp_path: Path) -> Kit:
    authorities.initialise(Environment.PRODUCTION)
    authorities.issuer(Environment.PRODUCTION)  # its key is warm, and so are the children's
    return Kit(housed(), tmp_path)


@pytest.fixture
def children(app: Flask, kit: Kit, tmp_path: Path) -> Children:
    made = Children(app, tmp_path / "signed")
    made.measure(enrolling(kit.codes(), request()))
    return made


def enrolling(codes: Codes, sent: bytes) -> Work:
    return lambda: service.enrol(codes.transfer_id, codes.password, sent, PROGRAM)


def test_a_hundred_kills_lose_nothing(app: Flask, kit: Kit, children: Children, clock: FakeClock) -> None:
    states: list[str] = []
    deaths = 0
    attempts = 0
    enrolling(
        kit.codes(), request()
    )()  # statements are compiled: the first call makes many times as many calls as the next
    children.measure(enrolling(kit.codes(), request()))
    while deaths < KILLS:
        attempts += 1
        assert attempts < 4 * KILLS, f"only {deaths} of {attempts} children were killed"
        codes, sent = kit.codes(), request()
        by_call = attempts % 2 == 0
        work = enrolling(codes, sent)
        death = children.killed_at_a_call(work) if by_call else children.killed_after_a_time(work, 0.06)
        deaths += death.killed
        states.append(look(kit, codes))
        if attempts % 4 < 2:
            clock.move(minutes=1)
            service.resume_prepared(StandingLease())  # type: ignore[arg-type]
        before = row_of(codes)
        again = service.enrol(codes.transfer_id, codes.password, sent, PROGRAM)
        assert again.state is CertificateState.ISSUED
        assert before is None or before.retrieval_id == again.retrieval_id
        assert look(kit, codes) == "issued"
    assert {"live", "prepared", "issued"} <= set(states), f"the kills struck too alike: {states}"
    everything_is_told_once(attempts + 3)
    nothing_is_signed_without_a_row(children.signed)


def row_of(codes: Codes) -> Certificate | None:
    db.session.rollback()
    return db.session.scalar(select(Certificate).where(Certificate.transfer_codes_id == codes.row_id))


def look(kit: Kit, codes: Codes) -> str:
    """Where the codes stand now: live without a row, taken with a prepared row, or spent with an issued one."""
    row, now = row_of(codes), kit.codes_now(codes)
    order = db.session.get_one(Order, now.order_id)
    if row is None:
        assert (now.state, order.state) == (CodesState.LIVE, OrderState.OPEN)
        return "live"
    if row.state is CertificateState.PREPARED:
        assert (now.state, order.state, row.der) == (CodesState.TAKEN, OrderState.OPEN, None)
        return "prepared"
    assert (now.state, order.state) == (CodesState.SPENT, OrderState.COLLECTED)
    assert row.der is not None
    assert ca.describe(row.der).serial == row.serial
    return "issued"


def everything_is_told_once(count: int) -> None:
    issued = certificates()
    assert len(issued) == count
    assert len({row.serial for row in issued}) == len({row.retrieval_id for row in issued}) == count
    assert db.session.scalar(select(func.count()).where(TransferCodes.state != CodesState.SPENT)) == 0
    for kind in ("certificate_issued_contact", "certificate_issued_signatory"):
        assert db.session.scalar(select(func.count()).where(OutboxRow.kind == kind)) == count
    for verb in ("certificate_prepared", "certificate_issued"):
        subjects = list(db.session.scalars(select(AuditEntry.subject).where(AuditEntry.verb == verb)))
        assert len(subjects) == len(set(subjects)) == count


def nothing_is_signed_without_a_row(signed: Path) -> None:
    rows = {row.to_be_signed.hex() for row in certificates()}
    begun = set(signed.read_text().split())
    assert begun
    assert begun <= rows


def test_what_was_signed_is_what_was_stored(kit: Kit, children: Children) -> None:
    """The bytes in the row are the certificate's own, so a second signature gives the same certificate."""
    issued = kit.certificate()
    assert x509.load_der_x509_certificate(issued.der or b"").tbs_certificate_bytes == issued.to_be_signed
