"""A visitor in Debian's Chromium, and what a page is asked there: accessibility, its width, a clean console."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.browser.portal import Portal
from tests.journeys.words import Words

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDE, PHONE, NARROWEST = {"width": 1280, "height": 900}, {"width": 375, "height": 800}, {"width": 320, "height": 800}
ITS_OWN_NOTE = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")
"""Chromium notes in the console that an answer was 404 or 422. That is no message of the page."""
TEXT_SPACING = (
    "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }"
    "p { margin-bottom: 2em !important; }"
)
"""WCAG 2.2, 1.4.12."""
RUN_AXE = "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})"
TOO_WIDE = """() => {
  const page = document.documentElement, over = page.scrollWidth - page.clientWidth;
  const wide = [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > page.clientWidth + 1);
  const hides = element => ["clip", "hidden"].includes(getComputedStyle(element).overflowX);
  const cut = [...document.querySelectorAll("html, body, main, main *")].filter(element =>
    hides(element) && element.clientWidth > 4 && element.scrollWidth > element.clientWidth + 1 && !element.matches("input"));
  const text = document.createTreeWalker(document.querySelector("main") ?? document.body, NodeFilter.SHOW_TEXT), words = [];
  while (over > 0 && text.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(text.currentNode);
    if (!text.currentNode.parentElement.closest(".ds-sr-only") && range.getBoundingClientRect().right > page.clientWidth + 1)
      words.push(text.currentNode.data.trim());
  }
  return [
    ...(over > 0 ? [`${over} px too wide`, ...wide.slice(-3).map(e => e.outerHTML.slice(0, 160)), ...words.slice(-3)] : []),
    ...cut.map(e => `cut at the edge: ${e.outerHTML.slice(0, 160)}`),
  ];
}"""
"""What makes the page scroll sideways, be it a box or only its words, and what is kept from doing so by being hidden."""
STACKED = """() => [...document.querySelectorAll("main *")].filter(element => {
  const texts = [...element.childNodes].filter(node => node.nodeType === Node.TEXT_NODE);
  const length = texts.map(node => node.data.trim()).join("").length, box = element.getBoundingClientRect();
  return length > 8 && box.width > 1 && box.width < 32 && box.height > 120;
}).slice(0, 3).map(element => element.outerHTML.slice(0, 160))"""
"""Words whose letters stand under each other, because nothing is left of their column."""
ADOPT = (
    """css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css); document.adoptedStyleSheets = [sheet]; }"""
)
FORGET = "() => { document.adoptedStyleSheets = []; }"


class Visitor:
    """One browser window. ``console`` holds what must not be there."""

    def __init__(
        self,
        browser: Browser,
        portal: Portal,
        language: str,
        *,
        scripts: bool = True,
        viewport: dict[str, int] = WIDE,
        state: Any = None,
    ) -> None:
        self.portal, self.words, self.scripts = portal, Words(language), scripts
        self.console: list[str] = []
        self.context: BrowserContext = browser.new_context(
            java_script_enabled=scripts,
            viewport={"width": viewport["width"], "height": viewport["height"]},
            storage_state=state,
            base_url=portal.url,
            locale={"fi": "fi-FI", "sv": "sv-FI", "en": "en-GB"}[language],
            reduced_motion="reduce",
        )
        self.context.set_default_timeout(20_000)
        self.page: Page = self.context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.console.append(f"error: {error}"))

    def _hear(self, message: ConsoleMessage) -> None:
        if not ITS_OWN_NOTE.match(message.text):
            self.console.append(f"{message.type} on {urlsplit(self.page.url).path}: {message.text}")

    def open(self, path: str) -> int:
        """Go to an address of the portal; answers the status."""
        answer = self.page.goto(path)
        assert answer is not None
        return answer.status

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    @property
    def h1(self) -> str:
        return " ".join(self.page.locator("h1").inner_text().split())

    def pin(self, after: int) -> str:
        """The code that was sent to the number whose end this page shows, in a text message after so many."""
        ending = re.search(r"•• (\d\d)", self.page.locator("main").inner_text())
        assert ending is not None
        return self.portal.pin(ending[1], after)

    def press(self, source: str, context: str | None = None, **values: object) -> None:
        """Press the button with these words."""
        name = self.words(source, context, **values)
        self.page.get_by_role("button", name=name, exact=False).first.click()

    def follow(self, source: str, context: str | None = None) -> None:
        """Press the link with these words."""
        self.page.get_by_role("link", name=self.words(source, context), exact=False).first.click()

    def read_in(self, language: str) -> None:
        """Press a language at the top of the page."""
        self.page.locator(f'nav.langs-nav button[value="{language}"]').click()
        assert self.page.locator("html").get_attribute("lang") == language
        self.words = Words(language)

    def violations(self) -> list[str]:
        """What axe finds wrong with the page as it stands."""
        self.page.evaluate(AXE)
        found = self.page.evaluate(RUN_AXE, RULES)["violations"]
        return [
            f"{each['id']}: {node['html'][:200]} ({node['failureSummary'][:200]})"
            for each in found
            for node in each["nodes"][:3]
        ]

    def too_wide(self) -> list[str]:
        """Whether one must scroll sideways, and because of what."""
        return self.page.evaluate(TOO_WIDE)

    def audit(self, *, thorough: bool) -> list[str]:
        """All that a page is asked: axe in light and dark (when thorough), no scrolling sideways at 320 px nor with text
        spaced out."""
        wrong: list[str] = []
        if thorough:
            wrong += [f"light: {each}" for each in self.violations()]
            self.page.emulate_media(color_scheme="dark")
            wrong += [f"dark: {each}" for each in self.violations()]
            self.page.emulate_media(color_scheme="light")
        before = self.page.viewport_size
        assert before is not None
        self.page.set_viewport_size({"width": 320, "height": 800})
        wrong += [f"320 px: {each}" for each in self.too_wide()]
        wrong += [f"320 px, letter under letter: {each}" for each in self.page.evaluate(STACKED)]
        self.page.evaluate(ADOPT, TEXT_SPACING)
        wrong += [f"320 px, spaced: {each}" for each in self.too_wide()]
        self.page.evaluate(FORGET)
        self.page.set_viewport_size(before)
        return [f"{self.path}: {each}" for each in wrong]

    def close(self) -> None:
        self.context.close()
        assert self.console == []


def tick(visitor: Visitor, name: str, value: str) -> None:
    """Choose a radio button or checkbox by pressing its label, the larger part of what is seen of it."""
    box = visitor.page.locator(f'input[name="{name}"][value="{value}"]')
    visitor.page.locator("label", has=box).click()
    assert box.is_checked()
