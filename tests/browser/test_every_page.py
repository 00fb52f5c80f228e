"""Every page that can be reached is looked at in Chromium: axe in light and dark, no scrolling sideways, an empty console."""

import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from certportal.demo.cast import ELISA, ERIK
from tests.browser.conftest import Visits
from tests.browser.portal import Portal
from tests.browser.visiting import Visitor
from tests.lived_in import token_for
from tests.no_skips import needs

pytestmark = needs("chromium")
LANGUAGES = pytest.mark.parametrize("language", ["fi", "sv", "en"])
FILE = re.compile(r"^/(static|crl)|\.(pem|cer|p7b|ics)$")
EMPTY_FORMS = {
    "signatory": ["/orders/application", "/interface/apply", "/orders/new"],
    "anybody": ["/sign-in", "/sign-in/not-here-yet", "/retrieve", "/desk/sign-in", "/revocations/link", "/revocations"],
}


def kind_of(path: str) -> str:
    """Pages of one kind differ only in which row they show."""
    return re.sub(r"\d+", "*", re.sub(r"[\w-]{30,}", "*", path))


def walk(visitor: Visitor, *starts: str) -> list[str]:
    """Follows links, page by page, three of each kind: what is long differs from row to row. Audits all, the first of a
    kind thoroughly in one language. Answers what is wrong."""
    waiting, seen, counted = list(starts), set(starts), dict[str, int]()
    wrong: list[str] = []
    while waiting:
        address = waiting.pop(0)
        kind = kind_of(urlsplit(address).path)
        counted[kind] = counted.get(kind, 0) + 1
        if counted[kind] > 3:
            continue
        status = visitor.open(address)
        if status >= 400:
            wrong.append(f"{address} answered {status}")
            continue
        wrong += visitor.audit(thorough=visitor.words.language == "fi" and counted[kind] == 1)
        for href in links(visitor):
            if href not in seen:
                seen.add(href)
                waiting.append(href)
    assert len(counted) > 2, counted
    return wrong


def links(visitor: Visitor) -> Iterable[str]:
    for href in visitor.page.locator("a[href]").evaluate_all("all => all.map(a => a.getAttribute('href'))"):
        target = urlsplit(urljoin(visitor.page.url, href))
        if f"{target.scheme}://{target.netloc}" == visitor.portal.url and not FILE.search(target.path):
            yield target.path + (f"?{target.query}" if target.query else "")


def with_errors(visitor: Visitor, addresses: Iterable[str]) -> list[str]:
    """The forms sent empty: the page with its error summary, which has the focus."""
    wrong: list[str] = []
    for address in addresses:
        visitor.open(address)
        visitor.page.locator("main form button[type=submit]:not([formaction])").last.click()
        summary = visitor.page.locator("#error-summary")
        summary.wait_for()
        if not summary.evaluate("it => it === document.activeElement"):
            wrong.append(f"{address}: the error summary has no focus")
        wrong += visitor.audit(thorough=visitor.words.language == "fi")
    return wrong


@LANGUAGES
def test_pages_for_anybody(visits: Visits, language: str) -> None:
    visitor = visits(language)
    visitor.open("/sign-in")
    visitor.read_in(language)
    wrong = walk(visitor, "/sign-in", "/desk/sign-in", "/retrieve")
    wrong += with_errors(visitor, EMPTY_FORMS["anybody"])
    assert visitor.open("/no-such-page") == 404
    wrong += visitor.audit(thorough=language == "fi")
    assert not wrong, "\n".join(wrong)


@LANGUAGES
def test_pages_of_a_signatory(signatory: Visits, language: str) -> None:
    visitor = signatory(language)
    visitor.open("/")
    visitor.read_in(language)
    wrong = walk(visitor, "/", "/certificates", "/interface", "/contacts", "/organisation")
    wrong += with_errors(visitor, EMPTY_FORMS["signatory"])
    assert not wrong, "\n".join(wrong)


@LANGUAGES
def test_pages_of_an_operator(operator: Visits, language: str) -> None:
    visitor = operator(language)
    visitor.open("/desk")
    visitor.read_in(language)
    wrong = walk(visitor, "/desk", "/desk/queue", "/desk/set-up", "/desk/health")
    assert not wrong, "\n".join(wrong)


@LANGUAGES
def test_pages_of_a_contact(visits: Visits, portal: Portal, story: Path, language: str) -> None:
    visitor = visits(language)
    cover = f"/messages/{token_for(story, ELISA.email.key)}"
    visitor.open(cover)
    visitor.read_in(language)
    wrong = walk_message(visitor, cover)
    other = f"/messages/{token_for(story, ERIK.email.key)}"
    visitor.open(other)
    wrong += visitor.audit(thorough=language == "fi")
    assert not wrong, "\n".join(wrong)


def walk_message(visitor: Visitor, cover: str) -> list[str]:
    """Cover, PIN page, PIN page with an error, the opened message and its form."""
    thorough = visitor.words.language == "fi"
    wrong = visitor.audit(thorough=thorough)
    before = len(visitor.portal.sms.messages)
    visitor.page.locator("main form button[type=submit]").first.click()
    visitor.page.locator("#pin").wait_for()
    wrong += visitor.audit(thorough=thorough)
    visitor.press("Show the message")
    visitor.page.locator("#error-summary").wait_for()
    wrong += visitor.audit(thorough=thorough)
    visitor.page.locator("#pin").fill(visitor.pin(before))
    visitor.press("Show the message")
    visitor.page.locator("h1").wait_for()
    for folded in visitor.page.locator("main details:not([open]) > summary").all():
        if folded.is_visible():
            folded.click()
    wrong += visitor.audit(thorough=thorough)
    visitor.open(f"{cover}/retrieve")
    wrong += visitor.audit(thorough=thorough)
    return wrong
