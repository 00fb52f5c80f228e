"""The blueprint of the operator's desk, and what its views share."""

from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from certportal.answers import page, status_of
from certportal.fields import Form
from certportal.refusals import Refusal
from certportal.sentences import sentence

blueprint = Blueprint("console", __name__, url_prefix="/desk")

ID = "<int(max=2147483647)"
"""The beginning of an id in an address: no number is too large for the database."""


def again(template: str, form: Form | None, refusal: Refusal, **context: Any) -> Response:
    """The page again, with what was typed and why it was not taken."""
    said = {"messages": [sentence(refusal)], "form_errors": True}
    return page(template, form=form, status=status_of(refusal), **said, **context)


def asked(name: str, longest: int = 200) -> str:
    """A word of the address's query, cut to what anybody would type."""
    return request.args.get(name, "").strip()[:longest]


def page_number() -> int:
    """The page that the address asks for, from 1."""
    number = request.args.get("page", 1, type=int)
    return min(max(number, 1), 1_000_000)
