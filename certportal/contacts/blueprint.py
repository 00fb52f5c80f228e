"""The blueprint of contacts, and what its views share."""

from flask import Blueprint, abort, request, url_for
from flask_babel import gettext

from certportal.answers import found, see_other, tell
from certportal.contacts import service
from certportal.orders import service as orders
from certportal.orders.models import Order
from certportal.registry.models import TechnicalContact
from certportal.signin.guard import acting, my_organisations

LARGEST = 2**31 - 1
CONTACT = f"/<int(max={LARGEST}):contact_id>"
"""A contact's address; what no database can number is not found."""

blueprint = Blueprint("contacts", __name__, url_prefix="/contacts")


def my_contact(contact_id: int) -> TechnicalContact:
    """The organisation's own contact; anything else is not found."""
    return found(service.contact_of(contact_id, acting().organisation.id))


def my_order(number: str) -> Order:
    """The organisation's own order. One of another organisation that the person signs for, as a mail may link to it, leads to
    choosing for whom to act; anything else is not found."""
    mine = orders.order_by_number(number, acting().organisation.id)
    if mine is not None:
        return mine
    order = found(orders.order_by_number(number))
    theirs = found(next((each for each in my_organisations() if each.id == order.organisation_id), None))
    tell(gettext("The order belongs to %(name)s. Choose it to go on.", name=theirs.name), "info")
    wanted = request.full_path if request.method == "GET" else url_for("contacts.correct", number=number)
    return abort(see_other("signin.choose", next=wanted))


def number_in_address(name: str) -> int | None:
    """A row's number that the address names after its question mark; None for none, and for what is no number."""
    number = request.args.get(name, type=int)
    return number if number is not None and 0 < number <= LARGEST else None


def partial_status(status: int, *, partial: bool) -> int:
    """htmx puts in nothing but 422 of what was refused."""
    return 422 if partial and status >= 400 else status
