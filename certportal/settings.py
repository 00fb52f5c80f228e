"""Settings: what an installation decides, frozen. ``certportal.environment`` reads them once at start."""

import enum
import ipaddress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import current_app

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ClientCertificateHeader(enum.StrEnum):
    """The header in which trusted proxies hand over the client certificate of TLS; see certportal.client_certificates."""

    NONE = "none"
    NGINX = "x-ssl-client-cert"
    RFC9440 = "client-cert"


@dataclass(frozen=True)
class Settings:
    """What an installation decides. See docs/deploy.md for the table; times in the unit the name says."""

    data_dir: Path
    database_url: str = field(repr=False)  # it may hold the database's password
    base_url: str
    secret_key: bytes = field(repr=False)
    ca_passphrase: bytes = field(repr=False)
    trusted_proxies: tuple[Network, ...] = ()
    client_certificate_header: ClientCertificateHeader = ClientCertificateHeader.NONE
    service_name: str = "Certportal"
    provider_name: str = ""
    support_phone: str = ""
    support_email: str = ""
    support_hours: str = ""
    logo_file: Path | None = None
    accent_colour: str = ""
    mail_server: str = ""
    mail_port: int = 25
    mail_username: str = ""
    mail_password: str = field(default="", repr=False)
    mail_tls: str = "none"
    mail_sender: str = ""
    mail_timeout_seconds: int = 30
    sms_url: str = field(default="", repr=False)
    sms_per_organisation_day: int = 100
    default_country: str = "FI"
    timezone: ZoneInfo = ZoneInfo("Europe/Helsinki")
    notice_days: tuple[int, ...] = (60, 30, 14, 7, 1)
    transfer_codes_days: int = 14
    collection_reminder_day: int = 10
    processing_days: int = 2
    certificate_years: int = 2
    ca_key: str = "EC-P384"
    ca_levels: int = 3
    reply_key: str = "RSA-3072"
    ocsp_key: str = "EC-P256"
    ca_organisation: str = ""
    ca_country: str = ""
    pkilint: bool = True
    ca_token_module: Path | None = None
    ca_token: str = ""
    ca_token_pin: str = field(default="", repr=False)
    ca_root_name_production: str = "Certportal Root CA (production)"
    ca_intermediate_name_production: str = "Certportal Intermediate CA (production)"
    ca_issuing_name_production: str = "Certportal Issuing CA (production)"
    ca_services_name_production: str = "Certportal Services Issuing CA (production)"
    ca_issuers_production: tuple[tuple[str, str], ...] = ()
    ca_root_name_test: str = "Certportal Root CA (test)"
    ca_intermediate_name_test: str = "Certportal Intermediate CA (test)"
    ca_issuing_name_test: str = "Certportal Issuing CA (test)"
    ca_services_name_test: str = "Certportal Services Issuing CA (test)"
    ca_issuers_test: tuple[tuple[str, str], ...] = ()
    crl_days: int = 7
    public_crl_dir: Path | None = None
    public_crl_url: str = ""
    public_ca_url: str = ""
    public_ocsp_url: str = ""
    root_crl_days: int | None = None  # as the others where its key lies here, 180 where it is kept elsewhere
    pkiws_language: str = "en"
    session_idle_minutes: int = 60
    session_hours: int = 12
    lease_seconds: int = 60
    claim_seconds: int = 180
    prepared_seconds: int = 30
    deliver_every_seconds: int = 2
    sweep_every_minutes: int = 60
    scheduler: bool = True
    bind: str = "127.0.0.1:8000"
    workers: int = 2
    threads: int = 8
    demo: bool = False

    @property
    def secure(self) -> bool:
        """Whether the service is reached over https: Secure cookies and HSTS follow."""
        return self.base_url.startswith("https://")

    @property
    def host(self) -> str:
        """Host and port of BASE_URL, the only ones that requests may name."""
        return urlsplit(self.base_url).netloc

    @property
    def crl_url(self) -> str:
        """The address below which revocation lists are fetched, and which certificates name; without a slash at its end.

        Plain HTTP unless set: whoever would check the TLS certificate of an https address needs a list first, so several
        programs do not ask at one (RFC 5280 section 8). The port of BASE_URL is another protocol's when that is https.
        """
        return self.public_crl_url or f"{self._plain}/crl"

    @property
    def ca_url(self) -> str:
        """The address below which the authorities' certificates are fetched, plain HTTP unless set, for the same reason."""
        return self.public_ca_url or f"{self._plain}/ca"

    @property
    def ocsp_url(self) -> str:
        """The address that answers OCSP requests, plain HTTP unless set, for the same reason; answers are signed anyway."""
        return self.public_ocsp_url or f"{self._plain}/ocsp"

    @property
    def _plain(self) -> str:
        """BASE_URL over plain HTTP."""
        return _over_plain_http(self.base_url) if self.secure else self.base_url

    @property
    def ca_dir(self) -> Path:
        """Where the certification authorities' certificates and encrypted keys lie."""
        return self.data_dir / "ca"

    @property
    def crl_dir(self) -> Path:
        """Where revocation lists lie as plain files that a web server can serve while the app is down."""
        return self.public_crl_dir or self.data_dir / "crl"


@lru_cache(maxsize=16)
def _over_plain_http(base_url: str) -> str:
    host = urlsplit(base_url).hostname or ""
    return f"http://{f'[{host}]' if ':' in host else host}"


def kept_by_app() -> dict[str, Any]:
    """What the app at work keeps for us, by names that begin with ``certportal.``; asked a hundred times for a page."""
    return current_app._get_current_object().extensions  # type: ignore[attr-defined]  # noqa: SLF001


def current_settings() -> Settings:
    """The settings of the app at work."""
    return kept_by_app()["certportal.settings"]


def flask_config(settings: Settings) -> dict[str, Any]:
    """What Flask and its extensions are told. Cookies are Secure where the service is reached over https."""
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        # The connection used last still knows its pages and statements.
        "SQLALCHEMY_ENGINE_OPTIONS": {"pool_use_lifo": True},
        "SESSION_COOKIE_NAME": "__Host-certportal" if settings.secure else "certportal",
        "SESSION_COOKIE_SECURE": settings.secure,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_TIME_LIMIT": None,
        "MAX_CONTENT_LENGTH": 256 * 1024,
        "MAX_FORM_MEMORY_SIZE": 256 * 1024,
        "PREFERRED_URL_SCHEME": "https" if settings.secure else "http",
    }
