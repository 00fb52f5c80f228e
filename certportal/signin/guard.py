"""Who is at the keyboard: found out before every request, and held against what the view allows.

A person and an operator are separate sign-ins, one at a time in a browser. Its cookie, signed by Flask, carries the
session's token and when the browser was last seen; everything else is a row.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, current_app, flash, g, request, session, url_for
from flask.sessions import SecureCookieSessionInterface
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response

from certportal import clock
from certportal.answers import go_to, local_address, unsent, wants_partial
from certportal.identifiers import Actor, ActorKind
from certportal.languages import gettext, ngettext
from certportal.registry import service as registry
from certportal.registry.models import Organisation, Person
from certportal.secrecy import Secret
from certportal.settings import current_settings
from certportal.signin import service
from certportal.signin.rules import Ended
from certportal.signin.service import Standing

SEEN_EVERY_SECONDS = 30
"""The cookie is written anew at most so often."""

OPEN_TO_ALL = frozenset({"anonymous", "contact", "program"})
"""Contacts and programs are known by what they bring to the view itself, never by a sign-in."""

View = TypeVar("View")


@dataclass(frozen=True)
class Acting:
    """A signatory at work: the actor whom rules ask and the record names, the person, and the organisation acted for."""

    actor: Actor
    person: Person
    organisation: Organisation


class Cookies(SecureCookieSessionInterface):
    """Flask's own cookies. What signs them is made once: a secret key stays for as long as its process."""

    signer: Any = None

    def get_signing_serializer(self, app: Flask) -> Any:
        if self.signer is None:
            self.signer = super().get_signing_serializer(app)
        return self.signer


def init_app(app: Flask) -> None:
    """Check every request, and tell base.html for whom the visitor acts."""
    app.session_interface = Cookies()
    app.before_request(check)
    app.context_processor(_context)


def before_choosing(view: View) -> View:
    """Mark a signatory's view that needs no organisation: choosing one, and ending sign-ins."""
    view.before_choosing = True  # type: ignore[attr-defined]
    return view


def polled(view: View) -> View:
    """Mark a view whose part of a page asks for itself again and again: such an answer is no sign of anybody at the keyboard."""
    view.polled = True  # type: ignore[attr-defined]
    return view


def acting() -> Acting:
    """For a signatory's view: who acts for which organisation."""
    standing: Standing = g.standing
    if g.actor is None or standing.person is None or standing.organisation is None:
        raise RuntimeError("acting() in a view that allows more than signatories")
    return Acting(g.actor, standing.person, standing.organisation)


def operator() -> Actor:
    """For an operator's view: who is at the desk."""
    if g.actor is None or g.actor.kind is not ActorKind.OPERATOR:
        raise RuntimeError("operator() in a view that allows more than operators")
    return g.actor


def signed_in() -> Actor | None:
    """For a view open to all: the person or operator who happens to be signed in."""
    return g.actor


def visitor() -> Actor:
    """For a view open to all: somebody, known by a network address."""
    return Actor(ActorKind.ANONYMOUS, None, "", request.remote_addr)


def my_organisations() -> list[Organisation]:
    """Those for which the signed-in person may act today, by name."""
    standing: Standing = g.standing
    return registry.organisations_of(standing.who.id, registry.today()) if standing.who and standing.is_person else []


def waiting_operator() -> Standing | None:
    """The sign-in that lacks nothing but the second factor, if this browser has one."""
    standing: Standing = g.standing
    return standing if standing.lacks_second_factor and standing.ended is None else None


def token() -> Secret | None:
    """The token of this browser's cookie, whatever it is worth."""
    brought = session.get("token")
    return Secret(brought) if isinstance(brought, str) else None


def enter(fresh: Secret) -> None:
    """From here on the browser has this token and nothing of what it had, but for the language (no session fixation)."""
    leave()
    session["token"], session["seen"] = fresh.reveal(), int(clock.machine().timestamp())


def leave() -> None:
    """Empty the browser's cookie, but for the language."""
    chosen = session.get("language")
    session.clear()
    if chosen:
        session["language"] = chosen


def check() -> Response | None:
    """Before every request: recognise the visitor, and answer instead of the view what it does not allow."""
    g.actor, g.standing = None, Standing()
    if request.endpoint == "static":
        return None
    allowed = _allowed()
    if allowed is not None and allowed <= {"program"}:
        return None  # protocols read no cookie
    standing = g.standing = _recognised()
    g.actor = _actor(standing)
    if allowed is None or _open_to_all(allowed):
        return None
    if g.actor is None:
        return _ask_to_sign_in(standing, allowed)
    if _role(g.actor) not in allowed:
        raise Forbidden
    view = current_app.view_functions[request.endpoint or ""]
    if standing.is_person and standing.organisation_id is None and not getattr(view, "before_choosing", False):
        why, button = gettext("You act for no organisation yet."), gettext("Choose the organisation in a new window")
        return unsent(why, url_for("signin.choose"), button) or go_to(url_for("signin.choose", next=_wanted()))
    return None


