"""F4: reminders for certificates that have been renewed already."""

from collections.abc import Callable

import pytest

from certportal.certificates.models import CertificateState
from certportal.outbox.models import RowState
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd
from tests.notices.steps import Register, change, letters, notices, swept

Deliver = Callable[[], int]


def test_f4_a_renewed_certificate_is_silent_at_once_also_for_letters_that_wait(
    register: Register, smtp: SmtpFarEnd, deliver: Deliver, clock: FakeClock
) -> None:
    old, other = register.certificate(14, description="Renewed"), register.certificate(14, description="Other")
    swept()
    register.certificate(730, successor_of_id=old.id)
    deliver()
    assert smtp.messages
    for mail in smtp.messages:
        assert "Renewed" not in mail.text
        assert "Other" in mail.text
    told = len(smtp.messages)
    for _ in range(45):
        clock.move(days=1)
        swept()
        deliver()
    assert len(smtp.messages) > told
    assert not any("Renewed" in mail.text for mail in smtp.messages)
    assert other.id in {each.certificate_id for each in notices()}


def test_f4_a_successor_that_is_only_ordered_or_prepared_silences_nothing(
    register: Register, smtp: SmtpFarEnd, deliver: Deliver
) -> None:
    old = register.certificate(60)
    register.certificate(730, successor_of_id=old.id, state=CertificateState.PREPARED)
    swept()
    deliver()
    assert len(smtp.messages) == 1


def test_f4_another_certificate_of_the_same_name_silences_nothing(
    register: Register, smtp: SmtpFarEnd, deliver: Deliver
) -> None:
    register.certificate(60)
    register.certificate(730)
    swept()
    deliver()
    assert len(smtp.messages) == 1


def test_f4_when_the_successor_is_revoked_the_reminders_begin_again(
    register: Register, smtp: SmtpFarEnd, deliver: Deliver, clock: FakeClock
) -> None:
    old = register.certificate(60)
    successor = register.certificate(730, successor_of_id=old.id)
    swept()
    assert notices(old) == []
    change(successor, state=CertificateState.REVOKED, revoked_at=clock.machine())
    swept()
    deliver()
    assert len(smtp.messages) == 1


@pytest.mark.parametrize("how", ["revoked", "will not be renewed"])
def test_f4_what_nobody_needs_to_renew_is_silent_too(
    register: Register, smtp: SmtpFarEnd, deliver: Deliver, clock: FakeClock, how: str
) -> None:
    certificate = register.certificate(60)
    swept()
    if how == "revoked":
        change(certificate, state=CertificateState.REVOKED, revoked_at=clock.machine())
    else:
        change(certificate, will_not_be_renewed_at=clock.machine())
    deliver()
    assert [row.state for row in letters()] == [RowState.SILENCED]
    clock.move(days=31)
    swept()
    deliver()
    assert smtp.messages == []
