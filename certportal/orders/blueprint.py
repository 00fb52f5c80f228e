"""The blueprint of orders, and what its views share."""

from flask import Blueprint, current_app, request, url_for

from certportal.languages import gettext
from certportal.orders import service
from certportal.orders.models import Order, OrderDraft
from certportal.signin.belonging import mine

LARGEST = 2**31 - 1
DRAFT = f"/drafts/<int(max={LARGEST}):draft_id>"
"""A draft's address; what no database can number is not found."""

blueprint = Blueprint("orders", __name__, url_prefix="/orders")


def place(*endpoints: str) -> str:
    """The address of the first of these pages that this installation has; the start page if it has none of them."""
    known = [endpoint for endpoint in endpoints if endpoint in current_app.view_functions]
    return url_for(known[0] if known else "home.start")


def version_sent() -> int:
    """The version that a form was made of; 0, which nothing has, for anything else."""
    version = request.form.get("version", 0, type=int)
    return version if 0 <= version <= LARGEST else 0


def my_order(number: str, then: str = "orders.show") -> Order:
    """The organisation's own order, or the way to it (``belonging.mine``); ``then``: the page to go on to after a form."""
    return mine(
        lambda organisation_id: service.order_by_number(number, organisation_id),
        lambda name: gettext("The order belongs to %(name)s. Choose it to go on.", name=name),
        url_for(then, number=number),
    )


def my_draft(draft_id: int) -> OrderDraft:
    """The organisation's own draft that can still be sent, or the way to it. Refusals: draft_sent, draft_deleted (conflict)."""
    found = mine(
        lambda organisation_id: service.draft_known(draft_id, organisation_id),
        lambda name: gettext("The draft belongs to %(name)s. Choose it to go on.", name=name),
        url_for("orders.draft", draft_id=draft_id),
    )
    return service.open_draft(draft_id, found.organisation_id)


def my_certificate(certificate_id: int, then: str) -> None:
    """Nothing for a certificate of the organisation's own, whatever has taken its place; else the way to it."""
    mine(
        lambda organisation_id: service.has_certificate(organisation_id, certificate_id) or None,
        lambda name: gettext("The certificate belongs to %(name)s. Choose it to go on.", name=name),
        then,
    )
