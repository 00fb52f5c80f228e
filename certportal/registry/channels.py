"""What an operator edits: channels, purposes of use and the versions of the terms."""

from datetime import date
from functools import cache
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import select

from certportal.extensions import asking, db
from certportal.identifiers import Environment
from certportal.registry.models import Channel, Purpose, Terms
from certportal.registry.organisations import today
from certportal.statements import prepared


def channel(channel_id: int) -> Channel | None:
    """The channel, closed or not."""
    return db.session.get(Channel, channel_id)


def channel_by_code(code: str) -> Channel | None:
    """The channel with that code, closed or not."""
    return db.session.scalar(select(Channel).where(Channel.code == code))


def channels() -> list[Channel]:
    """Every channel, closed ones too, in the operator's order."""
    return list(db.session.scalars(select(Channel).order_by(Channel.position, Channel.code)))


def open_channels(environment: Environment | None = None) -> list[Channel]:
    """Channels that can be applied for today, with certificates of that environment if one is named, in order."""
    found = db.session.scalars(_open_channels(), {"on": today()})
    return [channel for channel in found if environment is None or channel.has(environment)]


def open_on(on: date | sa.BindParameter[date]) -> sa.ColumnElement[bool]:
    """The condition, over Channel, that a channel can be applied for on a day."""
    return sa.or_(Channel.closed_on.is_(None), Channel.closed_on > on)


def purposes() -> list[Purpose]:
    """Every purpose, closed ones too, in the operator's order."""
    return list(db.session.scalars(select(Purpose).order_by(Purpose.position, Purpose.code)))


def open_purposes() -> list[Purpose]:
    """Purposes of use that can be chosen today, in order."""
    open_today = sa.or_(Purpose.closed_on.is_(None), Purpose.closed_on > today())
    return list(db.session.scalars(select(Purpose).where(open_today).order_by(Purpose.position, Purpose.code)))


def purpose(purpose_id: int) -> Purpose | None:
    """The purpose, closed or not."""
    return db.session.get(Purpose, purpose_id)


def purpose_by_code(code: str) -> Purpose | None:
    """The purpose with that code, closed or not."""
    return db.session.scalar(select(Purpose).where(Purpose.code == code))


def terms_in_force(on: date) -> Terms | None:
    """The terms that hold on that day: the newest version whose day has come. None before the first."""
    return db.session.scalar(_terms_in_force(), {"on": on})


class TermsLine(NamedTuple):
    """What a form says of a version of the terms, without its texts."""

    id: int
    version: int
    in_force_from: date


def terms_line(on: date) -> TermsLine | None:
    """The same of the terms that hold on that day."""
    found = asking().execute(_terms_line(), {"on": on}).first()
    return TermsLine(*found) if found is not None else None


def terms(version: int) -> Terms | None:
    """One version of the terms, in force, past or to come."""
    return db.session.scalar(select(Terms).where(Terms.version == version))


def terms_versions() -> list[Terms]:
    """Every version of the terms, the newest first."""
    return list(db.session.scalars(select(Terms).order_by(Terms.version.desc())))


# Statements of pages that are asked for often: made once, since making one costs as much as running it.


@cache
def _open_channels() -> sa.Select[Channel]:
    return select(Channel).where(open_on(sa.bindparam("on"))).order_by(Channel.position, Channel.code)


@cache
def _terms_in_force() -> sa.Select[Terms]:
    begun = Terms.in_force_from <= sa.bindparam("on")
    return select(Terms).where(begun).order_by(Terms.in_force_from.desc(), Terms.version.desc()).limit(1)


@prepared
def _terms_line() -> sa.Select[int, int, date]:
    return _terms_in_force().with_only_columns(Terms.id, Terms.version, Terms.in_force_from)
