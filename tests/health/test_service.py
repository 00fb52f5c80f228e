"""The health of a real service: real rows, real authorities, real far ends that refuse; and its words in three languages."""

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select
from werkzeug.serving import make_server
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from certportal import audit, clock, create_app, runs, scheduler
from certportal.certificates import service as certificates
from certportal.extensions import db, transaction
from certportal.health import service as health
from certportal.health.rules import UNREACHABLE
from certportal.health.wording import TEXTS, TITLES
from certportal.identifiers import Actor, ActorKind, EmailAddress, Environment, Language
from certportal.registry.admissions import AdmissionKind, Asked, ask, refuse_admission
from certportal.registry.rules import BusinessId, PhoneNumber
from certportal.settings import Settings
from tests import builders
from tests.certificates.steps import Kit
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd
from tests.orders.steps import housed

Front = Callable[[WSGIApplication], WSGIApplication]
"""What stands in front of an application."""


def levels() -> dict[str, health.Level]:
    return {each.code: each.level for each in health.report()}


@pytest.fixture
def running(app: Flask) -> None:
    """Both authorities, their lists, and a run of each job."""
    for environment in Environment:
        certificates.initialise(environment)
    for job in scheduler.jobs(app.extensions["certportal.settings"]):
        if job.name != runs.LOOK:
            assert scheduler.run_now(job)


def letter() -> None:
    """One mail in the outbox."""
    asked = Asked(
        AdmissionKind.NEW_ORGANISATION,
        "Nystart Ab",
        BusinessId.parse("9900001-8", "FI"),
        "Nina Nylund",
        EmailAddress.parse("nina@nystart.example"),
        PhoneNumber.parse("040 123 4567", "FI"),
        "CEO",
        Language.SV,
    )
    ask(asked, Actor(ActorKind.ANONYMOUS, None, "", "198.51.100.7"))
    refuse_admission(1, "no", replace(builders.OPERATOR, id=builders.operator().id))


def test_a_new_installation_is_red_where_somebody_must_act(app: Flask) -> None:
    found = levels()
    assert {code for code, level in found.items() if level is health.Level.BAD} == {
        "ca_missing",
        "sweep_never",
        "jobs_never",
    }
    assert found["mail_untried"] is found["sms_untried"] is health.Level.WARNING
    assert not health.is_well()


@pytest.mark.usefixtures("running")
def test_a_service_whose_jobs_have_run_is_well(app: Flask) -> None:
    assert {code for code, level in levels().items() if level is health.Level.BAD} == set()
    assert health.is_well()


@pytest.mark.usefixtures("running")
def test_every_job_is_known_to_health_by_the_schedulers_name(app: Flask) -> None:
    names = {job.name for job in scheduler.jobs(app.extensions["certportal.settings"])}
    assert {runs.DELIVER, runs.SWEEP, runs.LOOK, runs.PUBLISH} <= names
    assert {each.job for each in runs.all_runs()} == names - {runs.LOOK}


@pytest.mark.usefixtures("running")
def test_a_day_and_three_hours_without_jobs_is_red(clock: FakeClock) -> None:
    clock.move(hours=27)
    found = levels()
    assert found["sweep_late"] is found["jobs_late"] is health.Level.BAD
    assert found["crl_old"] is health.Level.WARNING


@pytest.mark.usefixtures("running")
def test_a_mail_server_that_is_closed_is_red_with_its_words_until_it_takes_mail(
    clock: FakeClock, smtp: SmtpFarEnd, deliver: Callable[[], int]
) -> None:
    letter()
    smtp.always("connect", "554 5.3.2 Closed today")
    deliver()
    [held] = [each for each in health.report() if each.subject == "mail"]
    assert (held.code, held.level, held.values["waiting"]) == ("mail_held", health.Level.BAD, 1)
    assert "554 5.3.2 Closed today" in str(held.values["reply"])
    assert not health.is_well()

    smtp.heal()
    clock.move(minutes=2)
    deliver()
    assert levels()["mail_good"] is health.Level.GOOD


@pytest.mark.usefixtures("running")
def test_a_refused_address_is_not_the_mail_servers_fault(smtp: SmtpFarEnd, deliver: Callable[[], int]) -> None:
    letter()
    smtp.refuse("nina@nystart.example", "450 4.2.1 Try later")
    deliver()
    assert "mail_held" not in levels()


@pytest.mark.usefixtures("running")
def test_a_clock_that_has_gone_back_is_red(clock: FakeClock) -> None:
    with transaction():
        audit.record("signed_out", "operator:1", by=builders.OPERATOR)
    clock.move(minutes=-6)
    assert levels()["clock_behind"] is health.Level.BAD


@pytest.mark.usefixtures("running")
def test_a_broken_authority_is_red_and_does_not_break_the_page(app: Flask, settings: Settings) -> None:
    (settings.ca_dir / "production" / "issuing.pem").write_text(
        "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"
    )
    app.extensions.pop("certportal.authorities", None)
    assert levels()["ca_unreadable"] is health.Level.BAD


