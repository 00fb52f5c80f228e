"""Views: one order and what becomes of it; send new codes; cancel."""

from typing import Any

from flask import current_app, request, url_for
from werkzeug.wrappers import Response

from certportal import clock
from certportal.answers import allow, found, page, see_other, status_of, tell, wants_partial
from certportal.languages import gettext
from certportal.orders import service
from certportal.orders.blueprint import blueprint, my_order, place, version_sent
from certportal.refusals import Refusal
from certportal.sentences import sentence
from certportal.signin.guard import acting, polled


@blueprint.get("/<number>")
@allow("signatory")
def show(number: str) -> Response:
    """The order: what has happened, what is wrong, what can be done."""
    return _page(number)


@blueprint.get("/<number>/life-line")
@polled
@allow("signatory")
def life_line(number: str) -> Response:
    """What the page asks for while something waits to be sent. Nothing new: nothing to swap."""
    order = found(service.order_by_number(number, acting().organisation.id))
    if not wants_partial():
        return see_other("orders.show", number=number)
    life = service.life_of(order)
    if life.waiting and request.args.get("seen") == life.fingerprint:
        return current_app.response_class(status=204)
    return page("orders/show.html", "orders/_life.html", **_about(life), moved=True)


@blueprint.post("/<number>/send-again")
@allow("signatory")
def send_again(number: str) -> Response:
    """New codes to the same contact."""
    order = my_order(number)
    version = version_sent()
    try:
        order = service.send_again(order.id, version, acting().actor)
    except Refusal as refusal:
        return _page(number, messages=[sentence(refusal)], status=status_of(refusal))
    tell(
        gettext("New transfer codes are on their way to %(name)s. The earlier ones are void.", name=order.contact.name)
    )
    return see_other("orders.show", number=number)


@blueprint.get("/<number>/send-again")
@allow("signatory")
def sent_again(number: str) -> Response:
    """Where a changed language leads from a page that answered "send again"."""
    return see_other("orders.show", number=number)


@blueprint.get("/<number>/cancel")
@allow("signatory")
def cancel(number: str) -> Response:
    """What cancelling means, before it is done."""
    order = my_order(number)
    try:
        service.changeable(order)
    except Refusal as refusal:
        tell(sentence(refusal), "info")
        return see_other("orders.show", number=number)
    return page("orders/cancel.html", order=order)


@blueprint.post("/<number>/cancel")
@allow("signatory")
def cancel_now(number: str) -> Response:
    """Cancel the order: its codes are void, and the contact is told."""
    order = my_order(number)
    try:
        service.cancel_order(order.id, acting().actor)
    except Refusal as refusal:
        return _page(number, messages=[sentence(refusal)], status=status_of(refusal))
    tell(gettext("The order is cancelled. Its transfer codes no longer work."))
    return see_other("orders.show", number=number)


def _page(number: str, *, messages: list[str] | None = None, status: int = 200) -> Response:
    order = my_order(number)
    life = service.life_of(order)
    return page("orders/show.html", **_about(life), messages=messages or [], form_errors=bool(messages), status=status)


def _about(life: service.Life) -> dict[str, Any]:
    order = life.order
    known = current_app.view_functions
    return {
        "life": life,
        "order": order,
        "now": clock.now(),
        "correct": url_for("contacts.correct", number=order.number) if "contacts.correct" in known else None,
        "certificate": url_for("certificates.of_order", number=order.number)
        if "certificates.of_order" in known
        else None,
        "certificates": place("certificates.index"),
        "replaces": service.replaced_certificate(order.organisation_id, order.replaces_certificate_id),
    }
