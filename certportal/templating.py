"""Templates drawn with less work: Jinja's own environment, with some of its inner steps made short.

Half of what a page costs is Jinja's: a page of twenty rows calls a thousand functions and escapes as many values. What the
templates say, and what they write, is the same.
"""

from types import FunctionType, MethodType
from typing import Any, NoReturn

from flask.templating import Environment
from jinja2 import nodes
from jinja2.runtime import Context, Macro
from jinja2.utils import internalcode, missing, pass_eval_context
from markupsafe import Markup, escape
from markupsafe import _escape_inner as escaped_text  # pyright: ignore[reportPrivateImportUsage]

_OURS = "; from certportal.templating import written as escape, Drawn as Macro"
_UNSAID = (missing,) * 64
_FUNCTIONS = (FunctionType, MethodType)
_KNOWN: Any = (None, pass_eval_context(lambda _: None).jinja_pass_arg)  # type: ignore[attr-defined]


def written(value: Any) -> str:
    """The value as a page shows it, escaped unless it is markup already: what ``{{ value }}`` appends to the page.

    markupsafe would copy markup, and make markup of every text; the page that they are joined into is markup anyway.
    """
    kind = type(value)
    if kind is Markup:
        return value
    return escaped_text(value) if kind is str else escape(value)


class Drawn(Macro):
    """A macro, called without what only few macros take: ``caller`` by name, varargs, kwargs."""

    def __init__(self, *of: Any, **how: Any) -> None:
        super().__init__(*of, **how)
        self.plain = not (self.catch_kwargs or self.catch_varargs or self.explicit_caller)

    def drawn(self, about: Any, given: tuple[Any, ...], named: dict[str, Any]) -> str:
        """What calling it answers, in a template whose evaluation context is ``about``."""
        count = len(given)
        if self.plain and not named and not self.caller and count <= self._argument_count:
            text = self._func(*given, *_UNSAID[: self._argument_count - count])
            return str.__new__(Markup, text) if about.autoescape else text
        missed = self.arguments[count:]
        wanted = {*missed, "caller"} if self.caller else missed
        if not self.plain or count > self._argument_count or not all(name in wanted for name in named):
            return self(about, *given, **named)
        arguments = [*given, *(named.get(name, missing) for name in missed)]
        if self.caller:
            arguments.append(named["caller"] if "caller" in named else about.environment.undefined(name="caller"))
        text = self._func(*arguments)
        return str.__new__(Markup, text) if about.autoescape else text


class Drawing(Context):
    """What a template knows, and how it calls functions: macros and plain functions, nearly all, without looking for what
    else they might be."""

    @internalcode
    def call(__self, __obj: Any, /, *args: Any, **kwargs: Any) -> Any:  # noqa: N805  # as Jinja has it: any keyword is a macro's
        kind, drawn = type(__obj), type(__obj) is Drawn
        wanted = None if drawn else getattr(__obj, "jinja_pass_arg", None)
        if not drawn and (kind not in _FUNCTIONS or wanted not in _KNOWN):
            return super().call(__obj, *args, **kwargs)
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        if drawn:
            return __obj.drawn(__self.eval_ctx, args, kwargs)
        return __obj(*args, **kwargs) if wanted is None else __obj(__self.eval_ctx, *args, **kwargs)


class Templates(Environment):
    """Flask's environment with these. What every template may use is one dictionary, filled while the app is made."""

    context_class = Drawing

    def make_globals(self, d: Any) -> Any:
        """Jinja looks through a chain of two for each name, and compares the chains wherever a macro is imported."""
        return {**self.globals, **d} if d else self.globals

    def _parse(self, *of: Any, **how: Any) -> nodes.Template:
        """Jinja would filter a constant once, when the template is compiled: for good in the language of whoever comes first."""
        parsed = super()._parse(*of, **how)
        for filtered in parsed.find_all(nodes.Filter):
            filtered.as_const = _not_yet_known  # type: ignore[method-assign]
        return parsed

    def _generate(self, *of: Any, **how: Any) -> str:
        first, end, rest = super()._generate(*of, **how).partition("\n")
        return first + _OURS + end + rest  # on the line of Jinja's imports: line numbers in tracebacks stay right


def _not_yet_known(*_: Any) -> NoReturn:
    raise nodes.Impossible
