"""The Finnish and Swedish catalogues: take new sentences in, compile, and tell what is missing.

``python -m scripts.catalogues update`` takes every sentence of code and templates into the .po files, leaves new ones
empty, and compiles them. ``… check`` changes nothing and exits 1 with a line for every fault.
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
TRANSLATIONS = ROOT / "certportal" / "translations"
PLACEHOLDER = re.compile(r"%%|%\((\w+)\)")
LANGUAGES = ("fi", "sv")  # English is the language of the sources
KEYWORDS = DEFAULT_KEYWORDS | parse_keywords(
    ["_l", "lazy_gettext", "lazy_ngettext:1,2", "lazy_pgettext:1c,2", "lazy_npgettext:1c,2,3"]
)


def extracted() -> Catalog:
    """Every sentence of code and templates, as babel.cfg says where they are."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    catalog = Catalog()
    for _file, _line, message, comments, context in extract_from_dir(ROOT, methods, options, keywords=KEYWORDS):
        catalog.add(message, auto_comments=comments, context=context)
    return catalog


def po_file(language: str) -> Path:
    return TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"


def read(language: str) -> Catalog:
    if not po_file(language).exists():
        return Catalog(locale=language, project="certportal")
    with po_file(language).open("rb") as file:
        return read_po(file, locale=language)


def compiled(catalog: Catalog) -> bytes:
    """What the .mo file of a catalogue holds."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def update() -> None:
    """Bring every .po file up to the sources, keeping what is translated, and compile it."""
    template = extracted()
    for language in LANGUAGES:
        catalog = read(language)
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        catalog.fuzzy = False
        po_file(language).parent.mkdir(parents=True, exist_ok=True)
        with po_file(language).open("wb") as file:
            write_po(file, catalog, width=120, sort_output=True, no_location=True)
        po_file(language).with_suffix(".mo").write_bytes(compiled(catalog))


def faults(language: str, template: Catalog, catalog: Catalog) -> Iterator[str]:
    """A line for every sentence that a reader of ``language`` would miss or misread."""
    for message in template:
        if message.id and _find(catalog, message) is None:
            yield f"{language}: not in the catalogue (make catalogues): {message.id!r}"
    for message in catalog:
        if not message.id:
            continue
        if _find(template, message) is None:
            yield f"{language}: no longer in the sources (make catalogues): {message.id!r}"
        if message.fuzzy:
            yield f"{language}: marked fuzzy: {message.id!r}"
        if not all(_forms(message.string)) or len(_forms(message.string)) != len(_forms(message.id)):
            yield f"{language}: untranslated: {message.id!r}"
        elif wrong := [form for form in _forms(message.string) if not _placeholders_fit(message, form)]:
            yield f"{language}: placeholders differ: {message.id!r} → {wrong!r}"


def check() -> list[str]:
    """Every fault of every language, the compiled files included."""
    template = extracted()
    found: list[str] = []
    for language in LANGUAGES:
        catalog = read(language)
        found += faults(language, template, catalog)
        mo_file = po_file(language).with_suffix(".mo")
        if not mo_file.exists() or mo_file.read_bytes() != compiled(catalog):
            found.append(f"{language}: messages.mo is not what messages.po compiles to (make catalogues)")
    return found


def _find(catalog: Catalog, message: Message) -> Message | None:
    return catalog.get(message.id, message.context)


def _forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def _placeholders_fit(message: Message, form: str) -> bool:
    """A translation names what its sentence names; a plural form may leave the number out, as the singular does."""
    named = _placeholders(form)
    return named in [_placeholders(text) for text in _forms(message.id)]


def _placeholders(text: str) -> set[str]:
    return {name for name in PLACEHOLDER.findall(text) if name}


if __name__ == "__main__":
    if sys.argv[1:] == ["update"]:
        update()
    elif sys.argv[1:] != ["check"]:
        sys.exit("say `update` or `check`")
    if lines := check():
        sys.exit("\n".join(lines))
    sys.stdout.write("the catalogues are complete\n")
