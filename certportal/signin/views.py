"""Signing in and out at both doors, the signatories' and the operators', and choosing for whom to act."""

from dataclasses import dataclass

from flask import Blueprint, request, session, url_for
from werkzeug.wrappers import Response

from certportal.answers import allow, found, go_to, local_address, page, private, see_other, status_of, tell
from certportal.identifiers import ActorKind
from certportal.languages import gettext
from certportal.refusals import Refusal
from certportal.routing import row_number
from certportal.secrecy import Secret
from certportal.sentences import sentence
from certportal.signin import codes, desk, guard, service
from certportal.signin.forms import AuthenticatorForm, CodeForm, EmailForm

blueprint = Blueprint("signin", __name__)


@dataclass(frozen=True)
class Door:
    """One of the two doors: whose it is, and the endpoints behind it."""

    desk: codes.Desk
    kind: ActorKind
    sign_in: str
    ask: str
    code: str
    enter: str
    inside: str


SIGNATORIES = Door(
    codes.Desk.SIGNATORY,
    ActorKind.PERSON,
    sign_in="signin.sign_in",
    ask="signin.ask",
    code="signin.code",
    enter="signin.enter",
    inside="home.start",
)
OPERATORS = Door(
    codes.Desk.OPERATOR,
    ActorKind.OPERATOR,
    sign_in="signin.desk_sign_in",
    ask="signin.desk_ask",
    code="signin.desk_code",
    enter="signin.desk_enter",
    inside="console.start",
)


@blueprint.get("/sign-in")
@allow("anonymous")
def sign_in() -> Response:
    """Where the code is to be sent."""
    return _first_page(SIGNATORIES)


@blueprint.post("/sign-in")
@allow("anonymous")
def ask() -> Response:
    """Send a code."""
    return _ask(SIGNATORIES)


@blueprint.get("/sign-in/code")
@allow("anonymous")
def code() -> Response:
    """Where the code is entered."""
    return _code_page(SIGNATORIES, CodeForm(formdata=None))


@blueprint.post("/sign-in/code")
@allow("anonymous")
def enter() -> Response:
    """Sign in with the code."""
    return _enter(SIGNATORIES)


@blueprint.get("/sign-in/ended")
@allow("anonymous")
def ended() -> Response:
    """The right to sign has ended, and with it the sign-in."""
    return page("signin/ended.html", lost=session.get("lost", ""))


@blueprint.get("/organisations")
@guard.before_choosing
@allow("signatory")
def choose() -> Response:
    """For whom to act."""
    return page("signin/choose.html", organisations=guard.my_organisations(), next=_next())


@blueprint.post("/organisations")
@guard.before_choosing
@allow("signatory")
def act_for() -> Response:
    """Act for this organisation from now on."""
    organisation_id = found(request.form.get("organisation", type=row_number))
    chosen = service.act_for(found(guard.token()), organisation_id, found(guard.signed_in()))
    guard.enter(chosen)
    return go_to(_next() or url_for(SIGNATORIES.inside))


@blueprint.get("/sign-ins")
@guard.before_choosing
@allow("signatory", "operator")
def sign_ins() -> Response:
    """Where this person is signed in."""
    mine = service.sign_ins(found(guard.signed_in()), found(guard.token()))
    return page("signin/sign_ins.html", sign_ins=mine)


@blueprint.post("/sign-out/everywhere")
@guard.before_choosing
@allow("signatory", "operator")
def sign_out_everywhere() -> Response:
    """End every sign-in of this person, here too."""
    service.sign_out_everywhere(found(guard.signed_in()))
    guard.leave()
    return see_other("signin.signed_out", everywhere=1)


@blueprint.post("/sign-out")
@allow("anonymous")
def sign_out() -> Response:
    """End this browser's sign-in, if it has one."""
    token = guard.token()
    if token is not None:
        service.sign_out(token, guard.signed_in())
    guard.leave()
    return see_other("signin.signed_out")


@blueprint.get("/signed-out")
@allow("anonymous")
def signed_out() -> Response:
    """Good-bye."""
    return page("signin/signed_out.html", everywhere="everywhere" in request.args)


@blueprint.get("/desk/sign-in")
@allow("anonymous")
def desk_sign_in() -> Response:
    """Where an operator's code is to be sent."""
    return _first_page(OPERATORS)


@blueprint.post("/desk/sign-in")
@allow("anonymous")
def desk_ask() -> Response:
    """Send an operator's code."""
    return _ask(OPERATORS)


@blueprint.get("/desk/sign-in/code")
@allow("anonymous")
def desk_code() -> Response:
    """Where an operator enters the code."""
    return _code_page(OPERATORS, CodeForm(formdata=None))


@blueprint.post("/desk/sign-in/code")
@allow("anonymous")
def desk_enter() -> Response:
    """The code is right: on to the second factor."""
    return _enter(OPERATORS)


@blueprint.get("/desk/sign-in/authenticator")
@allow("anonymous")
def authenticator() -> Response:
    """Where the digits of the authenticator app are entered, the first time with the picture that sets it up."""
    return _authenticator_page(AuthenticatorForm(formdata=None))


