"""Addresses of views: numbers of rows in them, and a rule whose URL builder is made when the first URL is built.

Werkzeug compiles two functions for every rule at start, a fifth of the time that starting takes here; most are never called
by a command, a job or a worker's first requests.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from flask import request, url_for
from werkzeug.routing import IntegerConverter, Rule, ValidationError

Builder = Callable[..., tuple[str, str]]

SHORT = 20
"""How many characters a value in an address may have that is kept."""
LARGEST = 2**31 - 1
"""The largest number that a row can have in every database that the portal runs on."""


def row_number(text: str) -> int:
    """The number of a row as an address or a form brings it. ValueError for anything that no row can have."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST)) and int(text) <= LARGEST):
        raise ValueError("no number of a row")
    return int(text)


class RowNumber(IntegerConverter):
    """``<int:…>`` in an address: a number that no row can have matches nothing, so it is not found."""

    def to_python(self, value: str) -> int:
        try:
            row_number(value)
        except ValueError as error:
            raise ValidationError from error
        return super().to_python(value)


class LazyRule(Rule):
    """The same rule; its builders are compiled when first called."""

    def _compile_builder(self, append_unknown: bool = True) -> Builder:
        compile_now: Callable[[bool], Builder] = super()._compile_builder
        made: list[Builder] = []

        def build(rule: Rule, /, **values: Any) -> tuple[str, str]:
            if not made:
                made.append(compile_now(append_unknown))
            return made[0](rule, **values)

        return build


def address(endpoint: str, **values: Any) -> str:
    """Flask's ``url_for``, for templates and the navigation; an address with no values in it, or short ones, is built once.

    The token of a message's link is longer than those, and is never kept.
    """
    if endpoint[0] == "." or any(type(value) is not str or len(value) > SHORT for value in values.values()):
        return url_for(endpoint, **values)
    return _short_address(endpoint, request.script_root, **values)


@lru_cache(maxsize=512)
def _short_address(endpoint: str, _root: str, **values: Any) -> str:
    return url_for(endpoint, **values)
