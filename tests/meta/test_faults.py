"""How programs like this one have failed: each way that the house claims to be safe from has its tests in tests/faults."""

import ast
import re

import pytest

from tests.meta.tree import ROOT, parsed

FAULTS = ROOT / "tests" / "faults"
ANSWERED: dict[str, str] = {
    "F1": "duplicate and runaway notices",
    "F2": "notices lost because a day was missed",
    "F3": "mail sent and then recorded, or the reverse, and a crash in between",
    "F4": "reminders for certificates already renewed",
    "F5": "the right mail to the wrong person",
    "F6": "lists and answers that lapse",
    "F7": "the scheduler in every worker process, or in none",
    "F8": "a link scanner spends a one-time link",
    "F9": "a guessed PIN",
    "F10": "the database is locked",
    "F11": "clocks that differ",
    "F12": "smuggling requests, and one path weaker than another",
    "F13": "certificates that outlive their authority",
    "F14": "a protocol too strict for real clients",
    "F15": "power after leaving",
    "F17": "a forwarded client certificate believed from anybody",
}
"""The numbers that tests, docstrings and notes name, and what happened. A new number comes with its tests."""
NAMED = re.compile(r"test_(f\d+)_\w+\.py")


def numbers() -> dict[str, list[str]]:
    """Which numbers have files, and what those files test."""
    found: dict[str, list[str]] = {}
    for path in sorted(FAULTS.glob("test_f[0-9]*.py")):
        named = NAMED.fullmatch(path.name)
        assert named is not None, f"{path.name}: test_fN_what_happened.py"
        tests = [node.name for node in parsed(path).body if isinstance(node, ast.FunctionDef)]
        found.setdefault(named[1].upper(), []).extend(name for name in tests if name.startswith("test_"))
    return found


def test_every_number_that_is_claimed_has_its_tests_and_every_file_a_number_that_is_claimed() -> None:
    assert sorted(numbers()) == sorted(ANSWERED)


@pytest.mark.parametrize("number", ANSWERED)
def test_each_test_of_a_number_says_which(number: str) -> None:
    tests = numbers()[number]
    assert tests
    assert all(name.startswith(f"test_{number.lower()}_") for name in tests), tests


@pytest.mark.parametrize("number", ANSWERED)
def test_each_file_begins_with_its_number_and_what_happened(number: str) -> None:
    for path in FAULTS.glob(f"test_{number.lower()}_*.py"):
        assert (ast.get_docstring(parsed(path)) or "").startswith(f"{number}: "), path.name
