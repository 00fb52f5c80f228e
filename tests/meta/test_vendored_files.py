"""static/vendor/ and tests/browser/vendor/ hold what their locks say, and nothing else."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
VENDOR = ROOT / "static" / "vendor"
LOCK = "vendor.lock.json"
places = pytest.mark.parametrize("place", [VENDOR, ROOT / "tests" / "browser" / "vendor"], ids=["served", "testing"])


def locked(place: Path) -> list[dict[str, Any]]:
    return json.loads((place / LOCK).read_text(encoding="utf-8"))


@places
def test_every_vendored_file_is_the_one_that_was_published(place: Path) -> None:
    promised = {name: sum_ for package in locked(place) for name, sum_ in package["files"].items()}
    present = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in place.iterdir() if path.name != LOCK
    }
    assert present == promised


@places
def test_every_package_carries_its_licence(place: Path) -> None:
    assert locked(place)
    for package in locked(place):
        assert package["licence"]
        assert any(name.startswith("LICENSE.") for name in package["files"]), package["name"]


@places
def test_the_lock_names_versions_but_no_addresses(place: Path) -> None:
    for package in locked(place):
        assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
    assert "://" not in (place / LOCK).read_text(encoding="utf-8")


def test_every_file_that_a_style_sheet_names_is_here() -> None:
    for sheet in ROOT.joinpath("static").rglob("*.css"):
        named = re.findall(r"url\([\"']?([^)\"']+)", sheet.read_text(encoding="utf-8"))
        files = [name.partition("?")[0] for name in named if not name.startswith(("data:", "#"))]
        missing = [name for name in files if not (sheet.parent / name).is_file()]
        assert not missing, f"{sheet.name}: {missing}"


def test_fonts_are_named_with_the_fingerprint_that_the_preload_uses() -> None:
    fonts = re.findall(r"url\(vendor/([^)?]+\.woff2)\?v=([0-9a-f]+)\)", (ROOT / "static/app.css").read_text("utf-8"))
    assert {name for name, _ in fonts} == {path.name for path in VENDOR.glob("*.woff2")}
    for name, fingerprint in fonts:
        assert fingerprint == hashlib.sha256((VENDOR / name).read_bytes()).hexdigest()[:12], name


def test_nothing_in_static_or_templates_is_fetched_from_elsewhere() -> None:
    sources = [*ROOT.joinpath("templates").rglob("*.html"), *ROOT.joinpath("static").glob("*.css")]
    for source in sources:
        text = source.read_text(encoding="utf-8")
        assert not re.search(r"(?:src|url\(|<link[^>]+href)\s*=?\s*[\"'(]?(?:https?:)?//", text), source.name


def test_no_template_carries_script_style_or_event_handlers_inline() -> None:
    for page in ROOT.joinpath("templates").rglob("*.html"):
        if "mail" in page.parts[-3:]:
            continue  # mails carry their own styles
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"|hx-on|hx-vals=['\"]js:|hx-boost", text), page.name
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), page.name
