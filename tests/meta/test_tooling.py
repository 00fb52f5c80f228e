"""What developers lean on: the task list, and the rule that no test is skipped in silence."""

import re
import subprocess
from importlib import metadata

import pytest
from packaging.specifiers import SpecifierSet

from tests.meta.tree import ROOT
from tests.no_skips import find_program

pytest_plugins = ["pytester"]

SKIPS = """
    import pytest
    from tests.no_skips import needs

    @needs("no-such-program", package="kannel-extras")
    def test_a_gateway(): raise AssertionError("never run")
"""
SILENT = """
    import pytest

    @pytest.mark.skip(reason="not today")
    def test_something(): pass
"""
SILENT_MODULE = """
    import pytest
    pytest.skip("no reason at all", allow_module_level=True)
"""


def test_make_alone_lists_every_task() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    tasks = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert tasks
    shown = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    listed = re.findall(r"^make (\S+)", shown, re.MULTILINE)
    assert listed == [task for task in tasks[1].split() if task != "help"]


def test_every_pinned_package_takes_debians_own_python() -> None:
    """Debian 12 has Python 3.11.2. What a package asks for is in what is installed of it, from the same pins."""
    asked = {found.name: found.metadata.get("Requires-Python", "") for found in metadata.distributions()}
    assert len(asked) > 100
    assert {name: said for name, said in asked.items() if not SpecifierSet(said).contains("3.11.2")} == {}


def test_a_skip_that_names_its_package_is_a_skip(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    pytester.makepyfile(SKIPS)
    result = pytester.runpytest("-p", "tests.no_skips", "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*needs no-such-program: apt-get install kannel-extras*"])


@pytest.mark.parametrize("code", [SILENT, SILENT_MODULE])
def test_a_silent_skip_fails(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.delenv("CI", raising=False)
    pytester.makepyfile(code)
    result = pytester.runpytest("-p", "tests.no_skips")
    assert result.ret != pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*names the Debian package*"])


@pytest.mark.parametrize("code", [SKIPS, SILENT, SILENT_MODULE])
@pytest.mark.parametrize("workers", ["0", "1"])
def test_every_skip_fails_in_ci(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, code: str, workers: str
) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makepyfile(code)
    result = pytester.runpytest("-p", "tests.no_skips", "-n", workers)
    assert result.ret not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
    result.stdout.fnmatch_lines(["*No test is skipped in CI*"])


def test_a_program_is_found_where_only_root_looks() -> None:
    assert find_program("sh")
    assert find_program("/bin/s[h]")
    assert find_program("no-such-program") is None


def test_ci_tests_and_checks() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8").rstrip()
    assert script.endswith("make test\nmake check")
    assert "set -euo pipefail" in script
