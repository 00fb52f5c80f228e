"""The demo's bar and inbox. create_app binds these views in demo mode alone."""

from typing import Any, cast

from flask import Blueprint, Flask, request, url_for
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response

from certportal import answers, clock
from certportal.answers import allow, found, go_to, local_address, page, see_other, tell
from certportal.demo import afresh, moving, people, reading, seeding
from certportal.demo import bar as on_bar
from certportal.demo.stage import signing_request
from certportal.formats import as_date
from certportal.languages import gettext, ngettext
from certportal.refusals import Conflict
from certportal.sentences import sentence
from certportal.signin import guard
from certportal.signin import service as signin

blueprint = Blueprint("demo", __name__, url_prefix="/demo")


@blueprint.record_once
def prepare(state: BlueprintSetupState) -> None:
    """The app is a demo's."""
    with cast(Flask, state.app).app_context():
        seeding.in_a_hurry()


@blueprint.app_context_processor
def drawn() -> dict[str, Any]:
    """What base.html draws the bar from; asked only when it does."""
    return {"demo_bar": on_bar.bar}


@blueprint.post("/sign-in")
@allow("anonymous")
def sign_in() -> Response:
    """One press signs in as anybody."""
    seat = found(on_bar.seat_of(request.form.get("who", "")))
    is_person = seat.kind == people.PERSON
    guard.enter(signin.begin(person_id=seat.id) if is_person else signin.begin(operator_id=seat.id))
    return see_other("home.start")


@blueprint.post("/clock")
@allow("anonymous")
def move_clock() -> Response:
    """The service's time goes on, and everything that happens meanwhile happens."""
    days = request.form.get("days", type=int)
    found(days if days in moving.DAYS else None)
    before = reading.inbox().newest()
    try:
        moving.forward(days or 0, guard.signed_in() or guard.visitor())
    except Conflict as refusal:
        tell(sentence(refusal), "warning")
    else:
        came = reading.inbox().count_after(before.id if before else 0)
        day = gettext("In the demo it is now %(day)s.", day=as_date(clock.now()))
        mail = ngettext("%(num)s message has come.", "%(num)s messages have come.", came)
        tell(f"{day} {mail}")
    return _back()


@blueprint.get("/inbox")
@allow("anonymous")
def inbox() -> Response:
    """Every mail and text message, as it came."""
    name, newest = request.args.get("to", ""), on_bar.look()
    messages, readers = reading.messages_to(name), [(each, each) for each in reading.readers()]
    return _seen(page("demo/inbox.html", "demo/_inbox.html", messages=messages, name=name, readers=readers), newest)


@blueprint.get("/inbox/<int:number>")
@allow("anonymous")
def message(number: int) -> Response:
    """One of them."""
    shown, newest = reading.shown(found(reading.inbox().message(number))), on_bar.look()
    answer = page("demo/message.html", shown=shown, text=reading.linked(shown.message.text))
    answer.headers["Content-Security-Policy"] = reading.frame_policy(answers.CSP)
    return _seen(answer, newest)


@blueprint.get("/inbox/<int:number>/mail")
@allow("anonymous")
def mail(number: int) -> Response:
    """A mail's own HTML, for the frame on its page; locked in by its own policy."""
    html = found(found(reading.inbox().message(number)).html or None)
    return Response(reading.as_document(html), mimetype="text/html", headers={"Content-Security-Policy": reading.CSP})


@blueprint.get("/news")
@guard.polled
@allow("anonymous")
def news() -> Response:
    """The bar's line about the inbox, drawn anew."""
    if not answers.wants_partial():
        return see_other("demo.inbox")
    return page("demo/_news.html", "demo/_news.html", news=on_bar.news())


@blueprint.get("/signing-request")
@allow("anonymous")
def request_to_try() -> Response:
    """A signing request for whoever has no openssl at hand; its key is thrown away."""
    return page("demo/signing_request.html", pem=signing_request().decode())


@blueprint.get("/start-over")
@allow("anonymous")
def ask_to_start_over() -> Response:
    """What starting over means."""
    return page("demo/start_over.html")


@blueprint.post("/start-over")
@allow("anonymous")
def start_over() -> Response:
    """Everything anew."""
    try:
        afresh.start_over()
    except Conflict as refusal:
        tell(sentence(refusal), "warning")
        return see_other("demo.ask_to_start_over")
    guard.leave()
    tell(gettext("The demo has begun anew."))
    answer = see_other("home.start")
    answer.delete_cookie(on_bar.SEEN, path="/")
    return answer


def _back() -> Response:
    return go_to(local_address(request.form.get("next"), url_for("home.start")))


def _seen(answer: Response, newest: int) -> Response:
    if newest:
        answer.set_cookie(on_bar.SEEN, str(newest), path="/", httponly=True, samesite="Lax")
    return answer
