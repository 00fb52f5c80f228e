"""What our shorter environment writes, beside what Jinja's own does."""

import traceback

import pytest
from flask import Flask
from flask.templating import Environment
from jinja2 import DictLoader, UndefinedError, pass_context
from markupsafe import Markup

from certportal.templating import Templates

MACROS = (
    "{% macro tag(name, text='&', classes='') %}<{{ name }}{{ classes }}>{{ text }}</{{ name }}>{% endmacro %}"
    "{% macro around(name) %}<{{ name }}>{{ caller() if caller is defined }}</{{ name }}>{% endmacro %}"
    "{% macro each(rows) %}{% for row in rows %}{{ caller(row) }}{% endfor %}{% endmacro %}"
    "{% macro all() %}{{ varargs|join('-') }} {{ kwargs|dictsort }}{% endmacro %}"
)
TEMPLATES = {
    "macros.html": MACROS,
    "macros.txt": MACROS,
    "base.html": "<title>{% block title %}{% endblock %}</title>{{ self.title() }}",
    "child.html": "{% extends 'base.html' %}{% block title %}{{ quote }}{% for n in [1] %}{{ seen() }}{% endfor %}{% endblock %}",
}
WRITTEN = [
    "{{ quote }} {{ quote|safe }} {{ 3 }} {{ none }} {{ [quote] }} {{ markup }} {{ lazy }}",
    "{{ tag('b') }} {{ tag('b', quote) }} {{ tag('b', text=markup) }} {{ tag(name='b', classes=quote) }} {{ tag() }}",
    "{% call around('p') %}{{ quote }}{% endcall %}{{ around('p') }}",
    "{% call(row) each(['<', markup]) %}({{ row }}){% endcall %}",
    "{{ all(1, quote, b=quote, a=2) }}",
    "{% for n in [1, 2] %}{{ seen() }}{{ plain(n, key=n) }}{{ loop.index }}{% endfor %}",
    "{% set part %}{{ quote }}{% endset %}{{ part }}{{ part ~ quote }}",
    "{{ unknown }}{{ (tag('b') + quote)|upper }}",
]


@pass_context
def seen(context: object) -> str:
    return f"{context.get('n', '-')}"  # type: ignore[attr-defined]


class Lazy:
    def __str__(self) -> str:
        return "<lazy>"


@pytest.fixture(params=["html", "txt"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


def drawn(environment: type[Environment], kind: str, text: str) -> str:
    """The template's own words, with the macros imported, autoescaped as HTML or not."""
    app = Flask("templates")
    app.jinja_environment = environment
    source = f"{{% from 'macros.{kind}' import tag, around, each, all %}}{text}"
    templates = {**TEMPLATES, f"page.{kind}": source}
    app.jinja_loader = DictLoader(templates)
    app.jinja_env.globals.update(seen=seen, plain=lambda *of, **named: f"{of}{named}")
    context = {"quote": "<\"a\" & 'b'>", "markup": Markup("<i>"), "lazy": Lazy()}
    return app.jinja_env.get_template(f"page.{kind}" if text else "child.html").render(context)


@pytest.mark.parametrize("text", ["", *WRITTEN])
def test_our_environment_writes_what_jinjas_own_writes(kind: str, text: str):
    assert drawn(Templates, kind, text) == drawn(Environment, kind, text)


@pytest.mark.parametrize("text", ["{{ tag('b', colour=1) }}", "{{ tag(1, 2, 3, 4) }}", "{{ plain(caller=1)|nothing }}"])
def test_a_call_that_jinja_refuses_is_refused(kind: str, text: str):
    with pytest.raises(Exception) as theirs:
        drawn(Environment, kind, text)
    with pytest.raises(type(theirs.value), match=str(theirs.value)[:20].replace("(", r"\(")):
        drawn(Templates, kind, text)


def test_a_macro_that_needs_a_caller_says_so_without_one(kind: str):
    with pytest.raises(UndefinedError):
        drawn(Templates, kind, "{{ each([1]) }}")


def test_a_mistake_is_told_with_the_templates_own_line():
    with pytest.raises(ZeroDivisionError) as told:
        drawn(Templates, "html", "\n\n{{ 1 / 0 }}")
    assert traceback.extract_tb(told.value.__traceback__)[-1].lineno == 3


def test_a_filter_is_asked_anew_for_each_reader_though_it_filters_a_constant():
    app = Flask("templates")
    app.jinja_environment = Templates
    languages = iter(["fi", "sv"])
    app.jinja_env.filters["said"] = lambda word: f"{word} {next(languages)}"
    drawn = app.jinja_env.from_string("{% set word = 'test'|said %}{{ word }}")
    assert [drawn.render(), drawn.render()] == ["test fi", "test sv"]
