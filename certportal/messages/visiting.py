"""A browser at a PIN-guarded link: the contact's language, the cookie of its opening, and the way to the PIN page.

The cookie is HttpOnly, SameSite=Strict and limited to the message's own path, so that no other page, and no other
message, ever gets it; certificates' pages under /messages/<token>/… do.
"""

from typing import Final

from flask import abort, g, request, url_for
from flask_babel import refresh
from werkzeug.wrappers import Response

from certportal.answers import see_other
from certportal.messages import service
from certportal.messages.rules import OPENING_LIFE
from certportal.messages.service import Opened, SecureMessage
from certportal.refusals import NotFound
from certportal.secrecy import Secret
from certportal.settings import current_settings

COOKIE: Final = "certportal-message"


def message_of(token: str) -> SecureMessage:
    """The message of a link, from here on in its contact's language unless the visitor chose another.

    Raises NotFound (``message_unknown``).
    """
    message = service.behind(token)
    if message is None:
        raise NotFound("message_unknown")
    g.page_language = message.language
    refresh()
    return message


def opened_here(token: str) -> Opened | None:
    """The opening of the message in this browser, if there is one."""
    return service.opened(token, request.cookies.get(COOKIE))


def opened_message(token: str) -> SecureMessage:
    """For every page behind the PIN: the message, open in this browser (used ones too, while the 15 minutes last).

    Otherwise ends the request with a redirect to the PIN page, which says what to do; NotFound for an unknown link.
    """
    message = message_of(token)
    if opened_here(token) is None:
        abort(see_other("messages.pin", token=token))
    return message


def let_in(answer: Response, token: str, opening: Secret) -> Response:
    """Give this browser the opening."""
    answer.set_cookie(
        COOKIE,
        opening.reveal(),
        max_age=OPENING_LIFE,
        path=url_for("messages.cover", token=token),
        secure=current_settings().secure,
        httponly=True,
        samesite="Strict",
    )
    return answer


def let_out(answer: Response, token: str) -> Response:
    """Take the opening away from this browser."""
    path = url_for("messages.cover", token=token)
    answer.delete_cookie(COOKIE, path=path, secure=current_settings().secure, httponly=True, samesite="Strict")
    return answer
