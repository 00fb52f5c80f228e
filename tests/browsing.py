"""A browser for tests: it fills in the forms that are on the page, carries CSRF by itself and rejects pages that are not valid.

page = client.get("/sign-in")
page = page.submit("Send the sign-in code", email="aino@exempelholm.example")
assert page.h1 == "Enter the sign-in code"
"""

from collections import Counter
from typing import Any
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from certportal.extensions import db

HTMX = {"HX-Request": "true"}
NO_LABEL = {"hidden", "submit", "button", "reset"}
MOST_REDIRECTS = 8


class Page:
    """One answer, parsed. ``text`` is what a person reads; ``soup`` the whole."""

    def __init__(self, browser: "BrowsingClient", response: TestResponse, path: str, whole: bool) -> None:
        self.browser, self.response, self.path = browser, response, path
        self.status = response.status_code
        self.soup = BeautifulSoup(response.get_data(as_text=True), "html.parser")
        if whole and response.mimetype == "text/html":
            check_page(self.soup, path)

    @property
    def h1(self) -> str:
        found = self.soup.h1
        assert found is not None, "the page has no h1"
        return words(found)

    @property
    def text(self) -> str:
        return words(self.soup.main or self.soup)

    @property
    def headers(self) -> Any:
        return self.response.headers

    @property
    def errors(self) -> list[str]:
        """The lines of the error summary."""
        return [words(line) for line in self.soup.select(".ds-error-summary li")]

    def field(self, name: str) -> str:
        """What a field holds: the value of an input, the text of a textarea, the checked choice."""
        controls = self.soup.select(f'[name="{name}"]')
        assert controls, f"{self.path} has no field {name}"
        return next((value for tag in controls if (value := control_value(tag)) is not None), "")

    def link(self, text: str) -> str:
        """Where the link with this text goes."""
        for anchor in self.soup.select("a[href]"):
            if text in words(anchor):
                return str(anchor["href"])
        raise AssertionError(f"{self.path} has no link {text!r}; it has {[words(a) for a in self.soup.select('a')]}")

    def follow(self, text: str) -> "Page":
        """Press a link."""
        return self.browser.get(urljoin(self.path, self.link(text)))

    def form(self, button: str) -> tuple[Tag, Tag]:
        """The form with the button of this text, and the button."""
        for form in self.soup.select("form"):
            for found in form.select("button, input[type=submit]"):
                if button in (words(found) or str(found.get("value", ""))):
                    return form, found
        buttons = [words(found) for found in self.soup.select("form button")]
        raise AssertionError(f"{self.path} has no button {button!r}; it has {buttons}")

    def submit(self, button: str, *, htmx: bool = False, follow: bool = True, **fields: Any) -> "Page":
        """Fill in the form of the button with this text and press it. Unknown field names are an error."""
        form, pressed = self.form(button)
        values = form_values(form)
        for name, value in fields.items():
            assert form.select(f'[name="{name}"]'), f"the form of {button!r} has no field {name}"
            values[name] = value
        if pressed.get("name"):
            values[str(pressed["name"])] = str(pressed.get("value", ""))
        target = urljoin(self.path, str(pressed.get("formaction") or form.get("action") or self.path))
        if str(form.get("method", "get")).lower() == "get":
            return self.browser.get(target, query_string=values, htmx=htmx)
        return self.browser.post(target, values, htmx=htmx, follow=follow)


