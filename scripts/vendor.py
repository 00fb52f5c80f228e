"""Refresh static/vendor/ and tests/browser/vendor/ from npm: `make vendor`. For maintainers; nothing here runs in a running
service.

Each file below is taken out of a published package with `npm pack`, and its name, version and SHA-256 are written to
vendor.lock.json in the same folder, which tests/meta/test_vendored_files.py compares with what is there. The lock holds no
addresses: which registry npm asks is the maintainer's own setting. To move to another version, edit PACKAGES, run this,
look at the difference, and read the package's change log.

static/theme.css is not vendored but generated, from the three colours in scripts/theme.json, with the design system's
own tool: `npx @digdir/designsystemet@1.15.0 tokens create --config scripts/theme.json`, then `… tokens build`.
"""

import hashlib
import json
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = "vendor.lock.json"


@dataclass(frozen=True)
class Package:
    """One npm package at one version; ``files`` maps a path inside it to the name that the file gets here."""

    name: str
    version: str
    licence: str
    files: dict[str, str]


SERVED = (
    Package(
        "@digdir/designsystemet-css",
        "1.22.0",
        "MIT",
        {"dist/src/index.css": "designsystemet.css", "LICENSE": "LICENSE.designsystemet"},
    ),
    Package("htmx.org", "2.0.11", "0BSD", {"dist/htmx.min.js": "htmx.min.js", "LICENSE": "LICENSE.htmx"}),
    Package(
        "@fontsource-variable/inter",
        "5.3.0",
        "OFL-1.1",
        {
            "files/inter-latin-wght-normal.woff2": "inter-latin-wght-normal.woff2",
            "files/inter-latin-ext-wght-normal.woff2": "inter-latin-ext-wght-normal.woff2",
            "LICENSE": "LICENSE.inter",
        },
    ),
)
TESTING = (Package("axe-core", "4.14.1", "MPL-2.0", {"axe.min.js": "axe.min.js", "LICENSE": "LICENSE.axe-core"}),)
PLACES = {ROOT / "static" / "vendor": SERVED, ROOT / "tests" / "browser" / "vendor": TESTING}
"""What is in which folder."""


def fetch(package: Package, into: Path) -> dict[str, bytes]:
    """The package's files by the name they get here, read from the archive that npm checked and left in ``into``."""
    asked = ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
    packed = subprocess.run(asked, cwd=into, check=True, capture_output=True, text=True)
    archive = into / packed.stdout.split()[-1]
    with tarfile.open(archive) as tar:
        return {name: _member(tar, f"package/{path}") for path, name in package.files.items()}


def _member(tar: tarfile.TarFile, path: str) -> bytes:
    member = tar.extractfile(path)
    if member is None:
        raise FileNotFoundError(path)
    return member.read()


def entry(package: Package, contents: dict[str, bytes]) -> dict[str, object]:
    """What the lock says about a package."""
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(contents.items())}
    return {"name": package.name, "version": package.version, "licence": package.licence, "files": sums}


def main() -> None:
    """Fetch everything, then write everything: a package that cannot be had changes nothing."""
    with tempfile.TemporaryDirectory() as scratch:
        fetched = {
            place: [(package, fetch(package, Path(scratch))) for package in packages]
            for place, packages in PLACES.items()
        }
    for place, contents in fetched.items():
        write(place, contents)


def write(place: Path, fetched: list[tuple[Package, dict[str, bytes]]]) -> None:
    """Put the files into the folder in place of what is there, with the lock that names them."""
    place.mkdir(parents=True, exist_ok=True)
    for old in place.iterdir():
        old.unlink()
    for name, content in (file for _, contents in fetched for file in contents.items()):
        (place / name).write_bytes(content)
    lock = [entry(package, contents) for package, contents in fetched]
    (place / LOCK).write_text(json.dumps(lock, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
