"""The sentences of the language being written, looked up quickly: a page asks for fifty."""

from typing import Any, cast

from flask import Flask
from flask.globals import app_ctx
from flask_babel import Babel, Domain, get_locale
from jinja2.nodes import EvalContext
from jinja2.utils import pass_eval_context
from markupsafe import Markup


class Catalogues(Domain):
    """Each language's catalogue, found once for each language of a request or a letter.

    Flask-Babel looks its catalogue up anew for every sentence, by the name of the locale that it puts together each time.
    """

    def get_translations(self) -> Any:
        try:
            here = vars(app_ctx._get_current_object().g)  # type: ignore[attr-defined]  # noqa: SLF001  # asked fifty times a page
        except RuntimeError:
            return super().get_translations()
        known, spoken = here.get("catalogue"), here.get("_flask_babel")
        if known is None or known[0] is not getattr(spoken, "babel_locale", None):
            known = here["catalogue"] = (get_locale(), super().get_translations())
        return known[1]


CATALOGUES = Catalogues()
gettext, ngettext, pgettext = CATALOGUES.gettext, CATALOGUES.ngettext, CATALOGUES.pgettext
lazy_gettext, lazy_pgettext = CATALOGUES.lazy_gettext, CATALOGUES.lazy_pgettext
"""Flask-Babel's own would look for the catalogues at every sentence."""


class Languages(Babel):
    """Flask-Babel with those catalogues, in templates without the calls for each sentence that it would add."""

    @property
    def domain_instance(self) -> Catalogues:  # pyright: ignore[reportIncompatibleMethodOverride]
        return CATALOGUES

    def init_app(self, app: Flask, *positional: Any, **how: Any) -> None:
        super().init_app(app, *positional, **how)
        found, environment = CATALOGUES.get_translations, cast(Any, app.jinja_env)
        environment.newstyle_gettext = True

        @pass_eval_context
        def gettext(about: EvalContext, text: str, **variables: Any) -> str:
            catalogue = found()
            if variables or not about.autoescape:
                return _filled(about, catalogue.ugettext(text), variables)
            known: dict[str, str] = vars(catalogue).setdefault("written", {})
            if text not in known:
                known[text] = _filled(about, catalogue.ugettext(text), variables)
            return known[text]

        @pass_eval_context
        def ngettext(about: EvalContext, one: str, many: str, num: int, **variables: Any) -> str:
            return _filled(about, found().ungettext(one, many, num), {"num": num, **variables})

        @pass_eval_context
        def pgettext(about: EvalContext, context: str, text: str, **variables: Any) -> str:
            return _filled(about, found().upgettext(context, text), variables)

        @pass_eval_context
        def npgettext(about: EvalContext, context: str, one: str, many: str, num: int, **variables: Any) -> str:
            return _filled(about, found().unpgettext(context, one, many, num), {"num": num, **variables})

        environment.globals.update(
            gettext=gettext, _=gettext, ngettext=ngettext, pgettext=pgettext, npgettext=npgettext
        )


def _filled(about: EvalContext, sentence: str, variables: dict[str, Any]) -> str:
    """The sentence with its variables, always taken for a format (a percent sign is written twice), as Jinja does."""
    whole = Markup(sentence) if about.autoescape else sentence  # noqa: S704  # our own catalogue
    return whole % variables if variables or "%" in sentence else whole
