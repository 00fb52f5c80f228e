"""The Finnish and Swedish catalogues are complete, and their words are the glossary's."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from scripts.catalogues import LANGUAGES, check, compiled, extracted, faults, read
from tests.meta.tree import ROOT, modules, named, parsed

GLOSSARY = ROOT / "docs" / "glossary.md"


def test_every_sentence_is_translated_and_compiled() -> None:
    assert check() == []


def sentences(path: Path) -> Iterator[tuple[str, str | None]]:
    """Each sentence that a module gives to gettext and its kin, with its context."""
    for node in ast.walk(parsed(path)):
        called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
        if isinstance(node, ast.Call) and (called == "_l" or called.endswith("gettext")):
            texts = [given.value for given in node.args if isinstance(given, ast.Constant)]
            yield (texts[1], texts[0]) if "pgettext" in called else (texts[0], None)


def test_every_sentence_of_the_code_is_seen_where_sentences_are_looked_for() -> None:
    """They are not, within an f-string."""
    template = extracted()
    every = [(named(path), *found) for path in modules() for found in sentences(path)]
    assert len(every) > 200
    assert [each for each in every if template.get(each[1], each[2]) is None] == []


def catalogue(**sentences: str) -> Catalog:
    made = Catalog(locale="sv")
    for sentence, translation in sentences.items():
        made.add(sentence.replace("_", " "), translation)
    return made


def test_an_untranslated_sentence_is_seen() -> None:
    assert list(faults("sv", catalogue(Open=""), catalogue(Open=""))) == ["sv: untranslated: 'Open'"]


def test_a_sentence_that_is_not_in_the_catalogue_is_seen() -> None:
    [fault] = faults("sv", catalogue(Open=""), catalogue())
    assert fault.startswith("sv: not in the catalogue")


def test_a_sentence_that_no_page_has_any_more_is_seen() -> None:
    [fault] = faults("sv", catalogue(), catalogue(Open="Öppna"))
    assert fault.startswith("sv: no longer in the sources")


@pytest.mark.parametrize("translation", ["om dagar", "om %(day)s dagar", "om %(days)s av %(all)s dagar"])
def test_a_placeholder_that_differs_is_seen(translation: str) -> None:
    template, translated = Catalog(locale="sv"), Catalog(locale="sv")
    template.add("in %(days)s days")
    translated.add("in %(days)s days", translation)
    [fault] = faults("sv", template, translated)
    assert "placeholders differ" in fault


def test_a_plural_may_leave_its_number_out_in_the_singular_only_as_its_source_does() -> None:
    template, translated = Catalog(locale="sv"), Catalog(locale="sv")
    template.add(("one day", "%(num)d days"))
    translated.add(("one day", "%(num)d days"), ("en dag", "%(num)d dagar"))
    assert list(faults("sv", template, translated)) == []


def test_a_compiled_catalogue_that_is_older_than_its_source_differs() -> None:
    assert compiled(catalogue(Open="Öppna")) != compiled(catalogue(Open="Öppen"))


def glossary() -> dict[str, dict[str, str]]:
    """English word → its Finnish and Swedish, for the rows that pages use word for word."""
    _heading, *rows = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|", GLOSSARY.read_text("utf-8"), re.MULTILINE)
    return {english.casefold(): {"fi": fi, "sv": sv} for english, fi, sv in rows}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_word_of_the_glossary_is_translated_as_there(language: str) -> None:
    words = glossary()
    different = {
        message.id: message.string
        for message in read(language)
        if isinstance(message.id, str) and message.string and message.id and not message.context
        and (wanted := words.get(message.id.casefold()))
        and str(message.string).casefold() not in {word.strip().casefold() for word in wanted[language].split(";")}
    }  # fmt: skip
    assert different == {}


def test_the_glossary_is_read() -> None:
    assert glossary()["transfer codes"] == {"fi": "siirtotunnukset", "sv": "överföringskoder"}
    assert Path(GLOSSARY).stat().st_size < 12_000, "one page"
