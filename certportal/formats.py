"""How times, dates, counts and numbers are written for people, in three languages and the installation's zone."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit

from babel import Locale
from babel.dates import format_date
from flask import Flask, current_app, g, has_request_context, request, session
from flask_babel import get_locale
from werkzeug.routing import Map, MapAdapter

from certportal.identifiers import Language, PhoneNumber
from certportal.languages import gettext, ngettext
from certportal.settings import current_settings

LOCALES = {Language.FI: Locale("fi"), Language.SV: Locale("sv"), Language.EN: Locale("en", "GB")}


def language() -> Language:
    """The language of what is being written now."""
    return Language((get_locale() or Locale("fi")).language)


def choose_locale() -> Locale:
    """The visitor's own choice, else the page's (a contact's language), else the browser's, else Finnish."""
    if not has_request_context():
        return LOCALES[Language.FI]
    chosen = session.get("language") or g.get("page_language") or request.accept_languages.best_match(list(Language))
    return LOCALES[Language(chosen)] if chosen in list(Language) else LOCALES[Language.FI]


def local(moment: datetime) -> datetime:
    """The moment in the installation's zone."""
    return moment.astimezone(current_settings().timezone)


def as_date(value: date | datetime | None) -> str:
    """4.12.2026, or 4 December 2026."""
    if value is None:
        return ""
    day = local(value).date() if isinstance(value, datetime) else value
    if language() is Language.EN:
        return format_date(day, "d MMMM y", locale="en_GB")
    return f"{day.day}.{day.month}.{day.year}"


def as_month(value: datetime) -> str:
    """12/2026: a place on a time line."""
    day = local(value)
    return f"{day.month}/{day.year}"


def as_time(value: datetime | None) -> str:
    """12.05, or 12:05."""
    if value is None:
        return ""
    return local(value).strftime("%H:%M" if language() is Language.EN else "%H.%M")


def as_datetime(value: datetime | None) -> str:
    """4.12.2026 klo 12.05, 4.12.2026 kl. 12.05, 4 December 2026, 12:05."""
    if value is None:
        return ""
    between = {Language.FI: " klo ", Language.SV: " kl. ", Language.EN: ", "}[language()]
    return f"{as_date(value)}{between}{as_time(value)}"


def last_minute(value: datetime | None) -> str:
    """The end of a day as people write it: midnight after 15 December is shown as 15.12.2026 klo 23.59."""
    return "" if value is None else as_datetime(value - timedelta(minutes=1))


def last_day(value: datetime) -> date:
    """The local day that ends at this moment, as ``end_of_day`` makes them."""
    return local(value - timedelta(minutes=1)).date()


def end_of_day(day: date) -> datetime:
    """The first moment after a local day, as UTC: what ``usable_until`` holds."""
    following = day + timedelta(days=1)
    return datetime(following.year, following.month, following.day, tzinfo=current_settings().timezone).astimezone(UTC)


def days_between(start: datetime, end: datetime) -> int:
    """Whole local calendar days from one moment to another."""
    return (local(end).date() - local(start).date()).days


def days_left(end: datetime, now: datetime) -> str:
    """12 days left; today; 3 days ago."""
    days = days_between(now, end)
    if days > 0:
        return ngettext("%(num)s day left", "%(num)s days left", days)
    if days == 0:
        return gettext("today")
    return ngettext("%(num)s day ago", "%(num)s days ago", -days)


def ago(moment: datetime, now: datetime) -> str:
    """20 minutes, 5 hours, 2 days: how long something has waited; a minute at the least."""
    minutes = max(1, int((now - moment).total_seconds() // 60))
    if minutes < 60:
        return ngettext("%(num)s minute", "%(num)s minutes", minutes)
    if minutes < 48 * 60:
        return ngettext("%(num)s hour", "%(num)s hours", minutes // 60)
    return ngettext("%(num)s day", "%(num)s days", minutes // 1440)


def language_name(code: str) -> str:
    """suomi, svenska, English: the language's name in the language being written."""
    names = {"fi": gettext("Finnish"), "sv": gettext("Swedish"), "en": gettext("English")}
    return names[Language(code).value]


@lru_cache(maxsize=1024)
def as_phone(e164: str) -> str:
    """+358 40 123 4567."""
    return PhoneNumber(e164).grouped if e164 else ""


def country_name(code: str) -> str:
    """Sweden: the name of an ISO 3166-1 alpha-2 code in the language being written; the code itself if it has none."""
    locale = get_locale() or Locale("en")
    return locale.territories.get(code, code)


def environment_name(value: str) -> str:
    """Production or test, in the language being written."""
    return gettext("production") if value == "PRODUCTION" else gettext("test")


def link(endpoint: str, **values: object) -> str:
    """An absolute address under BASE_URL, the only source of links; works without a request."""
    return _adapter(current_app.url_map, current_settings().base_url).build(endpoint, values, force_external=True)


@lru_cache(maxsize=8)
def _adapter(addresses: Map, base_url: str) -> MapAdapter:
    parts = urlsplit(base_url)
    return addresses.bind(parts.netloc, url_scheme=parts.scheme)


def init_app(app: Flask) -> None:
    """Give the templates these as filters and globals."""
    app.jinja_env.filters.update(
        date=as_date,
        month=as_month,
        time=as_time,
        datetime=as_datetime,
        last_minute=last_minute,
        last_day=last_day,
        phone=as_phone,
        language_name=language_name,
        country_name=country_name,
        environment_name=environment_name,
        days_left=days_left,
        ago=ago,
    )
    app.jinja_env.globals.update(link=link, language=language)
