"""Small modules, small functions, names that say something."""

import ast
import re

import pytest

from tests.meta.tree import MADE_HERE, PACKAGE, ROOT, files, functions, modules, named, parsed

EMPTY_WORDS = {"util", "utils", "helper", "helpers", "manager", "managers", "misc", "process", "data", "info"}
OF_LIBRARIES = {"process", "process_bind_param", "process_data", "process_formdata", "process_result_value"}
WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|\bNotImplementedError\b")


def names_nothing(name: str) -> bool:
    """Whether a name is made with a word that fits everything. In a function's name it must be the first or the only
    one: ``public_key_info`` and ``until_data`` name things of RFC 5280 and RFC 5321.
    """
    words = [word.lower() for word in WORDS.findall(name)]
    if name in OF_LIBRARIES or not words:
        return False
    return words[0] in EMPTY_WORDS or (words[-1] in EMPTY_WORDS and words[-1] not in {"data", "info"})


@pytest.mark.parametrize("name", ["helpers", "order_utils", "MailManager", "info", "process_order", "ProcessOrder"])
def test_a_name_that_fits_everything_is_seen(name: str) -> None:
    assert names_nothing(name)


@pytest.mark.parametrize("name", ["update", "database_url", "information", "enrol", "CaDir", "public_key_info"])
def test_a_name_that_says_something_passes(name: str) -> None:
    assert not names_nothing(name)


def test_no_module_is_longer_than_300_lines() -> None:
    lengths = {named(path): len(path.read_text("utf-8").splitlines()) for path in modules()}
    assert {name: length for name, length in lengths.items() if length > 300} == {}


def test_no_function_is_longer_than_40_lines() -> None:
    lengths = {
        f"{named(path)}:{function.lineno} {function.name}": (function.end_lineno or 0) - function.lineno + 1
        for path in modules()
        for function in functions(path)
    }
    assert {name: length for name, length in lengths.items() if length > 40} == {}


def test_create_app_is_a_table_of_contents() -> None:
    assert len((PACKAGE / "__init__.py").read_text("utf-8").splitlines()) < 60


def test_modules_classes_and_functions_have_names_that_say_something() -> None:
    definitions = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    empty = [
        f"{named(path)}: {name}"
        for path in modules()
        for name in [path.stem, *(node.name for node in ast.walk(parsed(path)) if isinstance(node, definitions))]
        if names_nothing(name)
    ]
    assert empty == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        named(path) for path in modules() if path.read_text("utf-8").strip() and not ast.get_docstring(parsed(path))
    ]
    assert silent == []


def test_nothing_is_left_unfinished() -> None:
    kinds = {".py", ".html", ".txt", ".js", ".css"}
    left = [
        f"{named(path)}:{number}"
        for folder in (PACKAGE, ROOT / "templates", ROOT / "static", ROOT / "scripts", ROOT / "tests")
        for path in files(folder)
        if path.suffix in kinds and "vendor" not in path.parts and path.name != "test_code.py"
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert left == []


def test_no_branch_asks_whether_it_is_tested() -> None:
    asks = re.compile(r"\bTESTING\b|PYTEST_CURRENT_TEST|WTF_CSRF_ENABLED|sys\.modules\[?.{0,3}pytest")
    assert [named(path) for path in modules() if asks.search(path.read_text("utf-8"))] == []


def test_what_tools_make_here_is_ignored_by_git_too() -> None:
    ignored = (ROOT / ".gitignore").read_text("utf-8")
    assert [name for name in sorted(MADE_HERE - {"data"}) if name not in ignored] == []