@pytest.mark.usefixtures("running")
def test_a_signer_that_is_missing_is_red(app: Flask, settings: Settings) -> None:
    assert levels()["signers_good"] is health.Level.GOOD
    own = settings.ca_dir / "production" / "own"
    (own / "ocsp-issuing-1.key").unlink()
    (own / "replies-1.pem").unlink()
    assert levels()["responder_missing"] is levels()["replies_missing"] is health.Level.BAD


@pytest.fixture
def in_front() -> list[Front]:
    """What stands between the house and those who ask it; a test may put something there."""
    return []


@pytest.fixture
def served(settings: Settings, clock: FakeClock, tmp_path: Path, in_front: list[Front]) -> Iterator[Flask]:
    """The house on a port of its own, under the address that its certificates name."""

    def asked(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        passing: WSGIApplication = app
        for each in in_front:
            passing = each(passing)
        return passing(environ, start_response)

    server = make_server("127.0.0.1", 0, asked, threaded=True)
    app = create_app(replace(settings, base_url=f"http://127.0.0.1:{server.server_port}"), clock)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with app.app_context():
        yield app
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
    server.shutdown()
    thread.join()
    server.server_close()


def looked() -> str:
    runs.run(runs.LOOK, health.look)
    found = runs.select_run(runs.LOOK)
    assert found is not None
    return found.outcome


def test_the_portal_fetches_its_own_lists_and_looks(served: Flask, settings: Settings) -> None:
    for environment in Environment:
        certificates.initialise(environment)
        certificates.publish_all(environment)
    assert looked() == "16 fetched"
    assert "crl_good" in levels()


def redirecting(passing: WSGIApplication) -> WSGIApplication:
    """A web server that leads everybody to https but those who fetch lists."""

    def asked(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith("/crl/"):
            return passing(environ, start_response)
        return redirect(f"https://certificates.example.org{environ['PATH_INFO']}", 301)(environ, start_response)

    return asked


def test_a_redirect_is_red_and_the_operator_reads_what_to_do(served: Flask, in_front: list[Front]) -> None:
    certificates.initialise(Environment.TEST)
    certificates.publish_all(Environment.TEST)
    in_front.append(redirecting)
    assert "CA test: redirected to https://certificates.example.org/ca/test.cer" in looked()
    [finding] = [each for each in health.report() if each.subject == "crl"]
    assert (finding.code, finding.level) == ("crl_redirected", health.Level.BAD)
    with served.test_request_context(), force_locale("en_GB"):
        assert "answer /crl/, /ca/ and /ocsp on port 80 itself" in health.words(finding).text


def only_by_get(passing: WSGIApplication) -> WSGIApplication:
    def asked(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            return Response(status=405)(environ, start_response)
        return passing(environ, start_response)

    return asked


@pytest.mark.usefixtures("certified")
def test_answers_are_asked_for_by_get_and_by_post(in_front: list[Front]) -> None:
    assert looked() == "10 fetched"
    in_front.append(only_by_get)
    assert looked() == "unreachable: OCSP by POST production: HTTP 405"
    assert levels()["crl_unreachable"] is health.Level.BAD


def acting_first(act: Callable[[], None], at: str = "/") -> Front:
    """Something happens once, between the portal's look at what is newest and the answer to what it fetches."""
    waiting = [act]

    def front(passing: WSGIApplication) -> WSGIApplication:
        def asked(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            while waiting and environ["PATH_INFO"].startswith(at):
                waiting.pop()()
            return passing(environ, start_response)

        return asked

    return front


def keeping(copies: dict[tuple[str, str], bytes]) -> Front:
    """A proxy that gives what it has kept, and keeps what it is given."""

    def front(passing: WSGIApplication) -> WSGIApplication:
        def asked(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            key = (environ["REQUEST_METHOD"], environ["PATH_INFO"])
            if key not in copies:
                copies[key] = b"".join(passing(environ, start_response))
                return [copies[key]]
            return Response(copies[key])(environ, start_response)

        return asked

    return front


@pytest.fixture
def certified(served: Flask, tmp_path: Path) -> Kit:
    """The house served, with a certificate, its list and its answers."""
    certificates.initialise(Environment.PRODUCTION)
    kit = Kit(housed(), tmp_path)
    kit.certificate(kit.order())
    sign_ahead(served)
    return kit


def sign_ahead(app: Flask) -> None:
    """The jobs that publish lists and answers run now."""
    with app.app_context():
        for job in scheduler.jobs(app.extensions["certportal.settings"]):
            if job.name in (runs.PUBLISH, runs.ANSWERS):
                assert scheduler.run_now(job)
        db.session.remove()


@pytest.mark.usefixtures("certified")
def test_a_publication_in_between_is_no_fault(served: Flask, clock: FakeClock, in_front: list[Front]) -> None:
    def publish() -> None:
        clock.move(days=1)
        sign_ahead(served)
        clock.move(minutes=2)

    in_front.append(acting_first(publish))
    assert looked() == "10 fetched"


def test_a_revocation_in_between_is_no_fault(served: Flask, certified: Kit, in_front: list[Front]) -> None:
    def revoke() -> None:
        with served.app_context():
            [row] = db.session.scalars(select(certificates.Certificate))
            certificates.revoke(row.id, certificates.Reason.KEY_LOST, builders.acting(certified.house.person))
            db.session.remove()

    in_front.append(acting_first(revoke, at="/ocsp/"))
    assert looked() == "9 fetched", "about the one certificate nothing is signed ahead any more"


@pytest.mark.usefixtures("certified")
def test_a_copy_that_was_the_newest_less_than_a_minute_ago_is_no_fault(
    served: Flask, clock: FakeClock, in_front: list[Front]
) -> None:
    in_front.append(keeping({}))
    assert looked() == "10 fetched"
    clock.move(days=1)
    sign_ahead(served)
    clock.move(seconds=59)
    assert looked() == "10 fetched"
    clock.move(seconds=1)
    assert looked().count("the address gives another one than the newest") == 6


@pytest.mark.usefixtures("certified")
def test_what_was_never_published_there_is_a_fault_at_once(in_front: list[Front]) -> None:
    in_front.append(lambda _passing: Response("<h1>It works!</h1>"))
    assert looked().startswith("unreachable: CRL production-root: the address gives another one than the newest; CA ")


def test_answers_that_are_not_about_to_be_replaced_are_asked_for(
    served: Flask, certified: Kit, clock: FakeClock
) -> None:
    def about(sample: bytes | None) -> datetime | None:
        found = certificates.signed_ahead(sample, clock.at) if sample is not None else None
        db.session.rollback()
        return found.since if found is not None else None

    first = clock.at
    clock.move(hours=5)
    certified.certificate(certified.order())
    sign_ahead(served)
    assert about(certificates.sample(Environment.PRODUCTION, "issuing")) == first
    clock.move(hours=18, minutes=1)
    assert about(certificates.sample(Environment.PRODUCTION, "issuing")) == first + timedelta(hours=5)
    clock.move(days=8)
    assert certificates.sample(Environment.PRODUCTION, "issuing") is None


def test_a_list_that_cannot_be_fetched_is_red_and_the_job_goes_on(app: Flask) -> None:
    certificates.initialise(Environment.TEST)
    certificates.publish(Environment.TEST)
    with app.app_context():
        app.extensions["certportal.settings"] = replace(
            app.extensions["certportal.settings"], base_url="http://127.0.0.1:9"
        )
        assert looked().startswith(UNREACHABLE)
        assert levels()["crl_unreachable"] is health.Level.BAD


class TestHealthz:
    def test_says_yes_or_no_and_nothing_more(self, app: Flask, running: None) -> None:
        client = app.test_client()
        answer = client.get("/healthz")
        assert (answer.status_code, answer.text, answer.mimetype) == (200, "ok\n", "text/plain")
        with transaction() as session:
            session.get_one(runs.JobRun, runs.SWEEP).good_at = None
        db.session.rollback()
        answer = client.get("/healthz")
        assert (answer.status_code, answer.text) == (503, "not well\n")

    def test_says_no_when_the_database_is_gone(self, app: Flask, running: None, settings: Settings) -> None:
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
        path = Path(settings.database_url.removeprefix("sqlite:///"))
        path.unlink()
        path.mkdir()
        with app.app_context():
            assert app.test_client().get("/healthz").status_code == 503


@pytest.mark.parametrize("language", ["fi", "sv", "en_GB"])
def test_every_finding_has_its_words(app: Flask, language: str) -> None:
    assert TITLES.keys() == TEXTS.keys()
    values = {
        "accepted_at": clock.now(), "waiting": 3, "since": clock.now() - timedelta(days=1), "reply": "554 no", "seconds": 41,
        "environment": "TEST", "fault": "ca_broken", "ends": clock.now(), "until": clock.now(), "next_update": clock.now(),
        "outcome": "14 due, 3 letters", "job": "publish-crl", "free": 2**30, "peer": "127.0.0.1",
    }  # fmt: skip
    with app.test_request_context(), force_locale(language):
        for code in TITLES:
            said = health.words(health.Finding("x", code, health.Level.GOOD, values))
            assert said.title
            assert said.text
            assert not re.search(r"%\(|<", said.title + said.text), code


def test_every_code_that_a_rule_gives_has_its_words() -> None:
    source = (Path(health.__file__).parent / "rules.py").read_text("utf-8")
    told = set(
        re.findall(
            r'"((?:ca|crl|ocsp|sweep|jobs|job|clock|disk|issuing|proxy|responder|replies|signers)_\w+|unsigned)"',
            source,
        )
    ) - {"ca_missing"}
    assert told - {"job"} <= TITLES.keys()
    assert len(told) > 15
