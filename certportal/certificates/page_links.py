"""Links to certificates' pages in a letter about several of them, made when the letter is.

A resolver only reads, so the tokens are drawn there and their rows written by the letter's ``on_sending`` step: a letter that
is tried again carries new links, and those that never left open nothing that anybody has.
"""

from collections.abc import Callable, Sequence

from certportal import clock
from certportal.certificates.models import Certificate
from certportal.extensions import db
from certportal.formats import link
from certportal.messages import service as messages
from certportal.orders import service as orders
from certportal.orders.models import Order
from certportal.secrecy import Secret


def page_links(certificates: Sequence[Certificate]) -> tuple[dict[int, str], Callable[[], None]]:
    """Addresses by certificate id, and the step that makes them work: for certificates that have not ended yet."""
    now = clock.now()
    tokens = {each.id: Secret(clock.random_token()) for each in certificates if each.not_after > now}
    addresses = {number: link("messages.cover", token=token.reveal()) for number, token in tokens.items()}
    return addresses, lambda: open_pages(tokens)


def open_pages(tokens: dict[int, Secret]) -> None:
    """A step: a PIN-guarded link to each certificate's page, for its present contact."""
    for number, token in tokens.items():
        certificate = db.session.get_one(Certificate, number)
        order = db.session.get_one(Order, certificate.order_id)
        messages.open_page(
            certificate_id=number,
            organisation_id=certificate.organisation_id,
            contact=certificate.contact,
            cover=orders.cover(order) | {"description": certificate.description},
            usable_until=certificate.not_after,
            token=token,
        )
