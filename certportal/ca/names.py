"""Whom a certificate names. The names come from the order or the settings, never from the signing request."""

import re
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.x509.oid import NameOID

from certportal import naming
from certportal.ca.errors import IssueRefused

_COUNTRY = re.compile(r"[A-Z]{2}")
_BUSINESS_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./-]{0,29}")
_IN_A_FOREIGN_REGISTER = {"AX": "FI"}  # Åland's companies stand in Finland's register


@dataclass(frozen=True, slots=True)
class Subject:
    """The organisation a certificate is for.

    ``business_id`` as its country's register writes it ("9900001-8"), ``country`` in two capital letters (ISO 3166-1),
    ``organisation_name`` in full: it is cut where it goes into the certificate.
    """

    business_id: str
    country: str
    organisation_name: str

    def name(self) -> x509.Name:
        """C, O (cut to 64 characters), organizationIdentifier (ETSI EN 319 412-1 5.1.4: NTRFI-9900001-8) and CN = business ID.

        C is a PrintableString (RFC 5280 A.1), the others UTF8String. Raises IssueRefused subject_refused.
        """
        return self._name()

    @lru_cache(maxsize=64)  # noqa: B019  # a few strings each: what is prepared is read back and held against the same name
    def _name(self) -> x509.Name:
        country = _IN_A_FOREIGN_REGISTER.get(self.country, self.country)
        if not _COUNTRY.fullmatch(country):
            raise IssueRefused("subject_refused", field="country")
        if not _BUSINESS_ID.fullmatch(self.business_id):
            raise IssueRefused("subject_refused", field="business_id")
        return x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, country),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, short_organisation_name(self.organisation_name)),
                x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, f"NTR{country}-{self.business_id}"),
                x509.NameAttribute(NameOID.COMMON_NAME, self.business_id),
            ]
        )


def subject_of(name: x509.Name) -> Subject:
    """The Subject that a name was made from, with the name as it was cut. Raises IssueRefused for any other kind of name."""
    values = {attribute.oid: str(attribute.value) for attribute in name}
    subject = Subject(
        business_id=values.get(NameOID.COMMON_NAME, ""),
        country=values.get(NameOID.COUNTRY_NAME, ""),
        organisation_name=values.get(NameOID.ORGANIZATION_NAME, ""),
    )
    if subject.name().public_bytes() != name.public_bytes():
        raise IssueRefused("subject_refused", field="name")
    return subject


@dataclass(frozen=True, slots=True)
class Service:
    """A service of the portal itself, which a certificate of its own is for: it signs replies or answers about certificates.

    Its name has no organizationIdentifier, so nobody can take it for an organisation's.
    """

    common_name: str
    organisation: str | None = None
    country: str | None = None

    def name(self) -> x509.Name:
        """C and O where they are set, and CN, each as certificates hold it (``naming``). Raises IssueRefused subject_refused."""
        if self.country is not None and not _COUNTRY.fullmatch(self.country):
            raise IssueRefused("subject_refused", field="country")
        if self.organisation is not None and not naming.is_written_so(self.organisation):
            raise IssueRefused("subject_refused", field="organisation")
        if not naming.is_written_so(self.common_name, naming.octets):
            raise IssueRefused("subject_refused", field="common_name")
        parts = (
            (NameOID.COUNTRY_NAME, self.country),
            (NameOID.ORGANIZATION_NAME, self.organisation),
            (NameOID.COMMON_NAME, self.common_name),
        )
        return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts if value is not None])


def service_of(name: x509.Name) -> Service:
    """The Service that a name was made from. Raises IssueRefused for any other kind of name."""
    values = {attribute.oid: str(attribute.value) for attribute in name}
    service = Service(
        common_name=values.get(NameOID.COMMON_NAME, ""),
        organisation=values.get(NameOID.ORGANIZATION_NAME),
        country=values.get(NameOID.COUNTRY_NAME),
    )
    if service.name().public_bytes() != name.public_bytes():
        raise IssueRefused("subject_refused", field="name")
    return service


def short_organisation_name(full: str) -> str:
    """The organisation's name as a certificate holds it (``naming.shortened``): on one line, at most 64 characters.

    Raises IssueRefused subject_refused where nothing is left.
    """
    short = naming.shortened(full)
    if not short:
        raise IssueRefused("subject_refused", field="organisation_name")
    return short
