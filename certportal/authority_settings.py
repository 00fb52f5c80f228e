"""The settings of the certification authorities: keys, names, addresses, lists."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from certportal import naming, places

KEY_KINDS = ("EC-P256", "EC-P384", "RSA-3072", "RSA-4096")
AUTHORITIES = {
    "root": "Root CA",
    "intermediate": "Intermediate CA",
    "issuing": "Issuing CA",
    "services": "Services Issuing CA",
}
ENVIRONMENTS = ("production", "test")
LABEL = re.compile(r"[a-z][a-z0-9]{0,29}")  # as ca.plan, which must not be reached from here; a test compares them


class Reading(Protocol):
    """Settings asked for by name, mistakes gathered (``certportal.environment.Reading``)."""

    def text(self, name: str, default: str = "") -> str: ...

    def number(self, name: str, default: int, least: int, most: int) -> int: ...

    def placed(self, name: str, read: Callable[[str], str], text: str) -> str: ...

    def choice(self, name: str, default: str, values: Mapping[str, Any]) -> Any: ...

    def secret(self, name: str) -> str: ...

    def name(self, name: str, default: str = "") -> str: ...

    def wrong(self, name: str, remedy: str) -> None: ...


def read(reading: Reading) -> dict[str, Any]:
    """Everything that Settings holds about the authorities, by its names there."""
    country, crl_dir = reading.text("CA_COUNTRY").upper(), reading.text("CRL_DIR")
    if country and not re.fullmatch(r"[A-Z]{2}", country):
        reading.wrong("CA_COUNTRY", "give a country as two letters, such as FI, or leave it out")
    return {
        "ca_key": _key(reading, "CA_KEY", "EC-P384"),
        **_token(reading),
        "ca_levels": reading.number("CA_LEVELS", 3, 2, 3),
        "ca_organisation": reading.name("CA_ORGANISATION"),
        "ca_country": country,
        "reply_key": _key(reading, "REPLY_KEY", "RSA-3072"),
        "ocsp_key": _key(reading, "OCSP_KEY", "EC-P256"),
        "pkilint": reading.choice("PKILINT", "on", {"on": True, "off": False}),
        "crl_days": reading.number("CRL_DAYS", 7, 4, 30),
        "root_crl_days": reading.number("ROOT_CRL_DAYS", 7, 4, 400) if reading.text("ROOT_CRL_DAYS") else None,
        "public_crl_url": reading.placed("CRL_URL", places.published, reading.text("CRL_URL")),
        "public_ca_url": reading.placed("CA_URL", places.published, reading.text("CA_URL")),
        "public_ocsp_url": reading.placed("OCSP_URL", places.published, reading.text("OCSP_URL")),
        "public_crl_dir": Path(crl_dir).expanduser().absolute() if crl_dir else None,
        **_names(reading),
    }


def _key(reading: Reading, name: str, default: str) -> str:
    kind = reading.text(name, default).upper()
    if kind not in KEY_KINDS:
        reading.wrong(name, f"give one of {', '.join(KEY_KINDS)}")
    return kind


def _token(reading: Reading) -> dict[str, Any]:
    """A PKCS#11 token for new keys, and to find those that key files refer to; without a module, keys are files."""
    module, token, pin = reading.text("CA_TOKEN_MODULE"), reading.text("CA_TOKEN"), reading.secret("CA_TOKEN_PIN")
    if module and not Path(module).is_file():
        reading.wrong("CA_TOKEN_MODULE", "name the PKCS#11 module's file, such as /usr/lib/softhsm/libsofthsm2.so")
    if module and not (token and pin):
        reading.wrong("CA_TOKEN", "give the token's label here, and its user PIN as CERTPORTAL_CA_TOKEN_PIN")
    if (token or pin) and not module:
        reading.wrong("CA_TOKEN_MODULE", "name the PKCS#11 module's file, or leave out CA_TOKEN and CA_TOKEN_PIN")
    return {"ca_token_module": Path(module) if module else None, "ca_token": token, "ca_token_pin": pin}


def _names(reading: Reading) -> dict[str, Any]:
    """Every authority's common name. Client programs look for "Issuing" in those that issue, and no name comes twice."""
    values: dict[str, Any] = {}
    by_setting: dict[str, str] = {}
    for environment in ENVIRONMENTS:
        for place, default in AUTHORITIES.items():
            name = f"ca_{place}_name_{environment}"
            by_setting[name.upper()] = values[name] = reading.text(
                name.upper(), f"Certportal {default} ({environment})"
            )
        name = f"ca_issuers_{environment}"
        values[name] = _issuers(reading, name.upper())
        by_setting |= {f"{name.upper()} ({label})": common_name for label, common_name in values[name]}
    settings = list(by_setting)
    for at, name in enumerate(settings):
        if not naming.is_written_so(by_setting[name], naming.octets):
            reading.wrong(name, f"{naming.REMEDY}, where letters such as ä count as two")
        issues = not name.startswith(("CA_ROOT", "CA_INTERMEDIATE"))
        if issues and "Issuing" not in by_setting[name]:
            reading.wrong(name, "keep the word Issuing in the name: client programs look for it")
        for other in settings[:at]:
            if by_setting[other] == by_setting[name]:
                reading.wrong(name, f"the same as CERTPORTAL_{other}; each needs its own name")
    return values


def _issuers(reading: Reading, name: str) -> tuple[tuple[str, str], ...]:
    """``payroll=Example Payroll Issuing CA; benefits=…``: further issuing authorities, which channels name by label."""
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in reading.text(name).split(";"))):
        label, _, common_name = (text.strip() for text in part.partition("="))
        if not common_name or label in found or not LABEL.fullmatch(label):
            reading.wrong(name, "give label=Common Name, with ; between; a label is small letters and digits, once")
        elif label in AUTHORITIES:
            reading.wrong(name, f"{label} names an authority already; choose another label")
        found[label] = common_name
    return tuple(found.items())
