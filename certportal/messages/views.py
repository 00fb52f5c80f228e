"""The pages of a PIN-guarded link: cover, PIN, content, "this is not my number", close.

Opening the link changes nothing, because mail scanners do it (failures F8): the button on the cover sends the PIN.
"""

from typing import Any

from flask import Blueprint, current_app, request, url_for
from werkzeug.wrappers import Response

from certportal import clock
from certportal.answers import allow, page, private, see_other, status_of, tell
from certportal.identifiers import PhoneNumber
from certportal.languages import gettext
from certportal.messages import service, visiting
from certportal.messages.commands import commands_for
from certportal.messages.forms import PinForm
from certportal.messages.service import MessageKind, SecureMessage
from certportal.refusals import Conflict, NotFound, Refusal
from certportal.sentences import sentence
from certportal.signin import guard

blueprint = Blueprint("messages", __name__, url_prefix="/messages/<token>")


@blueprint.get("", strict_slashes=False)
@allow("anonymous")
def cover(token: str) -> Response:
    """What the message is about, to whoever has the link."""
    message = visiting.message_of(token)
    return _cover(message, token)


@blueprint.post("/pin")
@allow("anonymous")
def send_pin(token: str) -> Response:
    """The cover's button: a PIN goes to the contact's mobile."""
    message = visiting.message_of(token)
    try:
        service.send_pin(token, guard.visitor(), request.form.get("after"))
    except Conflict:
        return see_other("messages.cover", token=token)
    except Refusal as refusal:
        show = _pin if service.pin_out(message) else _cover
        return show(message, token, messages=[sentence(refusal)], status=status_of(refusal))
    return see_other("messages.pin", token=token)


@blueprint.get("/pin")
@allow("anonymous")
def pin(token: str) -> Response:
    """Where the PIN is typed; before one was sent, and after the message has ended, the cover says what to do."""
    message = visiting.message_of(token)
    if service.pin_out(message) is None or service.end_of(message, clock.now()) is not None:
        return see_other("messages.cover", token=token)
    return _pin(message, token)


@blueprint.post("/open")
@allow("anonymous")
def enter_pin(token: str) -> Response:
    """The PIN, typed."""
    message = visiting.message_of(token)
    if service.pin_out(message) is None or service.end_of(message, clock.now()) is not None:
        return see_other("messages.cover", token=token)
    form = PinForm()
    if not form.validate_on_submit():
        return _pin(message, token, form, status=422)
    try:
        opening = service.enter_pin(token, form.pin.data or "", guard.visitor())
    except Conflict:
        return see_other("messages.cover", token=token)
    except Refusal as refusal:
        form.pin.errors = [sentence(refusal)]
        return _pin(message, token, form, status=422)
    return visiting.let_in(see_other("messages.content", token=token), token, opening)


@blueprint.get("/open")
@allow("anonymous")
def opening(token: str) -> Response:
    """Where a changed language leads from a PIN that was refused."""
    return see_other("messages.pin", token=token)


@blueprint.get("/content")
@guard.polled
@allow("contact")
def content(token: str) -> Response:
    """The opened message: transfer codes and the ways to use them, or on to the certificate's page."""
    message = visiting.opened_message(token)
    if message.kind is MessageKind.CERTIFICATE_PAGE:
        return see_other("certificates.contact_page", token=token)
    codes = service.codes_behind(message)
    can_retrieve = "certificates.retrieve_opened" in current_app.view_functions
    return page(
        "messages/content.html",
        "messages/_collected.html",
        **_about(message, token),
        codes=codes,
        password=service.transfer_password(message, token),
        commands=commands_for(message.cover["order_number"]),
        retrieve_url=url_for("certificates.retrieve_opened", token=token) if can_retrieve else None,
    )


@blueprint.post("/not-my-number")
@allow("anonymous")
def report_wrong_number(token: str) -> Response:
    """ "This is not my number"."""
    visiting.message_of(token)
    try:
        service.report_wrong_number(token, guard.visitor())
    except Conflict:
        return see_other("messages.cover", token=token)
    return see_other("messages.wrong_number", token=token)


@blueprint.get("/not-my-number")
@allow("anonymous")
def wrong_number(token: str) -> Response:
    """What happens now that the number was said to be wrong."""
    message = visiting.message_of(token)
    if message.wrong_number_at is None or service.end_of(message, clock.now()) is not None:
        return see_other("messages.cover", token=token)
    return page("messages/wrong_number.html", **_about(message, token))


@blueprint.post("/my-number-after-all")
@allow("anonymous")
def take_back_wrong_number(token: str) -> Response:
    """ "It was my number after all"."""
    visiting.message_of(token)
    try:
        service.take_back_wrong_number(token, guard.visitor())
    except Conflict:
        return see_other("messages.cover", token=token)
    tell(gettext("Thank you. The number is no longer said to be wrong."))
    return see_other("messages.cover", token=token)


@blueprint.post("/close")
@allow("contact")
def close(token: str) -> Response:
    """ "Close the message": what was open in this browser is not any more."""
    visiting.message_of(token)
    service.close(token, request.cookies.get(visiting.COOKIE), guard.visitor())
    tell(gettext("The message is closed. You can open it again with a new PIN code."))
    return visiting.let_out(see_other("messages.cover", token=token), token)


@blueprint.errorhandler(NotFound)
def unknown(_refusal: NotFound) -> Response:
    """A link that leads nowhere, probably because the mail program has broken it over two lines."""
    return page("messages/unknown.html", status=404)


@blueprint.after_request
def unseen(answer: Response) -> Response:
    """No page of a message is kept by browsers or found by search engines."""
    return private(answer)


def _cover(message: SecureMessage, token: str, *, messages: list[str] | None = None, status: int = 200) -> Response:
    about = _about(message, token)
    if about["end"] is not None:
        return page("messages/ended.html", **about)
    about["open_here"] = visiting.opened_here(token) is not None
    return page("messages/cover.html", **about, messages=messages or [], form_errors=bool(messages), status=status)


def _pin(
    message: SecureMessage,
    token: str,
    form: PinForm | None = None,
    *,
    messages: list[str] | None = None,
    status: int = 200,
) -> Response:
    about, form = _about(message, token), form or PinForm(formdata=None)
    errors = messages or []
    if not about["pin"].alive:  # then there is no field that an error could stand beside
        errors, form = errors or list(form.pin.errors), PinForm(formdata=None)
    given = {"form": form, "messages": errors, "form_errors": bool(errors or form.errors)}
    return page("messages/pin.html", **about, **given, status=status)


def _about(message: SecureMessage, token: str) -> dict[str, Any]:
    """What the pages of a link show of its message."""
    return {
        "token": token,
        "message": message,
        "cover": message.cover,
        "phone": PhoneNumber(message.phone),
        "end": service.end_of(message, clock.now()),
        "pin": service.pin_out(message),
        "pin_mark": service.pin_mark(message),
        "for_codes": message.kind is MessageKind.TRANSFER_CODES,
    }
