"""docs/deploy.md tells of every setting, and of none that does not exist."""

import re
from pathlib import Path

from certportal.authority_settings import AUTHORITIES, ENVIRONMENTS
from certportal.environment import SettingsError, read_settings

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
    read = set(re.findall(r"(?:self|reading)\.(?:text|required|number|choice)\(\s*\"([A-Z_]+)\"", text))
    read |= set(re.findall(r"_key\(reading, \"([A-Z_]+)\"", text))
    secrets = set(re.findall(r"(?:self|reading)\.secret\(\s*\"([A-Z_]+)\"", text))
    named = {f"CA_{place}_NAME_{env}" for place in map(str.upper, AUTHORITIES) for env in map(str.upper, ENVIRONMENTS)}
    named |= {f"CA_ISSUERS_{env}" for env in map(str.upper, ENVIRONMENTS)}
    assert told_of() == read | secrets | {f"{name}_FILE" for name in secrets} | named | {"CONFIG"}
