"""What each refusal says to the person who reads it. One dict: a code, and a sentence that tells what to do.

A sentence may name the refusal's details as %(name)s, and nothing else after the per cent sign. Add a room's sentences
under that room's line, so that two rooms never change the same lines.
"""

import logging
from datetime import date, datetime

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _l

from certportal.formats import as_date, as_datetime, country_name
from certportal.identifiers import PhoneNumber
from certportal.refusals import Refusal

SENTENCES: dict[str, LazyString] = {
    # identifiers, text
    "text_missing": _l("Write something here. The answer is empty."),
    "text_too_long": _l("Shorten the answer to %(limit)s characters. It has %(length)s now."),
    "text_control_characters": _l("The answer holds characters that do not show. Type it in instead of pasting it."),
    # identifiers, business ID
    "business_id_missing": _l("Enter the organisation’s business ID, such as 9900001-8"),
    "business_id_form": _l(
        "‘%(typed)s’ is not a business ID. It has seven digits, a hyphen and a check digit, such as 9900001-8"
    ),
    "business_id_check_digit": _l(
        "‘%(typed)s’ has a typing mistake: its last digit does not fit the others. Check each digit"
    ),
    "business_id_unreadable": _l(
        "‘%(typed)s’ is not an organisation’s number in this country: %(country)s. Check each character"
    ),
    # identifiers, phone number
    "phone_missing": _l("Enter a mobile number, such as 040 123 4567"),
    "phone_unreadable": _l("‘%(typed)s’ is not a phone number. Enter one mobile number, such as 040 123 4567"),
    "phone_too_short": _l("‘%(typed)s’ is too short for a mobile number. Check that no digit is missing"),
    "phone_too_long": _l("‘%(typed)s’ is too long for a mobile number. Enter one number, without extra digits"),
    "phone_extension": _l("‘%(typed)s’ has an extension. Text messages need a mobile number of its own"),
    "phone_landline": _l(
        "%(typed)s is a landline number (%(place)s). Text messages do not reach it: enter a mobile number"
    ),
    "phone_not_sms": _l("%(typed)s is a service number. Text messages do not reach it: enter a mobile number"),
    "phone_needs_country_code": _l("%(typed)s needs its country code, such as %(suggestion)s (%(country)s)"),
    "phone_unknown_country_code": _l("No country has the code at the beginning of %(typed)s. Check the digits after +"),
    # identifiers, e-mail address
    "email_missing": _l("Enter an e-mail address, such as name@company.example"),
    "email_no_at": _l("‘%(typed)s’ is missing its @ sign, as in name@company.example"),
    "email_missing_ending": _l("‘%(domain)s’ is missing its ending, such as .fi"),
    "email_letters_before_at": _l("Before the @ sign there may be only letters from a to z, not ‘%(letters)s’"),
    "email_too_long": _l("The e-mail address is too long: at most %(limit)s characters. Check that it is one address"),
    "email_unreadable": _l("‘%(typed)s’ is not an e-mail address. Enter one address, such as name@company.example"),
    # identifiers, day, language, environment, country
    "day_missing": _l("Enter a date, such as 4.12.2026"),
    "day_unreadable": _l("‘%(typed)s’ is not a date. Enter day, month and year, such as 4.12.2026"),
    "day_not_in_calendar": _l("There is no %(typed)s in the calendar. Check the day and the month"),
    "language_missing": _l("Choose a language"),
    "language_unknown": _l("Choose Finnish, Swedish or English"),
    "environment_missing": _l("Choose production or test"),
    "environment_unknown": _l("Choose production or test"),
    "country_missing": _l("Choose a country"),
    "country_unknown": _l("‘%(typed)s’ is not a country’s two-letter code, such as FI"),
    # fields
    "choice_missing": _l("Choose one of these"),
    "choices_missing": _l("Choose at least one of these"),
    "choice_unknown": _l("That choice is no longer here. Choose one of these"),
    "consent_missing": _l("Tick the box to go on"),
    # settings, clock, audit
    # outbox
    # registry
    "right_ends_before_it_begins": _l("The last day, %(last)s, is before the first, %(first)s. Check the dates"),
    "right_already_valid": _l("The organisation has this access right already, until further notice"),
    "right_not_waiting": _l("This has been decided or withdrawn already. Open the page again to see how it stands"),
    "right_not_valid": _l("This access right has ended already. Open the page again to see how it stands"),
    # signin
    # messages
    # orders
    # certificates
    # access
    # notices
    # contacts
    # console
    # protocols
}

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
