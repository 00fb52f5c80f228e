"""Reading the settings, once at start, from ``CERTPORTAL_…`` variables: every mistake is told at once with its remedy.

A file named by ``CERTPORTAL_CONFIG`` holds the same names as ``NAME=value`` lines (systemd's EnvironmentFile form); the
environment wins over it. Secrets that are not given are made once in ``CERTPORTAL_DATA_DIR``, mode 0600.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from certportal import authority_settings, naming, places
from certportal.identifiers import EmailAddress, Language, country_code
from certportal.keyfiles import secret_file
from certportal.refusals import Refusal
from certportal.settings import ClientCertificateHeader, Network, Settings

PREFIX = "CERTPORTAL_"
ANSWERS_TO_A_LETTER = 4  # to MAIL FROM, RCPT TO, DATA and the final dot, each after MAIL_TIMEOUT_SECONDS at the latest
EXAMPLE_GATEWAY = "46elks://u0123456789:p0123456789@Certportal/{to}"
SHORTEST_PASSPHRASE = 12  # as ca.keys, which must not be reached from here; a test compares them


class SettingsError(Exception):
    """One or more settings are wrong. ``mistakes`` holds a line for each: the variable's name and the remedy."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read and check everything; raises SettingsError naming every mistake."""
    return Reading(environ).settings()