class BrowsingClient:
    """Flask's test client with a browser's manners."""

    def __init__(self, app: Flask, address: str = "198.51.100.7") -> None:
        self.app = app
        self.http: FlaskClient = app.test_client()
        self.environ = {"REMOTE_ADDR": address}
        self.csrf_token = ""

    def get(self, path: str, *, htmx: bool = False, query_string: Any = None, expect: int | None = None) -> Page:
        """Open an address, following redirects. ``expect`` is the status that the test wants."""
        headers = HTMX if htmx else {}
        response = self._send("GET", self._path(path), headers=headers, query_string=query_string)
        return self._arrive(response, path, htmx, follow=True, expect=expect)

    def post(
        self, path: str, data: Any = None, *, htmx: bool = False, follow: bool = True, expect: int | None = None
    ) -> Page:
        """Send a form as it is; the CSRF token of the last page is added where there is none."""
        values = dict(data or {})
        values.setdefault("csrf_token", self.csrf_token)
        headers = (HTMX if htmx else {}) | ({"X-CSRFToken": self.csrf_token} if htmx else {})
        headers |= {"Referer": "http://localhost/", "Origin": "http://localhost"}
        response = self._send("POST", self._path(path), data=values, headers=headers)
        return self._arrive(response, path, htmx, follow=follow, expect=expect)

    def _send(self, method: str, path: str, **request: Any) -> TestResponse:
        """One request in a context of its own, as a server gives it: nothing is left of the request before. Afterwards the
        test's own session reads anew."""
        with self.app.app_context():
            response = self.http.open(path, method=method, environ_overrides=self.environ, **request)
        if has_app_context():
            db.session.rollback()
        return response

    def _arrive(self, response: TestResponse, path: str, htmx: bool, *, follow: bool, expect: int | None) -> Page:
        seen = 0
        here = self._path(path)
        while follow and response.status_code in (301, 302, 303, 307, 308):
            seen += 1
            assert seen <= MOST_REDIRECTS, f"{path} redirects in a circle"
            here = self._path(urljoin(here, response.headers["Location"]))
            response = self._send("GET", here)
        page = Page(self, response, here, whole=not htmx)
        token = page.soup.select_one('meta[name="csrf-token"]') or page.soup.select_one('[name="csrf_token"]')
        if token is not None:
            self.csrf_token = str(token.get("content") or token.get("value") or self.csrf_token)
        if expect is not None:
            assert page.status == expect, f"{path} answered {page.status}: {page.text[:500]}"
        return page

    @staticmethod
    def _path(address: str) -> str:
        parts = urlsplit(address)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def words(tag: Tag) -> str:
    """The text of a tag with white space collapsed."""
    return " ".join(tag.get_text(" ").replace("\xa0", " ").split())


def control_value(tag: Tag) -> str | None:
    """What a control would send, or None when it sends nothing."""
    if tag.has_attr("disabled"):
        return None
    if tag.name == "textarea":
        return tag.get_text().removeprefix("\n")
    if tag.name == "select":
        chosen = tag.select_one("option[selected]") or tag.select_one("option")
        return str(chosen.get("value", words(chosen))) if chosen is not None else None
    kind = str(tag.get("type", "text"))
    if kind in ("checkbox", "radio"):
        return str(tag.get("value", "on")) if tag.has_attr("checked") else None
    return None if kind in ("submit", "button", "file") or tag.name == "button" else str(tag.get("value", ""))


def form_values(form: Tag) -> dict[str, Any]:
    """What the form would send as it stands."""
    values: dict[str, Any] = {}
    for tag in form.select("input[name], select[name], textarea[name]"):
        value = control_value(tag)
        if value is None:
            continue
        name = str(tag["name"])
        if name in values:
            before = values[name]
            values[name] = [*before, value] if isinstance(before, list) else [before, value]
        else:
            values[name] = value
    return values


def check_page(soup: BeautifulSoup, path: str) -> None:
    """Reject a page that is not valid: what every page of the house owes its reader."""
    problems: list[str] = []
    headings = soup.select("h1")
    if len(headings) != 1:
        problems.append(f"{len(headings)} h1")
    title = words(soup.title) if soup.title else ""
    start = title.partition(": ")[2] if soup.select_one(".ds-error-summary") else title
    if headings and not start.startswith(words(headings[0])):
        problems.append(f"title {title!r} does not begin with h1 {words(headings[0])!r}")
    if soup.html is None or soup.html.get("lang") not in ("fi", "sv", "en"):
        problems.append("no lang")
    twice = [i for i, count in Counter(str(tag["id"]) for tag in soup.select("[id]")).items() if count > 1]
    if twice:
        problems.append(f"ids twice: {twice}")
    typed = soup.select('form[method="get"] :is(input[type="text"], input[type="search"])')
    problems += [f"as long as the address may not be: {tag}" for tag in typed if not tag.get("maxlength")]
    problems += [f"no label: {tag}" for tag in soup.select("input, select, textarea") if not labelled(soup, tag)]
    problems += [f"inline: {tag.name}" for tag in soup.select("style, script:not([src]), [style], [onclick], [onload]")]
    described = {i for tag in soup.select("[aria-describedby]") for i in str(tag["aria-describedby"]).split()}
    problems += [f"describes nothing: {i}" for i in described if soup.find(id=i) is None]
    assert not problems, f"{path}: {problems}"


def labelled(soup: BeautifulSoup, tag: Tag) -> bool:
    """Whether a control has a name that a screen reader can say."""
    if str(tag.get("type", "text")) in NO_LABEL or tag.get("aria-label") or tag.get("aria-labelledby"):
        return True
    return tag.find_parent("label") is not None or bool(tag.get("id") and soup.select_one(f'label[for="{tag["id"]}"]'))
