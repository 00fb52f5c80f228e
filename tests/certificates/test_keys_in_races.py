"""One public key, sent for two organisations at the same moment: one of them has it, on a database with several writers too."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from flask import Flask

from certportal import create_app, schema
from certportal.certificates import service
from certportal.extensions import db
from certportal.identifiers import Actor
from certportal.refusals import Refusal
from certportal.settings import Settings
from tests import builders
from tests.certificates.steps import PROGRAM, Kit, certificates, renewable, request
from tests.conftest import FakeClock
from tests.orders.steps import House, housed
from tests.postgres import Postgres, at_one_moment


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


@pytest.mark.parametrize("renews", [False, True])
def test_a_key_is_one_organisations(kits: tuple[Flask, list[Kit]], clock: FakeClock, renews: bool) -> None:
    app, (one, other) = kits
    old = renewable(other, clock) if renews else None
    codes, sent, refused = one.codes().row_id, request(), list[str]()
    theirs = partial(service.renew, old.id) if old else partial(service.enrol_opened, other.codes().row_id)

    def call(get: Callable[[bytes, Actor], object]) -> None:
        with app.app_context():
            try:
                get(sent, PROGRAM)
            except Refusal as refusal:
                refused.append(refusal.code)

    ours = partial(service.enrol_opened, codes)
    at_one_moment([partial(call, ours), partial(call, theirs)], "audit_entry")  # nobody commits what is prepared
    assert refused == ["key_of_another"]
    assert len(certificates()) == (2 if renews else 1)
