"""The blueprint of contacts, and what its views share."""

from flask import Blueprint, request

from certportal.answers import found
from certportal.contacts import service
from certportal.orders import blueprint as orders
from certportal.orders.models import Order
from certportal.registry.models import TechnicalContact
from certportal.signin.guard import acting

LARGEST = 2**31 - 1
CONTACT = f"/<int(max={LARGEST}):contact_id>"
"""A contact's address; what no database can number is not found."""

blueprint = Blueprint("contacts", __name__, url_prefix="/contacts")


def my_contact(contact_id: int) -> TechnicalContact:
    """The organisation's own contact; anything else is not found."""
    return found(service.contact_of(contact_id, acting().organisation.id))


def my_order(number: str) -> Order:
    """The organisation's own order, or the way to it."""
    return orders.my_order(number, then="contacts.correct")


def number_in_address(name: str) -> int | None:
    """A row's number that the address names after its question mark; None for none, and for what is no number."""
    number = request.args.get(name, type=int)
    return number if number is not None and 0 < number <= LARGEST else None


def partial_status(status: int, *, partial: bool) -> int:
    """htmx puts in nothing but 422 of what was refused."""
    return 422 if partial and status >= 400 else status
