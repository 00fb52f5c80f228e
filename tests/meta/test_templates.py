"""Templates: the page includes the partial, nothing is inline, and htmx only improves what works without it."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import nodes
from jinja2.meta import find_referenced_templates

from tests.meta.tree import ROOT, TEMPLATES, files, modules

HANDLER = re.compile(r"\son[a-z]+\s*=", re.IGNORECASE)
JINJA = re.compile(r"{#.*?#}|{%.*?%}|{{.*?}}", re.DOTALL)
VERBS = ("hx-get", "hx-post")
OTHER_VERBS = ("hx-put", "hx-patch", "hx-delete", "hx-ws", "hx-sse", "hx-vals", "hx-vars", "hx-headers", "hx-ext")


def name_of(path: Path) -> str:
    return path.relative_to(TEMPLATES).as_posix()


def pages() -> list[Path]:
    """Every template that a browser sees; mails have rules of their own."""
    return [path for path in files(TEMPLATES) if path.suffix == ".html" and path.parts[len(TEMPLATES.parts)] != "mail"]


def partials() -> list[str]:
    return [name_of(path) for path in pages() if path.name.startswith("_")]


def text_of(name: str) -> str:
    return (TEMPLATES / name).read_text("utf-8")


def includes(app: Flask) -> dict[str, set[str]]:
    """Template → the templates that it includes or extends."""
    found: dict[str, set[str]] = {}
    for path in pages():
        tree = app.jinja_env.parse(path.read_text("utf-8"))
        included = {
            constant.value
            for node in tree.find_all((nodes.Include, nodes.Extends))
            for constant in [node.template, *node.template.find_all(nodes.Const)]
            if isinstance(constant, nodes.Const)
        }
        found[name_of(path)] = included
    return found


def test_every_template_can_be_compiled_and_names_only_templates_that_exist(app: Flask) -> None:
    here = {name_of(path) for path in files(TEMPLATES)}
    for name in sorted(here):
        tree = app.jinja_env.parse(text_of(name))
        app.jinja_env.compile(tree, name)
        assert {wanted for wanted in find_referenced_templates(tree) if wanted} <= here, name


def test_a_view_that_a_template_asks_again_and_again_says_so(app: Flask) -> None:
    polling = re.compile(r"""hx-get="{{ url_for\('([\w.]+)'[^"]*" hx-trigger="every""")
    found = [(name_of(path), polling.findall(path.read_text("utf-8"))) for path in pages()]
    asked = [(name, endpoints) for name, endpoints in found if 'hx-trigger="every' in text_of(name)]
    assert len(asked) >= 3
    for name, endpoints in asked:
        assert endpoints, name
        views = [app.view_functions[each] for each in endpoints if not each.startswith("demo.")]
        assert all(getattr(view, "polled", False) for view in views), name


def test_every_partial_is_included_by_a_page(app: Flask) -> None:
    used = includes(app)
    reached = {name for name in used if not name.rsplit("/", 1)[-1].startswith("_")}
    while more := {name for page in reached for name in used.get(page, set())} - reached:
        reached |= more
    assert sorted(set(partials()) - reached) == []


class Roots(HTMLParser):
    """Gathers the attributes of each element at the top of a piece of markup."""

    VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}

    def __init__(self) -> None:
        super().__init__()
        self.depth = 0
        self.found: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.depth == 0:
            self.found.append(dict(attrs))
        self.depth += tag not in self.VOID

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag not in self.VOID


MACRO = re.compile(r"{%-?\s*macro\b.*?{%-?\s*endmacro\s*-?%}|{%-?\s*set \w+\s*-?%}.*?{%-?\s*endset\s*-?%}", re.DOTALL)


def roots(markup: str) -> list[dict[str, str | None]]:
    parser = Roots()
    parser.feed(JINJA.sub("", markup))
    return parser.found


def answers_to_htmx() -> list[str]:
    """The partials that code names: a view answers htmx with them alone."""
    return [
        name for path in modules() for name in re.findall(r"[\"']([\w/-]+/_[\w-]+\.html)[\"']", path.read_text("utf-8"))
    ]


def test_a_partial_that_answers_htmx_has_one_root_element_with_one_id() -> None:
    """One that is a single call of a macro has its root there; the macros of fields give one element each."""
    found = {name: roots(without_branches(text_of(name))) for name in answers_to_htmx()}
    assert {name: elements for name, elements in found.items() if elements and not one_id(elements)} == {}


def one_id(found: list[dict[str, str | None]]) -> bool:
    return len(found) == 1 and "id" in found[0]


def without_branches(markup: str) -> str:
    """Of an if at the top of a partial, one branch is shown: the last is left away here."""
    return re.sub(r"{%-?\s*else\s*-?%}.*?{%-?\s*endif\s*-?%}\s*\Z", "", markup, flags=re.DOTALL)


def test_two_roots_are_seen() -> None:
    assert not one_id(roots('<div id="a">{{ x }}</div>{% if b %}<p>{{ b }}</p>{% endif %}'))
    assert one_id(roots('{% import "m" as m %}\n<tr id="row-{{ n }}"><td>{{ x }}</td></tr>\n'))


class Inline(HTMLParser):
    """Gathers what the Content-Security-Policy would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in attributes):
            self.found.append(f"<{tag}>")
        self.found += [name for name in attributes if name == "style" or re.match(r"on[a-z]+$|hx-on", name)]
        self.found += [name for name, value in attrs if (value or "").strip().lower().startswith("javascript:")]


