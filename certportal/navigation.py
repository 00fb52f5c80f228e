"""The navigation of every page: its entries for signatories and for operators, and which one is current."""

from functools import lru_cache

from flask import Flask, g, request
from flask_babel import LazyString, get_locale

from certportal.identifiers import ActorKind
from certportal.languages import lazy_gettext as _l
from certportal.languages import lazy_pgettext
from certportal.routing import address

Entry = tuple[str, str, bool]
"""Label, address, whether the page belongs to it: what base.html takes."""

SIGNATORY: tuple[tuple[str, LazyString], ...] = (
    ("home.start", lazy_pgettext("navigation", "Start")),
    ("certificates.index", _l("Certificates")),
    ("access.index", _l("Technical interface")),
    ("contacts.index", lazy_pgettext("navigation", "Contacts")),
    ("registry.organisation", lazy_pgettext("navigation", "Organisation")),
)
OPERATOR: tuple[tuple[str, LazyString], ...] = (
    ("console.start", lazy_pgettext("navigation", "Desk")),
    ("console.queue", lazy_pgettext("navigation", "Queue")),
    ("console.orders", lazy_pgettext("navigation", "Orders and certificates")),
    ("console.organisations", lazy_pgettext("navigation", "Organisations")),
    ("console.outbox", lazy_pgettext("navigation", "Messages")),
    ("console.channels", lazy_pgettext("navigation", "Channels and terms")),
    ("console.audit", lazy_pgettext("navigation", "Record")),
    ("console.health", lazy_pgettext("navigation", "Health")),
)
BELONGS_TO = {"orders": "certificates.index", "notices": "certificates.index"}
"""Rooms whose pages stand under another room's entry."""


def init_app(app: Flask) -> None:
    """Give ``nav`` to every template."""
    app.context_processor(lambda: {"nav": entries()})


def entries() -> list[Entry]:
    """The entries for whoever is signed in; none for anybody else, nor before an organisation is chosen."""
    actor, standing = g.get("actor"), g.get("standing")
    if actor is None:
        return []
    if actor.kind is ActorKind.OPERATOR:
        return _drawn("operator")
    return _drawn("signatory") if standing is not None and standing.organisation is not None else []


def _drawn(whose: str) -> list[Entry]:
    """Current is the one with the longest address that this page's address continues."""
    here = _written(whose, str(get_locale()), request.script_root)
    owner = BELONGS_TO.get(request.blueprint or "")
    matching = [url for _, _, url in here if request.path == url or request.path.startswith(f"{url}/")]
    current = max(matching, key=len, default=None)
    return [(label, url, endpoint == owner if owner else url == current) for endpoint, label, url in here]


@lru_cache(maxsize=32)
def _written(whose: str, _language: str, _root: str) -> list[tuple[str, str, str]]:
    """Endpoint, label and address of each entry, written once for each language and root."""
    wanted = OPERATOR if whose == "operator" else SIGNATORY
    return [(endpoint, str(label), address(endpoint)) for endpoint, label in wanted]
