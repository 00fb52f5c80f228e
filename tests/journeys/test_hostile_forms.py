"""Every form of the portal is found by walking its pages, and sent in every hostile manner there is."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select

from certportal.demo.cast import AINO, ELISA, OPERATOR
from certportal.extensions import db
from certportal.registry import service as registry
from certportal.registry.models import Operator
from certportal.settings import Settings
from certportal.signin import service as signin
from tests.browsing import BrowsingClient, Page
from tests.conftest import FakeClock
from tests.far_ends import SmsFarEnd
from tests.journeys.hostile import Asked, Attack, attacks, complaints, forms_on
from tests.journeys.words import Words
from tests.lived_in import clock_of_today, moved_into, token_for
from tests.messages.steps import Phone

LANGUAGE = "fi"
ENOUGH_OF_ONE_KIND = 2
NEVER = re.compile(r"^/(static|crl|logo|brand|sign-out)|\.(pem|cer|p7b|ics)$")
"""Files, not pages."""


@dataclass
class Walk:
    """Follows links from page to page. ``forms``: one of each kind that it has met."""

    browser: BrowsingClient
    forms: dict[tuple[object, ...], Asked] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    visited: set[str] = field(default_factory=set)

    def everywhere_from(self, *starts: str) -> "Walk":
        waiting = list(starts)
        while waiting:
            path = waiting.pop(0)
            if not self._is_new(path):
                continue
            page = self.browser.get(path)
            assert page.status < 400, f"{path} answered {page.status}"
            if page.response.mimetype == "text/html":
                self.remember(page)
                waiting += [urljoin(page.path, str(a["href"])) for a in page.soup.select("a[href]")]
        return self

    def _is_new(self, address: str) -> bool:
        parts = urlsplit(address)
        if parts.netloc not in ("", "localhost") or parts.scheme not in ("", "http") or NEVER.search(parts.path):
            return False
        kind = re.sub(r"\d+", "*", parts.path)
        kind = re.sub(r"[\w-]{30,}", "*", kind) + ("?" if parts.query else "")
        place = parts.path + "?" + parts.query
        if place in self.visited or self.seen.get(kind, 0) >= ENOUGH_OF_ONE_KIND * (3 if kind.count("*") else 1):
            return False
        self.visited.add(place)
        self.seen[kind] = self.seen.get(kind, 0) + 1
        return True

    def remember(self, page: Page) -> None:
        for form in forms_on(page.soup, page.path):
            self.forms.setdefault(form.kind, form)


class Snapshot:
    """The database as it was when the walk began."""

    def __init__(self, settings: Settings) -> None:
        self.path = Path(settings.database_url.removeprefix("sqlite:///"))
        self.kept = self.path.with_suffix(".kept")
        with closing(sqlite3.connect(self.path)) as live, closing(sqlite3.connect(self.kept)) as copy:
            live.backup(copy)

    def restore(self) -> None:
        db.session.remove()
        with closing(sqlite3.connect(self.kept)) as copy, closing(sqlite3.connect(self.path, timeout=20)) as live:
            copy.backup(live)


@pytest.fixture
def settings(story: Path, settings: Settings, tmp_path: Path) -> Settings:
    return moved_into(story, tmp_path / "portal", settings)


@pytest.fixture
def clock() -> FakeClock:
    return clock_of_today()


@pytest.fixture
def browser(app: Flask) -> BrowsingClient:
    made = BrowsingClient(app)
    with made.http.session_transaction(base_url="http://localhost") as cookie:
        cookie["language"] = LANGUAGE
    return made


def keep_signed_in(browser: BrowsingClient, token: str) -> None:
    with browser.http.session_transaction(base_url="http://localhost") as cookie:
        cookie["token"] = token
        cookie["seen"] = int(browser.app.extensions["certportal.clock"].machine().timestamp())


def send(browser: BrowsingClient, form: Asked, attack: Attack) -> tuple[int, str, bytes]:
    """Send it as it is. Answers status, kind and body, after redirects."""
    headers = {"Referer": f"http://localhost{form.page}"} | ({"HX-Request": "true"} if form.htmx else {})
    if form.method == "get":
        query = attack.body if isinstance(attack.body, bytes) else b""
        answer = browser.http.get(form.action.partition("?")[0], query_string=query.decode(), headers=headers)
    else:
        answer = browser.http.post(form.action, data=attack.body, content_type=attack.content_type, headers=headers)
    for _ in range(8):
        if answer.status_code not in (301, 302, 303):
            break
        place = urlsplit(urljoin("http://localhost" + form.action, answer.headers["Location"]))
        assert place.netloc == "localhost", f"{form.action} leads away to {place.netloc}"
        answer = browser.http.get(place.path + (f"?{place.query}" if place.query else ""))
    return answer.status_code, answer.mimetype, answer.data


def survives(browser: BrowsingClient, walk: Walk, settings: Settings) -> None:
    """Every attack on every form that was met."""
    assert walk.forms
    snapshot, wrong = Snapshot(settings), []
    cookies = dict(browser.http._cookies)  # type: ignore[attr-defined]
    for form in walk.forms.values():
        snapshot.restore()
        token = token_of(browser, form)
        for attack in attacks(form, token):
            browser.http._cookies.clear()  # type: ignore[attr-defined]
            browser.http._cookies.update(cookies)  # type: ignore[attr-defined]
            status, kind, body = send(browser, form, attack)
            soup = BeautifulSoup(body.decode("utf-8", "replace") if kind == "text/html" else "", "html.parser")
            found = complaints(soup, status, attack, LANGUAGE)
            wrong += [f"{form.method} {form.action} ({attack.name}): {each}" for each in found]
    snapshot.restore()
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong[:60])


def token_of(browser: BrowsingClient, form: Asked) -> str:
    page = browser.get(form.page)
    assert page.status == 200
    return browser.csrf_token


def test_forms_for_anybody(browser: BrowsingClient, settings: Settings) -> None:
    walk = Walk(browser).everywhere_from("/sign-in", "/desk/sign-in", "/retrieve", "/accessibility")
    words = Words(LANGUAGE)
    for door in ("/sign-in", "/desk/sign-in"):
        walk.remember(browser.get(door).submit(words("Send the sign-in code"), email=AINO.email))
    survives(browser, walk, settings)


def test_forms_of_a_signatory(app: Flask, browser: BrowsingClient, settings: Settings) -> None:
    person = registry.person_by_email(AINO.email)
    organisation = registry.organisation_by_business_id(AINO.business_id)
    assert person is not None
    assert organisation is not None
    keep_signed_in(browser, signin.begin(person_id=person.id, organisation_id=organisation.id).reveal())
    survives(browser, Walk(browser).everywhere_from("/", "/certificates", "/interface", "/contacts"), settings)


def test_forms_of_an_operator(app: Flask, browser: BrowsingClient, settings: Settings) -> None:
    operator = db.session.execute(select(Operator).where(Operator.email == OPERATOR[0])).scalar_one()
    keep_signed_in(browser, signin.begin(operator_id=operator.id).reveal())
    survives(browser, Walk(browser).everywhere_from("/desk"), settings)


def test_forms_of_a_contact(
    browser: BrowsingClient, settings: Settings, story: Path, deliver: Callable[[], int], sms: SmsFarEnd
) -> None:
    link = f"/messages/{token_for(story, ELISA.email.key)}"
    walk = Walk(browser)
    page = browser.get(link, expect=200).submit(f"•• {ELISA.phone.e164[-2:]}")
    walk.remember(page)
    page = page.submit(Words(LANGUAGE)("Show the message"), pin=Phone(deliver, sms).pin())
    assert page.path.startswith(link)
    survives(browser, walk.everywhere_from(link, page.path, f"{link}/pin", f"{link}/retrieve"), settings)
