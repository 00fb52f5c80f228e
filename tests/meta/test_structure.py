"""The rooms and their files: who calls whom, who opens the transaction, what is imported where."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.meta.tree import PACKAGE, ROOT, children, dotted, functions, modules, named, parsed, project

Function = ast.FunctionDef | ast.AsyncFunctionDef
HEAVY = {"alembic", "apprise", "flask_migrate", "gunicorn", "pkilint", "signxml"}
TWICE_ON_PURPOSE = {"certportal.certificates"}  # enrolment: prepared, then signed with no transaction open, then issued


def layers() -> set[str]:
    """The rooms that pyproject.toml puts into an order."""
    contract = project()["tool"]["importlinter"]["contracts"][0]
    return {room.strip(" ()") for layer in contract["layers"] for room in layer.split("|")}


def test_every_room_has_its_place_in_the_order() -> None:
    rooms = {dotted(path) for path in children(PACKAGE) if path.suffix == ".py" or (path / "__init__.py").exists()}
    beside = {"certportal", "certportal.migrations"}
    assert sorted(rooms - layers() - beside) == []


def calls(node: ast.AST) -> Iterator[ast.Call]:
    return (found for found in ast.walk(node) if isinstance(found, ast.Call))


def called(call: ast.Call) -> str:
    """The name that a call is made by: ``f`` or ``module.f``."""
    if isinstance(call.func, ast.Name):
        return call.func.id
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        return f"{call.func.value.id}.{call.func.attr}"
    return ""


def transactions(function: Function) -> int:
    """How many ``with transaction():`` a function opens."""
    return sum(
        isinstance(item.context_expr, ast.Call) and called(item.context_expr).endswith("transaction")
        for node in ast.walk(function)
        if isinstance(node, ast.With)
        for item in node.items
    )


def is_step(function: Function) -> bool:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return bool(body) and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Call) and (
        called(body[0].value).endswith("within_transaction")
    )  # fmt: skip


def use_cases() -> dict[str, Function]:
    """Dotted name → every function of the house that opens a transaction."""
    return {
        f"{dotted(path)}.{function.name}": function
        for path in modules()
        if path.name != "extensions.py"
        for function in functions(path)
        if transactions(function)
    }


@cache
def names_in(path: Path) -> dict[str, str]:
    """What a module's own and imported names stand for, dotted; imports inside functions too."""
    names: dict[str, str] = {}
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names | {function.name: f"{dotted(path)}.{function.name}" for function in functions(path)}


@cache
def by_name() -> dict[str, Path]:
    return {dotted(path): path for path in modules()}


def meant(name: str, path: Path) -> str:
    """Where the function stands that a name means in a module, through every re-export: ``orders.cancel_order`` in
    console/views.py is certportal.orders.changes.cancel_order.
    """
    first, _, rest = name.partition(".")
    full = f"{names_in(path).get(first, first)}.{rest}".rstrip(".")
    module, _, function = full.rpartition(".")
    if module in by_name() and (further := names_in(by_name()[module]).get(function, full)) != full:
        return meant(function, by_name()[module]) if further.startswith("certportal.") else further
    return full


def test_a_name_is_followed_to_where_it_stands() -> None:
    path = by_name()["certportal.certificates.enrolment"]
    assert meant("messages.verify_codes", path) == "certportal.messages.verifying.verify_codes"
    assert meant("enrol_opened", path) == "certportal.certificates.enrolment.enrol_opened"
    assert meant("audit.record", path) == "certportal.audit.record"


def test_use_cases_are_found() -> None:
    assert len(use_cases()) > 10, "the search for use cases has gone blind"


def test_a_use_case_opens_one_transaction() -> None:
    """A job, which works under a lease, commits in batches."""
    twice = {
        name
        for name, function in use_cases().items()
        if transactions(function) > 1 and "lease" not in {argument.arg for argument in function.args.args}
    }
    assert {name for name in twice if not name.startswith(tuple(TWICE_ON_PURPOSE))} == set()


def test_a_use_case_or_a_step_never_calls_a_use_case() -> None:
    cases = use_cases()
    wrong = [
        f"{named(path)}:{call.lineno} {function.name} calls {name}"
        for path in modules()
        for function in functions(path)
        if transactions(function) or is_step(function)
        for node in (inside_transactions(function) if transactions(function) else [function])
        for call in calls(node)
        if (name := meant(called(call), path)) in cases
    ]
    assert wrong == []


def inside_transactions(function: Function) -> list[ast.AST]:
    """A job may run use cases one after another; what must not be is one inside the other."""
    return [
        statement
        for node in ast.walk(function)
        if isinstance(node, ast.With)
        and any(
            isinstance(i.context_expr, ast.Call) and called(i.context_expr).endswith("transaction") for i in node.items
        )
        for statement in node.body
    ]


def test_views_open_no_transaction_and_ask_no_database() -> None:
    wrong = [
        f"{named(path)}: {alias.name}"
        for path in modules()
        if path.stem == "views" or "views" in path.parts
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom) and node.module == "certportal.extensions"
        for alias in node.names
        if alias.name in {"db", "transaction", "within_transaction", "changed"}
    ]
    assert wrong == []


def test_rules_ask_no_clock() -> None:
    """``now`` is an argument."""
    asked = [
        f"{named(path)}:{call.lineno}"
        for path in modules()
        if path.stem == "rules"
        for call in calls(parsed(path))
        if called(call).rpartition(".")[2] in {"now", "today", "machine", "utcnow"}
    ]
    assert asked == []


def imports(node: ast.AST) -> Iterator[tuple[int, str]]:
    for found in ast.walk(node):
        if isinstance(found, ast.Import):
            yield from ((found.lineno, alias.name.partition(".")[0]) for alias in found.names)
        elif isinstance(found, ast.ImportFrom) and found.module and not found.level:
            yield found.lineno, found.module.partition(".")[0]


def test_heavy_packages_are_imported_where_they_are_used() -> None:
    """The app starts without them: a worker pays for Apprise when the first text message goes out, not before."""
    code = (
        "import sys; from certportal import cli, create_app; print(*(name.partition('.')[0] for name in sys.modules))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert "sqlalchemy" in loaded.split()
    assert set(loaded.split()) & HEAVY == set()


def distributions_imported() -> set[str]:
    owners = packages_distributions()
    packages = {package for path in files_with_imports() for _line, package in imports(parsed(path))}
    return {
        owners[package][0].lower().replace("_", "-")
        for package in packages - set(sys.stdlib_module_names) - {"certportal", "tests", "scripts"}
        if package in owners
    }


def files_with_imports() -> list[Path]:
    migrations = PACKAGE / "migrations"
    return [*modules(), *(migrations.rglob("*.py") if migrations.exists() else ())]


def declared(*groups: str) -> set[str]:
    settings = project()["project"]
    wishes = [
        *settings["dependencies"],
        *(wish for group in groups for wish in settings["optional-dependencies"][group]),
    ]
    return {wish.partition("[")[0].partition(">")[0].partition("<")[0].partition("=")[0].lower() for wish in wishes}


def test_what_the_program_imports_is_declared() -> None:
    assert sorted(distributions_imported() - declared("demo", "postgresql")) == []


@pytest.mark.parametrize("distribution", sorted(declared()))
def test_what_is_declared_is_imported(distribution: str) -> None:
    assert distribution in distributions_imported()
