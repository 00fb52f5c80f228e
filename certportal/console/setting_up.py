"""The set-up list of a new installation, each item looked at anew whenever the page is opened."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from certportal import audit, clock, proxies, runs
from certportal.certificates import service as certificates
from certportal.extensions import db, transaction
from certportal.health.rules import JOBS_LATE, UNREACHABLE
from certportal.identifiers import Actor, Environment, PhoneNumber
from certportal.orders.models import Order
from certportal.outbox import service as outbox
from certportal.outbox.models import Medium, OutboxRow, RowState
from certportal.registry import service as registry
from certportal.registry.models import Organisation
from certportal.registry.operators import operators
from certportal.settings import current_settings

TEST_MAIL, TEST_SMS = "operator_test_mail", "operator_test_sms"
MAIL_WAITS, SMS_WAITS = timedelta(hours=1), timedelta(minutes=10)


@dataclass(frozen=True)
class Item:
    """One line. ``name`` has its words in the template, which ``values`` fill; ``row``: the newest test message, if any."""

    name: str
    done: bool
    values: dict[str, Any] = field(default_factory=dict)
    row: OutboxRow | None = None


def items() -> list[Item]:
    """Everything that a service needs before the first organisation can use it, in the order in which one does it."""
    return [*_machine(), *_registry(), *_far_ends(), *_outside()]


def is_new() -> bool:
    """Whether the desk begins with the set-up list: something is missing, and nobody has ordered anything yet."""
    ordered = db.session.scalar(select(Order.id).limit(1)) is not None
    return not ordered and not all(item.done for item in (*_machine(), *_registry(), *_far_ends()))


def _machine() -> Iterator[Item]:
    present = set(certificates.present())
    for environment in Environment:
        yield Item("authority", environment in present, {"environment": environment.value})
    ready = [each for each in operators() if each.totp_enrolled_at is not None and each.disabled_at is None]
    yield Item("operators", bool(ready), {"count": len(ready)})
    deliver = runs.last_good(runs.DELIVER)
    yield Item("jobs", deliver is not None and clock.machine() - deliver < JOBS_LATE, {"last": deliver})


def _registry() -> Iterator[Item]:
    yield Item("channels", bool(registry.open_channels()), {"count": len(registry.open_channels())})
    yield Item("purposes", bool(registry.open_purposes()), {"count": len(registry.open_purposes())})
    terms = registry.terms_in_force(registry.today())
    yield Item("terms", terms is not None, {"version": terms.version if terms else None})
    count = db.session.scalar(select(func.count(Organisation.id))) or 0
    unsigned = len(registry.organisations_without_signatory(registry.today()))
    yield Item("organisations", count > unsigned, {"count": count, "unsigned": unsigned})


def _far_ends() -> Iterator[Item]:
    for medium, kind in ((Medium.MAIL, TEST_MAIL), (Medium.SMS, TEST_SMS)):
        accepted = (OutboxRow.medium == medium) & (OutboxRow.state == RowState.ACCEPTED)
        newest = select(OutboxRow).where(OutboxRow.kind == kind).order_by(OutboxRow.id.desc()).limit(1)
        works = db.session.scalar(select(OutboxRow.id).where(accepted).limit(1)) is not None
        yield Item(medium.value, works, row=db.session.scalar(newest))


def _outside() -> Iterator[Item]:
    settings = current_settings()
    yield Item("address", settings.secure, {"url": settings.base_url})
    peers = proxies.undeclared()
    if peers:
        yield Item("proxy", False, {"peer": ", ".join(peer or "unix:" for peer in peers)})
    look = runs.select_run(runs.LOOK)
    fetched = look is not None and look.good_at is not None and not look.outcome.startswith(UNREACHABLE)
    cause = look.outcome.removeprefix(UNREACHABLE).strip() if look is not None and not fetched else ""
    yield Item("lists", fetched and bool(list(certificates.present())), {"cause": cause, "looked": look is not None})


def send_test_mail(by: Actor) -> OutboxRow:
    """A use case: a letter to the operator's own address, to see whether mail goes out."""
    with transaction():
        until = clock.machine() + MAIL_WAITS
        row = outbox.queue(TEST_MAIL, {"operator": by.id}, subject=f"operator:{by.id}", send_before=until)
        audit.record("test_mail_sent", f"operator:{by.id}", by=by)
    return row


def send_test_sms(number: PhoneNumber, by: Actor) -> OutboxRow:
    """A use case: a text message to a number that the operator has typed, to see whether the gateway takes it."""
    with transaction():
        until = clock.machine() + SMS_WAITS
        reference = {"operator": by.id, "number": number.e164}
        row = outbox.queue(TEST_SMS, reference, subject=f"operator:{by.id}", send_before=until)
        audit.record("test_sms_sent", f"operator:{by.id}", by=by, phone=number.e164)
    return row
