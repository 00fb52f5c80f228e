"""Answers that are signed while a certificate is revoked: whoever commits last, nobody is told that it is good."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text, update

from certportal import clock as times
from certportal import create_app, schema
from certportal.ca import Reason
from certportal.certificates import answering, signers
from certportal.certificates.models import Certificate, OcspAnswer
from certportal.certificates.revocation import revoke_within
from certportal.extensions import db, transaction
from certportal.identifiers import Environment
from certportal.settings import Settings
from tests import builders
from tests.certificates.steps import Kit
from tests.certificates.test_answering import count, sign
from tests.conftest import FakeClock
from tests.orders.steps import housed
from tests.postgres import Postgres


@pytest.fixture
def on_postgres(
    settings: Settings, clock: FakeClock, postgres: Postgres, tmp_path: Path
) -> Iterator[tuple[Flask, Kit]]:
    """An app on PostgreSQL, where readers and writers do not wait for each other."""
    app = create_app(replace(settings, database_url=postgres.fresh_database()), clock)
    with app.app_context():
        schema.upgrade(app)
        yield app, Kit(housed(), tmp_path)
        db.session.remove()
        db.engine.dispose()


def test_a_revocation_that_has_not_committed_yet_is_waited_for(on_postgres: tuple[Flask, Kit]) -> None:
    app, kit = on_postgres
    issued, by = kit.certificate(), builders.acting(kit.house.person)
    responder = signers.keep_responder(Environment.PRODUCTION, "issuing")
    batch = list(answering._due(Environment.PRODUCTION, "issuing", responder.certificate.not_valid_after_utc))
    rows = [row for each in batch for row in answering._answers(responder, each, times.now())]
    db.session.rollback()

    def store() -> None:
        with app.app_context():
            answering._store(batch, rows)
            db.session.remove()

    storing = threading.Thread(target=store)
    with transaction():
        revoke_within(issued.id, Reason.KEY_LOST, by)
        storing.start()
        while storing.is_alive() and not db.session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
            storing.join(0.01)
    storing.join()
    assert count() == 0
    assert sign() == "1 signed"


def test_an_answer_that_is_older_than_the_revocation_is_signed_anew(kit: Kit, clock: FakeClock) -> None:
    issued = kit.certificate()
    sign()
    clock.move(minutes=1)
    with transaction():
        revoke_within(issued.id, Reason.KEY_LOST, builders.acting(kit.house.person))
    sign()
    with transaction() as session:  # what a version without that lock may have left
        session.execute(update(OcspAnswer).values(this_update=clock.at.replace(minute=0)))
    assert sign() == "1 signed"
    assert sign() == "0 signed"


def test_a_clock_that_was_set_back_does_not_sign_for_ever(kit: Kit, clock: FakeClock) -> None:
    issued = kit.certificate()
    with transaction() as session:
        ahead = {"revoked_at": clock.at.replace(hour=23), "revocation_reason": Reason.KEY_LOST.value}
        session.execute(update(Certificate).where(Certificate.id == issued.id).values(state="revoked", **ahead))
    assert sign() == "1 signed"
    assert sign() == "0 signed"
