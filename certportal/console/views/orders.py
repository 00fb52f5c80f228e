"""Orders: search, and one order's life for operators. Never a PIN, a code or a message."""

from typing import Any

from flask import url_for
from werkzeug.wrappers import Response

from certportal import clock
from certportal.answers import allow, found, page
from certportal.certificates import service as certificates
from certportal.console import searching
from certportal.console.blueprint import asked, blueprint, page_number
from certportal.identifiers import Environment
from certportal.orders import service as life


@blueprint.get("/orders")
@allow("operator")
def orders() -> Response:
    """Orders, with search."""
    wanted = wanted_now()
    pages = searching.orders(wanted, page_number())
    return page(
        "console/orders.html",
        "console/_orders.html",
        pages=pages,
        standings=searching.standings(pages.items),
        wanted=wanted,
        now=clock.now(),
    )


@blueprint.get("/orders/<number>")
@allow("operator")
def order(number: str) -> Response:
    """One order: what has become of it."""
    return page("console/order.html", **about_order(number))


def wanted_now() -> searching.Wanted:
    """What the address asks for."""
    environment = asked("environment", 20)
    known = Environment(environment) if environment in list(Environment) else None
    return searching.Wanted(asked("words"), asked("state", 20), known)


def about_order(number: str) -> dict[str, Any]:
    """What the pages of one order show."""
    one = found(searching.order(number))
    return {
        "life": life.life_of(one),
        "order": one,
        "unsigned": certificates.unsigned_of(one.id),
        "certificates": searching.certificates_of_order(one.id),
        "replaces": life.replaced_certificate(one.organisation_id, one.replaces_certificate_id),
        "correct": url_for("console.correct_contact", number=number) if one.state is life.OrderState.OPEN else None,
        "now": clock.now(),
    }
