"""Access rights: a row from the day a channel is applied for. The room of applications changes them through these steps."""

from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from certportal import audit, clock
from certportal.extensions import asking, db, within_transaction
from certportal.identifiers import Actor, Environment
from certportal.refusals import Conflict, NotFound
from certportal.registry import rules
from certportal.registry.channels import channel_by_code, open_on
from certportal.registry.models import AccessRight, Channel, RightState
from certportal.registry.organisations import today
from certportal.registry.rows import UNSAID, AccessRightRow, Change, said
from certportal.registry.saving import organisation_of
from certportal.statements import prepared


def access_right(right_id: int) -> AccessRight | None:
    """The access right in whatever state."""
    return db.session.get(AccessRight, right_id)


def valid_rights(organisation_id: int, on: date) -> list[AccessRight]:
    """The organisation's rights that hold on that day, in the channels' order."""
    return _rights(organisation_id, _valid(on))


@dataclass(frozen=True, slots=True)
class Environments:
    """For which environments certificates of a channel are issued."""

    production: bool
    test: bool

    def has(self, environment: Environment) -> bool:
        """Whether that is one of them."""
        return self.production if environment is Environment.PRODUCTION else self.test


@dataclass(frozen=True, slots=True)
class ChannelLine(Environments):
    """What a form shows of a channel: the same columns as the channel's row, read only."""

    id: int
    name_fi: str
    name_sv: str
    name_en: str
    use_fi: str
    use_sv: str
    use_en: str

    @classmethod
    def of(cls, channel: Channel) -> Self:
        """A channel that is there already."""
        return cls(*[getattr(channel, each.name) for each in fields(cls)])

    def name(self, language: str) -> str:
        """The name in ``fi``, ``sv`` or ``en``."""
        return getattr(self, f"name_{language}")

    def use(self, language: str) -> str:
        """What the channel is for, in that language."""
        return getattr(self, f"use_{language}")


def channels_and_rights(organisation_id: int, on: date) -> list[tuple[ChannelLine, bool, bool]]:
    """The channels that can be applied for on that day, in order; whether the organisation has a right to each on it, and
    whether one waits for its decision."""
    found = asking().execute(_channels_and_rights(), {"organisation": organisation_id, "on": on})
    return [(ChannelLine(*line), valid, waiting) for valid, waiting, *line in found]


def right_to(organisation_id: int, channel_id: int, on: date) -> AccessRight | None:
    """The organisation's right to a channel on that day, or None."""
    found = _rights(organisation_id, AccessRight.channel_id == channel_id, _valid(on))
    return found[-1] if found else None


def has_right_to(organisation_id: int, channel_id: int, on: date) -> bool:
    """Whether there is one: asked at each issuing."""
    asked = {"organisation": organisation_id, "channel": channel_id, "on": on}
    return asking().execute(_valid_to(), asked).first() is not None


def waiting_rights(organisation_id: int) -> list[AccessRight]:
    """The organisation's rights that wait for a decision, in the channels' order."""
    return _rights(organisation_id, AccessRight.state == RightState.APPLIED)


def rights_of_application(application_id: int) -> list[AccessRight]:
    """The rights that one application asked for, in whatever state, in the channels' order."""
    query = _ordered().where(AccessRight.application_id == application_id)
    return list(db.session.scalars(query))


def rights_of(organisation_id: int) -> list[AccessRight]:
    """Every right of the organisation, in whatever state, the newest first."""
    query = select(AccessRight).where(AccessRight.organisation_id == organisation_id)
    return list(db.session.scalars(query.options(joinedload(AccessRight.channel)).order_by(AccessRight.id.desc())))


def apply_for_right(organisation_id: int, channel_id: int, application_id: int) -> AccessRight:
    """A step: the right is applied for. One that waits already waits on in this application.

    Refusals: right_already_valid (conflict) for a right that holds until further notice.
    """
    within_transaction()
    present = right_to(organisation_id, channel_id, today())
    if present is not None and present.valid_to is None:
        raise Conflict("right_already_valid")
    waiting = _rights(organisation_id, AccessRight.channel_id == channel_id, AccessRight.state == RightState.APPLIED)
    if waiting:
        waiting[0].application_id = application_id
        return waiting[0]
    right = AccessRight(
        organisation_id=organisation_id,
        channel_id=channel_id,
        application_id=application_id,
        state=RightState.APPLIED,
        applied_at=clock.now(),
    )
    db.session.add(right)
    db.session.flush()
    return right


def grant_right(right: AccessRight, on: date, by: Actor) -> None:
    """A step: the right holds from ``on``, for as long as its channel says; an earlier one for the channel ends.

    Refusals: right_not_waiting (conflict).
    """
    within_transaction()
    before = right_to(right.organisation_id, right.channel_id, on)
    channel = db.session.get_one(Channel, right.channel_id)
    right.grant(on, rules.last_day(on, channel.right_days), clock.now())
    if before is not None and before is not right:
        before.end(on, clock.now(), "")
    _record("access_right_granted", right, by, valid_to=rules.plain(right.valid_to))


def refuse_right(right: AccessRight, reason: str, by: Actor) -> None:
    """A step: what was applied for is refused, and the applicant reads why. Refusals: right_not_waiting (conflict)."""
    within_transaction()
    right.refuse(reason, clock.now())
    _record("access_right_refused", right, by, reason=reason)


def withdraw_right(right: AccessRight) -> None:
    """A step: the applicant takes it back before the decision. Refusals: right_not_waiting (conflict)."""
    within_transaction()
    right.withdraw(clock.now())


