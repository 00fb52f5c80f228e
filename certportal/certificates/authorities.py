"""The certification authorities of this installation: read once a process, their keys decrypted when first needed.

An authority is named by environment and label (``ca.plan``): ``issuing``, ``issuing-2`` that follows it, ``services``. A process
notices by the folder's own date that a ceremony has added one.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

from cryptography import x509

from certportal import ca, clock
from certportal.ca import folders, hierarchy, lint
from certportal.ca.plan import INTERMEDIATE, ISSUING, ROOT, SERVICES, generation_of, line_of
from certportal.formats import local
from certportal.identifiers import Environment
from certportal.settings import Settings, current_settings, kept_by_app

SERIAL_BYTES = 20
NOT_KEPT = (ROOT,)
"""The root's key is not kept in memory: it may be taken away."""
NOT_FOR_CLIENTS = (ROOT, INTERMEDIATE, SERVICES)
"""Those that issue no certificates to organisations."""


class _Kept:
    """What this process knows of an environment's authorities, until its folder changes. Read when first asked for."""

    def __init__(self, environment: Environment, directory: Path) -> None:
        self._directory, self._environment = directory, in_ca(environment)
        self.folder = folders.folder_of(directory, self._environment)
        self.changed = _changed(self.folder)
        self._authorities: dict[str, ca.Authority] = {}
        self._days: dict[str, date | None] = {}
        self.issuers: dict[str, ca.Issuer] = {}

    @cached_property
    def labels(self) -> list[str]:
        return hierarchy.labels(self._directory, self._environment)

    @cached_property
    def lines(self) -> dict[str, list[str]]:
        """The labels of each line, the newest first."""
        found: dict[str, list[str]] = {}
        for label in sorted(self.labels, key=generation_of, reverse=True):
            found.setdefault(line_of(label), []).append(label)
        return found

    def newest(self, line: str, *, coming: bool) -> str:
        for label in self.lines.get(line, ()):
            if coming or not self.waits(label):
                return label
        raise ca.CaRefused("ca_missing", name=f"{self._environment.value.lower()}/{line}.pem")

    def waits(self, label: str) -> bool:
        day = self.issues_from(label)
        return day is not None and local(clock.now()).date() < day

    def issues_from(self, label: str) -> date | None:
        if label not in self._days:
            self._days[label] = hierarchy.issues_from(self._directory, self._environment, label)
        return self._days[label]

    def authority(self, label: str) -> ca.Authority:
        if label not in self._authorities:
            self._authorities[label] = hierarchy.read(self._directory, self._environment, label)
        return self._authorities[label]


def labels(environment: Environment) -> list[str]:
    """The labels of an environment's authorities, the root first; empty before the ceremony."""
    return _kept(environment).labels


def lasting_labels(environment: Environment) -> list[str]:
    """Those that have not ended: nothing that one has issued is in force after its end, so it signs no more."""
    return [label for label in labels(environment) if not _has_ended(environment, label)]


def issuing_labels(environment: Environment) -> list[str]:
    """Those that issue, or have issued, certificates to organisations."""
    return [label for label in labels(environment) if line_of(label) not in NOT_FOR_CLIENTS]


def warm(settings: Settings) -> None:
    """Have ready what the first certificate needs, before somebody waits for it."""
    if settings.pkilint:
        lint.warm()


def lines(environment: Environment) -> list[str]:
    """What a channel may name as its issuer: each line of issuing authorities, the shared one first."""
    return list(dict.fromkeys(line_of(label) for label in issuing_labels(environment)))


def issuing_lines() -> list[str]:
    """The same over all environments."""
    return list(dict.fromkeys(line for environment in Environment for line in lines(environment)))


def newest(environment: Environment, line: str = ISSUING) -> str:
    """The label of the authority that issues now, of those that have followed each other. Raises CaRefused ca_missing."""
    return _kept(environment).newest(line, coming=False)


def last(environment: Environment, line: str) -> str:
    """The same, with one that is to issue from a coming day."""
    return _kept(environment).newest(line, coming=True)


def waits(environment: Environment, label: str) -> bool:
    """Whether an authority is there to be trusted, and begins to issue on a coming day."""
    return _kept(environment).waits(label)


def issues_from(environment: Environment, label: str) -> date | None:
    """The day on which an authority began or begins to issue, where the ceremony named one."""
    return _kept(environment).issues_from(label)


def issuing_for(line: str, environment: Environment) -> str:
    """The label of the authority that issues for a channel: the newest of the channel's line.

    Where this environment does not have that line, the shared one issues: a channel's own may be for one environment alone.
    """
    kept = _kept(environment)
    return kept.newest(line if line in kept.lines and line not in NOT_FOR_CLIENTS else ISSUING, coming=False)


def authority(environment: Environment, label: str | None = None) -> ca.Authority:
    """An authority without its key; without a label, the one that issues for channels without one of their own.

    Raises CaRefused.
    """
    kept = _kept(environment)
    return kept.authority(label or kept.newest(ISSUING, coming=False))


