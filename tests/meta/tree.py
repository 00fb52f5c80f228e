"""The tree as the tests over the whole house read it."""

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "certportal"
TEMPLATES = ROOT / "templates"
MADE_HERE = {"__pycache__", "node_modules", "dist", "build", "data", "demo-data", "var", "instance"}
DOT_FILES = {".ci", ".gitignore"}


def is_made_here(path: Path) -> bool:
    """Caches, virtual environments and data: not part of the project."""
    name = path.name
    return name in MADE_HERE or name.endswith(".egg-info") or (name.startswith(".") and name not in DOT_FILES)


def children(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not is_made_here(path))


def files(folder: Path = ROOT) -> Iterator[Path]:
    """Every file of the project under a folder."""
    for path in children(folder):
        if path.is_dir():
            yield from files(path)
        else:
            yield path


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def modules() -> list[Path]:
    """Every module of the package but the migrations, which tools write."""
    return [path for path in files(PACKAGE) if path.suffix == ".py" and "migrations" not in path.parts]


def dotted(path: Path) -> str:
    """certportal/orders/__init__.py → certportal.orders"""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), filename=str(path))


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(parsed(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def project() -> dict[str, Any]:
    """pyproject.toml"""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