@blueprint.post("/desk/sign-in/authenticator")
@allow("anonymous")
def enter_authenticator() -> Response:
    """The second factor: in."""
    form, token = AuthenticatorForm(), guard.token()
    if token is None or guard.waiting_operator() is None or not form.validate_on_submit():
        return _authenticator_page(form)
    try:
        fresh = desk.enter_totp(token, form.code.data or "", request.remote_addr)
    except Refusal as refusal:
        if refusal.code in {"totp_wrong", "totp_used"}:
            form.code.errors = [sentence(refusal)]
            return _authenticator_page(form)
        guard.leave()
        tell(sentence(refusal), "warning")
        return see_other(OPERATORS.sign_in, next=_next())
    guard.enter(fresh)
    return go_to(_next() or url_for(OPERATORS.inside))


@blueprint.get("/desk/sign-in/link/<token>")
@allow("anonymous")
def operator_link(token: str) -> Response:
    """A one-time address from the command line. Looking uses nothing up."""
    works = desk.link_works(Secret(token))
    return private(page("signin/link.html", token=token, works=works, status=200 if works else 410))


@blueprint.post("/desk/sign-in/link/<token>")
@allow("anonymous")
def use_operator_link(token: str) -> Response:
    """Use it up: on to the second factor."""
    try:
        waiting = desk.use_link(Secret(token), request.remote_addr, guard.token())
    except Refusal:
        return private(page("signin/link.html", token=token, works=False, status=410))
    guard.enter(waiting)
    return see_other("signin.authenticator")


def _first_page(
    door: Door, form: EmailForm | None = None, messages: list[str] | None = None, status: int = 200
) -> Response:
    actor = guard.signed_in()
    if form is None and actor is not None and actor.kind is door.kind:
        return go_to(_next() or url_for(door.inside))
    shown = form or EmailForm(formdata=None)
    context = {"door": door, "form": shown, "messages": messages or [], "form_errors": bool(shown.errors or messages)}
    return page("signin/sign_in.html", next=_next(), status=status, **context)


def _ask(door: Door) -> Response:
    form = EmailForm()
    if not form.validate_on_submit() or form.email.data is None:
        return _first_page(door, form, status=422)
    try:
        browser = codes.ask_code(door.desk, form.email.data, request.remote_addr)
    except Refusal as refusal:
        return _first_page(door, form, [sentence(refusal)], status_of(refusal))
    asked = {"desk": door.desk.value, "browser": browser.reveal(), "email": form.email.data.text}
    session["asked"] = {**asked, "next": _next()}
    return see_other(door.code)


def _code_page(door: Door, form: CodeForm, refusal: Refusal | None = None) -> Response:
    asked = _asked(door)
    asked_at = codes.asked_at(door.desk, Secret(asked["browser"])) if asked else None
    if asked is None or asked_at is None:
        return see_other(door.sign_in, next=_next())
    messages = [sentence(refusal)] if refusal is not None else []
    status = status_of(refusal) if refusal is not None else 422 if form.errors else 200
    context = {"door": door, "form": form, "messages": messages, "form_errors": bool(form.errors or messages)}
    return page(
        "signin/code.html", email=asked["email"], asked_at=asked_at, next=asked["next"], status=status, **context
    )


def _enter(door: Door) -> Response:
    asked, form = _asked(door), CodeForm()
    if asked is None or not form.validate_on_submit():
        return _code_page(door, form)
    browser = Secret(asked["browser"])
    try:
        fresh = codes.enter_code(
            door.desk, browser, form.code.data or "", client=request.remote_addr, instead_of=guard.token()
        )
    except Refusal as refusal:
        if refusal.code == "sign_in_no_right":
            return see_other("signin.ended")
        if refusal.code != "sign_in_code_wrong":
            return _code_page(door, form, refusal)
        form.code.errors = [sentence(refusal)]
        return _code_page(door, form)
    guard.enter(fresh)
    wanted = local_address(asked["next"], "") or None
    if door is OPERATORS:
        return see_other("signin.authenticator", next=wanted)
    return go_to(wanted or url_for(door.inside))


def _asked(door: Door) -> dict[str, str] | None:
    """What this browser has asked for at this door."""
    asked = session.get("asked")
    return asked if isinstance(asked, dict) and asked.get("desk") == door.desk.value else None


def _authenticator_page(form: AuthenticatorForm) -> Response:
    waiting, token = guard.waiting_operator(), guard.token()
    if waiting is None or token is None or waiting.operator is None:
        tell(gettext("Ask for a sign-in code first."), "info")
        return see_other(OPERATORS.sign_in, next=_next())
    offer = desk.offered_authenticator(token)
    context = {"form": form, "operator": waiting.operator, "offer": offer, "next": _next()}
    return private(page("signin/authenticator.html", status=422 if form.errors else 200, **context))


def _next() -> str | None:
    """Where the visitor was going; never out of this service."""
    return local_address(request.values.get("next"), "") or None
