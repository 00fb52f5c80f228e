"""Correcting the technical contact of an order with a reason, and sending new codes."""

from werkzeug.wrappers import Response

from certportal.answers import allow, found, page, see_other, tell
from certportal.console import searching
from certportal.console.blueprint import again, blueprint
from certportal.console.forms.reasons import CorrectContactForm
from certportal.console.views.orders import about_order
from certportal.contacts import service as contacts
from certportal.languages import gettext
from certportal.refusals import Refusal
from certportal.registry import service as registry
from certportal.signin.guard import operator

TEMPLATE = "console/correct_contact.html"


@blueprint.get("/orders/<number>/contact")
@allow("operator")
def correct_contact(number: str) -> Response:
    """The form, filled in with the order's contact."""
    about = about_order(number)
    order = found(searching.order(number))
    details = registry.details_of(order.contact)
    form = CorrectContactForm(formdata=None, home=order.organisation.country, details=details)
    form.show_version(order.version)
    return page(TEMPLATE, form=form, **about)


@blueprint.post("/orders/<number>/contact")
@allow("operator")
def correct_contact_now(number: str) -> Response:
    """Correct the contact and send new codes; the signatories are mailed the reason."""
    about = about_order(number)
    order = found(searching.order(number))
    form = CorrectContactForm(home=order.organisation.country)
    if not form.validate():
        return page(TEMPLATE, form=form, status=422, **about)
    try:
        contacts.correct_and_send(order.id, form.seen, form.contact(), operator(), form.reason.data or "")
    except Refusal as refusal:
        now = about_order(number)
        form.show_version(found(searching.order(number)).version)
        return again(TEMPLATE, form, refusal, **now)
    tell(gettext("The contact has been corrected, and new transfer codes are on their way. The earlier ones are void."))
    return see_other("console.order", number=number)
