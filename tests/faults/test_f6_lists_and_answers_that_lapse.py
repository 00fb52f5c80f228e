"""F6: nobody was revoked for a while, and what says so lapses: a complete outage."""

from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from flask import current_app

from certportal import runs, scheduler
from certportal.certificates import answering, authorities, revocation_lists, service, signers
from certportal.certificates.models import Certificate
from certportal.extensions import db
from certportal.health import service as health
from certportal.health.seen import Level
from certportal.identifiers import Environment
from certportal.settings import current_settings
from tests.certificates.steps import Kit
from tests.conftest import FakeClock


def run_jobs(*names: str) -> None:
    for job in scheduler.jobs(current_settings()):
        if job.name in (names or (runs.PUBLISH, runs.ANSWERS)):
            assert scheduler.run_now(job)


def asked_now(about: Certificate) -> datetime:
    """Until when an answer holds that is signed when it is asked for."""
    issuer = authorities.authority(about.environment, about.issuer).certificate
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        x509.load_der_x509_certificate(about.der or b""), issuer, SHA256()
    )
    sent = builder.add_extension(x509.OCSPNonce(b"1"), critical=False).build().public_bytes(Encoding.DER)
    until = ocsp.load_der_ocsp_response(answering.answer(sent).der).next_update_utc
    assert until is not None
    return until


def levels() -> dict[str, Level]:
    db.session.rollback()
    return {each.code: each.level for each in health.report()}


def test_f6_lists_and_answers_are_signed_anew_although_nothing_happens(kit: Kit, clock: FakeClock) -> None:
    kit.certificate()
    for _ in range(12):
        run_jobs()
        assert "crl_ends" not in levels()
        assert "ocsp_ends" not in levels()
        newest = service.published_crl(Environment.PRODUCTION)
        assert newest is not None
        assert newest.next_update - clock.at > timedelta(days=6)
        assert answering.answers_until() == clock.at + timedelta(days=7)
        clock.move(days=1)


def test_f6_health_turns_red_in_words_days_before_anything_lapses(kit: Kit, clock: FakeClock) -> None:
    kit.certificate()
    run_jobs()
    clock.move(days=5)
    found = levels()
    assert (found["crl_ends"], found["ocsp_ends"]) == (Level.BAD, Level.BAD)
    clock.move(days=3)
    found = levels()
    assert (found["crl_lapsed"], found["ocsp_lapsed"]) == (Level.BAD, Level.BAD)
    run_jobs()
    assert not {"crl_lapsed", "crl_ends", "ocsp_lapsed", "ocsp_ends"} & set(levels())


def test_f6_health_turns_red_in_words_before_those_who_sign_end(kit: Kit, clock: FakeClock) -> None:
    issued = kit.certificate()
    run_jobs()
    away = current_settings().ca_dir / "production" / "issuing.key"
    aside = away.rename(away.with_suffix(".away"))
    current_app.extensions.pop("certportal.authorities")
    for day in range(30):
        run_jobs(runs.ANSWERS)
        level = levels()
        assert ("responder_late" in level) is (15 <= day < 23)
        assert ("responder_ends" in level) is (day >= 23)
        until, ends = answering.answers_until(), signers.ends(Environment.PRODUCTION, "ocsp-issuing")
        assert until is not None
        assert ends is not None
        assert until == min(clock.at + timedelta(days=7), ends)
        assert asked_now(issued) <= ends
        clock.move(days=1)
    assert levels()["responder_lapsed"] is Level.BAD
    aside.rename(aside.with_suffix(".key"))
    run_jobs()
    assert not {"responder_lapsed", "responder_ends", "ocsp_lapsed", "ocsp_ends"} & set(levels())


def test_f6_a_web_server_finds_the_newest_list_as_a_file(kit: Kit, clock: FakeClock) -> None:
    run_jobs()
    clock.move(days=1)
    run_jobs()
    path = revocation_lists.crl_file(Environment.PRODUCTION)
    assert x509.load_der_x509_crl(path.read_bytes()).last_update_utc == clock.at


@pytest.mark.parametrize("days", [8, 400])
def test_f6_after_a_long_silence_the_first_run_signs_everything(kit: Kit, clock: FakeClock, days: int) -> None:
    kit.certificate()
    run_jobs()
    clock.move(days=days)
    run_jobs()
    newest = service.published_crl(Environment.PRODUCTION)
    assert newest is not None
    assert newest.this_update == clock.at
    assert answering.answers_until() == clock.at + timedelta(days=7)
