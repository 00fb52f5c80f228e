"""What hostile visitors and broken programs put into forms, and what every answer to it must be."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote_plus, urlencode

from bs4 import BeautifulSoup, Tag
from werkzeug.datastructures import MultiDict

from tests.browsing import form_values, words
from tests.journeys.words import catalogue

MARKUP = "\"'><script>alert(1)</script><img src=x onerror=alert(1)><b onmouseover=alert(1)>{{7*7}}"
TYPED: dict[str, str] = {
    "ten kilobytes": "å" * 5_000,
    "control characters": "a\x01\x08\x0b\x1b[31m\x7f\x85b\r\nBcc: somebody@evil.example\r\n\r\nc",
    "NUL": "a\x00b",
    "markup": MARKUP,
    "right to left": "\u202egnp.exe\u202c \u200f\u2066x\u2069",
    "lone surrogate": "a\\ud800 \ufffe\uffff 𝕏\U000e0001",
    "digits of other scripts": "٣٤٥ १२३ 12⁵",
    "a huge number": "9" * 400,
    "a negative number": "-1",
    "only spaces": " \t\u00a0\u3000 ",
}
KEPT = frozenset({"ten kilobytes", "markup", "a huge number", "a negative number", "digits of other scripts"})
"""What is of characters that a page can show stays as it was typed."""
FORGOTTEN = ("password", "code", "pin", "totp", "reason_for_nothing")
"""Fields whose content never comes back: secrets."""
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Asked:
    """A form that a page has: where it goes, what it would send as it stands, and its fields that take anything."""

    page: str
    action: str
    method: str
    values: tuple[tuple[str, str], ...]
    names: tuple[str, ...]
    files: tuple[str, ...]
    htmx: bool

    @property
    def kind(self) -> tuple[object, ...]:
        """Forms of one kind differ only in which row they are about."""
        path = "/".join(
            "*" if any(c.isdigit() for c in part) or len(part) > 30 else part for part in self.action.split("/")
        )
        return (path, self.method, tuple(sorted({name for name, _ in self.values})), self.htmx)


def forms_on(soup: BeautifulSoup, page: str) -> Iterator[Asked]:
    """Every form of a page, each button that leads elsewhere, and each element that htmx posts."""
    for form in soup.select("form"):
        method = str(form.get("method", "get")).lower()
        for action in {str(form.get("action") or page), *(str(b["formaction"]) for b in form.select("[formaction]"))}:
            yield _asked(form, page, action, method, htmx=False)
        for tag in form.select("[hx-post]"):
            yield _asked(form, page, str(tag["hx-post"]), "post", htmx=True)


def _asked(form: Tag, page: str, action: str, method: str, *, htmx: bool) -> Asked:
    values = [(name, each) for name, value in form_values(form).items() for each in _several(value)]
    tags = form.select("input[name], textarea[name], select[name], button[name]")
    names = {str(tag["name"]) for tag in tags if str(tag.get("type", "")) != "file"} - {"csrf_token"}
    files = {str(tag["name"]) for tag in form.select("input[type=file]")}
    return Asked(page, action, method, tuple(values), tuple(sorted(names)), tuple(sorted(files)), htmx)


def _several(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


@dataclass(frozen=True)
class Attack:
    """One way of sending a form. ``typed``: what was put into which fields, where the page could show it again."""

    name: str
    body: Any
    content_type: str | None
    typed: dict[str, str]


def attacks(form: Asked, token: str) -> Iterator[Attack]:
    """Everything that is tried on one form."""
    standing = [(name, value) for name, value in form.values if name != "csrf_token"]
    for kind, text in TYPED.items():
        everywhere = dict.fromkeys(form.names, text)
        yield _sent(f"{kind} everywhere", [*everywhere.items()], token, everywhere if kind in KEPT else {})
    for name in form.names:
        others = [(key, value) for key, value in _plausible(form, standing) if key != name]
        for kind in ("ten kilobytes", "NUL", "markup", "control characters", "a huge number", "right to left"):
            text = TYPED[kind]
            yield _sent(f"{kind} as {name}", [*others, (name, text)], token, {name: text} if kind in KEPT else {})
    yield _sent("nothing", [], token, {})
    yield _sent("everything twice", [*standing, *standing], token, {})
    pairs = [(name, "x") for name in form.names]
    broken = "&".join(f"{quote_plus(name)}=%FF%FE%C3%28%80" for name in form.names)
    yield Attack("not UTF-8", f"csrf_token={quote_plus(token)}&{broken}".encode(), FORM, {})
    yield Attack(
        "a thousand fields",
        urlencode([("csrf_token", token), *pairs, *[(f"x{i}", "") for i in range(2000)]]).encode(),
        FORM,
        {},
    )
    if form.files:
        for octets in (
            b"",
            b"\x00\xff" * 100,
            MARKUP.encode(),
            b"-----BEGIN PRIVATE KEY-----\nAAAA\n",
            b"0\x82" * 50_000,
        ):
            upload = {name: (io.BytesIO(octets), 'a"><script>alert(1)</script>.csr') for name in form.files}
            yield Attack("a hostile file", MultiDict([("csrf_token", token), *pairs, *upload.items()]), None, {})


def _sent(name: str, pairs: list[tuple[str, str]], token: str, typed: dict[str, str]) -> Attack:
    body = urlencode([("csrf_token", token), *pairs], errors="surrogatepass").encode()
    return Attack(name, body, FORM, typed)


LIKELY: tuple[tuple[str, str], ...] = (
    ("email", "somebody@exempelholm.example"),
    ("phone", "+358 45 700 0055"),
    ("mobile", "+358 45 700 0055"),
    ("business_id", "9900001-8"),
    ("name", "Somebody"),
    ("role", "CEO"),
    ("organisation", "Exempelholm Bygg Ab"),
    ("reason", "unnecessary"),
    ("terms", "y"),
    ("language", "fi"),
    ("from", "2026-01-01"),
    ("day", "2099-01-01"),
)


def _plausible(form: Asked, standing: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The form as a well-meaning person might have filled it in: what stands there, and a likely value where nothing does."""
    filled = {name for name, value in standing if value}
    likely = [
        (name, next((value for word, value in LIKELY if word in name), "1"))
        for name in form.names
        if name not in filled and "suggest" not in name
    ]
    return [(name, value) for name, value in standing if value] + likely


