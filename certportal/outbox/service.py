"""What other rooms ask of the outbox: queue a message in their transaction, look at rows, send one again, clear a mark."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, Update, bindparam, func, insert, select, update

from certportal import audit, clock, secrecy
from certportal.extensions import asking, changed, db, transaction, within_transaction, writing
from certportal.identifiers import Actor
from certportal.outbox.addresses import message_id
from certportal.outbox.kinds import KINDS, Letter, Silence, kind, kind_of_many
from certportal.outbox.models import WAITING_STATES, AddressMark, Medium, OutboxRow, RowState
from certportal.refusals import Conflict
from certportal.secrecy import Secret
from certportal.settings import current_settings
from certportal.statements import prepared

__all__ = [
    "Letter",
    "Medium",
    "Silence",
    "kind",
    "kind_of_many",
    "lapse",
    "marked",
    "marks",
    "owe",
    "queue",
    "row",
    "rows_about",
]

AGAIN = (RowState.UNKNOWN, RowState.REFUSED, RowState.LAPSED)


def queue(
    name: str,
    reference: Mapping[str, Any],
    *,
    subject: str = "",
    send_before: datetime | None,
    secret: Secret | None = None,
    organisation_id: int | None = None,
) -> OutboxRow:
    """A step: owe one message of a registered kind; answers its row. As ``owe``."""
    row_id = owe(
        name,
        reference,
        subject=subject,
        send_before=send_before,
        secret=secret,
        organisation_id=organisation_id,
    )
    return db.session.get_one(OutboxRow, row_id)


def owe(
    name: str,
    reference: Mapping[str, Any],
    *,
    subject: str = "",
    send_before: datetime | None,
    secret: Secret | None = None,
    organisation_id: int | None = None,
) -> int:
    """A step: owe one message of a registered kind; answers the number of its row.

    ``reference`` holds plain JSON values that the kind's resolver understands; ``subject`` (``order:12``) is what the row is
    about; past ``send_before`` the row lapses unsent (None: never). ``secret`` reaches the templates as ``secret``; until the
    row is settled it is kept encrypted, afterwards not at all.
    """
    within_transaction()
    known = KINDS[name]
    machine = clock.machine()
    named = message_id(clock.random_token(), current_settings().base_url)
    made = {
        "kind": name,
        "medium": known.medium,
        "reference": dict(reference),
        "subject": subject,
        "organisation_id": organisation_id,
        "state": RowState.QUEUED,
        "secret": secrecy.seal(outbox_key(), secret.reveal(), named) if secret is not None else None,
        "had_secret": secret is not None,
        "send_before": send_before,
        "machine_deadline": known.machine_deadline,
        "created_at": machine if known.machine_deadline else clock.now(),
        "not_before": machine,
        "message_id": named,
    }
    return writing().execute(_owe(), made).one().id


_ROWS: Any = OutboxRow.__table__


@prepared
def _owe() -> Any:
    return insert(_ROWS).returning(_ROWS.c.id)


def outbox_key() -> bytes:
    """The key under which secrets wait in rows."""
    return secrecy.derived_key(current_settings().secret_key, "outbox")


def lapse(row_ids: list[int]) -> None:
    """A step: what has not been claimed of these rows is not sent any more (its codes are void); its secret is erased."""
    within_transaction()
    for row_id in row_ids:
        changed(_lapse(), row=row_id, settled=clock.machine())


@prepared
def _lapse() -> Update:
    rows = _ROWS
    waiting = (rows.c.id == bindparam("row")) & (rows.c.state == RowState.QUEUED)
    values: dict[str, Any] = {"state": RowState.LAPSED, "secret": None, "settled_at": bindparam("settled")}
    return update(rows).where(waiting).values(values)


def row(row_id: int | None) -> OutboxRow | None:
    """One row."""
    return db.session.get(OutboxRow, row_id) if row_id is not None else None


def rows_about(subject: str) -> list[OutboxRow]:
    """Every row about a subject, oldest first."""
    return list(db.session.scalars(select(OutboxRow).where(OutboxRow.subject == subject).order_by(OutboxRow.id)))


def marked(address: str) -> AddressMark | None:
    """The living mark on an address that a server refused, if there is one."""
    if not address:
        return None
    here = (AddressMark.address == address.casefold()) & AddressMark.ended_at.is_(None)
    return db.session.scalars(select(AddressMark).where(here).order_by(AddressMark.id.desc()).limit(1)).first()


def marks(addresses: Iterable[str]) -> dict[str, datetime]:
    """Since when these addresses are marked, by address in small letters; those without a mark are left out."""
    wanted = sorted({address.casefold() for address in addresses if address})
    found: dict[str, datetime] = {}
    for first in range(0, len(wanted), len(_ASKED)):
        asked = wanted[first : first + len(_ASKED)]
        named = dict.fromkeys(_ASKED, asked[0]) | dict(zip(_ASKED, asked, strict=False))
        found.update((row[0], row[1]) for row in asking().execute(_marks(), named))
    return found


_ASKED = [f"address_{number}" for number in range(20)]


@prepared
def _marks() -> Select[str, datetime]:
    """Of as many addresses as are asked for at once."""
    here = AddressMark.address.in_([bindparam(name) for name in _ASKED]) & AddressMark.ended_at.is_(None)
    return select(AddressMark.address, AddressMark.marked_at).where(here).order_by(AddressMark.id)


def sms_budget_spent(organisation_id: int) -> bool:
    """Whether the organisation's text messages of the last 24 hours of machine time have reached the day's budget."""
    since = clock.machine() - timedelta(hours=24)
    mine = (OutboxRow.medium == Medium.SMS) & (OutboxRow.organisation_id == organisation_id)
    sent = db.session.scalar(select(func.count(OutboxRow.id)).where(mine & (OutboxRow.created_at > since))) or 0
    return sent >= current_settings().sms_per_organisation_day


def send_again(row_id: int, by: Actor) -> OutboxRow:
    """A use case: owe an unknown, refused or lapsed message once more, as a new row.

    Refused (``row_not_again``) while it waits, was accepted or has been sent again already, and for rows that carried a
    secret (``row_had_secret``): their own verb makes a new secret. The new row's reference names the rows before it as
    ``instead_of``.
    """
    with transaction() as session:
        old = session.get_one(OutboxRow, row_id)
        if old.state not in AGAIN or "sent_again_as" in old.reference:
            raise Conflict("row_not_again")
        if old.had_secret:
            raise Conflict("row_had_secret")
        deadline = old.send_before if old.send_before is None or old.send_before > clock.now() else None
        reference = old.reference | {"instead_of": [*old.reference.get("instead_of", []), old.id]}
        again = queue(
            old.kind, reference, subject=old.subject, send_before=deadline, organisation_id=old.organisation_id
        )
        old.reference = {**old.reference, "sent_again_as": again.id}
        audit.record(
            "message_sent_again",
            f"outbox:{old.id}",
            by=by,
            organisation_id=old.organisation_id,
            kind=old.kind,
            new=again.id,
        )
    return again


def unmark(address: str, by: Actor, organisation_id: int | None = None) -> None:
    """A use case: "the address is right, try again" ends the mark."""
    with transaction():
        here = (AddressMark.address == address.casefold()) & AddressMark.ended_at.is_(None)
        if changed(update(AddressMark).where(here).values(ended_at=clock.now())):
            audit.record("address_unmarked", f"address:{address}", by=by, organisation_id=organisation_id)


def waiting_count() -> int:
    """How many rows wait to be settled."""
    return db.session.scalar(select(func.count(OutboxRow.id)).where(OutboxRow.state.in_(WAITING_STATES))) or 0
