"""What one environment's authorities are called, whose they are, what keys they have and how long they last."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cryptography import x509

from certportal import naming
from certportal.ca.errors import CaRefused
from certportal.ca.keys import KeyKind

CLIENTS_LOOK_FOR = "Issuing"
"""Real clients accept a certificate only from an issuer whose common name has this word in it."""

ROOT, INTERMEDIATE, ISSUING, SERVICES = "root", "intermediate", "issuing", "services"
"""Labels: how files, addresses and rows name an authority. Further issuing authorities have labels of their own."""

LABEL = re.compile(r"[a-z][a-z0-9]{0,29}")
_GENERATION = re.compile(r"(.+)-([2-9]|[1-9][0-9]{1,3})")


@dataclass(frozen=True, slots=True)
class Plan:
    """The names are common names. ``intermediate`` None: the root signs the issuing authorities itself. ``services`` None:
    the service has no certificates of its own. ``others``: issuing authorities beside the shared one, by label.

    ``crl_url`` and ``certificate_url`` give the addresses of an authority's list and certificate by its label, for the
    certificates of authorities below it. Names that no client or no X.509 accepts, and names or labels that come twice, make
    no Plan: CaRefused ca_name_refused, ca_label_refused.
    """

    root: str
    issuing: str
    intermediate: str | None = None
    services: str | None = None
    others: Mapping[str, str] = field(default_factory=dict[str, str])
    organisation: str | None = None
    country: str | None = None
    kind: KeyKind = KeyKind.EC_P384
    root_years: int = 20
    intermediate_years: int = 15
    issuing_years: int = 10
    crl_url: Callable[[str], str] | None = None
    certificate_url: Callable[[str], str] | None = None

    def __post_init__(self) -> None:
        for label in self.others:
            if not LABEL.fullmatch(label) or label in (ROOT, INTERMEDIATE, ISSUING, SERVICES):
                raise CaRefused("ca_label_refused", name=label)
        for common_name in self.issuers.values():
            if CLIENTS_LOOK_FOR not in common_name:
                raise CaRefused("ca_name_refused", name=common_name, needed=CLIENTS_LOOK_FOR)
        for common_name in self.names:
            self.name(common_name)
            if self.names.count(common_name) > 1:
                raise CaRefused("ca_name_refused", name=common_name, needed=CLIENTS_LOOK_FOR)

    @property
    def issuers(self) -> dict[str, str]:
        """Those that stand lowest, by label: the shared issuing authority, the others, and the service's own."""
        own = {SERVICES: self.services} if self.services is not None else {}
        return {ISSUING: self.issuing, **self.others, **own}

    @property
    def by_line(self) -> dict[str, str]:
        """Every common name by its line, from the root down."""
        return {ROOT: self.root, **({INTERMEDIATE: self.intermediate} if self.intermediate else {}), **self.issuers}

    @property
    def names(self) -> list[str]:
        """Every common name, from the root down."""
        return list(self.by_line.values())

    def name(self, common_name: str) -> x509.Name:
        """C and O where they are set, and CN. Raises CaRefused ca_name_refused where one is not as certificates hold it."""
        if self.organisation is not None and not naming.is_written_so(self.organisation):
            raise CaRefused("ca_name_refused", name=self.organisation, needed=CLIENTS_LOOK_FOR)
        if not naming.is_written_so(common_name, naming.octets):
            raise CaRefused("ca_name_refused", name=common_name, needed=CLIENTS_LOOK_FOR)
        oids = x509.NameOID
        parts = (
            (oids.COUNTRY_NAME, self.country),
            (oids.ORGANIZATION_NAME, self.organisation),
            (oids.COMMON_NAME, common_name),
        )
        try:
            return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts if value is not None])
        except ValueError:
            raise CaRefused("ca_name_refused", name=common_name, needed=CLIENTS_LOOK_FOR) from None


def line_of(label: str) -> str:
    """The label without its generation: ``issuing-2`` follows ``issuing``."""
    found = _GENERATION.fullmatch(label)
    return found[1] if found else label


def generation_of(label: str) -> int:
    """1 for the first of a line, 2 for ``issuing-2``."""
    found = _GENERATION.fullmatch(label)
    return int(found[2]) if found else 1


def next_label(labels: list[str], line: str) -> str:
    """The label of the authority that comes after those of its line."""
    generations = [generation_of(label) for label in labels if line_of(label) == line]
    return f"{line}-{max(generations) + 1}" if generations else line