def standing(environment: Environment) -> list[x509.Certificate]:
    """Every authority that the certificates of organisations lead up to or will: whoever issues or has issued them, the newest of
    the shared line first, and what is above, each once. Raises CaRefused."""
    between = [label for label in labels(environment) if line_of(label) == INTERMEDIATE]
    first = newest(environment)
    found = [authority(environment, label).chain for label in (first, *issuing_labels(environment), *between)]
    return list(dict.fromkeys(certificate for chain in found for certificate in chain))


def issuer(environment: Environment, label: str | None = None) -> ca.Issuer:
    """The same with its key, fit to sign now. Raises CaRefused, and ca_missing while the key is away."""
    kept = _kept(environment)
    label = label or kept.newest(ISSUING, coming=False)
    if label in kept.issuers:
        return kept.issuers[label]
    settings = current_settings()
    found = hierarchy.load(
        settings.ca_dir, in_ca(environment), settings.ca_passphrase, clock.now(), label, token(settings)
    )
    if line_of(label) not in NOT_KEPT:
        kept.issuers[label] = found
    return found


def key_is_here(environment: Environment, label: str) -> bool:
    """Whether an authority can sign: its key lies where the ceremony left it."""
    return hierarchy.key_is_here(current_settings().ca_dir, in_ca(environment), label)


def token(settings: Settings) -> ca.TokenAccess | None:
    """How keys in a PKCS#11 token are reached; None: keys are files."""
    if settings.ca_token_module is None:
        return None
    return ca.TokenAccess(settings.ca_token_module, settings.ca_token_pin, settings.ca_token)


def plan(settings: Settings, environment: Environment) -> ca.Plan:
    """Names, keys and addresses of an environment's authorities, from the settings."""
    place = environment.value.lower()
    return ca.Plan(
        root=getattr(settings, f"ca_root_name_{place}"),
        intermediate=getattr(settings, f"ca_intermediate_name_{place}") if settings.ca_levels == 3 else None,
        issuing=getattr(settings, f"ca_issuing_name_{place}"),
        services=getattr(settings, f"ca_services_name_{place}"),
        others=dict(getattr(settings, f"ca_issuers_{place}")),
        organisation=settings.ca_organisation or None,
        country=settings.ca_country or None,
        kind=ca.KeyKind(settings.ca_key),
        crl_url=lambda label: crl_url(environment, label),
        certificate_url=lambda label: certificate_url(environment, label),
    )


def initialise(environment: Environment, said: ca.Transcript | None = None) -> ca.Authority:
    """Make an environment's authorities. Raises CaRefused (ca_exists and others)."""
    wanted = plan(current_settings(), environment)
    return hierarchy.initialise(desk(environment), wanted, said or ca.Transcript())


def present() -> Iterator[Environment]:
    """The environments that have authorities on disk."""
    for environment in Environment:
        if labels(environment):
            yield environment


def profile() -> ca.Profile:
    """What kind of certificate this installation issues."""
    years = current_settings().certificate_years
    return ca.CLIENT if years == ca.CLIENT.years else replace(ca.CLIENT, years=years)


def profile_lasting(not_before: datetime, not_after: datetime) -> ca.Profile:
    """The kind that a certificate was prepared as: the setting may have changed before it is signed."""
    return ca.CLIENT.lasting(not_before, not_after)


def new_serial() -> int:
    """159 random bits."""
    return ca.serial_from(clock.random_bytes(SERIAL_BYTES))


def published_name(environment: Environment, label: str) -> str:
    """How addresses and files name an authority: ``production`` for the first shared one, else ``production-root``."""
    place = environment.value.lower()
    return place if label == ISSUING else f"{place}-{label}"


def crl_url(environment: Environment, label: str) -> str:
    """The stable address of an authority's revocation list."""
    return f"{current_settings().crl_url}/{published_name(environment, label)}.crl"


def certificate_url(environment: Environment, label: str) -> str:
    """The stable address of an authority's certificate."""
    return f"{current_settings().ca_url}/{published_name(environment, label)}.cer"


def access(environment: Environment, label: str) -> ca.Access:
    """Where certificates of an authority say that their status and their issuer are found."""
    return ca.Access(current_settings().ocsp_url, certificate_url(environment, label))


def desk(environment: Environment) -> ca.Desk:
    """What a ceremony works with."""
    settings = current_settings()
    serials = iter(new_serial, None)
    where = in_ca(environment)
    return ca.Desk(settings.ca_dir, where, settings.ca_passphrase, clock.now(), serials, token(settings))


def _has_ended(environment: Environment, label: str) -> bool:
    """Whether an authority has ended; no, of one that cannot be read: whoever needs it is to hear of it."""
    try:
        return authority(environment, label).not_after <= clock.now()
    except ca.CaRefused:
        return False


def in_ca(environment: Environment) -> ca.Environment:
    return ca.Environment(environment.value)


def _kept(environment: Environment) -> _Kept:
    """What is known now. Asked several times in each call of a program."""
    every: dict[Environment, _Kept] = kept_by_app().setdefault("certportal.authorities", {})
    known = every.get(environment)
    if known is None or known.changed != _changed(known.folder):
        known = every[environment] = _Kept(environment, current_settings().ca_dir)
    return known


def _changed(folder: Path) -> int | None:
    """When the environment's folder last changed; None where there is none."""
    try:
        return folder.stat().st_mtime_ns
    except FileNotFoundError:
        return None
