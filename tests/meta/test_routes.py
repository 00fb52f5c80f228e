"""Every address of the service: who may use it, what it is called, what it reads."""

import inspect
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule

from certportal.answers import ROLES
from certportal.extensions import csrf
from tests.meta.tree import TEMPLATES, files, modules, named

KEBAB_CASE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)?")
ENDPOINT_IN_TEXT = re.compile(r"\b(?:url_for|see_other|link)\(\s*[\"'](\w+\.\w+|static)[\"']")
VERBS = {"GET", "HEAD", "OPTIONS", "POST"}
BEHIND_A_LINK = re.compile(r"/messages/<(?:\w+:)?token>/.+")


def routes(app: Flask) -> Iterator[Rule]:
    return (rule for rule in app.url_map.iter_rules() if rule.endpoint != "static")


def module_of(app: Flask, rule: Rule) -> str:
    return inspect.unwrap(app.view_functions[rule.endpoint]).__module__


def is_for_programs(app: Flask, rule: Rule) -> bool:
    return module_of(app, rule).startswith("certportal.protocols")


def allowed(app: Flask, rule: Rule) -> frozenset[str]:
    return getattr(app.view_functions[rule.endpoint], "allowed", frozenset())


def test_every_route_names_who_may_use_it(app: Flask) -> None:
    unnamed = [f"{rule} ({rule.endpoint})" for rule in routes(app) if not allowed(app, rule)]
    strange = {str(rule): allowed(app, rule) - ROLES for rule in routes(app) if allowed(app, rule) - ROLES}
    assert (unnamed, strange) == ([], {})


def test_contacts_reach_only_what_lies_behind_a_message_link(app: Flask) -> None:
    for rule in routes(app):
        if "contact" in allowed(app, rule) and "anonymous" not in allowed(app, rule):
            assert BEHIND_A_LINK.fullmatch(rule.rule), f"{rule} is open to contacts"


def test_a_page_of_the_desk_is_the_operators_alone(app: Flask) -> None:
    for rule in routes(app):
        if module_of(app, rule).startswith("certportal.console"):
            assert allowed(app, rule) == {"operator"}, rule


def test_addresses_are_in_kebab_case(app: Flask) -> None:
    """Protocol endpoints excepted: clients of other people's making name those."""
    wrong = [
        rule.rule
        for rule in routes(app)
        if not is_for_programs(app, rule)
        for part in rule.rule.strip("/").split("/")
        if part and not part.startswith("<") and not KEBAB_CASE.fullmatch(part)
    ]
    assert wrong == []


def test_pages_answer_get_and_post_alone(app: Flask) -> None:
    other = {rule.rule: (rule.methods or set()) - VERBS for rule in routes(app) if not is_for_programs(app, rule)}
    assert {path: methods for path, methods in other.items() if methods} == {}


def test_only_endpoints_for_programs_are_without_csrf_protection(app: Flask) -> None:
    exempt = csrf._exempt_blueprints | {view.rpartition(".")[0] for view in csrf._exempt_views}
    assert [name for name in exempt if not name.startswith("certportal.protocols")] == []


def test_endpoints_for_programs_need_no_csrf_token(app: Flask) -> None:
    for rule in routes(app):
        if is_for_programs(app, rule) and "POST" in (rule.methods or set()):
            assert module_of(app, rule) in csrf._exempt_blueprints | {
                view.rpartition(".")[0] for view in csrf._exempt_views
            }, rule


def test_endpoints_for_programs_set_and_read_no_cookie(app: Flask) -> None:
    client = app.test_client()
    for rule in routes(app):
        if is_for_programs(app, rule):
            path = re.sub(r"<[^>]+>", "production", rule.rule)
            method = "POST" if "GET" not in (rule.methods or set()) else "GET"
            answer = client.open(
                path, method=method, data=b"", headers={"Cookie": "certportal=x; certportal-session=x"}
            )
            assert "Set-Cookie" not in answer.headers, rule
            assert "Cookie" not in answer.headers.get("Vary", ""), rule


@pytest.mark.parametrize("path", ["/", "/sign-in"])
def test_a_visitor_gets_only_the_signed_cookie(app: Flask, path: str) -> None:
    """A session row exists from sign-in on."""
    client = app.test_client()
    client.get(path, follow_redirects=True)
    assert {cookie.key for cookie in client._cookies.values()} <= {app.config["SESSION_COOKIE_NAME"], "language"}


def test_there_are_routes(app: Flask) -> None:
    assert sum(1 for _ in routes(app)) > 40


def test_every_endpoint_that_code_or_a_template_names_exists(app: Flask) -> None:
    sources = [*modules(), *(path for path in files(TEMPLATES) if path.suffix in {".html", ".txt"})]
    missing = {
        f"{named(path)}: {endpoint}"
        for path in sources
        for endpoint in ENDPOINT_IN_TEXT.findall(path.read_text("utf-8"))
        if endpoint not in app.view_functions and not endpoint.startswith("demo.")
    }
    assert sorted(missing) == []
