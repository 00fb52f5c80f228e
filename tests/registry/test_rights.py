"""Who may sign, who is told, and which access rights hold: by local days."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from certportal.audit import AuditEntry
from certportal.extensions import db, transaction
from certportal.identifiers import EmailAddress, Environment, Language, PhoneNumber
from certportal.refusals import Conflict
from certportal.registry import service as registry
from certportal.registry.models import RightState
from tests import builders
from tests.builders import OPERATOR
from tests.conftest import FakeClock

DAY = date(2026, 12, 1)


def emails(told: list[registry.Told]) -> list[str]:
    return [each.email for each in told]


def test_a_right_to_sign_holds_from_its_first_day_to_the_end_of_its_last(app: Flask):
    mallilon = builders.organisation()
    anna = builders.person()
    builders.right_to_sign(anna, mallilon, DAY, DAY + timedelta(days=1))

    held = [registry.may_sign(anna.id, mallilon.id, DAY + timedelta(days=n)) for n in (-1, 0, 1, 2)]

    assert held == [False, True, True, False]
    assert registry.organisations_of(anna.id, DAY) == [mallilon]
    assert registry.organisations_of(anna.id, DAY - timedelta(days=1)) == []


def test_today_is_the_local_day_not_that_of_utc(app: Flask, clock: FakeClock):
    clock.at = datetime(2026, 12, 1, 21, 59, tzinfo=UTC)
    assert registry.today() == date(2026, 12, 1)
    clock.move(minutes=1)
    assert registry.today() == date(2026, 12, 2)


def test_nobody_signs_for_an_organisation_from_the_day_it_ends(app: Flask):
    mallilon = builders.organisation()
    anna = builders.signatory(mallilon)

    with transaction():
        registry.end_organisation(registry.organisation(mallilon.id), DAY, OPERATOR, "merged")

    assert registry.may_sign(anna.id, mallilon.id, DAY - timedelta(days=1))
    assert not registry.may_sign(anna.id, mallilon.id, DAY)
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.verb, entry.subject) == ("organisation_ended", f"organisation:{mallilon.id}")
    assert entry.details == {"ended_on": "2026-12-01", "reason": "merged"}


def test_the_one_who_acted_is_told_while_the_right_lasts_then_everyone_then_the_contact_then_nobody(app: Flask):
    mallilon = builders.organisation()
    anna = builders.signatory(mallilon)
    bertil = builders.signatory(mallilon, "bertil@mallilon.example", "Bertil Berg")

    assert emails(registry.who_is_told(mallilon.id, anna.id, DAY)) == [anna.email]
    assert emails(registry.who_is_told(mallilon.id, None, DAY)) == [anna.email, bertil.email]

    for who in (anna, bertil):
        right = next(each for each in registry.signing_rights(mallilon.id) if each.person_id == who.id)
        with transaction():
            registry.end_signing_right(db.session.merge(right), None, OPERATOR)
        if who is anna:
            assert emails(registry.who_is_told(mallilon.id, anna.id, DAY)) == [bertil.email]

    [contact] = registry.who_is_told(mallilon.id, anna.id, DAY)
    assert (contact.email, contact.person_id) == ("karin@mallilon.example", None)
    assert registry.organisations_without_signatory(DAY) == [registry.organisation(mallilon.id)]

    silent = builders.organisation("Ensam Ab", "9900002-6", contact_email="")
    assert registry.who_is_told(silent.id, None, DAY) == []


def test_a_right_that_ends_at_once_does_not_hold_today_and_an_earlier_end_is_not_lengthened(app: Flask):
    mallilon = builders.organisation()
    anna = builders.signatory(mallilon)
    with transaction():
        [right] = registry.signing_rights(mallilon.id)
        registry.end_signing_right(right, None, OPERATOR, "left the company")
    assert not registry.may_sign(anna.id, mallilon.id, DAY)

    with transaction():
        [right] = registry.signing_rights(mallilon.id)
        registry.end_signing_right(right, DAY + timedelta(days=5), OPERATOR)
    assert not registry.may_sign(anna.id, mallilon.id, DAY)


def test_the_same_contact_details_are_one_row(app: Flask):
    mallilon = builders.organisation()
    details = registry.ContactDetails(
        "Sami Salminen",
        "Ohjelmisto Oy",
        PhoneNumber("+358457000003"),
        EmailAddress("Sami@ohjelmisto.example"),
        None,
        Language.FI,
    )
    with transaction():
        first = registry.add_contact(mallilon.id, details)
        again = registry.add_contact(mallilon.id, details)
        assert first is again
        registry.retire_contact(first)
        assert registry.contacts_of(mallilon.id) == []
        assert registry.add_contact(mallilon.id, details) is first
    assert registry.contacts_of(mallilon.id) == [first]
    assert registry.contacts_with_address("sami@ohjelmisto.example") == [first]


def test_a_changed_number_has_not_been_called_wrong(app: Flask):
    mallilon = builders.organisation()
    sami = builders.contact(mallilon)
    with transaction():
        registry.note_wrong_number(registry.contact(sami.id))
    details = registry.ContactDetails(
        sami.name, sami.company, PhoneNumber("+358457000009"), EmailAddress(sami.email), None, Language.FI
    )

    with transaction():
        assert registry.change_contact(registry.contact(sami.id), details, OPERATOR)
        assert not registry.change_contact(registry.contact(sami.id), details, OPERATOR)

    assert registry.contact(sami.id).wrong_number_at is None
    [entry] = db.session.scalars(select(AuditEntry))
    assert entry.details == {"changed": {"phone": ["+358457000003", "+358457000009"]}}


def test_channels_are_open_until_their_last_day_and_by_environment(app: Flask, clock: FakeClock):
    both = builders.channel("both", position=2)
    test_only = builders.channel("test-only", production=False, position=1)
    closing = builders.channel("closing", closed_on=DAY + timedelta(days=1))

    assert registry.open_channels() == [closing, test_only, both]
    assert registry.open_channels(Environment.PRODUCTION) == [closing, both]
    clock.move(days=1)
    assert registry.open_channels(Environment.TEST) == [test_only, both]


def test_the_newest_terms_whose_day_has_come_are_in_force(app: Flask):
    builders.terms(1, date(2026, 1, 1))
    builders.terms(2, DAY)
    builders.terms(3, DAY + timedelta(days=1))

    assert registry.terms_in_force(date(2025, 12, 31)) is None
    assert registry.terms_in_force(DAY - timedelta(days=1)).version == 1
    assert registry.terms_in_force(DAY).version == 2


class TestAnAccessRight:
    def test_waits_is_granted_for_the_channels_time_and_replaces_the_earlier_one(self, app: Flask):
        mallilon, ws = builders.organisation(), builders.channel(right_days=365)
        earlier = builders.access_right(mallilon, ws, valid_to=DAY + timedelta(days=10))
        with transaction():
            right = registry.apply_for_right(mallilon.id, ws.id, 1)
            assert registry.apply_for_right(mallilon.id, ws.id, 2) is right
        assert (registry.waiting_rights(mallilon.id), right.application_id) == ([right], 2)
        assert registry.right_to(mallilon.id, ws.id, DAY) == earlier

        with transaction():
            registry.grant_right(registry.access_right(right.id), DAY, OPERATOR)

        assert registry.right_to(mallilon.id, ws.id, DAY) == right
        assert right.valid_to == date(2027, 12, 1)
        assert registry.access_right(earlier.id).state is RightState.ENDED
        assert registry.valid_rights(mallilon.id, date(2027, 12, 1)) == [right]
        assert registry.valid_rights(mallilon.id, date(2027, 12, 2)) == []

    def test_until_further_notice_is_not_applied_for_again(self, app: Flask):
        mallilon, ws = builders.organisation(), builders.channel()
        builders.access_right(mallilon, ws)
        with pytest.raises(Conflict, match="right_already_valid"), transaction():
            registry.apply_for_right(mallilon.id, ws.id, 1)

    def test_is_decided_once(self, app: Flask):
        mallilon, ws = builders.organisation(), builders.channel()
        right = builders.access_right(mallilon, ws, state=RightState.REFUSED)
        with transaction():
            found = registry.access_right(right.id)
            for decide in (
                lambda: registry.grant_right(found, DAY, OPERATOR),
                lambda: registry.refuse_right(found, "no", OPERATOR),
                lambda: registry.withdraw_right(found),
            ):
                with pytest.raises(Conflict, match="right_not_waiting"):
                    decide()

    def test_ends_at_once_or_on_a_coming_day(self, app: Flask):
        mallilon, ws = builders.organisation(), builders.channel()
        right = builders.access_right(mallilon, ws)
        with transaction():
            registry.end_right(registry.access_right(right.id), DAY + timedelta(days=3), OPERATOR, "agreement ended")
        assert registry.right_to(mallilon.id, ws.id, DAY + timedelta(days=3)) == right
        assert registry.right_to(mallilon.id, ws.id, DAY + timedelta(days=4)) is None

        with transaction():
            registry.end_right(registry.access_right(right.id), DAY, OPERATOR, "misuse")
        assert registry.right_to(mallilon.id, ws.id, DAY) is None
        assert registry.access_right(right.id).reason == "misuse"

    def test_of_an_organisation_is_not_anothers(self, app: Flask):
        mallilon, other = builders.organisation(), builders.organisation("Annan Ab", "9900002-6")
        ws = builders.channel()
        builders.access_right(mallilon, ws)
        assert registry.right_to(other.id, ws.id, DAY) is None
        assert registry.rights_of(other.id) == []
