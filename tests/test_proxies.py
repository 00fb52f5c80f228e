"""Forwarding headers are believed from trusted proxies alone; a foreign Host is refused."""

from dataclasses import replace
from ipaddress import ip_network

import pytest
from flask import Flask, request

from certportal import create_app, proxies
from certportal.answers import allow
from certportal.settings import Settings
from tests.conftest import FakeClock

FORWARDED = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}


def asked(settings: Settings, peer: str, headers: dict[str, str]) -> tuple[str, bool, str]:
    """What a view sees of a request that came from ``peer``."""
    app = create_app(settings, FakeClock())
    seen: list[tuple[str, bool, str]] = []

    @app.get("/seen")
    @allow("anonymous")
    def see() -> str:
        seen.append((request.remote_addr or "", request.is_secure, request.host))
        return ""

    app.test_client().get("/seen", headers=headers, environ_overrides={"REMOTE_ADDR": peer})
    return seen[0]


def test_without_trusted_proxies_forwarding_headers_are_ignored(settings: Settings) -> None:
    assert asked(settings, "127.0.0.1", FORWARDED) == ("127.0.0.1", False, "localhost")


def test_a_trusted_proxy_tells_who_the_client_is_but_not_the_host(settings: Settings) -> None:
    trusting = replace(settings, trusted_proxies=(ip_network("127.0.0.1"),))
    assert asked(trusting, "127.0.0.1", FORWARDED) == ("203.0.113.9", True, "localhost")


def test_somebody_else_cannot_pretend_to_be_the_proxy(settings: Settings) -> None:
    trusting = replace(settings, trusted_proxies=(ip_network("10.0.0.0/8"),))
    assert asked(trusting, "198.51.100.7", FORWARDED) == ("198.51.100.7", False, "localhost")


def test_of_a_chain_only_the_nearest_hop_is_believed(settings: Settings) -> None:
    trusting = replace(settings, trusted_proxies=(ip_network("127.0.0.1"),))
    chain = {"X-Forwarded-For": "192.0.2.66, 203.0.113.9"}
    assert asked(trusting, "127.0.0.1", chain)[0] == "203.0.113.9"


@pytest.mark.parametrize("host", ["evil.example", "localhost:8000", "localhost.evil.example"])
def test_a_foreign_host_is_refused(app: Flask, host: str) -> None:
    answer = app.test_client().get("/accessibility", headers={"Host": host})
    assert answer.status_code == 421
    assert "evil.example" not in answer.get_data(as_text=True)


def test_lists_and_answers_are_given_whatever_host_is_named(app: Flask) -> None:
    """Certificates name hosts of their own for them, and simple programs (openssl ocsp) name none."""
    client = app.test_client()
    assert client.post("/ocsp", data=b"no question", headers={"Host": "pki.example"}).status_code == 200
    assert client.get("/crl/mars.crl", headers={"Host": "pki.example"}).status_code == 404
    assert client.get("/healthz", headers={"Host": "pki.example"}).status_code == 421


def test_a_host_is_the_same_in_capitals(app: Flask) -> None:
    assert app.test_client().get("/accessibility", headers={"Host": "LocalHost"}).status_code == 200


def test_over_https_cookies_are_secure_and_the_browser_remembers(settings: Settings) -> None:
    app = create_app(replace(settings, base_url="https://portal.example"), FakeClock())
    answer = app.test_client().get("/sign-in", base_url="https://portal.example")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-certportal=")
    assert "Secure" in cookie
    assert "HttpOnly" in cookie


def noted(settings: Settings, peer: str, headers: dict[str, str]) -> list[str]:
    """Which undeclared proxies the service knows of after a request from ``peer``."""
    app = create_app(settings, FakeClock())
    with app.app_context():
        app.test_client().get("/accessibility", headers=headers, environ_overrides={"REMOTE_ADDR": peer})
        return proxies.undeclared()


def test_a_proxy_that_no_setting_names_is_noted(settings: Settings) -> None:
    assert noted(settings, "127.0.0.1", FORWARDED) == ["127.0.0.1"]
    assert noted(settings, "10.1.2.3", FORWARDED) == ["10.1.2.3"]


def test_a_trusted_proxy_a_plain_visitor_and_a_stranger_with_headers_are_not(settings: Settings) -> None:
    trusting = replace(settings, trusted_proxies=(ip_network("127.0.0.1"),))
    assert noted(trusting, "127.0.0.1", FORWARDED) == []
    assert noted(settings, "127.0.0.1", {}) == []
    assert noted(settings, "93.184.216.34", FORWARDED) == []


def test_however_many_forward_three_are_remembered(settings: Settings) -> None:
    app = create_app(settings, FakeClock())
    with app.app_context():
        for last in range(1, 9):
            app.test_client().get(
                "/accessibility", headers=FORWARDED, environ_overrides={"REMOTE_ADDR": f"10.0.0.{last}"}
            )
        assert proxies.undeclared() == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
