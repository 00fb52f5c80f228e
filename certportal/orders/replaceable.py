"""What orders must know of the certificates above them, registered at start by the room that has them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from certportal.identifiers import Environment


@dataclass(frozen=True, slots=True)
class ReplaceableCertificate:
    """A certificate of the organisation that a new order may replace. ``state``: valid, expires_soon, expired, revoked."""

    id: int
    description: str
    channel_id: int
    environment: Environment
    contact_id: int
    state: str
    not_after: datetime
    serial: str
    contact_may_renew: bool = True


class Register(Protocol):
    """Who knows an organisation's certificates that nothing has taken the place of."""

    def replaceable(self, organisation_id: int, now: datetime, only: int | None) -> list[ReplaceableCertificate]:
        """Those issued, ended ones too, the newest first; ``only`` that certificate, if it is given."""
        ...

    def has(self, organisation_id: int, certificate_id: int) -> bool:
        """Whether this one was issued to the organisation, whatever has taken its place."""
        ...

    def looked_after(self, organisation_id: int, now: datetime) -> Mapping[int, int]:
        """How many valid ones each technical contact looks after, by the contact's id."""
        ...


_registers: list[Register] = []


def register(found: Register) -> None:
    """Say, at start, who knows an organisation's certificates."""
    _registers[:] = [found]


def certificates_of(organisation_id: int, now: datetime) -> list[ReplaceableCertificate]:
    """The organisation's issued certificates, ended ones too; what is superseded already is left out."""
    return [found for each in _registers for found in each.replaceable(organisation_id, now, None)]


def certificate_of(organisation_id: int, certificate_id: int, now: datetime) -> ReplaceableCertificate | None:
    """One of them."""
    found = [found for each in _registers for found in each.replaceable(organisation_id, now, certificate_id)]
    return next(iter(found), None)


def has_certificate(organisation_id: int, certificate_id: int) -> bool:
    """Whether it was issued to the organisation, whatever has taken its place."""
    return any(each.has(organisation_id, certificate_id) for each in _registers)


def looked_after(organisation_id: int, now: datetime) -> Mapping[int, int]:
    """How many valid ones each technical contact looks after, by the contact's id; none for those not named."""
    return _registers[0].looked_after(organisation_id, now) if _registers else {}
