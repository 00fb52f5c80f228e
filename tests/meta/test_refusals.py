"""Every refusal that the code can raise has its sentence, in three languages, and every sentence its refusal."""

import ast
import re
from collections.abc import Iterator

import pytest

from certportal.sentences import SENTENCES
from scripts.catalogues import LANGUAGES, read
from tests.meta.tree import modules, named, parsed

CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
PLACEHOLDER = re.compile(r"%\((\w+)\)")
FILLED_IN = {"place"}  # by sentences.sentence, from what the refusal names


def refusal_classes() -> set[str]:
    """Refusal and every class that descends from it, by name."""
    parents = {
        node.name: {base.id if isinstance(base, ast.Name) else getattr(base, "attr", "") for base in node.bases}
        for path in modules()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef)
    }
    known = {"Refusal"}
    while more := {name for name, bases in parents.items() if bases & known} - known:
        known |= more
    return known


def refusals_made() -> Iterator[tuple[str, ast.Call]]:
    """Every place that makes a refusal: where it is, and the call."""
    classes = refusal_classes()
    for path in modules():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                if name in classes:
                    yield f"{named(path)}:{node.lineno}", node


def codes_in(argument: ast.expr) -> set[str]:
    """The codes that an argument can be: a string, or one of two by a condition."""
    if isinstance(argument, ast.IfExp):
        return codes_in(argument.body) | codes_in(argument.orelse)
    return {argument.value} if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else set()


def declared_codes() -> set[str]:
    """Codes named by a type alias such as ``RequestCode = Literal[…]``."""
    return {
        element.value
        for path in modules()
        for node in parsed(path).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript)
        and isinstance(node.targets[0], ast.Name) and node.targets[0].id.endswith("Code")
        for element in ast.walk(node.value.slice)
        if isinstance(element, ast.Constant) and isinstance(element.value, str)
    }  # fmt: skip


def codes_made() -> dict[str, list[str]]:
    places: dict[str, list[str]] = {code: ["declared"] for code in declared_codes()}
    for place, call in refusals_made():
        for code in codes_in(call.args[0]) if call.args else ():
            places.setdefault(code, []).append(place)
    return places


def test_a_refusal_is_made_in_many_places() -> None:
    assert len(codes_made()) > 20, "the search for refusals has gone blind"


def test_every_refusal_has_a_sentence() -> None:
    assert {code: places for code, places in codes_made().items() if code not in SENTENCES} == {}


def test_every_sentence_has_a_refusal() -> None:
    mentioned = {
        node.value
        for path in modules()
        if "sentences" not in path.parts
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert sorted(SENTENCES.keys() - mentioned) == []


def test_codes_are_words_joined_by_underscores() -> None:
    assert [code for code in {*SENTENCES, *codes_made()} if not CODE.fullmatch(code)] == []


def test_a_sentence_names_only_details_that_its_refusal_brings() -> None:
    missing = [
        f"{place}: {code} lacks {sorted(wanted)}"
        for place, call in refusals_made()
        if call.args and all(keyword.arg for keyword in call.keywords)
        for code in codes_in(call.args[0]) & SENTENCES.keys()
        if (wanted := placeholders(code) - FILLED_IN - {keyword.arg for keyword in call.keywords})
    ]
    assert missing == []


def placeholders(code: str) -> set[str]:
    return set(PLACEHOLDER.findall(source(code)))


def source(code: str) -> str:
    """The sentence as the code has it, in English."""
    return SENTENCES[code]._args[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_speaks_the_readers_language(language: str) -> None:
    catalogue = read(language)
    silent = [code for code in SENTENCES if not (entry := catalogue.get(source(code))) or not entry.string]
    assert silent == []


def test_every_sentence_ends_in_help_not_in_a_code() -> None:
    assert [code for code in SENTENCES if code in source(code) and "_" in code] == []
