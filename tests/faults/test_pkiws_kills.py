"""The PKI web service when things fail: fifty calls at once make one certificate; a hundred SIGKILLs during signNewCertificate
lose nothing, and the client's repeated call is answered.

What is killed is the whole call, from the octets that come to the octets that go; half of the deaths come at a call of a function
drawn at random among all that it makes, half after a time drawn at random.
"""

import os
import random
import re
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from certportal import ca
from certportal.certificates import authorities, enrolment, service, signers
from certportal.certificates.models import Certificate, CertificateState
from certportal.extensions import db
from certportal.identifiers import Environment
from certportal.messages.models import CodesState, TransferCodes
from certportal.settings import Settings
from tests.certificates.steps import Codes, Kit, certificates
from tests.certificates.test_enrolment import StandingLease, run_all
from tests.conftest import FakeClock
from tests.faults.processes import fork, let_go
from tests.orders.steps import housed
from tests.protocols.pkiws.wire import Line, der_request, in_envelope, sign_new

KILLS = 100


@pytest.fixture
def line(app: Flask) -> Line:
    return Line(app)


@pytest.fixture
def kit(app: Flask, settings: Settings, tmp_path: Path) -> Kit:
    authorities.initialise(Environment.PRODUCTION)
    authorities.issuer(Environment.PRODUCTION)
    signers.reply_signer(Environment.PRODUCTION)  # keys are warm, and so are the children's
    return Kit(housed(), tmp_path)


def test_fifty_calls_at_once_with_one_pair_of_codes_and_one_key_make_one_certificate(kit: Kit, line: Line) -> None:
    codes, sent = kit.codes(), der_request()
    start, answered = threading.Barrier(50), []

    def call() -> None:
        start.wait()
        answered.append(line.sign_new(codes, sent).retrieval_id)

    run_all(call, 50)
    assert (len(answered), len(set(answered))) == (50, 1)
    [issued] = certificates()
    assert issued.retrieval_id == answered[0]


class Calls:
    """signNewCertificate in children that are killed. ``signed`` holds what any of them began to sign."""

    def __init__(self, line: Line, signed: Path) -> None:
        self.line, self.signed, self.chance = line, signed, random.Random(20261202)

    def whole(self, codes: Codes, sent: bytes) -> int:
        """How many calls of functions a whole call of ours makes."""
        reading, writing = os.pipe()
        counted = [0]

        def count(_frame: Any, event: str, _arg: Any) -> None:
            counted[0] += event in ("call", "c_call")

        def work() -> None:
            sys.setprofile(count)
            self.call(codes, sent)
            sys.setprofile(None)
            os.write(writing, str(counted[0]).encode())

        assert not self.dies(work)
        os.close(writing)
        with os.fdopen(reading) as said:
            return int(said.read())

    def killed_at_a_call(self, codes: Codes, sent: bytes, calls: int) -> bool:
        left = [self.chance.randrange(int(calls * 1.02))]

        def count(_frame: Any, event: str, _arg: Any) -> None:
            left[0] -= event in ("call", "c_call")
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        def work() -> None:
            sys.setprofile(count)
            self.call(codes, sent)

        return self.dies(work)

    def killed_after_a_time(self, codes: Codes, sent: bytes, longest: float) -> bool:
        seconds = self.chance.uniform(0, longest)

        def work() -> None:
            signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
            signal.setitimer(signal.ITIMER_PROF, seconds)
            signal.signal(signal.SIGPROF, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
            self.call(codes, sent)

        return self.dies(work)

    def call(self, codes: Codes, sent: bytes) -> None:
        self.note_what_is_signed()
        reply = self.line.post(in_envelope(sign_new(codes, sent)))
        assert re.search("<RetrievalId>", reply.text), reply.text

    def note_what_is_signed(self) -> None:
        log, real = os.open(self.signed, os.O_WRONLY | os.O_CREAT | os.O_APPEND), ca.sign

        def sign(issuer: Any, to_be_signed: bytes, *profile: Any) -> bytes:
            os.write(log, to_be_signed.hex().encode() + b"\n")
            return real(issuer, to_be_signed, *profile)

        enrolment.ca.sign = sign  # type: ignore[assignment]

    def dies(self, work: Callable[[], None]) -> bool:
        """Whether the child was killed; else it must have ended well."""
        unused, closing = os.pipe()
        child = fork(work, None, closing)
        os.close(unused)
        _, status = os.waitpid(child, 0)
        os.close(closing)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the call failed by itself"
        return os.WIFSIGNALED(status)


def test_a_hundred_kills_lose_nothing(kit: Kit, line: Line, tmp_path: Path, clock: FakeClock) -> None:
    calls = Calls(line, tmp_path / "signed")
    length = calls.whole(kit.codes(), der_request())
    assert length > 2_000
    deaths, seen = 0, set[str]()
    for attempt in range(4 * KILLS):
        codes, sent = kit.codes(), der_request()
        let_go()
        if attempt % 2:
            deaths += calls.killed_at_a_call(codes, sent, length)
        else:
            deaths += calls.killed_after_a_time(codes, sent, 0.03)
        before = row_of(codes)
        seen.add(before.state.value if before is not None else "live")
        if attempt % 4 < 2:
            clock.move(minutes=1)
            service.resume_prepared(StandingLease())  # type: ignore[arg-type]
        again = line.sign_new(codes, sent).retrieval_id
        assert before is None or before.retrieval_id == again
        assert line.get(again).certificate
        if deaths == KILLS:
            break
    assert deaths == KILLS
    assert seen == {"live", "prepared", "issued"}
    nothing_is_signed_without_a_row(calls.signed)
    unspent = select(func.count()).where(TransferCodes.state != CodesState.SPENT)
    assert db.session.scalar(unspent) == 0


def row_of(codes: Codes) -> Certificate | None:
    db.session.rollback()
    return db.session.scalar(select(Certificate).where(Certificate.transfer_codes_id == codes.row_id))


def nothing_is_signed_without_a_row(signed: Path) -> None:
    rows = {row.to_be_signed.hex() for row in certificates()}
    begun = set(signed.read_text().split())
    assert begun
    assert begun <= rows
    assert {row.state for row in certificates()} == {CertificateState.ISSUED}