def _open_to_all(allowed: frozenset[str]) -> bool:
    """Whether nothing is asked of this visitor here. A page for everybody that is more to signatories or operators (the
    start page) still tells them that their sign-in has ended, or asks for whom they act."""
    if not allowed & OPEN_TO_ALL:
        return False
    is_more = request.method == "GET" and (allowed & {"signatory", "operator"})
    if g.actor is None:
        return not is_more or g.standing.ended is None
    return not is_more or _role(g.actor) not in allowed


def _role(actor: Actor) -> str:
    return "operator" if actor.kind is ActorKind.OPERATOR else "signatory"


def _allowed() -> frozenset[str] | None:
    """Whom the view of this request allows; None where there is no such page. A view that does not say fails loudly."""
    if request.endpoint is None:
        return None
    allowed = getattr(current_app.view_functions[request.endpoint], "allowed", None)
    if allowed is None:
        raise RuntimeError(f"{request.endpoint} does not say who may use it: mark the view with allow()")
    return allowed


def _recognised() -> Standing:
    brought = token()
    if brought is None:
        return Standing()
    seen, now = session.get("seen"), int(clock.machine().timestamp())
    seen_at = datetime.fromtimestamp(seen, UTC) if isinstance(seen, int) else None
    standing = service.standing(brought, seen_at)
    if standing.ended is None and isinstance(seen, int) and now - seen >= SEEN_EVERY_SECONDS and not _is_polled():
        session["seen"] = now
    return standing


def _is_polled() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return wants_partial() and getattr(view, "polled", False)


def _actor(standing: Standing) -> Actor | None:
    if standing.ended is not None or standing.lacks_second_factor:
        return None
    who = standing.who
    if who is None:
        return None
    g.page_language = who.language
    kind = ActorKind.PERSON if standing.is_person else ActorKind.OPERATOR
    return Actor(kind, who.id, who.name, request.remote_addr)


def _ask_to_sign_in(standing: Standing, allowed: frozenset[str]) -> Response:
    """Away to the door that opens this view, or to the page that says why the sign-in has ended."""
    wanted = _wanted()
    if standing.lacks_second_factor and standing.ended is None and "operator" in allowed:
        return go_to(url_for("signin.authenticator", next=wanted))
    if standing.ended is not None:
        leave()
    if standing.ended is Ended.NO_RIGHT and standing.is_person:
        session["lost"] = standing.organisation.name if standing.organisation is not None else ""
        return go_to(url_for("signin.ended"))
    why = _why(standing.ended) if standing.ended is not None else ""
    at_desk = standing.operator is not None or "signatory" not in allowed
    door = "signin.desk_sign_in" if at_desk else "signin.sign_in"
    kept = unsent(why, url_for(door), gettext("Sign in in a new window"))
    if kept is not None:
        return kept
    if why:
        flash(why, "info")
    return go_to(url_for(door, next=wanted))


def _why(ended: Ended) -> str:
    settings = current_settings()
    if ended is Ended.IDLE:
        return ngettext(
            "You were signed out because nothing was done for %(num)d minute. Sign in to go on.",
            "You were signed out because nothing was done for %(num)d minutes. Sign in to go on.",
            settings.session_idle_minutes,
        )
    if ended is Ended.TOO_LONG:
        return ngettext(
            "A sign-in lasts at most %(num)d hour, and yours has ended. Sign in to go on.",
            "A sign-in lasts at most %(num)d hours, and yours has ended. Sign in to go on.",
            settings.session_hours,
        )
    return gettext("You have been signed out. Sign in to go on.")


def _wanted() -> str | None:
    """Where to go after signing in: the page asked for, or the page with the form that was sent. None: the start page."""
    if request.method in ("GET", "HEAD") and not wants_partial():
        address = request.full_path if request.query_string else request.path
    else:
        came_from = urlsplit((request.headers.get("HX-Current-URL") if wants_partial() else request.referrer) or "")
        if came_from.netloc != current_settings().host:
            return None
        address = came_from.path + (f"?{came_from.query}" if came_from.query else "")
    home = local_address(address, "/")
    return None if home == "/" else home


def _context() -> dict[str, Any]:
    standing: Standing = g.get("standing") or Standing()
    signed = g.get("actor") is not None
    return {
        "acting_for": standing.organisation if signed else None,
        "can_switch": signed and len(standing.organisation_ids) > 1,
    }