def end_right(right: AccessRight, on: date, by: Actor, reason: str = "") -> None:
    """A step: the right's last day is ``on``; today or earlier ends it at once. Its certificates are not touched.

    Refusals: right_not_valid (conflict).
    """
    within_transaction()
    if on > today():
        right.last_until(on)
    else:
        right.end(on, clock.now(), reason)
    _record("access_right_ended", right, by, last_day=on.isoformat(), reason=reason)


def save_access_right(row: AccessRightRow, by: Actor) -> Change | None:
    """A step: key is organisation and channel. From today and for as long as the channel says, unless said.

    What ended stays ended until a row says a later first day. Refusals: organisation_unknown; channel_unknown;
    organisation_other_register; right_ends_before_it_begins.
    """
    within_transaction()
    organisation = organisation_of(row)
    channel = channel_by_code(row.channel)
    if channel is None:
        raise NotFound("channel_unknown", typed=row.channel)
    right = _latest(organisation.id, channel.id)
    if right is not None and not _begins_anew(right, row):
        return _amend(right, row, by)
    first = said(row.valid_from, today())
    last = said(row.valid_to, rules.last_day(first, channel.right_days))
    rules.in_order(first, last)
    right = AccessRight(organisation_id=organisation.id, channel_id=channel.id, **_given(first, last))
    db.session.add(right)
    db.session.flush()
    _record("access_right_granted", right, by, valid_from=rules.plain(first), valid_to=rules.plain(last))
    return Change(row.kind, row.key, "added", rules.differences({}, {"valid_from": first, "valid_to": last}))


def _given(first: date, last: date | None) -> dict[str, Any]:
    """The columns of a right that was decided elsewhere, such as before the move to this service."""
    at = clock.now()
    over = last is not None and last < today()
    state = RightState.ENDED if over else RightState.VALID
    ended_at = at if over else None
    return {
        "state": state, "applied_at": at, "decided_at": at, "ended_at": ended_at, "valid_from": first, "valid_to": last
    }  # fmt: skip


def _latest(organisation_id: int, channel_id: int) -> AccessRight | None:
    """The newest right to the channel that holds or has held."""
    states = AccessRight.state.in_((RightState.VALID, RightState.ENDED))
    found = _rights(organisation_id, AccessRight.channel_id == channel_id, states)
    return max(found, key=lambda right: right.id, default=None)


def _begins_anew(right: AccessRight, row: AccessRightRow) -> bool:
    over = right.state is RightState.ENDED or (right.valid_to is not None and right.valid_to < today())
    first = said(row.valid_from, None)
    return over and first is not None and right.valid_to is not None and first > right.valid_to


def _amend(right: AccessRight, row: AccessRightRow, by: Actor) -> Change | None:
    first, last = said(row.valid_from, right.valid_from), said(row.valid_to, right.valid_to)
    fields = rules.differences(
        {"valid_from": right.valid_from, "valid_to": right.valid_to}, {"valid_from": first, "valid_to": last}
    )
    if not fields:
        return None
    if first is not None and row.valid_from is not UNSAID:
        rules.in_order(first, last)
    if right.state is RightState.ENDED:
        raise Conflict("right_not_valid")
    right.valid_from = first
    if last is not None and last < today():
        right.end(last, clock.now(), "")
    else:
        right.last_until(last)
    _record("access_right_changed", right, by, changed={field.field: [field.before, field.after] for field in fields})
    return Change(row.kind, row.key, "changed", fields)


def _record(verb: str, right: AccessRight, by: Actor, **details: object) -> None:
    channel = db.session.get_one(Channel, right.channel_id)
    subject = f"access_right:{right.id}"
    audit.record(verb, subject, by=by, organisation_id=right.organisation_id, channel=channel.code, **details)


@prepared
def _channels_and_rights() -> sa.Select[*tuple[Any, ...]]:
    on = sa.bindparam("on")
    mine = (AccessRight.channel_id == Channel.id) & (AccessRight.organisation_id == sa.bindparam("organisation"))
    valid, waiting = (
        sa.exists().where(mine, _valid(on)),
        sa.exists().where(mine, AccessRight.state == RightState.APPLIED),
    )
    columns: list[Any] = [getattr(Channel, each.name) for each in fields(ChannelLine)]
    return select(valid, waiting, *columns).where(open_on(on)).order_by(Channel.position, Channel.code)


@prepared
def _valid_to() -> sa.Select[int]:
    return _rights_held(sa.bindparam("organisation"), sa.bindparam("channel"), sa.bindparam("on")).limit(1)


def right_holds(organisation: Any, channel: Any, on: Any) -> sa.ColumnElement[bool]:
    """The same as a part of a question over tables that have the organisation and the channel."""
    return _rights_held(organisation, channel, on).exists()


def _rights_held(organisation: Any, channel: Any, on: Any) -> sa.Select[int]:
    mine = (AccessRight.organisation_id == organisation) & (AccessRight.channel_id == channel)
    return select(AccessRight.id).where(mine, _valid(on))


def _valid(on: date | sa.BindParameter[date]) -> sa.ColumnElement[bool]:
    return sa.and_(
        AccessRight.state == RightState.VALID,
        sa.or_(AccessRight.valid_from.is_(None), AccessRight.valid_from <= on),
        sa.or_(AccessRight.valid_to.is_(None), AccessRight.valid_to >= on),
    )


def _ordered() -> sa.Select[AccessRight]:
    return (
        select(AccessRight)
        .join(Channel, Channel.id == AccessRight.channel_id)
        .options(joinedload(AccessRight.channel))
        .order_by(Channel.position, Channel.code, AccessRight.id)
    )


def _rights(organisation_id: int, *conditions: sa.ColumnElement[bool]) -> list[AccessRight]:
    return list(db.session.scalars(_ordered().where(AccessRight.organisation_id == organisation_id, *conditions)))
