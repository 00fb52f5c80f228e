"""The start page, the record of what was done, and what every page's head and foot link to."""

from flask import Blueprint, g, make_response, render_template, request, session, url_for
from werkzeug.wrappers import Response

from certportal import clock, formats
from certportal.acts import act, particulars
from certportal.answers import allow, found, go_to, local_address, page
from certportal.home import record
from certportal.home.waiting import ticks, time_line, waiting
from certportal.identifiers import ActorKind, Language
from certportal.routing import row_number
from certportal.settings import current_settings
from certportal.signin.guard import acting

blueprint = Blueprint("home", __name__)


@blueprint.post("/language")
@allow("anonymous", "contact", "signatory", "operator")
def language() -> Response:
    """The visitor's own choice, kept in the signed cookie; back to the page it was made on."""
    chosen = request.form.get("language", "")
    if chosen in list(Language):
        session["language"] = chosen
    return go_to(local_address(request.form.get("next"), url_for("home.start")))


@blueprint.get("/accessibility")
@allow("anonymous")
def accessibility() -> str:
    return render_template("pages/accessibility.html")


@blueprint.get("/privacy")
@allow("anonymous")
def privacy() -> str:
    return render_template("pages/privacy.html")


@blueprint.get("/contact")
@allow("anonymous")
def contact() -> str:
    return render_template("pages/contact.html")


@blueprint.get("/brand.css")
@allow("anonymous")
def brand_css() -> Response:
    """The installation's accent colour, the only style that is not a file."""
    colour = found(current_settings().accent_colour or None)
    answer = make_response(f":root {{ --brand: {colour}; }}\n")
    answer.mimetype = "text/css"
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


@blueprint.get("/logo")
@allow("anonymous")
def logo() -> Response:
    """The installation's own mark."""
    path = found(current_settings().logo_file)
    answer = make_response(path.read_bytes())
    answer.mimetype = "image/svg+xml" if path.suffix == ".svg" else "image/png"
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


@blueprint.get("/")
@allow("anonymous", "signatory", "operator")
def start() -> Response | str:
    """Everybody's door: to the sign-in, the desk, or what waits for the signatory."""
    if g.actor is None:
        return go_to(url_for("signin.sign_in"))
    if g.actor.kind is ActorKind.OPERATOR:
        return go_to(url_for("console.start"))
    mine = acting()
    bars, end = time_line(mine.organisation.id)
    return page(
        "home/start.html",
        waiting=waiting(mine.organisation, formats.language()),
        bars=bars,
        ticks=ticks(end) if bars else [],
        person=mine.person,
        now=clock.now(),
    )


@blueprint.get("/activity")
@allow("signatory")
def activity() -> Response:
    """The organisation's record: who did what to what, when, from where."""
    before = request.args.get("before", type=row_number)
    lines, older = record.activity(acting().organisation.id, before)
    return page(
        "home/activity.html",
        "home/_activity.html",
        lines=lines,
        older=older,
        first=before is None,
        act=act,
        particulars=particulars,
    )
