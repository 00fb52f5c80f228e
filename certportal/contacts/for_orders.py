"""Views: correct an order's contact and send new codes, in one press."""

from typing import Any

from flask import request, url_for
from werkzeug.wrappers import Response

from certportal import clock
from certportal.answers import allow, go_to, local_address, page, see_other, status_of, tell, wants_partial
from certportal.contacts import service
from certportal.contacts.blueprint import LARGEST, blueprint, my_order, partial_status
from certportal.contacts.forms import ContactForm
from certportal.languages import gettext
from certportal.orders import service as orders
from certportal.orders.blueprint import version_sent
from certportal.orders.models import Order
from certportal.refusals import Refusal
from certportal.registry import service as registry
from certportal.sentences import sentence
from certportal.signin.guard import acting

OVER = frozenset({"order_collected", "order_cancelled"})


@blueprint.get("/for-order/<number>")
@allow("signatory")
def correct(number: str) -> Response:
    """The form, filled in with the order's contact, and the organisation's other contacts, each one press away."""
    order = my_order(number)
    try:
        orders.changeable(order)
    except Refusal as refusal:
        tell(sentence(refusal), "info")
        return go_to(_next(order))
    details = registry.details_of(order.contact)
    form = ContactForm(formdata=None, home=acting().organisation.country, details=details)
    form.show_version(order.version)
    return _page(order, form)


@blueprint.post("/for-order/<number>")
@allow("signatory")
def correct_now(number: str) -> Response:
    """Correct the contact; the old message, PIN and codes are void, and new ones go out."""
    order = my_order(number)
    form = ContactForm(home=acting().organisation.country)
    if not form.validate():
        return _page(order, form, status=422)
    try:
        order = service.correct_and_send(order.id, form.seen, form.contact(), acting().actor)
    except Refusal as refusal:
        return _refused(number, form, refusal)
    return _sent(order)


@blueprint.post(f"/for-order/<number>/to/<int(max={LARGEST}):contact_id>")
@allow("signatory")
def choose(number: str, contact_id: int) -> Response:
    """Another of the organisation's contacts collects: the old codes are void, and new ones go out."""
    order = my_order(number)
    try:
        order = service.choose_and_send(order.id, version_sent(), contact_id, acting().actor)
    except Refusal as refusal:
        order = my_order(number)
        details = registry.details_of(order.contact)
        return _refused(
            number, ContactForm(formdata=None, home=acting().organisation.country, details=details), refusal
        )
    return _sent(order)


@blueprint.get(f"/for-order/<number>/to/<int(max={LARGEST}):contact_id>")
@allow("signatory")
def chosen(number: str, contact_id: int) -> Response:
    """Where a changed language leads from a page that answered the choice."""
    return see_other("contacts.correct", number=number)


def _sent(order: Order) -> Response:
    tell(
        gettext("New transfer codes are on their way to %(name)s. The earlier ones are void.", name=order.contact.name)
    )
    return go_to(_next(order))


def _refused(number: str, form: ContactForm, refusal: Refusal) -> Response:
    """The form again, with what was typed; where nothing can be corrected any more, to the order."""
    if refusal.code in OVER:
        tell(sentence(refusal), "info")
        return see_other("orders.show", number=number)
    order = my_order(number)
    form.show_version(order.version)
    return _page(order, form, refusal=refusal, status=status_of(refusal))


def _next(order: Order) -> str:
    """Where the reader came from, if that is a page of this service; else the order's own page."""
    return local_address(request.values.get("next"), url_for("orders.show", number=order.number))


def _page(order: Order, form: ContactForm, *, refusal: Refusal | None = None, status: int = 200) -> Response:
    uses = service.uses_of(order.contact_id)
    others: list[Any] = [each for each in registry.contacts_of(order.organisation_id) if each.id != order.contact_id]
    return page(
        "contacts/correct.html",
        "contacts/_correct.html",
        order=order,
        life=orders.life_of(order),
        form=form,
        of=None,
        uses=uses,
        others=others,
        next=_next(order),
        now=clock.now(),
        inline=wants_partial(),
        messages=[sentence(refusal)] if refusal is not None else [],
        saved_now=refusal is not None and refusal.code == "order_changed",
        form_errors=bool(refusal is not None or form.errors),
        status=partial_status(status, partial=wants_partial()),
    )
