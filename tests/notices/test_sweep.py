"""What is owed, to whom, and when: the sweep over real rows."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask

from certportal import clock as service_clock
from certportal.certificates.models import CertificateState
from certportal.extensions import db
from certportal.notices import owing, service, sweeping
from certportal.notices.models import NoticeRole, NoticeState
from certportal.outbox.models import RowState
from certportal.registry.models import SigningRight
from tests import builders
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd
from tests.notices.steps import Register, change, letters, notices, standing, swept

CONTACT, SECOND, ORGANISATION, SIGNATORY = (
    NoticeRole.CONTACT,
    NoticeRole.SECOND_ADDRESS,
    NoticeRole.ORGANISATION_CONTACT,
    NoticeRole.SIGNATORY,
)
QUEUED, SUPERSEDED, DROPPED = NoticeState.QUEUED, NoticeState.SUPERSEDED, NoticeState.DROPPED
SECOND_OF_TIME = timedelta(seconds=1)


def owed_now(of: object = None) -> set[tuple[int, NoticeRole]]:
    return {(rung, role) for rung, role, state in standing(of) if state is QUEUED}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("days", "roles"),
    [
        (60, {CONTACT}),
        (30, {CONTACT, SECOND, ORGANISATION}),
        (14, {CONTACT, SECOND, ORGANISATION, SIGNATORY}),
        (7, {CONTACT, SECOND, ORGANISATION, SIGNATORY}),
        (1, {CONTACT, SECOND, ORGANISATION, SIGNATORY}),
        (0, {CONTACT, SECOND, ORGANISATION, SIGNATORY}),
    ],
)
def test_each_rung_is_told_to_its_roles_at_its_moment_and_not_a_second_before(
    register: Register, clock: FakeClock, days: int, roles: set[NoticeRole]
) -> None:
    change(register.contact, second_email="varalla@ohjelmisto.example")
    certificate = register.certificate(ends=clock.machine() + timedelta(days=days) + SECOND_OF_TIME)
    swept()
    assert days not in {rung for rung, _ in owed_now(certificate)}
    clock.move(seconds=1)
    swept()
    assert {role for rung, role in owed_now(certificate) if rung == days} == roles


def test_certificates_that_end_in_the_same_second_are_each_told_once_across_batches(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owing, "BATCH", 3)
    for _ in range(10):
        register.certificate(60)
    register.certificate(60.5)
    swept()
    swept()
    assert len(notices()) == len({each.certificate_id for each in notices()}) == 10


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 6, 7])
def test_a_window_is_walked_whole_whatever_its_size_is_to_the_batch(
    register: Register, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(owing, "BATCH", 3)
    for number in range(count):
        register.certificate(31 + number)
    swept()
    assert len(notices()) == count


@pytest.mark.parametrize("people", [1, 2, 3, 5])
def test_letters_are_written_in_batches_of_people_and_nobody_is_left_out(
    register: Register, monkeypatch: pytest.MonkeyPatch, people: int
) -> None:
    monkeypatch.setattr(sweeping, "LETTERS", 2)
    for number in range(people):
        contact = builders.contact(register.organisation, f"Sami {number}", f"sami{number}@ohjelmisto.example")
        register.certificate(60, contact=contact)
        register.certificate(59, contact=contact)
    assert swept() == f"{2 * people} due, {people} letters"
    assert len(letters()) == people
    assert all(each.outbox_row_id is not None for each in notices())


def test_one_person_is_one_address_and_language_across_organisations_whatever_the_capitals(
    register: Register,
) -> None:
    other = builders.organisation("Exempelholm Oy", "9900002-6")
    register.certificate(60)
    register.certificate(60, contact=builders.contact(other, email="Sami@Ohjelmisto.example"), organisation=other)
    swedish = builders.contact(other, email="sami@ohjelmisto.example", language="sv")
    register.certificate(60, contact=swedish, organisation=other)
    swept()
    assert sorted(each.recipient_key for each in notices()) == [
        "sami@ohjelmisto.example|fi",
        "sami@ohjelmisto.example|fi",
        "sami@ohjelmisto.example|sv",
    ]
    assert len(letters()) == 2


def test_a_contact_who_also_signs_and_is_the_organisations_contact_gets_one_letter(register: Register) -> None:
    anna = builders.contact(register.organisation, "Anna Andersson", "Anna.Andersson@mallilon.example", language="sv")
    change(register.organisation, contact_email="ANNA.andersson@mallilon.example")
    register.certificate(14, contact=anna)
    assert swept() == "3 due, 1 letters"


def test_the_ladder_is_a_setting(app: Flask, register: Register, clock: FakeClock) -> None:
    app.extensions["certportal.settings"] = replace(app.extensions["certportal.settings"], notice_days=(90, 10))
    certificate = register.certificate(90)
    for _ in range(20):
        swept()
        clock.move(days=5)
    assert {rung for rung, role in owed_now(certificate) if role is CONTACT} == {90, 10, 0}


def test_a_ladder_that_is_changed_meanwhile_never_repeats_a_rung(
    app: Flask, register: Register, clock: FakeClock
) -> None:
    certificate = register.certificate(60)
    swept()
    app.extensions["certportal.settings"] = replace(app.extensions["certportal.settings"], notice_days=(60, 45))
    swept()
    clock.move(days=15)
    swept()
    assert {rung for rung, _ in owed_now(certificate)} == {60, 45}


@pytest.mark.parametrize("state", [CertificateState.PREPARED, CertificateState.REVOKED])
def test_what_is_not_in_force_is_owed_nothing(register: Register, state: CertificateState) -> None:
    register.certificate(60, state=state)
    swept()
    assert notices() == []


def test_a_role_that_nobody_holds_is_owed_nothing(register: Register) -> None:
    change(register.organisation, contact_email="")
    db.session.rollback()
    ended = builders.person("eva@mallilon.example", "Eva Exempel")
    builders.right_to_sign(ended, register.organisation, valid_to=date(2026, 11, 30))
    coming = builders.person("cecilia@mallilon.example", "Cecilia Exempel")
    builders.right_to_sign(coming, register.organisation, valid_from=date(2026, 12, 2))
    certificate = register.certificate(14)
    swept()
    assert owed_now(certificate) == {(14, CONTACT), (14, SIGNATORY)}
    assert {each.person_id for each in notices(certificate) if each.role is SIGNATORY} == {register.person.id}


def test_whoever_comes_to_sign_later_is_told_the_rung_that_stands(register: Register) -> None:
    certificate = register.certificate(14)
    swept()
    new = builders.signatory(register.organisation, "bo@mallilon.example", "Bo Exempel")
    swept()
    swept()
    told = [each.person_id for each in notices(certificate) if each.role is SIGNATORY and each.rung == 14]
    assert sorted(told) == sorted([register.person.id, new.id])


def test_a_dry_run_counts_what_would_be_due_and_writes_nothing(register: Register, clock: FakeClock) -> None:
    register.certificate(60)
    register.certificate(75)
    later = clock.machine() + timedelta(days=20)
    assert service.due_at(later.isoformat()) == 2
    assert service.due_at("2026-12-01T08:00") == 1
    assert (notices(), letters()) == ([], [])


def test_a_letter_that_lapsed_with_one_lines_time_is_written_again_for_the_others(
    register: Register, clock: FakeClock, smtp: SmtpFarEnd, deliver: Callable[[], int]
) -> None:
    smtp.always("connect", "554 Closed today")
    nearly, later = register.certificate(1, description="Nearly"), register.certificate(59, description="Later")
    swept()
    clock.move(days=1)
    smtp.heal()
    deliver()
    contacts = [row for row in letters() if row.state is RowState.LAPSED]
    assert contacts
    swept()
    clock.move(hours=2)
    deliver()
    assert (60, CONTACT, QUEUED) in standing(later)
    assert (1, CONTACT, SUPERSEDED) in standing(nearly)
    mine = [mail for mail in smtp.messages if mail.recipient == "sami@ohjelmisto.example"]
    assert len(mine) == 1
    assert "Nearly" in mine[0].text
    assert "Later" in mine[0].text


def test_a_reminder_silenced_before_it_went_out_goes_out_when_that_is_taken_back(
    register: Register, smtp: SmtpFarEnd, deliver: Callable[[], int]
) -> None:
    certificate = register.certificate(60)
    swept()
    change(certificate, will_not_be_renewed_at=service_clock.now())
    deliver()
    swept()
    assert standing(certificate) == {(60, CONTACT, DROPPED)}
    change(certificate, will_not_be_renewed_at=None)
    swept()
    deliver()
    swept()
    assert standing(certificate) == {(60, CONTACT, QUEUED)}
    assert [mail.recipient for mail in smtp.messages] == ["sami@ohjelmisto.example"]


def test_a_reminder_dropped_with_a_right_to_sign_goes_out_when_the_right_comes_back(
    register: Register, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    certificate = register.certificate(14)
    right = db.session.query(SigningRight).one()
    swept()
    change(right, valid_to=date(2026, 11, 30))
    deliver()
    assert (14, SIGNATORY, DROPPED) in standing(certificate)
    swept()
    assert (14, SIGNATORY, DROPPED) in standing(certificate)
    change(right, valid_to=None)
    swept()
    deliver()
    assert "anna.andersson@mallilon.example" in [mail.recipient for mail in smtp.messages]


def test_a_letters_message_id_is_its_own_and_stays(
    register: Register, smtp: SmtpFarEnd, deliver: Callable[[], int]
) -> None:
    register.certificate(60)
    swept()
    [row] = letters()
    first = row.message_id
    deliver()
    assert letters()[0].message_id == first
    assert smtp.messages[0].parsed["Message-ID"] == first
