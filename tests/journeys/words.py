"""A story is written once, in English, and read in three languages: each sentence of the source looked up in its catalogue."""

from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

CATALOGUES = Path(__file__).parents[2] / "certportal" / "translations"


@cache
def catalogue(language: str) -> Catalog:
    """The Finnish or Swedish catalogue as the translators keep it."""
    with (CATALOGUES / language / "LC_MESSAGES" / "messages.po").open("rb") as source:
        return read_po(source, locale=language)


class Words:
    """What a page says in one language. A sentence that no page has is an error, so that a story cannot outlive its words.

    words = Words("sv")
    words("Send the PIN code to %(number)s", number="•• 67") == "Skicka PIN-koden till •• 67"
    """

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, source: str, context: str | None = None, **values: object) -> str:
        text = source if self.language == "en" else self._translated(source, context)
        if self.language == "en":
            catalogue("fi").get(source, context) or self._unknown(source)
        return " ".join((text % values if values else text.replace("%%", "%")).split())

    def _translated(self, source: str, context: str | None) -> str:
        found = catalogue(self.language).get(source, context) or self._unknown(source)
        assert isinstance(found.string, str), f"{source!r} has a plural"
        return found.string or source

    @staticmethod
    def _unknown(source: str) -> "Catalog":
        raise AssertionError(f"no page says {source!r}")
