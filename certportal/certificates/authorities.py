"""The certification authorities of this installation: read once a process, their keys decrypted when first needed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import current_app

from certportal import ca, clock
from certportal.ca import hierarchy, lint
from certportal.identifiers import Environment
from certportal.settings import Settings, current_settings

SERIAL_BYTES = 20


def authority(environment: Environment) -> ca.Authority:
    """The issuing authority of an environment, without its key. Raises CaRefused."""
    kept = _kept()
    if environment not in kept:
        kept[environment] = hierarchy.read(current_settings().ca_dir, ca.Environment(environment.value))
    return kept[environment]


def issuer(environment: Environment) -> ca.Issuer:
    """The same with its key, fit to sign now. Raises CaRefused."""
    kept, place = _kept(), ("key", environment)
    if place not in kept:
        settings = current_settings()
        where = ca.Environment(environment.value)
        kept[place] = hierarchy.load(settings.ca_dir, where, settings.ca_passphrase, clock.now())
    return kept[place]


def warm(settings: Settings) -> None:
    """Have ready what the first certificate needs, before somebody waits for it."""
    if settings.pkilint:
        lint.warm()


def root_key_is_here(environment: Environment) -> bool:
    """Whether an environment's root can sign: its key lies where the ceremony left it."""
    return hierarchy.root_key_is_here(current_settings().ca_dir, ca.Environment(environment.value))


def root(environment: Environment) -> ca.Issuer:
    """An environment's root with its key, which is not kept in memory. Raises CaRefused, ca_missing while the key is away."""
    settings = current_settings()
    where = ca.Environment(environment.value)
    return hierarchy.load_root(settings.ca_dir, where, settings.ca_passphrase, clock.now())


def plan(settings: Settings, environment: Environment) -> ca.Plan:
    """Names and kind of key of an environment's authorities, from the settings."""
    place = environment.value.lower()
    return ca.Plan(
        root=getattr(settings, f"ca_root_name_{place}"),
        issuing=getattr(settings, f"ca_issuing_name_{place}"),
        kind=ca.KeyKind(settings.ca_key),
    )


def initialise(environment: Environment) -> ca.Authority:
    """Make an environment's root and issuing authority. Raises CaRefused (ca_exists and others)."""
    settings = current_settings()
    made = hierarchy.initialise(
        settings.ca_dir,
        ca.Environment(environment.value),
        plan(settings, environment),
        passphrase=settings.ca_passphrase,
        now=clock.now(),
        serials=(new_serial(), new_serial()),
    )
    _kept().clear()
    return made


def present() -> Iterator[Environment]:
    """The environments that have authorities on disk."""
    for environment in Environment:
        if (current_settings().ca_dir / environment.value.lower() / "chain.pem").exists():
            yield environment


def profile() -> ca.Profile:
    """What kind of certificate this installation issues."""
    return replace(ca.CLIENT, years=current_settings().certificate_years)


def profile_lasting(not_before: datetime, not_after: datetime) -> ca.Profile:
    """The kind that a certificate was prepared as: the setting may have changed before it is signed."""
    return ca.CLIENT.lasting(not_before, not_after)


def new_serial() -> int:
    """159 random bits."""
    return ca.serial_from(clock.random_bytes(SERIAL_BYTES))


def crl_url(environment: Environment) -> str:
    """The stable address of an environment's revocation list."""
    return f"{current_settings().crl_url}/{environment.value.lower()}.crl"


def _kept() -> dict[Any, Any]:
    return current_app.extensions.setdefault("certportal.authorities", {})