@cache
def english_sentences(language: str) -> frozenset[str]:
    """Source sentences that read otherwise in this language."""
    return frozenset(
        str(each.id)
        for each in catalogue(language)
        if isinstance(each.string, str) and each.string not in ("", each.id)
    )


def complaints(soup: BeautifulSoup, status: int, attack: Attack, language: str) -> list[str]:
    """What is wrong with an answer."""
    wrong: list[str] = []
    if status >= 500:
        wrong.append(f"answered {status}")
    if soup.select("script:not([src]), img[src=x]") or any(
        str(a).startswith("on") for t in soup.find_all() for a in t.attrs
    ):
        wrong.append("markup came through")
    if "49" in words(soup) and "{{7*7}}" in attack.name:
        wrong.append("a template was run")
    if soup.html is not None and soup.html.get("lang") != language:
        wrong.append(f"in {soup.html.get('lang')}, not {language}")
    lines = [words(line).rpartition(": ")[2] for line in soup.select(".ds-error-summary li")]
    wrong += [f"not in {language}: {line}" for line in lines if line in english_sentences(language)]
    if status == 422 and soup.html is not None:
        wrong += list(_lost(soup, attack))
        if not lines:
            wrong.append("422 without a sentence")
    return wrong


def _lost(soup: BeautifulSoup, attack: Attack) -> Iterator[str]:
    for name, text in attack.typed.items():
        if any(word in name for word in FORGOTTEN):
            continue
        for tag in soup.select(f'input[name="{name}"], textarea[name="{name}"]'):
            kind = str(tag.get("type", "text"))
            if kind in ("hidden", "checkbox", "radio", "password", "file"):
                continue
            now = tag.get_text() if tag.name == "textarea" else str(tag.get("value", ""))
            if " ".join(text.split()) not in " ".join(now.split()):
                yield f"what was typed as {name} is lost: {now[:60]!r}"
