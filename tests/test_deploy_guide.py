"""docs/deploy.md tells of every setting, and of none that does not exist; its first commands do what they say."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from certportal.answers import HEARD_OUT
from certportal.authority_settings import AUTHORITIES, ENVIRONMENTS
from certportal.environment import EXAMPLE_GATEWAY, SettingsError, read_settings
from certportal.outbox.sms import SmsGateway
from tests.running import CERTPORTAL

GUIDE = Path(__file__).parent.parent / "docs" / "deploy.md"


def told_of() -> set[str]:
    """The names in the first column of the table; ``_NAME`` continues the name before it."""
    rows = [line.split("|")[1] for line in GUIDE.read_text("utf-8").splitlines() if line.startswith("| `CERTPORTAL_")]
    return {name for row in rows for name in re.findall(r"`(?:CERTPORTAL)?_([A-Z_]+)`", row)}


def asked_for(directory: Path) -> set[str]:
    """The names that reading the settings asks for: each is wrong in a way of its own, or unknown."""
    names = told_of()
    try:
        read_settings({f"CERTPORTAL_{name}": "" for name in names} | {"CERTPORTAL_DATA_DIR": str(directory)})
    except SettingsError as error:
        return {line.partition(":")[0] for line in error.mistakes if "is no setting" in line}
    return set()


def test_no_setting_in_the_table_is_unknown(tmp_path: Path) -> None:
    assert asked_for(tmp_path) == set()


def test_every_setting_stands_in_the_table() -> None:
    sources = [GUIDE.parent.parent / "certportal" / name for name in ("environment.py", "authority_settings.py")]
    text = "".join(path.read_text("utf-8") for path in sources)
    read = set(re.findall(r"(?:self|reading)\.(?:text|name|required|number|choice)\(\s*\"([A-Z_]+)\"", text))
    read |= set(re.findall(r"_key\(reading, \"([A-Z_]+)\"", text))
    secrets = set(re.findall(r"(?:self|reading)\.secret\(\s*\"([A-Z_]+)\"", text))
    named = {f"CA_{place}_NAME_{env}" for place in map(str.upper, AUTHORITIES) for env in map(str.upper, ENVIRONMENTS)}
    named |= {f"CA_ISSUERS_{env}" for env in map(str.upper, ENVIRONMENTS)}
    assert told_of() == read | secrets | {f"{name}_FILE" for name in secrets} | named | {"CONFIG"}


def test_nginx_lets_through_as_much_as_the_portal_hears_out() -> None:
    for guide in (GUIDE, GUIDE.with_name("est.md")):
        assert re.findall(r"client_max_body_size (\w+);", guide.read_text("utf-8")) == [f"{HEARD_OUT >> 20}m"]


def block(begins: str) -> str:
    """The block of the guide whose first line begins so."""
    [found] = re.findall(rf"```\w+\n({re.escape(begins)}.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    return found


def sms_examples() -> list[str]:
    """The whole Apprise URLs that the guide shows."""
    return re.findall(r"\bCERTPORTAL_SMS_URL=(\S+)", GUIDE.read_text("utf-8"))


def test_the_guide_shows_whole_urls_of_gateways() -> None:
    assert len(sms_examples()) >= 3


@pytest.mark.parametrize("url", [*sms_examples(), EXAMPLE_GATEWAY])
def test_each_url_of_a_gateway_is_taken(url: str, tmp_path: Path) -> None:
    settings = dict(line.split("=", 1) for line in block("CERTPORTAL_BASE_URL=").splitlines())
    read = read_settings(settings | {"CERTPORTAL_SMS_URL": url, "CERTPORTAL_DATA_DIR": str(tmp_path)})
    assert SmsGateway(read.sms_url).can_send()


@pytest.fixture
def certportal(tmp_path: Path) -> list[str]:
    """The command that the guide makes, but for places and the user, on the guide's settings with values that a shell takes
    apart."""
    settings, program = tmp_path / "certportal.env", tmp_path / "program"
    program.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{CERTPORTAL[-1]}' \"$@\"\n")
    program.chmod(0o755)
    issuers = re.search(r"`(payroll=[^`]*)…`", GUIDE.read_text("utf-8"))
    assert issuers is not None
    lines = block("CERTPORTAL_BASE_URL=").replace("/var/lib/certportal", str(tmp_path / "kept"))
    lines += f"CERTPORTAL_CA_ISSUERS_TEST={issuers[1]}Example Benefits Issuing CA\n"
    lines += "CERTPORTAL_MAIL_PASSWORD=a b;c&d $HOME `id` \"'\n"
    settings.write_text(lines, "utf-8")
    script = block("cat > /usr/local/sbin/certportal").partition("certportal init")[0]
    for before, after in {
        "/usr/local/sbin/certportal": f"{tmp_path}/certportal",
        "/opt/certportal/.venv/bin/certportal": str(program),
        "/etc/certportal.env": str(settings),
        "runuser -u certportal --": "",
        "cd /var/lib/certportal": f"cd {tmp_path}",
    }.items():
        assert before in script, f"the guide no longer has {before}"
        script = script.replace(before, after)
    subprocess.run(["bash", "-euc", script], check=True)
    return [f"{tmp_path}/certportal"]


def test_commands_take_the_settings_as_they_stand_in_the_file(certportal: list[str], tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    for arguments, told in (
        (["init"], "payroll: Example Payroll Issuing CA"),
        (["ca", "show"], "benefits: Example Benefits Issuing CA"),
        (["operators", "add", "you@example.org", "Your Name"], "you@example.org"),
    ):
        done = subprocess.run([*certportal, *arguments], env=environ, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        assert told in done.stdout
    settings = read_settings({"CERTPORTAL_CONFIG": str(tmp_path / "certportal.env")})
    assert settings.mail_password == "a b;c&d $HOME `id` \"'"
    assert settings.sms_url in sms_examples()
