"""The outbox: what waits, what failed, what the far end said; sending again, and addresses that are right after all."""

from typing import Any

from flask import request
from werkzeug.wrappers import Response

from certportal import clock
from certportal.answers import allow, found, page, see_other, status_of, tell
from certportal.audit import service_time
from certportal.console import outbound, service
from certportal.console.blueprint import asked, blueprint, page_number
from certportal.console.wording import kind_words, known_kinds
from certportal.health import service as wellness
from certportal.languages import gettext
from certportal.messages import service as secure_messages
from certportal.outbox import service as outbox_service
from certportal.refusals import Refusal
from certportal.registry import service as registry
from certportal.sentences import sentence
from certportal.signin.guard import operator


@blueprint.get("/messages")
@allow("operator")
def outbox() -> Response:
    """Letters and text messages, the newest first."""
    wanted = outbound.Wanted(asked("words"), asked("state", 20), asked("kind", 60), asked("medium", 10))
    pages = outbound.rows(wanted, page_number())
    return page(
        "console/outbox.html",
        "console/_outbox.html",
        pages=pages,
        wanted=wanted,
        about=service.subjects(each.subject for each in pages.items),
        troubles=[(each, wellness.words(each)) for each in wellness.traffic() if each.level > wellness.Level.GOOD],
        **_words(),
    )


@blueprint.get("/messages/<int(max=2147483647):row_id>")
@allow("operator")
def message(row_id: int) -> Response:
    """One row: what became of it. What it said is never shown."""
    return _row(row_id)


@blueprint.post("/messages/<int(max=2147483647):row_id>/send-again")
@allow("operator")
def send_again(row_id: int) -> Response:
    """Send it once more, as a new row."""
    found(outbound.row(row_id))
    try:
        again = outbox_service.send_again(row_id, operator())
    except Refusal as refusal:
        return _row(row_id, messages=[sentence(refusal)], form_errors=True, status=status_of(refusal))
    tell(gettext("It is sent once more."))
    return see_other("console.message", row_id=again.id)


@blueprint.get("/messages/addresses")
@allow("operator")
def addresses() -> Response:
    """Addresses that a server refused, and numbers that are somebody else's."""
    return page("console/addresses.html", wrong=service.wrong_addresses(), numbers=service.wrong_numbers())


@blueprint.post("/messages/addresses/try-again")
@allow("operator")
def try_again() -> Response:
    """The address is right: letters are sent to it again."""
    address = request.form.get("address", "").strip()[:254]
    if found(outbox_service.marked(address)):
        outbox_service.unmark(address, operator())
    tell(gettext("Letters are sent to %(address)s again.", address=address))
    return see_other("console.addresses")


@blueprint.post("/messages/addresses/<int:contact_id>/number-is-right")
@allow("operator")
def number_is_right(contact_id: int) -> Response:
    """The contact's number is right: PIN codes do not go to somebody else."""
    contact = found(registry.contact(contact_id))
    secure_messages.number_is_right(contact.id, operator())
    tell(gettext("The mobile number is no longer said to be wrong."))
    return see_other("console.addresses")


def _row(row_id: int, **context: Any) -> Response:
    row = found(outbound.row(row_id))
    about = service.subjects([row.subject])[row.subject]
    marked = outbox_service.marked(row.address)
    return page("console/message.html", row=row, about=about, marked=marked, **_words(), **context)


def _words() -> dict[str, Any]:
    """Times of rows are of two clocks; ``made_at`` and ``service_time`` give the service's."""
    return {
        "kind_words": kind_words,
        "kinds": known_kinds(),
        "made_at": _made_at,
        "service_time": service_time,
        "now": clock.now(),
    }


def _made_at(row: Any) -> Any:
    return service_time(row.created_at) if row.machine_deadline else row.created_at
