"""F1: duplicate and runaway notices."""

from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest

from certportal import runs
from certportal.notices import owing, sweeping
from certportal.notices.service import sweep
from tests import builders
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd
from tests.faults.processes import at_once
from tests.notices.steps import Register, letters, notices, swept

Deliver = Callable[[], int]


def sweep_without_waiting_for_the_lease(name: str) -> None:
    """Under a lease of its own: the lease is an economy, the rows are the guarantee."""
    assert runs.run(name, sweep)


@pytest.mark.parametrize("round_number", range(5))
def test_f1_two_processes_sweep_one_database_at_once_and_everybody_gets_one_mail(
    register: Register,
    smtp: SmtpFarEnd,
    deliver: Deliver,
    monkeypatch: pytest.MonkeyPatch,
    round_number: int,
) -> None:
    monkeypatch.setattr(owing, "BATCH", 3)
    monkeypatch.setattr(sweeping, "LETTERS", 2)
    for number in range(10):
        contact = builders.contact(register.organisation, f"Sami {number}", f"sami{number}@ohjelmisto.example")
        register.certificate(14, contact=contact)
        register.certificate(60, contact=contact)
    at_once(*(partial(sweep_without_waiting_for_the_lease, f"sweep-{name}") for name in "ab"))
    at_once(deliver, deliver)
    lines = Counter((each.certificate_id, each.rung, each.role, each.person_id) for each in notices())
    assert set(lines.values()) == {1}
    assert len({each.outbox_row_id for each in notices()} - {None}) == len(letters())
    mails = Counter(mail.recipient for mail in smtp.messages)
    people = {f"sami{number}@ohjelmisto.example" for number in range(10)}
    assert mails == dict.fromkeys(people | {"anna.andersson@mallilon.example", "karin@mallilon.example"}, 1)


def test_f1_a_sweep_a_hundred_times_an_hour_apart_makes_one_mail_a_rung(
    register: Register, smtp: SmtpFarEnd, deliver: Deliver, clock: FakeClock
) -> None:
    register.certificate(59.9)
    for _ in range(100):
        swept()
        deliver()
        clock.move(hours=1)
    assert [mail.recipient for mail in smtp.messages] == ["sami@ohjelmisto.example"]


def test_f1_a_mail_never_repeats_what_an_earlier_one_told(
    register: Register, smtp: SmtpFarEnd, deliver: Deliver, clock: FakeClock
) -> None:
    for number in range(5):
        register.certificate(60 + number, description=f"Ohjelma {number}")
    for _ in range(5):
        swept()
        deliver()
        clock.move(days=1)
    assert len(smtp.messages) == 5
    for number, mail in enumerate(smtp.messages):
        assert [name for name in range(5) if f"Ohjelma {name}" in mail.text] == [number]
