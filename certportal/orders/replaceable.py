"""What orders must know of the certificates above them, registered at start by the room that has them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

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


Provider = Callable[[int, datetime], list[ReplaceableCertificate]]
_providers: list[Provider] = []


def register(provider: Provider) -> Provider:
    """Say, at start, who knows an organisation's certificates: ``provider(organisation_id, now)``, newest first."""
    _providers[:] = [provider]
    return provider


def certificates_of(organisation_id: int, now: datetime) -> list[ReplaceableCertificate]:
    """The organisation's issued certificates, ended ones too; what is superseded already is left out."""
    return [found for provider in _providers for found in provider(organisation_id, now)]
