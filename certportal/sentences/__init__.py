"""What each refusal says to the person who reads it: a code, and a sentence that tells what to do.

A sentence may name the refusal's details as %(name)s, and nothing else after the per cent sign. Each group of rooms has its
dict here, with a room's sentences under that room's line, so that two rooms never change the same lines.
"""

import logging
from datetime import date, datetime

from flask_babel import LazyString

from certportal.formats import as_date, as_datetime, country_name
from certportal.identifiers import PhoneNumber
from certportal.languages import gettext
from certportal.languages import lazy_gettext as _l
from certportal.refusals import Refusal
from certportal.sentences import authorities, certifying, machines, ordering, people, typed

SENTENCES: dict[str, LazyString] = (
    typed.SENTENCES
    | people.SENTENCES
    | ordering.SENTENCES
    | authorities.SENTENCES
    | certifying.SENTENCES
    | machines.SENTENCES
)


_AREAS: dict[str, LazyString] = {
    "2": _l("Turku and Pori"),
    "3": _l("Tampere, Hämeenlinna and Lahti"),
    "5": _l("Kouvola, Lappeenranta and Mikkeli"),
    "6": _l("Vaasa and Seinäjoki"),
    "8": _l("Oulu and Kajaani"),
    "9": _l("Helsinki"),
    "13": _l("Joensuu"),
    "14": _l("Jyväskylä"),
    "15": _l("Mikkeli"),
    "16": _l("Rovaniemi"),
    "17": _l("Kuopio"),
    "18": _l("Åland"),
    "19": _l("Western and central Uusimaa"),
}
"""Finland's area codes, so that a landline is named by its place."""


class _Shown(dict[str, str]):
    """Details as people read them. A detail that the refusal did not bring is shown as a dash, never an error."""

    def __missing__(self, _name: str) -> str:
        return "–"


def sentence(refusal: Refusal) -> str:
    """The refusal in the language being written now. A code without a sentence (a test forbids it) says so plainly."""
    text = SENTENCES.get(refusal.code)
    if text is None:
        logging.getLogger(__name__).error("no sentence for the refusal %s", refusal.code)
        return gettext("This cannot be done now. Go back, check your answers and try again.")
    details = _Shown({name: _as_people_read(name, value) for name, value in refusal.details.items()})
    if "place" not in details:
        details["place"] = _place(refusal)
    return str(text) % details


def _as_people_read(name: str, value: object) -> str:
    match value:
        case PhoneNumber():
            return value.grouped
        case datetime():
            return as_datetime(value)
        case date():
            return as_date(value)
        case str() if name == "country":
            return country_name(value)
        case _:
            return str(value)


def _place(refusal: Refusal) -> str:
    area = _AREAS.get(str(refusal.details.get("area")))
    return str(area) if area else country_name(str(refusal.details.get("country", "")))