class Reading:
    """One reading of the environment: values asked for by name, mistakes gathered."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.mistakes: list[str] = []
        self.values = {**self._file(environ), **{k: v for k, v in environ.items() if k.startswith(PREFIX)}}
        self.asked: set[str] = {"CONFIG"}
        directory = environ.get("CREDENTIALS_DIRECTORY")
        self.credentials = Path(directory) if directory else None

    def settings(self) -> Settings:
        data_dir = Path(self.text("DATA_DIR", "data")).expanduser().absolute()
        values: dict[str, Any] = {"data_dir": data_dir, "base_url": self.base_url()}
        database_url = self.text("DATABASE_URL", f"sqlite:///{data_dir / 'certportal.sqlite3'}")
        values["database_url"] = self.placed("DATABASE_URL", places.database, database_url)
        values |= self.provider() | self.mail() | self.rules() | authority_settings.read(self)
        values |= self.running(values["mail_timeout_seconds"])
        secret_key, passphrase = self.secret("SECRET_KEY"), self.secret("CA_PASSPHRASE")
        if secret_key and len(secret_key) < 32:
            self.wrong("SECRET_KEY", "give at least 32 random characters, or leave it out and one is made in DATA_DIR")
        if passphrase and len(passphrase.encode()) < SHORTEST_PASSPHRASE:
            self.wrong("CA_PASSPHRASE", "give at least 12 characters, or leave it out and one is made in DATA_DIR")
        unknown = [k for k in self.values if k.startswith(PREFIX) and k.removeprefix(PREFIX) not in self.asked]
        self.mistakes += [f"{name}: is no setting; see the table in docs/deploy.md" for name in sorted(unknown)]
        if self.mistakes:
            raise SettingsError(self.mistakes)
        values["secret_key"] = secret_key.encode() or secret_file(data_dir, "secret-key")
        values["ca_passphrase"] = passphrase.encode() or secret_file(data_dir, "ca-passphrase")
        return Settings(**values)

    def base_url(self) -> str:
        url = self.required("BASE_URL", "give the service's public address, such as https://certificates.example.org")
        return self.placed("BASE_URL", places.public_address, url)

    def provider(self) -> dict[str, Any]:
        accent = self.text("ACCENT_COLOUR")
        if accent and not re.fullmatch(r"#[0-9A-Fa-f]{6}", accent):
            self.wrong("ACCENT_COLOUR", "give a colour as #rrggbb, such as #0E5A73")
        logo = self.text("LOGO_FILE")
        if logo and not (Path(logo).is_file() and Path(logo).suffix in (".svg", ".png")):
            self.wrong("LOGO_FILE", "name a .svg or .png file that exists")
        return {
            "service_name": self.name("SERVICE_NAME", "Certportal"),
            "provider_name": self.text("PROVIDER_NAME"),
            "support_phone": self.text("SUPPORT_PHONE"),
            "support_email": self.address("SUPPORT_EMAIL", self.text("SUPPORT_EMAIL")),
            "support_hours": self.text("SUPPORT_HOURS"),
            "accent_colour": accent,
            "logo_file": Path(logo) if logo else None,
            "default_country": self.country(),
            "timezone": self.timezone(),
        }

    def country(self) -> str:
        country = self.text("DEFAULT_COUNTRY", "FI").upper()
        try:
            return country if country == "FI" else country_code(country)  # its library is spared where it can be
        except Refusal:
            self.wrong("DEFAULT_COUNTRY", "give a country as two letters, such as FI")
            return "FI"

    def address(self, name: str, text: str) -> str:
        """An e-mail address, or nothing."""
        try:
            return EmailAddress.parse(text).text if text else ""
        except Refusal:
            self.wrong(name, "give an e-mail address, such as certificates@example.org")
            return ""

    def placed(self, name: str, read: Callable[[str], str], text: str) -> str:
        """What ``places`` makes of the text, or nothing."""
        try:
            return read(text) if text else ""
        except places.Misplaced as misplaced:
            self.wrong(name, str(misplaced))
            return ""

    def timezone(self) -> ZoneInfo:
        name = self.text("TIMEZONE", "Europe/Helsinki")
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            self.wrong("TIMEZONE", "give a zone's name, such as Europe/Helsinki")
            return ZoneInfo("UTC")

    def mail(self) -> dict[str, Any]:
        tls = self.text("MAIL_TLS", "starttls")
        if tls not in ("none", "starttls", "tls"):
            self.wrong("MAIL_TLS", "give none, starttls or tls")
        sender = self.address("MAIL_SENDER", self.required("MAIL_SENDER", "give the address that mail is sent from"))
        sms = self.required("SMS_URL", f"give the Apprise URL of your SMS gateway, such as {EXAMPLE_GATEWAY}")
        if sms and "{to}" not in sms:
            self.wrong("SMS_URL", f"write {{to}} where the recipient's number belongs, such as {EXAMPLE_GATEWAY}")
        elif sms and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9+]*://\S+", sms):
            self.wrong("SMS_URL", f"give an Apprise URL, such as {EXAMPLE_GATEWAY}")
        return {
            "mail_server": self.required("MAIL_SERVER", "give the SMTP server's name"),
            "mail_port": self.number("MAIL_PORT", 465 if tls == "tls" else 587, 1, 65535),
            "mail_username": self.text("MAIL_USERNAME"),
            "mail_password": self.text("MAIL_PASSWORD"),
            "mail_tls": tls,
            "mail_sender": sender,
            "mail_timeout_seconds": self.number("MAIL_TIMEOUT_SECONDS", 30, 1, 600),
            "sms_url": sms,
            "sms_per_organisation_day": self.number("SMS_PER_ORGANISATION_DAY", 100, 1, 100_000),
        }

    def rules(self) -> dict[str, Any]:
        days = self.number("TRANSFER_CODES_DAYS", 14, 1, 60)
        return {
            "notice_days": self.notice_days(),
            "transfer_codes_days": days,
            "collection_reminder_day": self.number("COLLECTION_REMINDER_DAY", min(10, days), 1, days),
            "processing_days": self.number("PROCESSING_DAYS", 2, 1, 90),
            "certificate_years": self.number("CERTIFICATE_YEARS", 2, 1, 5),
            "pkiws_language": self.choice("PKIWS_LANGUAGE", "en", {each.value: each.value for each in Language}),
            "session_idle_minutes": self.number("SESSION_IDLE_MINUTES", 60, 5, 1440),
            "session_hours": self.number("SESSION_HOURS", 12, 1, 72),
        }

    def notice_days(self) -> tuple[int, ...]:
        text = self.text("NOTICE_DAYS", "60,30,14,7,1")
        try:
            days = tuple(sorted({int(part) for part in text.split(",")}, reverse=True))
        except ValueError:
            days = ()
        if not days or min(days) < 1 or max(days) > 365:
            self.wrong("NOTICE_DAYS", "give days before the end with commas between, such as 60,30,14,7,1")
        return days

    def running(self, mail_timeout: int) -> dict[str, Any]:
        proxies = self.networks()
        return {
            "trusted_proxies": proxies,
            "client_certificate_header": self.client_certificate_header(proxies),
            "lease_seconds": self.number("LEASE_SECONDS", 60, 5, 3600),
            "claim_seconds": self.claim_seconds(mail_timeout),
            "prepared_seconds": self.number("PREPARED_SECONDS", 30, 1, 3600),
            "deliver_every_seconds": self.number("DELIVER_EVERY_SECONDS", 2, 1, 60),
            "sweep_every_minutes": self.number("SWEEP_EVERY_MINUTES", 60, 1, 1440),
            "scheduler": self.choice("SCHEDULER", "on", {"on": True, "off": False}),
            "bind": self.placed("BIND", places.listening, self.text("BIND", "127.0.0.1:8000")),
            "workers": self.number("WORKERS", 2, 1, 64),
            "threads": self.number("THREADS", 8, 1, 64),
        }

    def claim_seconds(self, mail_timeout: int) -> int:
        """Longer than the server may take over one letter: while that lasts, nobody else calls the letter unknown."""
        longest = ANSWERS_TO_A_LETTER * mail_timeout
        claim = self.number("CLAIM_SECONDS", max(120, longest + longest // 2), 5, 3600)
        if claim <= longest:
            remedy = f"give more than {longest}, {ANSWERS_TO_A_LETTER} times {PREFIX}MAIL_TIMEOUT_SECONDS"
            self.wrong("CLAIM_SECONDS", f"{remedy}, which a slow mail server may take over one letter")
        return claim

    def client_certificate_header(self, proxies: tuple[Network, ...]) -> ClientCertificateHeader:
        """Which header is believed, from trusted proxies alone: without any it would be believed from nobody."""
        header = self.choice(
            "CLIENT_CERTIFICATE_HEADER", "none", {each.value: each for each in ClientCertificateHeader}
        )
        if header is not ClientCertificateHeader.NONE and not proxies:
            self.wrong("CLIENT_CERTIFICATE_HEADER", "name the proxy that sends it in CERTPORTAL_TRUSTED_PROXIES too")
        return header

    def networks(self) -> tuple[Network, ...]:
        found: list[Network] = []
        for part in filter(None, (p.strip() for p in self.text("TRUSTED_PROXIES").split(","))):
            try:
                found.append(ipaddress.ip_network(part))
            except ValueError:
                self.wrong("TRUSTED_PROXIES", f"{part} is no address or network; give for example 127.0.0.1,10.0.0.0/8")
        return tuple(found)

    def text(self, name: str, default: str = "") -> str:
        self.asked.add(name)
        return self.values.get(PREFIX + name, "").strip() or default

    def name(self, name: str, default: str = "") -> str:
        """A name that certificates hold as it is, or nothing."""
        text = self.text(name, default)
        if text and not naming.is_written_so(text):
            self.wrong(name, naming.REMEDY)
        return text

    def secret(self, name: str) -> str:
        """A secret: the variable itself, the file that NAME_FILE names, or systemd's credential of that name (ca-passphrase)."""
        given = {place: value for place, value in self._places_of(name) if value}
        if len(given) > 1:
            self.wrong(name, f"given in several places ({', '.join(given)}); keep one")
        try:
            return next((read() if callable(read) else read for read in given.values()), "")
        except (OSError, UnicodeDecodeError):
            self.wrong(f"{name}_FILE", "the file cannot be read; name a text file that the service may read")
            return ""

    def _places_of(self, name: str) -> Iterator[tuple[str, str | Callable[[], str] | None]]:
        file, credential = self.text(f"{name}_FILE"), name.lower().replace("_", "-")
        yield PREFIX + name, self.text(name)
        yield f"{PREFIX}{name}_FILE", (lambda: Path(file).read_text("utf-8").strip()) if file else None
        kept = self.credentials / credential if self.credentials is not None else None
        if kept is not None and kept.is_file():
            yield f"the credential {credential}", lambda: kept.read_text("utf-8").strip()

    def required(self, name: str, remedy: str) -> str:
        value = self.text(name)
        if not value:
            self.wrong(name, remedy)
        return value

    def number(self, name: str, default: int, least: int, most: int) -> int:
        text = self.text(name, str(default))
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            self.wrong(name, f"give a whole number from {least} to {most}")
            return default
        return int(text)

    def choice(self, name: str, default: str, values: Mapping[str, Any]) -> Any:
        text = self.text(name, default).lower()
        if text not in values:
            self.wrong(name, f"give {' or '.join(values)}")
        return values.get(text, values[default])

    def wrong(self, name: str, remedy: str) -> None:
        self.mistakes.append(f"{PREFIX}{name}: {remedy}")

    def _file(self, environ: Mapping[str, str]) -> dict[str, str]:
        name = environ.get(PREFIX + "CONFIG", "")
        if not name:
            return {}
        try:
            lines = Path(name).read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            self.mistakes.append(
                f"{PREFIX}CONFIG: the file {name} cannot be read; name a UTF-8 file with NAME=value lines"
            )
            return {}
        found: dict[str, str] = {}
        for number, line in enumerate(lines, start=1):
            bare = line.strip()
            if not bare or bare.startswith("#"):
                continue
            key, equals, value = bare.partition("=")
            if not equals or not key.startswith(PREFIX):
                self.mistakes.append(f"{PREFIX}CONFIG: line {number} of {name} is not {PREFIX}NAME=value")
                continue
            quoted = re.fullmatch(r"([\"'])(.*)\1", value.strip())
            found[key.strip()] = quoted[2] if quoted else value.strip()
        return found
