"""What the record says in words: every verb of the house has its sentence, in three languages, and no detail breaks it."""

import ast
from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import force_locale

from certportal import audit
from certportal.acts import ACTS, act, particulars
from tests.meta.tree import functions, modules, named, parsed

MADE_OF_PARTS = {
    "signing_right_{verb}": ("signing_right_added", "signing_right_changed"),
    "{self.name}_{what}": (
        "order_draft_saved",
        "order_draft_deleted",
        "interface_draft_saved",
        "interface_draft_deleted",
    ),
    "{noun}_added": ("organisation_added", "channel_added", "purpose_added", "terms_added"),
    "{subject.partition(':')[0]}_changed": (
        "organisation_changed",
        "channel_changed",
        "purpose_changed",
        "terms_changed",
    ),
}
"""Verbs that code puts together, as they stand in it; new ones are told here."""


RECORDING = ("audit.record", "audit.record_daily")


def recorded() -> Iterator[tuple[str, str]]:
    """Where, and which verb: of ``audit.record("…")``, and of calls of a module's own function that passes its verb on."""
    for path in modules():
        passing = dict(passed_on(parsed(path)))
        for function in functions(path):
            for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
                name = ast.unparse(call.func)
                place = 0 if name in RECORDING else passing.get(name)
                if place is not None and len(call.args) > place:
                    for verb in verbs(call.args[place], function):
                        yield f"{named(path)}:{call.lineno}", verb


def passed_on(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Functions that hand one of their own arguments to ``audit.record`` as the verb, and which."""
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        names = [argument.arg for argument in function.args.args]
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            first = call.args[0] if call.args else None
            if ast.unparse(call.func) == "audit.record" and isinstance(first, ast.Name) and first.id in names:
                yield function.name, names.index(first.id)


def verbs(node: ast.expr, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    match node:
        case ast.Constant(value=str() as verb):
            yield verb
        case ast.IfExp(body=one, orelse=other):
            yield from (*verbs(one, function), *verbs(other, function))
        case ast.JoinedStr():
            parts = (
                each.value if isinstance(each, ast.Constant) else f"{{{ast.unparse(each.value)}}}"
                for each in node.values
            )
            yield from MADE_OF_PARTS["".join(parts)]
        case ast.Attribute(attr="CLOCK_ACCEPTED"):
            yield audit.CLOCK_ACCEPTED
        case ast.Name(id=name):
            for assignment in (found for found in ast.walk(function) if isinstance(found, ast.Assign)):
                if any(isinstance(target, ast.Name) and target.id == name for target in assignment.targets):
                    yield from verbs(assignment.value, function)


def test_verbs_are_found_in_the_program() -> None:
    found = {verb for _place, verb in recorded()}
    assert {"order_placed", "order_draft_saved", "admission_refused", "channel_changed", "clock_accepted"} <= found
    assert len(found) > 45


def test_every_verb_has_its_sentence() -> None:
    assert sorted({f"{place}: {verb}" for place, verb in recorded() if verb not in ACTS}) == []


def test_every_sentence_belongs_to_a_verb() -> None:
    assert sorted(ACTS.keys() - {verb for _place, verb in recorded()}) == []


@pytest.mark.parametrize("language", ["fi", "sv", "en_GB"])
def test_no_missing_detail_breaks_a_sentence(app: Flask, language: str) -> None:
    with app.test_request_context(), force_locale(language):
        assert all(act(verb, {}) for verb in ACTS)


def test_an_act_names_its_details_as_people_read_them(app: Flask) -> None:
    with app.test_request_context(), force_locale("en_GB"):
        assert act("order_placed", {"number": "2026-000417"}) == "The certificate was ordered: order 2026-000417"
        assert act("order_placed", {}) == "The certificate was ordered: order –"
        assert act("a_verb_of_tomorrow", {"x": 1}) == "A verb of tomorrow"
        assert act("admission_asked", {"name": "100 % Oy"}) == "100 % Oy asked to be let in"


def test_particulars_tell_what_was_changed_into_what(app: Flask) -> None:
    details = {
        "changed": {"name": ["Old Oy", "New Oy"], "valid_to": [None, "2026-12-04"], "language": ["fi", "sv"]},
        "reason": "Merged",
        "note": "",
        "strange": [1, True],
    }
    with app.test_request_context(), force_locale("en_GB"):
        assert list(particulars(details)) == [
            ("Name", "Old Oy → New Oy"),
            ("Last day", "– → 4 December 2026"),
            ("Language", "Finnish → Swedish"),
            ("Reason", "Merged"),
            ("strange", "1, yes"),
        ]
