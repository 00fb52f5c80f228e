"""Nothing of the demo is reachable outside it."""

from pathlib import Path

import click
import pytest
from flask import Flask

from certportal.clock import DemoClock
from certportal.demo import running, seeding
from certportal.environment import SettingsError, read_settings
from tests.browsing import BrowsingClient

REAL = {
    "CERTPORTAL_BASE_URL": "https://certificates.example",
    "CERTPORTAL_MAIL_SERVER": "mail.example",
    "CERTPORTAL_MAIL_SENDER": "no-reply@certificates.example",
    "CERTPORTAL_SMS_URL": "form://sms.example/?to={to}",
}


def demo_routes(app: Flask) -> list[str]:
    return [rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("demo.") or "demo" in rule.rule]


def test_a_portal_has_no_address_of_the_demo(app: Flask) -> None:
    assert demo_routes(app) == []
    assert app.test_client().get("/demo/inbox").status_code == 404
    assert app.test_client().post("/demo/sign-in").status_code in {400, 404}


def test_a_demo_has_them(demo: Flask) -> None:
    assert len(demo_routes(demo)) > 8


def test_a_portal_has_no_clock_that_can_be_moved(app: Flask, demo: Flask) -> None:
    assert not isinstance(app.extensions["certportal.clock"], DemoClock)
    assert isinstance(demo.extensions["certportal.clock"], DemoClock)


def test_a_portals_pages_have_no_bar(client: BrowsingClient) -> None:
    page = client.get("/sign-in")
    assert page.soup.select(".demo") == []
    assert "demo" not in str(page.soup)


def test_no_setting_makes_a_portal_a_demo(tmp_path: Path) -> None:
    real = REAL | {"CERTPORTAL_DATA_DIR": str(tmp_path)}
    assert not read_settings(real).demo
    with pytest.raises(SettingsError, match="CERTPORTAL_DEMO"):
        read_settings(real | {"CERTPORTAL_DEMO": "1"})


def test_a_portals_data_is_never_opened_as_a_demo(tmp_path: Path) -> None:
    (tmp_path / seeding.DATABASE).write_bytes(b"")
    with pytest.raises(click.ClickException, match="not a demo's"):
        running.run(0, tmp_path)
