"""Calls at the same moment are counted one after the other, on a database with several writers too: a cap is exact."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import pytest
from flask import Flask

from certportal import create_app, schema
from certportal.certificates import rules as certificates
from certportal.certificates import service
from certportal.extensions import db
from certportal.identifiers import Actor, ActorKind, BusinessId, EmailAddress, Language, PhoneNumber
from certportal.refusals import Refusal
from certportal.registry import admissions
from certportal.registry import rules as registry
from certportal.secrecy import Secret
from certportal.settings import Settings
from certportal.signin import codes
from certportal.signin import rules as signin
from certportal.signin.models import Desk
from tests.conftest import FakeClock
from tests.postgres import Postgres, at_one_moment

AT_ONCE = 4
VISITOR = Actor(ActorKind.ANONYMOUS, None, "", "203.0.113.20")


@pytest.fixture
def on_postgres(settings: Settings, clock: FakeClock, postgres: Postgres) -> Iterator[Flask]:
    """An app on PostgreSQL, where writers do not wait for each other."""
    app = create_app(replace(settings, database_url=postgres.fresh_database()), clock)
    with app.app_context():
        schema.upgrade(app)
        yield app
        db.session.remove()
        db.engine.dispose()


@dataclass(frozen=True)
class Counter:
    """``call`` is counted in a table; so many of them are heard, and answered by ``heard``; the next are refused."""

    call: Callable[[int], object]
    table: str
    most: int
    refused: str
    heard: str = ""


def wrong_codes(number: int) -> None:
    service.enrol(f"{number:012d}", Secret("notThePassword22"), b"", VISITOR)


def page(number: int) -> None:
    service.ask_for_page(f"{number:040x}", VISITOR)


def code_from_one_client(number: int) -> None:
    codes.ask_code(Desk.SIGNATORY, EmailAddress.parse(f"person{number}@nowhere.example"), VISITOR.address)


def code_for_one_address(number: int) -> None:
    codes.ask_code(Desk.SIGNATORY, EmailAddress.parse("nobody@nowhere.example"), f"192.0.2.{number}")


def admission(number: int) -> None:
    words = ("Nystart Ab", BusinessId.parse("9900001-8", "FI"), f"Nina Nylund {number}")
    reached = (EmailAddress.parse(f"nina{number}@nystart.example"), PhoneNumber.parse("040 123 4567", "FI"))
    kind = admissions.AdmissionKind.NEW_ORGANISATION
    admissions.ask(admissions.Asked(kind, *words, *reached, "Managing director", Language.SV), VISITOR)


COUNTERS = [
    Counter(
        wrong_codes, "retrieval_try", certificates.WRONG_CODES_PER_HOUR, "retrieval_too_many", "transfer_codes_wrong"
    ),
    Counter(page, "page_ask", certificates.ASKS_PER_HOUR, "page_asks_too_many"),
    Counter(code_from_one_client, "sign_in_code", signin.CODES_PER_CLIENT, "sign_in_codes_too_many_here"),
    Counter(code_for_one_address, "sign_in_code", signin.CODES_PER_ADDRESS, "sign_in_codes_too_many"),
    Counter(admission, "admission", registry.ASKED_FOR_AN_ORGANISATION_IN_A_DAY, "admissions_for_organisation"),
]


@pytest.mark.parametrize("counter", COUNTERS, ids=lambda counter: counter.call.__name__)
def test_of_several_at_once_the_last_that_is_left_is_heard_alone(on_postgres: Flask, counter: Counter) -> None:
    answers = list[str]()

    def call(number: int) -> None:
        with on_postgres.app_context():
            try:
                counter.call(number)
                answers.append("")
            except Refusal as refusal:
                answers.append(refusal.code)

    for number in range(1, counter.most):
        call(number)
    assert answers == [counter.heard] * (counter.most - 1)
    answers.clear()
    # nobody writes down a call that was heard before all have been
    at_one_moment([partial(call, counter.most + each) for each in range(AT_ONCE)], counter.table)
    assert sorted(answers) == sorted([counter.heard] + [counter.refused] * (AT_ONCE - 1))