def inline(markup: str) -> list[str]:
    parser = Inline()
    parser.feed(JINJA.sub("", markup))
    return parser.found


@pytest.mark.parametrize(
    "markup",
    [
        '<p style="color: red">',
        '<a onclick="x()">',
        "<script>x()</script>",
        "<style>a{}</style>",
        '<a href="javascript:x">',
    ],
)
def test_what_stands_inline_is_seen(markup: str) -> None:
    assert inline(markup)


def test_nothing_stands_inline_in_pages() -> None:
    assert {name_of(path): found for path in pages() if (found := inline(path.read_text("utf-8")))} == {}


def test_nothing_is_trusted_as_markup() -> None:
    """Jinja escapes; ``|safe`` would not. It may stand after a literal, and after the icons' own drawings."""
    safe = re.compile(r"(?<!['\"])\|\s*safe\b|autoescape")
    trusting = [name_of(path) for path in files(TEMPLATES) if safe.search(path.read_text("utf-8"))]
    assert trusting == ["macros/icons.html"]


def test_scripts_make_no_markup_of_strings() -> None:
    risky = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function")
    assert [path.name for path in (ROOT / "static").glob("*.js") if risky.search(path.read_text("utf-8"))] == []


class Improved(HTMLParser):
    """Gathers elements that need htmx: the same address must be reached by a form or a link without it."""

    def __init__(self) -> None:
        super().__init__()
        self.lost: list[str] = []
        self.forms: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "form":
            self.forms.append(attributes)
        self.lost += [name for name in attributes if name.startswith(OTHER_VERBS)]
        if "hx-post" in attributes and not self.posts_without(tag, attributes):
            self.lost.append(f"<{tag} hx-post={attributes['hx-post']!r}>")
        if "hx-get" in attributes and tag == "a" and "href" not in attributes:
            self.lost.append(f"<a hx-get={attributes['hx-get']!r}>")
        if "hx-get" in attributes and tag == "button" and not self.forms:
            self.lost.append(f"<button hx-get={attributes['hx-get']!r}>")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self.forms:
            self.forms.pop()

    def posts_without(self, tag: str, attributes: dict[str, str | None]) -> bool:
        form = attributes if tag == "form" else (self.forms[-1] if self.forms else {})
        if (form.get("method") or "get").lower() != "post":
            return False
        if tag == "form":
            return attributes["hx-post"] == attributes.get("action", attributes["hx-post"])
        return tag in {"input", "select", "textarea", "fieldset", "div", "button"}


def needs_htmx(markup: str) -> list[str]:
    """Jinja's expressions stay comparable: each is replaced by a word of its own."""
    markup = re.sub(r"{#.*?#}|{%.*?%}", "", markup, flags=re.DOTALL)
    parser = Improved()
    parser.feed(re.sub(r"{{(.*?)}}", lambda found: str(abs(hash(found[1].strip()))), markup, flags=re.DOTALL))
    return parser.lost


@pytest.mark.parametrize(
    "markup",
    [
        '<button hx-post="/x">Send</button>',
        '<form hx-post="/x" action="/y" method="post">',
        '<form hx-post="/x" action="/x">',
        '<a hx-get="{{ url }}">More</a>',
        '<button hx-delete="/x">',
    ],
)
def test_what_works_with_htmx_alone_is_seen(markup: str) -> None:
    assert needs_htmx(markup)


def test_everything_works_without_htmx() -> None:
    macros = TEMPLATES / "macros"
    found = {
        name_of(path): lost
        for path in pages()
        if macros not in path.parents and (lost := needs_htmx(path.read_text("utf-8")))
    }
    assert found == {}


def test_every_mail_has_a_subject_and_two_bodies() -> None:
    kinds = [path for path in (TEMPLATES / "mail").iterdir() if path.is_dir()]
    wanted = {"subject.txt", "body.txt", "body.html"}
    assert {kind.name: sorted(wanted - {file.name for file in kind.iterdir()}) for kind in kinds} == {
        kind.name: [] for kind in kinds
    }


def test_a_subject_is_one_line_and_a_text_message_has_no_markup() -> None:
    subjects = [*TEMPLATES.glob("mail/*/subject.txt")]
    long = [name_of(path) for path in subjects if len(JINJA.sub("", path.read_text("utf-8")).strip().splitlines()) > 1]
    marked = [name_of(path) for path in TEMPLATES.glob("sms/*.txt") if "<" in JINJA.sub("", path.read_text("utf-8"))]
    assert (long, marked) == ([], [])
