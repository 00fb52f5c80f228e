"""The wheel carries everything: an installed copy starts elsewhere and serves its pages, files and languages."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.meta.tree import PACKAGE, ROOT, TEMPLATES, files

START = """
import os
from pathlib import Path

import certportal
from certportal import create_app
from certportal.environment import read_settings

assert Path(certportal.__file__).is_relative_to(os.environ["INSTALLED"]), certportal.__file__
client = create_app(read_settings(os.environ)).test_client()
page = client.get("/sign-in", headers={"Accept-Language": "fi"})
assert page.status_code == 200, page.status
assert 'lang="fi"' in page.text, "the catalogues are not in the wheel"
style = client.get("/static/app.css")
assert style.status_code == 200, "static/ is not in the wheel"
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built once, without the network, by the hatchling that the lock holds."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, text=True)
    [built] = folder.glob("certportal-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--target", str(folder), str(wheel)]
    subprocess.run(install, check=True, capture_output=True, text=True)
    return folder


def test_the_wheel_holds_every_file_of_the_program(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    expected = {path.relative_to(ROOT).as_posix() for path in files(PACKAGE)}
    expected |= {f"certportal/{path.relative_to(ROOT).as_posix()}" for path in files(TEMPLATES)}
    expected |= {f"certportal/{path.relative_to(ROOT).as_posix()}" for path in files(ROOT / "static")}
    assert sorted(expected - inside) == []
    assert not [name for name in inside if name.startswith(("tests/", "scripts/", "docs/"))]


def environment(installed: Path, data: Path) -> dict[str, str]:
    """Nothing of this checkout: only the installed copy and the packages that it needs."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("CERTPORTAL_", "PYTHON", "FLASK_"))
    }
    return kept | {
        "INSTALLED": str(installed),
        "PYTHONPATH": str(installed),
        "CERTPORTAL_DATA_DIR": str(data),
        "CERTPORTAL_BASE_URL": "http://localhost",
        "CERTPORTAL_PROVIDER_NAME": "Example Service Centre",
        "CERTPORTAL_SUPPORT_PHONE": "029 000 0000",
        "CERTPORTAL_SUPPORT_EMAIL": "support@service.example",
        "CERTPORTAL_MAIL_SERVER": "127.0.0.1",
        "CERTPORTAL_MAIL_PORT": "2525",
        "CERTPORTAL_MAIL_TLS": "none",
        "CERTPORTAL_MAIL_SENDER": "no-reply@service.example",
        "CERTPORTAL_SMS_URL": "json://127.0.0.1:8899/?to={to}",
    }


def test_an_installed_copy_starts_elsewhere(installed: Path, tmp_path: Path) -> None:
    surroundings = environment(installed, tmp_path / "data")
    command = [str(sys.executable), "-m", "certportal.cli", "init"]
    made = subprocess.run(command, cwd=tmp_path, env=surroundings, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    started = subprocess.run(
        [sys.executable, "-c", START], cwd=tmp_path, env=surroundings, capture_output=True, text=True, check=False
    )
    assert started.returncode == 0, started.stderr
