"""A test is skipped only for a program that is not here, and says which Debian package brings it.

``needs("xmlsec1")`` is how a test says so. Any other skip fails, and with CI=true every skip fails: there .ci/run has
installed everything.
"""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

REASON = "needs {program}: apt-get install {package}"
NAMES_PACKAGE = re.compile(r"needs \S+: apt-get install \S+")
SYSTEM_FOLDERS = "/usr/sbin:/sbin"


def needs(program: str, package: str | None = None) -> pytest.MarkDecorator:
    """Skip the test where ``program`` is missing, naming the Debian package (by default of the same name)."""
    missing = find_program(program) is None
    return pytest.mark.skipif(missing, reason=REASON.format(program=program, package=package or program))


def find_program(name: str) -> Path | None:
    """Where a program is, also in the folders that only root has in PATH; ``name`` may be a path with a pattern."""
    if name.startswith("/"):
        found = sorted(Path("/").glob(name[1:]))
        return found[-1] if found else None
    place = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SYSTEM_FOLDERS}")
    return Path(place) if place else None


def _complaint(report: pytest.TestReport | pytest.CollectReport) -> str | None:
    if not report.skipped or hasattr(report, "wasxfail"):
        return None
    reason = str(report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr)
    if os.environ.get("CI") == "true":
        return f"No test is skipped in CI, where .ci/run installs what it needs. {reason}"
    if not NAMES_PACKAGE.search(reason):
        return f"A skip names the Debian package that is missing: use tests.no_skips.needs. {reason}"
    return None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    report: pytest.TestReport = yield  # type: ignore[misc]
    if complaint := _complaint(report):
        report.outcome, report.longrepr = "failed", complaint
    return report  # type: ignore[return-value]


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    report: pytest.CollectReport = yield  # type: ignore[misc]
    if complaint := _complaint(report):
        report.outcome, report.longrepr = "failed", complaint
    return report  # type: ignore[return-value]
