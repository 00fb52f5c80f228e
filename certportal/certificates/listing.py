"""The signatory's list: what needs action first, then what waits, what is valid, and what has ended.

It is one sequence of parts, each walked along an index (organisation, state, end), so that a page costs the same whether the
organisation has ten certificates or ten thousand; only a search by words reads them all.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_sqlalchemy.pagination import Pagination
from sqlalchemy import exists, func, or_, select

from certportal import clock
from certportal.certificates import rules
from certportal.certificates.lines import (
    Group,
    Line,
    certificate_line,
    certificate_rows,
    order_line,
    soon_before,
    succeeded,
)
from certportal.certificates.models import Certificate, CertificateState
from certportal.extensions import db, holds_words
from certportal.identifiers import Environment
from certportal.orders import troubles
from certportal.orders.models import Order, OrderState
from certportal.registry.models import Channel, TechnicalContact

PER_PAGE = 25


@dataclass(frozen=True)
class Wanted:
    """What the reader asked for. ``state``: valid, expires_soon, awaiting, expired, revoked, or "" for all."""

    words: str = ""
    state: str = ""
    environment: Environment | None = None
    channel_id: int | None = None

    @property
    def everything(self) -> bool:
        return self == Wanted()


@dataclass(frozen=True)
class _Part:
    """A stretch of the list. ``lines`` gives some of it, from a place on."""

    group: Group
    count: int
    rows: Any  # the lines themselves, or a SELECT that certificate_rows began

    def lines(self, offset: int, limit: int, now: datetime) -> list[Line]:
        if isinstance(self.rows, list):
            return self.rows[offset : offset + limit]
        found, soon = db.session.execute(self.rows.offset(offset).limit(limit)), soon_before(now)
        return [certificate_line(self.group, row, now, soon) for row in found]


@dataclass(frozen=True)
class Section:
    """A heading, how many there are under it in all, and those of this page."""

    group: Group
    count: int
    lines: list[Line] = field(default_factory=list)


class Listing(Pagination):
    """One page of the list. ``sections`` are those with something on this page."""

    sections: list[Section]
    now: datetime

    def _query_items(self) -> list[Section]:
        offset, free, self.now = self._query_offset, self.per_page, self._query_args["now"]
        found: dict[Group, Section] = {}
        for part in self._query_args["parts"]:
            lines = part.lines(max(offset, 0), free, self.now) if free and offset < part.count else []
            section = found.setdefault(part.group, Section(part.group, _total(self._query_args["parts"], part.group)))
            section.lines.extend(lines)
            offset, free = max(offset - part.count, 0), free - len(lines)
        self.sections = [section for section in found.values() if section.lines]
        return self.sections

    def _query_count(self) -> int:
        return sum(part.count for part in self._query_args["parts"])


def listing(organisation_id: int, wanted: Wanted, page: int, language: str) -> Listing:
    """The page asked for, or the last one there is. ``language`` is that of the channels' names."""
    now = clock.now()
    parts = list(_parts(organisation_id, wanted, language, now))
    last = max(1, -(-sum(part.count for part in parts) // PER_PAGE))
    return Listing(page=min(max(page, 1), last), per_page=PER_PAGE, error_out=False, parts=parts, now=now)


def channels_used(organisation_id: int) -> list[Channel]:
    """Channels for which the organisation has ordered certificates, in their order: what the list can be narrowed to."""
    used = exists().where(Order.organisation_id == organisation_id, Order.channel_id == Channel.id)
    return list(db.session.scalars(select(Channel).where(used).order_by(Channel.position, Channel.code)))


def _parts(organisation_id: int, wanted: Wanted, language: str, now: datetime) -> Iterator[_Part]:
    """The parts in the list's order, those that the filter leaves out being empty."""
    mine = [Certificate.organisation_id == organisation_id, *_filter(wanted, Certificate)]
    issued, end = Certificate.state == CertificateState.ISSUED, Certificate.not_after
    lately, renewable = now - rules.ENDED_LATELY, soon_before(now)
    soon = [issued, end >= now, end < renewable]
    let_end = or_(Certificate.will_not_be_renewed_at.is_not(None), Certificate.planned_revocation_at.is_not(None))
    cared_for = or_(let_end, succeeded())
    conditions = {
        "lapsed": [*mine, issued, end >= lately, end < now, ~cared_for],
        "unattended": [*mine, *soon, ~cared_for],
        "soon": [*mine, *soon],
        "later": [*mine, issued, end >= renewable],
        "expired": [*mine, issued, end < now],
        "revoked": [*mine, Certificate.state == CertificateState.REVOKED],
    }
    shown = _shown(wanted.state)
    counts = _counts({name: where for name, where in conditions.items() if name in shown}, bool(wanted.words))
    orders = _open_orders(organisation_id, wanted, language) if "orders" in shown else []
    in_trouble = [line for line in orders if line.group is Group.ACTION]
    waiting = [line for line in orders if line.group is Group.WAITING]
    rows, lapsed, unattended = certificate_rows(language), counts["lapsed"], counts["unattended"]
    conditions["expired"].append(or_(end < lately, cared_for))

    yield _Part(Group.ACTION, lapsed, rows.where(*conditions["lapsed"]).order_by(end, Certificate.id))
    yield _Part(Group.ACTION, unattended, rows.where(*conditions["unattended"]).order_by(end, Certificate.id))
    yield _Part(Group.ACTION, len(in_trouble), in_trouble)
    yield _Part(Group.WAITING, len(waiting), waiting)
    attended = rows.where(*conditions["soon"], cared_for).order_by(end, Certificate.id)
    yield _Part(Group.VALID, counts["soon"] - unattended, attended)
    yield _Part(Group.VALID, counts["later"], rows.where(*conditions["later"]).order_by(end, Certificate.id))
    for name, count in (("expired", counts["expired"] - lapsed), ("revoked", counts["revoked"])):
        newest_first = rows.where(*conditions[name]).order_by(end.desc(), Certificate.id.desc())
        yield _Part(Group.ENDED, count, newest_first)


def _shown(state: str) -> set[str]:
    """The parts that a state of the filter leaves."""
    everything = {"lapsed", "unattended", "soon", "later", "expired", "revoked", "orders"}
    by_state = {
        rules.SOON: {"unattended", "soon"},
        rules.VALID: {"later"},
        rules.EXPIRED: {"lapsed", "expired"},
        rules.REVOKED: {"revoked"},
        "awaiting": {"orders"},
    }
    return by_state.get(state, everything)


def _counts(conditions: dict[str, list[Any]], with_words: bool) -> dict[str, int]:
    """How many certificates each condition holds for, in one statement."""
    columns = []
    for name, where in conditions.items():
        query = select(func.count(Certificate.id)).where(*where)
        query = query.join(TechnicalContact, TechnicalContact.id == Certificate.contact_id) if with_words else query
        columns.append(query.scalar_subquery().label(name))
    counted = dict(db.session.execute(select(*columns)).mappings().one()) if columns else {}
    return {name: counted.get(name, 0) for name in ("lapsed", "unattended", "soon", "later", "expired", "revoked")}


def _filter(wanted: Wanted, table: Any) -> list[Any]:
    """Conditions on certificates or orders; words are looked for in description, contact and numbers."""
    where: list[Any] = []
    if wanted.environment is not None:
        where.append(table.environment == wanted.environment)
    if wanted.channel_id is not None:
        where.append(table.channel_id == wanted.channel_id)
    if wanted.words:
        places = [table.description, TechnicalContact.name, TechnicalContact.company]
        like = [holds_words(place, wanted.words) for place in places]
        if table is Certificate:
            like.append(Certificate.serial.startswith(wanted.words.replace(" ", "").lower(), autoescape=True))
            numbered = select(Order.id).where(Order.number == wanted.words)
            like.append(Certificate.order_id.in_(numbered))
        else:
            like.append(Order.number == wanted.words)
        where.append(or_(*like))
    return where


def _open_orders(organisation_id: int, wanted: Wanted, language: str) -> list[Line]:
    """Every open order that the filter leaves: they are few, since each waits for a person. Longest waiting first."""
    query = (
        select(
            Order.id,
            Order.number,
            Order.description,
            Order.environment,
            getattr(Channel, f"name_{language}").label("channel"),
            TechnicalContact.name.label("contact"),
            TechnicalContact.phone,
        )
        .join(Channel, Channel.id == Order.channel_id)
        .join(TechnicalContact, TechnicalContact.id == Order.contact_id)
        .where(Order.organisation_id == organisation_id, Order.state == OrderState.OPEN, *_filter(wanted, Order))
        .order_by(Order.placed_at, Order.id)
    )
    rows = db.session.execute(query).all()
    standings = troubles.standings_of([row.id for row in rows]) if rows else {}
    return [order_line(row, standings[row.id]) for row in rows]


def _total(parts: list[_Part], group: Group) -> int:
    return sum(part.count for part in parts if part.group is group)
