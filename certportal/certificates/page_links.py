"""Links to certificates' pages in a letter about several of them, made when the letter is.

A resolver only reads, so the tokens are drawn there and their rows written by the letter's ``on_sending`` step: a letter that
is tried again carries new links, and those that never left open nothing that anybody has.
"""

from collections.abc import Callable, Sequence

from certportal import clock
from certportal.certificates.models import Certificate
from certportal.extensions import db
from certportal.formats import link
from certportal.identifiers import Environment
from certportal.messages import service as messages
from certportal.orders import service as orders
from certportal.orders.models import Order
from certportal.registry import service as registry
from certportal.secrecy import Secret


class Rights:
    """Whether organisations may use channels today, each looked up once for a letter."""

    def __init__(self) -> None:
        self.on = registry.today()
        self.known: dict[tuple[int, int], bool] = {}

    def cover(self, certificate: Certificate) -> bool:
        """A test certificate needs no right (domain.md, section 3)."""
        if certificate.environment is Environment.TEST:
            return True
        place = (certificate.organisation_id, certificate.channel_id)
        if place not in self.known:
            self.known[place] = registry.right_to(*place, self.on) is not None
        return self.known[place]


def page_links(certificates: Sequence[Certificate]) -> tuple[dict[int, str], Callable[[], None]]:
    """Addresses by certificate id, and the step that makes them work: for certificates that have not ended yet, and whose
    organisation has the right to the channel, without which the link would be dead."""
    now, rights = clock.now(), Rights()
    living = [each for each in certificates if each.not_after > now and rights.cover(each)]
    tokens = {each.id: Secret(clock.random_token()) for each in living}
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
