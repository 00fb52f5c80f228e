"""Whoever is the signatory when the mail leaves is told once, however often the right moves on meanwhile."""

from collections.abc import Callable

import pytest
from flask import Flask

from certportal.extensions import db, transaction
from certportal.outbox.delivery import Run
from certportal.outbox.models import OutboxRow, RowState
from certportal.registry.models import AccessRight, Organisation, Person, RightState, SigningRight
from certportal.registry.service import today
from certportal.registry.telling import tell_signatory
from tests import builders
from tests.far_ends import SmtpFarEnd

KIND = "access_right_ended"
Deliver = Callable[[], int]


@pytest.fixture
def mallilon(app: Flask) -> Organisation:
    return builders.organisation()


@pytest.fixture
def right(mallilon: Organisation) -> AccessRight:
    return builders.access_right(mallilon, builders.channel(), state=RightState.ENDED, valid_to=today())


def signs(organisation: Organisation, name: str) -> Person:
    return builders.signatory(organisation, f"{name.lower()}@mallilon.example", name)


def tell(right: AccessRight, reason: str = "Over") -> None:
    reference = {"right": right.id, "reason": reason, "cancelled": 0}
    with transaction():
        tell_signatory(KIND, right.organisation_id, None, reference, subject=f"access_right:{right.id}")


def rows() -> list[OutboxRow]:
    db.session.rollback()
    return list(db.session.query(OutboxRow).filter_by(kind=KIND).order_by(OutboxRow.id))


def recipients(smtp: SmtpFarEnd) -> list[str]:
    return sorted(mail.recipient.partition("@")[0] for mail in smtp.messages)


def test_a_right_that_moved_on_takes_the_letter_along(
    mallilon: Organisation, right: AccessRight, deliver: Deliver, smtp: SmtpFarEnd
) -> None:
    anna = signs(mallilon, "Anna")
    tell(right)
    builders.no_longer_signs(anna)
    signs(mallilon, "Bengt")
    deliver()
    assert recipients(smtp) == ["bengt"]


@pytest.mark.parametrize("first", ["Anna", "Zacharias"])
def test_those_who_were_told_of_it_together_are_not_told_twice(
    mallilon: Organisation, right: AccessRight, deliver: Deliver, smtp: SmtpFarEnd, first: str
) -> None:
    gone = signs(mallilon, first)
    signs(mallilon, "Bengt")
    tell(right)
    builders.no_longer_signs(gone)
    deliver()
    assert recipients(smtp) == ["bengt"]
    assert len(rows()) == 2


def test_two_who_lost_the_right_are_followed_by_one_letter(
    mallilon: Organisation, right: AccessRight, deliver: Deliver, smtp: SmtpFarEnd
) -> None:
    former = [signs(mallilon, "Anna"), signs(mallilon, "Bengt")]
    tell(right)
    for each in former:
        builders.no_longer_signs(each)
    signs(mallilon, "Carita")
    deliver()
    assert recipients(smtp) == ["carita"]


def test_the_same_news_of_another_day_is_told_to_whoever_had_the_first(
    mallilon: Organisation, right: AccessRight, deliver: Deliver, smtp: SmtpFarEnd
) -> None:
    bengt = signs(mallilon, "Bengt")
    tell(right)
    deliver()
    builders.no_longer_signs(bengt)
    anna = signs(mallilon, "Anna")
    tell(right)
    builders.no_longer_signs(anna)
    with transaction() as session:
        session.query(SigningRight).filter_by(person_id=bengt.id).one().valid_to = None
    deliver()
    assert recipients(smtp) == ["bengt", "bengt"]


def test_the_right_may_move_on_as_often_as_it_likes_and_it_ends(
    mallilon: Organisation, right: AccessRight, deliver: Deliver, smtp: SmtpFarEnd
) -> None:
    holder = signs(mallilon, "Anna")
    tell(right)
    for name in ("Bengt", "Carita", "David"):
        builders.no_longer_signs(holder)
        holder = signs(mallilon, name)
        Run(name).batch(1)
    builders.no_longer_signs(holder)
    deliver()
    assert recipients(smtp) == ["karin"]
    assert [row.state for row in rows()] == [RowState.SILENCED] * 4 + [RowState.ACCEPTED]


def test_with_nobody_left_nothing_goes_out_and_nothing_is_owed_for_ever(
    right: AccessRight, mallilon: Organisation, deliver: Deliver, smtp: SmtpFarEnd
) -> None:
    anna = signs(mallilon, "Anna")
    tell(right)
    builders.no_longer_signs(anna)
    with transaction() as session:
        session.get_one(Organisation, mallilon.id).contact_email = ""
    deliver()
    assert smtp.messages == []
    assert [row.state for row in rows()] == [RowState.SILENCED]


def test_a_contact_who_is_no_longer_named_gives_way_to_a_signatory(
    right: AccessRight, mallilon: Organisation, deliver: Deliver, smtp: SmtpFarEnd
) -> None:
    tell(right)
    with transaction() as session:
        session.get_one(Organisation, mallilon.id).contact_email = ""
    signs(mallilon, "Bengt")
    deliver()
    assert recipients(smtp) == ["bengt"]
