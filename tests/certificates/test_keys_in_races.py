"""One public key, sent for two organisations at the same moment: one of them has it, on a database with several writers too."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from certportal import create_app, schema
from certportal.certificates import service
from certportal.extensions import db
from certportal.refusals import Refusal
from certportal.settings import Settings
from tests import builders
from tests.certificates.steps import PROGRAM, Kit, certificates, request
from tests.conftest import FakeClock
from tests.orders.steps import House, housed
from tests.postgres import Postgres

WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


@pytest.fixture
def kits(settings: Settings, clock: FakeClock, postgres: Postgres, tmp_path: Path) -> Iterator[tuple[Flask, list[Kit]]]:
    """Two organisations in a portal on PostgreSQL."""
    app = create_app(replace(settings, database_url=postgres.fresh_database()), clock)
    with app.app_context():
        schema.upgrade(app)
        house = housed()
        another = builders.organisation("Another Oy", "9900002-6")
        builders.access_right(another, house.channel)
        person = builders.signatory(another, "mats@another.example", "Mats Mallström")
        theirs = House(another, person, house.channel, house.other, house.terms)
        yield app, [Kit(house, tmp_path), Kit(theirs, tmp_path)]
        db.session.remove()
        db.engine.dispose()


def test_a_key_is_one_organisations(kits: tuple[Flask, list[Kit]]) -> None:
    app, (one, other) = kits
    every, sent, refused = [one.codes(), other.codes()], request(), list[str]()

    def call(codes_id: int) -> None:
        with app.app_context():
            try:
                service.enrol_opened(codes_id, sent, PROGRAM)
            except Refusal as refusal:
                refused.append(refusal.code)

    calls = [threading.Thread(target=call, args=(codes.row_id,)) for codes in every]
    with db.engine.connect() as held:
        held.execute(text("LOCK TABLE audit_entry IN SHARE MODE"))  # nobody commits what is prepared
        for each in calls:
            each.start()
        while all(each.is_alive() for each in calls) and held.scalar(WAITING) < len(calls):
            calls[0].join(0.01)
        held.rollback()
    for each in calls:
        each.join()
    assert refused == ["key_of_another"]
    assert len(certificates()) == 1
