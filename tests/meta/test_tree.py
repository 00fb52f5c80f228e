"""docs/map.md is the tree; nothing of the machine it was made on, and no address of a package host, is in it."""

import re
from pathlib import Path

import pytest

from tests.meta.tree import PACKAGE, ROOT, children, files, named, project

MAP = ROOT / "docs" / "map.md"
# A place in somebody's home, or a host that packages come from, written so that this file does not hold them itself.
HOMES = re.compile(r"/(?:root|home/[a-z]|Users/[A-Za-z])[\w.-]*/")
HOSTS = re.compile(r"\b(?:py" r"pi\.org|python" r"hosted\.org|registry\.npm" r"js|deb\.deb" r"ian\.org)")
ADDRESS = re.compile(r"[a-z]+://|\"resolved\"|--(?:extra-)?index-url|--find-links|--trusted-host|@ file:")


def text_of(path: Path) -> str:
    """A text file's text; for a picture or a font, nothing."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return ""


def places_of_one_machine(text: str) -> list[str]:
    return HOMES.findall(text) + [place for place in (f"{ROOT.parent}/", f"{Path.home()}/") if place in text]


def on_the_map() -> set[str]:
    """What the map names: the first words in backquotes of a table's row or a list's item."""
    return set(re.findall(r"^(?:\| |- )`([^`]+)`", MAP.read_text("utf-8"), re.MULTILINE))


def in_the_tree() -> set[str]:
    """The first level of the project, of the package and of the tests, where what mirrors the package is left out."""
    level = [*children(ROOT), *children(PACKAGE), *(path for path in children(ROOT / "tests") if not mirrors(path))]
    return {named(path) + ("/" if path.is_dir() else "") for path in level if path.name != "__init__.py"}


def mirrors(path: Path) -> bool:
    """tests/orders/ is what tests certportal/orders/, and tests/test_fields.py what tests certportal/fields/."""
    return path.name.startswith("test_") or (path.is_dir() and (PACKAGE / path.name).exists())


def test_the_map_names_what_is_in_the_tree_and_nothing_else() -> None:
    assert sorted(in_the_tree() - on_the_map()) == [], "in the tree, not on the map"
    assert sorted(on_the_map() - in_the_tree()) == [], "on the map, not in the tree"


def test_every_link_in_the_documents_leads_somewhere() -> None:
    broken = [
        f"{named(path)}: {target}"
        for path in files()
        if path.suffix == ".md"
        for target in re.findall(r"\]\((?![a-z]+:|#)([^)#\s]+)", text_of(path))
        if not (path.parent / target).exists()
    ]
    assert broken == []


def test_a_place_of_one_machine_is_seen() -> None:
    assert places_of_one_machine("open /ho" + "me/maija/certportal/x")
    assert not places_of_one_machine("the data lies in /var/lib/certportal/")


def test_nothing_names_a_place_of_one_machine() -> None:
    found = {named(path): places for path in files() if (places := places_of_one_machine(text_of(path)))}
    assert found == {}


def test_nothing_names_a_host_that_packages_come_from() -> None:
    assert {named(path): hosts for path in files() if (hosts := HOSTS.findall(text_of(path)))} == {}


def locks() -> list[Path]:
    names = re.compile(r".*\.lock|package-lock\.json|pylock.*\.toml|.*requirements.*\.txt")
    return [path for path in files() if names.fullmatch(path.name)]


def test_no_lock_file_holds_an_address() -> None:
    assert {named(path): found for path in locks() if (found := ADDRESS.findall(text_of(path)))} == {}


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_package_has_one_version_and_its_hashes(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    packages = re.split(r"\n(?=[a-z0-9])", text)[1:]
    assert len(packages) > 30
    assert [
        entry.splitlines()[0] for entry in packages if not re.match(r"[a-z0-9._-]+==[^ ]+ \\\n +--hash=", entry)
    ] == []


def test_the_lock_files_hold_what_the_project_asks_for() -> None:
    asked = project()["project"]
    wanted = [*asked["dependencies"], *asked["optional-dependencies"]["dev"]]
    names = {re.split(r"[\[<>=~!;]", wish)[0].lower() for wish in wanted} - {"certportal"}
    locked = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements-dev.lock").read_text("utf-8"), re.MULTILINE))
    assert names - locked == set()


def test_both_lock_files_agree() -> None:
    def pins(name: str) -> dict[str, str]:
        return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / name).read_text("utf-8"), re.MULTILINE))

    developers = pins("requirements-dev.lock")
    assert {name: pin for name, pin in pins("requirements.lock").items() if developers.get(name) != pin} == {}
