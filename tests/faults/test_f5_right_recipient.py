"""F5: the right mail to the wrong person."""

from collections import Counter
from collections.abc import Callable
from datetime import date

from certportal.extensions import db
from certportal.notices.models import NoticeRole, NoticeState
from certportal.notices.service import ledger
from certportal.outbox import service as outbox
from certportal.outbox.models import RowState
from certportal.registry.models import SigningRight
from tests import builders
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd
from tests.notices.steps import Register, change, letters, notices, standing, swept

Deliver = Callable[[], int]
SAMI, ANNA, KARIN = "sami@ohjelmisto.example", "anna.andersson@mallilon.example", "karin@mallilon.example"


def recipients(smtp: SmtpFarEnd) -> Counter[str]:
    return Counter(mail.recipient for mail in smtp.messages)


def test_f5_whoever_holds_the_role_when_it_is_sent_gets_it_and_nobody_else(
    register: Register, smtp: SmtpFarEnd, deliver: Deliver
) -> None:
    certificate = register.certificate(60)
    swept()
    change(register.contact, email="erik@uusi.example", email_key="erik@uusi.example", name="Erik Exempelsson")
    deliver()
    assert smtp.messages == []
    for _ in range(3):
        swept()
        deliver()
    assert recipients(smtp) == {"erik@uusi.example": 1}
    assert "Erik Exempelsson" in smtp.messages[0].text
    assert len(notices(certificate)) == 1


def test_f5_a_shared_letter_lets_go_of_the_line_that_changed_hands_and_keeps_the_others(
    register: Register, smtp: SmtpFarEnd, deliver: Deliver
) -> None:
    kept, moved = register.certificate(60, description="Kept"), register.certificate(60, description="Moved")
    swept()
    erik = builders.contact(register.organisation, "Erik Exempelsson", "erik@uusi.example")
    change(moved, contact_id=erik.id)
    deliver()
    assert recipients(smtp) == {SAMI: 1}
    assert "Kept" in smtp.messages[0].text
    assert "Moved" not in smtp.messages[0].text
    swept()
    deliver()
    swept()
    deliver()
    assert recipients(smtp) == {SAMI: 1, "erik@uusi.example": 1}
    assert "Moved" in smtp.messages[1].text
    assert {each.certificate_id for each in notices() if each.state is NoticeState.QUEUED} == {kept.id, moved.id}


def test_f5_a_notice_that_moves_to_and_fro_ends_with_one_mail(
    register: Register, smtp: SmtpFarEnd, deliver: Deliver
) -> None:
    register.certificate(60)
    for address in ("erik@uusi.example", SAMI, "erik@uusi.example", SAMI, "Erik@Uusi.example"):
        swept()
        change(register.contact, email=address, email_key=address.lower())
        deliver()
    for _ in range(5):
        swept()
        deliver()
    assert recipients(smtp) == {"Erik@Uusi.example": 1}


def test_f5_a_change_of_capitals_is_no_change_of_person(register: Register, smtp: SmtpFarEnd, deliver: Deliver) -> None:
    change(register.contact, second_email="Team@Ohjelmisto.example")
    register.certificate(30)
    swept()
    change(register.contact, second_email="team@OHJELMISTO.example")
    change(register.organisation, contact_email="KARIN@mallilon.example")
    deliver()
    assert recipients(smtp) == {SAMI: 1, "team@OHJELMISTO.example": 1, "KARIN@mallilon.example": 1}


def test_f5_letters_beyond_a_to_z_move_nobody_to_and_fro(
    register: Register, smtp: SmtpFarEnd, deliver: Deliver
) -> None:
    change(register.organisation, contact_email="Info@ÅLAND.example")
    register.certificate(30)
    swept()
    deliver()
    swept()
    deliver()
    assert len(smtp.messages) == 2
    assert [row.state for row in letters()] == [RowState.ACCEPTED, RowState.ACCEPTED]


def test_f5_another_language_is_another_letter_in_that_language(
    register: Register, smtp: SmtpFarEnd, deliver: Deliver
) -> None:
    register.certificate(60)
    swept()
    change(register.contact, language="sv")
    deliver()
    swept()
    deliver()
    assert [mail.subject for mail in smtp.messages] == ["Certifikatet går ut 30.1.2027: Mallilön 6, Mallilön Ab"]


def test_f5_a_signatory_whose_right_has_ended_is_not_told(
    register: Register, smtp: SmtpFarEnd, deliver: Deliver
) -> None:
    certificate = register.certificate(14)
    swept()
    change(db.session.query(SigningRight).one(), valid_to=date(2026, 11, 30))
    deliver()
    swept()
    deliver()
    assert ANNA not in recipients(smtp)
    assert (14, NoticeRole.SIGNATORY, NoticeState.DROPPED) in standing(certificate)


def test_f5_when_an_address_is_refused_the_next_rung_tells_more_people_and_the_ledger_shows_it(
    register: Register, smtp: SmtpFarEnd, deliver: Deliver, clock: FakeClock
) -> None:
    smtp.refuse(SAMI)
    certificate = register.certificate(60)
    swept()
    deliver()
    [line] = ledger(certificate).lines
    assert (line.state, line.address, line.reply) == ("refused", SAMI, "550 5.1.1 No such user here")
    assert outbox.marked(SAMI) is not None
    clock.move(days=30)
    swept()
    deliver()
    assert recipients(smtp) == {KARIN: 1}
    clock.move(days=16)
    swept()
    deliver()
    assert recipients(smtp) == {KARIN: 2, ANNA: 1}
