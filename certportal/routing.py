"""Addresses of views: a rule whose URL builder is made when the first URL is built.

Werkzeug compiles two functions for every rule at start, a fifth of the time that starting takes here; most are never called
by a command, a job or a worker's first requests.
"""

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


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
