"""F10: SQLite says "database is locked"."""

import sqlite3
from contextlib import closing
from functools import partial

import pytest
from sqlalchemy import select

from certportal.extensions import db, transaction
from certportal.orders.models import Order
from certportal.registry.models import Organisation
from certportal.settings import current_settings
from tests.certificates.steps import Kit
from tests.faults.processes import at_once
from tests.orders.steps import House

PROCESSES, ORDERS = 4, 8


def place_orders(kit: Kit) -> None:
    """Each reads pages' worth before it writes, as a request does."""
    for number in range(ORDERS):
        kit.order(description=f"Mallilön {number}")


def test_f10_processes_that_read_and_write_at_once_all_get_through(kit: Kit) -> None:
    kit.order()  # its contact is there for all of them
    at_once(*([partial(place_orders, kit)] * PROCESSES))
    numbers = sorted(db.session.scalars(select(Order.number)))
    assert len(numbers) == PROCESSES * ORDERS + 1
    assert len(set(numbers)) == len(numbers)


def test_f10_who_has_read_while_another_wrote_still_writes_and_from_what_is_there_now(house: House) -> None:
    """A read that turns into a write would fail at once, whatever the time-out."""
    known = db.session.scalars(select(Organisation)).one()
    assert known.name == "Mallilön Ab"
    path = current_settings().database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as another:
        another.execute("UPDATE organisation SET name = 'Mallilön Oy'")
    with transaction():
        known.name += ", Vanda"
    db.session.rollback()
    assert db.session.scalars(select(Organisation.name)).all() == ["Mallilön Oy, Vanda"]


def test_f10_whoever_writes_has_the_database_from_the_first_word(house: House) -> None:
    """Another that would write waits at its own beginning, so nobody's reading is overtaken before they write."""
    path = current_settings().database_url.removeprefix("sqlite:///")
    with (
        transaction(),
        closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as another,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        another.execute("BEGIN IMMEDIATE")
